"""The applications: any encoder as a language model or as UniLM."""

from b4k_layers import LanguageModelMask, UniLMMask

__all__ = [
    "LM_Mask",
    "UniLM_Mask",
    "extend_with_language_model",
    "extend_with_unified_language_model",
]


class LM_Mask:  # noqa: N801 - the original's name
    """A mix-in: every position sees only itself and what comes before."""

    token_input = 0  # which of the inputs has the mask's positions

    def compute_attention_bias(self, inputs=None):
        if self.attention_bias is None:
            self.attention_bias = self.apply(
                inputs=self.inputs[self.token_input],
                layer=LanguageModelMask,
                name="Attention-LM-Mask",
            )
        return self.attention_bias


class UniLM_Mask:  # noqa: N801 - the original's name
    """A mix-in: segment 0 sees segment 0, segment 1 sees what comes before (https://arxiv.org/abs/1905.03197)."""

    token_input = 0

    def compute_attention_bias(self, inputs=None):
        if self.attention_bias is None:
            if not getattr(self, "segment_vocab_size", 0):
                raise ValueError(
                    "application='unilm' reads who sees whom from the segment ids, and this model has no segment "
                    "input: segment_vocab_size is 0"
                )
            self.attention_bias = self.apply(
                inputs=self.inputs[1], layer=UniLMMask, name="Attention-UniLM-Mask"
            )
        return self.attention_bias


def _extend(base, application, mask, name):
    """`base` with the mask, and with its language model head on."""
    if application not in base.applications:
        raise ValueError(
            "%s has no meaning as application=%r, only as %s"
            % (base.__name__, application, " or ".join(map(repr, base.applications)))
        )
    if issubclass(base, mask):
        return base

    class Extended(mask, base):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            if "with_mlm" not in self.refuses:  # a GPT has its head as it is
                self.with_mlm = getattr(self, "with_mlm", False) or True

    Extended.__name__ = Extended.__qualname__ = name + base.__name__
    return Extended


def extend_with_language_model(base):
    """The model class `base` as a left-to-right language model."""
    return _extend(base, "lm", LM_Mask, "LanguageModel_")


def extend_with_unified_language_model(base):
    """The model class `base` as UniLM, for sequence to sequence."""
    return _extend(base, "unilm", UniLM_Mask, "UnifiedLanguageModel_")
