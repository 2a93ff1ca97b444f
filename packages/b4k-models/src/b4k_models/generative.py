"""Which models can generate."""

from b4k_ops import can_compile

from .cached import input_names
from .masks import LM_Mask, UniLM_Mask

__all__ = ["check_generates"]

KNOWN_INPUTS = {
    "Input-Token",
    "Input-Segment",
    "Input-Position",
    "Input-Context",
    "Decoder-Input-Token",
}


def check_generates(model):
    """Refuse a Keras or a model that can't generate."""
    if not can_compile:
        raise NotImplementedError(
            "generate needs Keras 3; b4k_text.AutoRegressiveDecoder generates on every Keras"
        )
    name = type(model).__name__
    if not model.built:
        raise ValueError("%s is not built yet: build_transformer_model builds it" % name)
    masked = getattr(model, "_decoder", model)
    is_masked = isinstance(masked, (LM_Mask, UniLM_Mask))
    if not is_masked or not getattr(masked, masked.output_activation):
        raise ValueError(
            "%s predicts no next token: build it with application='lm' or 'unilm', or T5 with its language model"
            % name
        )
    unknown = sorted(set(input_names(masked)) - KNOWN_INPUTS)
    if masked.token_input and masked is model:
        unknown = ["Input-Context"]
    if unknown or masked.attention_caches or masked.layer_norm_conds[0] is not None:
        raise ValueError(
            "generate knows tokens, segments and positions, and %s has inputs %s, attention_caches or conditions "
            "besides: b4k_text.AutoRegressiveDecoder generates with those" % (name, unknown)
        )
