"""Cases for b4k_models: the language models by birth, GPT, GPT2, GPT2_ML and T5, with every option."""

import sys

import keras
from _case import normal
from _model_case import (
    COMPOUND,
    CONDITION,
    KEEP,
    SIZES,
    WEIGHTED,
    build,
    draw_inputs,
    draw_tokens,
    draw_weights,
    make_case,
    make_training,
)
from bert4keras.backend import K
from bert4keras.layers import MultiHeadAttention
from bert4keras.models import GPT, GPT2, T5_Decoder

TARGET = "packages/b4k-models/tests/golden/decoders"

TARGET_LENGTHS = [4, 6, 2]  # tokens in each row of what a T5 decodes
RELU = {"hidden_act": "relu", "intermediate_size": 12}
GATED = {"hidden_act": ["gelu", "linear"], "intermediate_size": 12}
CONDITIONS = {
    "layer_norm_cond": CONDITION,
    "layer_norm_cond_hidden_size": 6,
    "layer_norm_cond_hidden_act": "tanh",
}
SMALL = {"hidden_size": 8, "intermediate_size": 10, "embedding_size": 8}  # to be resized
LARGE = {"hidden_size": 20, "intermediate_size": 30, "embedding_size": 20, "num_attention_heads": 5}

FAMILIES = {
    "gpt": {
        "plain": {},
        "linear": {"final_activation": "linear"},
        "unilm": {"application": "unilm"},
        "attention_key_size": {"attention_key_size": 5},
        "no_segments": {"segment_vocab_size": 0},
        "shared_segments": {"shared_segment_embeddings": True},
        "custom_position_ids": {"custom_position_ids": True},
        "keep_tokens": {"keep_tokens": KEEP, "compound_tokens": WEIGHTED},
        "layer_norm_cond": dict(CONDITIONS, final_activation="linear"),
        "prefix": {"prefix": "Student-", "hidden_act": "relu"},
        "residual": {"residual_attention_scores": True},
        "residual-unilm": {"residual_attention_scores": True, "application": "unilm"},
    },
    "gpt2": {
        "plain": {},
        "linear": {"final_activation": "linear"},
        "hierarchical": {"hierarchical_position": True, "max_position": 5},
        "keep_tokens": {"keep_tokens": KEEP, "compound_tokens": COMPOUND},
        "layer_norm_cond": dict(CONDITIONS, final_activation="linear"),
        "gelu_tanh": {"final_activation": "linear"},
        "sequence_length": {"sequence_length": 8},
        "dropout-inference": {"dropout_rate": 0.1, "attention_dropout_rate": 0.1},
        "no_padding": {"pad_token_id": None, "final_activation": "linear"},
        "residual": {"residual_attention_scores": True},
        "grown": {"autoresize_weights": True, "final_activation": "linear"},
        "shrunk": {"autoresize_weights": True, "final_activation": "linear"},
    },
    "gpt2_ml": {
        "plain": {},
        "attention_head_size": {"attention_head_size": 5, "final_activation": "linear"},
        "keep_tokens": {"keep_tokens": KEEP},
        "layer_norm_cond": dict(CONDITIONS, final_activation="linear"),
        "dropout-inference": {"dropout_rate": 0.1, "attention_dropout_rate": 0.1},
    },
    "t5.1.0": {
        "plain": RELU,
        "no_lm": dict(RELU, with_lm=False, prefix="Student-"),
        "no_cross_position_bias": dict(RELU, cross_position_bias=False, with_lm="linear"),
        "embedding_size": dict(RELU, embedding_size=12, attention_head_size=6),
        "keep_tokens": dict(RELU, keep_tokens=KEEP, compound_tokens=WEIGHTED),
        "grown": dict(RELU, autoresize_weights=True),
    },
    "t5.1.1": {
        "plain": GATED,
        "gelu_tanh": dict(GATED, with_lm="linear", cross_position_bias=False),
        "keep_tokens": dict(GATED, keep_tokens=KEEP, compound_tokens=WEIGHTED),
        "attention_key_size": dict(GATED, attention_key_size=5, with_lm="linear"),
    },
    "mt5.1.1": {"plain": GATED},
    "t5_encoder": {
        "plain": RELU,
        "residual": dict(RELU, residual_attention_scores=True),
        "layer_norm_cond": dict(RELU, **CONDITIONS),
    },
    "t5_decoder": {
        "plain": RELU,
        "layer_norm_cond": dict(RELU, with_lm="linear", **CONDITIONS),
        "residual": dict(RELU, residual_attention_scores=True),
    },
    "t5.1.1_decoder": {"no_logit_scale": dict(GATED, logit_scale=False, version="t5.1.1")},
}

TRAINED = {  # twelve steps of plain SGD
    "gpt2-training": {"model": "gpt2", "final_activation": "linear"},
    "t5-training": dict(RELU, model="t5.1.0", with_lm=False, num_hidden_layers=1),
}


# --- inputs and weights


def draw(rng, name, config, lengths):
    """The arrays for the inputs of a model: one sequence or two, and what follows them."""
    if not config["model"].startswith(("t5", "mt5")):
        segments = {} if config["model"] == "gpt" else {"segment_vocab_size": 0}
        return draw_inputs(rng, name, dict(config, **segments), lengths)
    inputs = draw_inputs(rng, name, dict(config, segment_vocab_size=0), lengths)
    if config["model"].endswith("_encoder"):
        return inputs
    tokens = draw_tokens(rng, config, TARGET_LENGTHS).astype("float32")
    tokens[:, 0] = 0  # with which T5 begins
    if config["model"].endswith("_decoder"):
        inputs[0] = normal(rng, inputs[0].shape + (config["hidden_size"],))
    return inputs[:1] + [tokens] + inputs[1:]


def draw_resized(sizes):
    """The weights of the same model with other sizes, for autoresize_weights to make fit."""

    def draw_model(rng, transformer, config):
        other = build(dict(config, autoresize_weights=False, **sizes))
        return draw_weights(rng, other, dict(config, **sizes))

    return draw_model


RESIZED = {"grown": draw_resized(SMALL), "shrunk": draw_resized(LARGE)}


# --- what the original cannot run, made of its layers


class WithoutPadding(GPT2):
    """GPT2 to whom id 0 is a token."""

    def apply(self, inputs=None, layer=None, arguments=None, **kwargs):
        kwargs.pop("mask_zero", None)
        return super(WithoutPadding, self).apply(inputs, layer, arguments, **kwargs)


class WithoutScale(T5_Decoder):
    """The decoder whose last vectors stay as they are."""

    def apply(self, inputs=None, layer=None, arguments=None, **kwargs):
        if kwargs.get("name") == "Decoder-Output-Scale":
            return inputs
        return super(WithoutScale, self).apply(inputs, layer, arguments, **kwargs)


class RealFormer(object):
    """A mix-in: scores go from one attention to the next of its kind, and the mask is laid over them as -inf."""

    def __init__(self, **kwargs):
        super(RealFormer, self).__init__(**dict(kwargs, residual_attention_scores=False))
        self.scores = {}

    def apply(self, inputs=None, layer=None, arguments=None, **kwargs):
        if layer is not MultiHeadAttention:
            return super(RealFormer, self).apply(inputs, layer, arguments, **kwargs)
        kind, arguments = kwargs["name"].split("-")[-1], dict(arguments)
        scores = self.scores.get(kind)  # [batch, heads, q_length, k_length]
        if scores is not None:
            if arguments.get("a_bias"):
                scores = keras.layers.Lambda(masked)([inputs[3], scores])
                inputs = inputs[:3] + inputs[4:]
            inputs = inputs[:3] + [scores] + inputs[3:]
            arguments["a_bias"] = True
        kwargs["return_attention_scores"] = True
        apply = super(RealFormer, self).apply
        output, self.scores[kind] = apply(inputs, layer, arguments, **kwargs)
        return output


def masked(tensors):
    """`[mask, scores]` -> the scores, -inf where the mask [q, k] or [batch, q, k] is False."""
    mask, scores = tensors
    mask = mask[None, None] if K.ndim(mask) == 2 else mask[:, None]
    mask = mask | K.equal(scores, float("inf"))  # none is: [batch, heads, q, k]
    return K.switch(mask, scores, scores - float("inf"))


class RealGPT(RealFormer, GPT):
    pass


class RealGPT2(RealFormer, GPT2):
    pass


class RealT5Decoder(RealFormer, T5_Decoder):
    pass


REASONS = {
    "no_padding": "the original's layers: it takes every id 0 for padding",
    "no_logit_scale": "the original's layers: it always scales",
    "residual": "the original's layers: it adds a boolean mask to scores, which fails",
}
CLASSES = {
    "gpt-residual": (RealGPT, REASONS["residual"]),
    "gpt-residual-unilm": (RealGPT, REASONS["residual"]),
    "gpt2-residual": (RealGPT2, REASONS["residual"]),
    "gpt2-no_padding": (WithoutPadding, REASONS["no_padding"]),
    "t5_decoder-residual": (RealT5Decoder, REASONS["residual"]),
    "t5.1.1_decoder-no_logit_scale": (WithoutScale, REASONS["no_logit_scale"]),
}


def make(out_dir):
    """Write every case into `out_dir`."""
    for family, table in FAMILIES.items():
        for case, options in table.items():
            name = "%s-%s" % (family, case)
            config = dict(SIZES, **dict(options, model=family))
            fields = {"gelu": "tanh"} if case == "gelu_tanh" else {}
            if name in CLASSES:
                fields["model_class"], fields["reason"] = CLASSES[name]
            draw_model = RESIZED.get(case, draw_weights)
            make_case(out_dir, name, config, draw=draw, draw_model=draw_model, **fields)
    for name, options in TRAINED.items():
        make_training(out_dir, name, dict(SIZES, **options), draw)


if __name__ == "__main__":
    make(sys.argv[1])
