"""Cases for b4k_models: the encoders that came after BERT, in a folder for each model name.

They hold what a family changes, and every option that the change might disturb; `make_bert.py` has them all.
"""

import os
import sys

import keras
import numpy as np
import tensorflow as tf
from _model_case import CONDITION, KEEP, LENGTHS, SIZES, WEIGHTED, make_case
from bert4keras.backend import K
from bert4keras.layers import (
    Add,
    GatedAttentionUnit,
    LayerNormalization,
    MultiHeadAttention,
)
from bert4keras.models import ALBERT, NEZHA, RoFormer, RoFormerV2

TARGET = "packages/b4k-models/tests/golden/encoders"

CONDITIONAL = {
    "layer_norm_cond": CONDITION,
    "layer_norm_cond_hidden_size": 6,
    "layer_norm_cond_hidden_act": "tanh",
}
COMMON = {  # what every family can do
    "encoder": {},
    "no_segments": {"segment_vocab_size": 0, "prefix": "Student-", "num_hidden_layers": 1},
    "sequence_length": {"sequence_length": 8, "embedding_size": 12, "attention_head_size": 6},
}
LM = {  # what every one can do that gives probabilities of tokens
    "mlm": {"with_mlm": True, "embedding_size": 12},
    "tokens": {"with_mlm": "linear", "keep_tokens": KEEP, "compound_tokens": WEIGHTED},
    "lm": {"application": "lm"},
    "unilm": {"application": "unilm", "with_mlm": "linear"},
}
BERTS = {  # what those can do that have BERT's norms and heads
    "layer_norm_cond": dict(CONDITIONAL, with_mlm=True),
    "nsp-mlm": {"with_nsp": True, "with_mlm": "linear"},
    "residual": {"residual_attention_scores": True},
}
POSITIONS = {"custom_position_ids": {"custom_position_ids": True}}
SHARED = {"shared_segments": {"shared_segment_embeddings": True}}
ALBERT_ONLY = {
    "hierarchical": {"hierarchical_position": True, "max_position": 5, "custom_position_ids": True},
    "three_layers": {"num_hidden_layers": 3, "with_pool": "linear"},
}
ELECTRA_ONLY = {
    "tokens": {"keep_tokens": KEEP, "compound_tokens": WEIGHTED},
    "layer_norm_cond": CONDITIONAL,
    "residual": {"residual_attention_scores": True},
    "discriminator": {"with_discriminator": True, "embedding_size": 12},
    "discriminator-linear": {"with_discriminator": "linear", "hidden_act": "relu"},
}
KEY_SIZE = {"key_size": {"attention_key_size": 6, "custom_position_ids": True}}
FAMILIES = {
    "albert": [COMMON, LM, BERTS, ALBERT_ONLY],
    "albert_unshared": [{"mlm": dict(LM["mlm"], num_hidden_layers=3), "unilm": LM["unilm"]}],
    "nezha": [COMMON, LM, BERTS, SHARED, {"distant": {}}],
    "roformer": [COMMON, LM, BERTS, SHARED, POSITIONS, KEY_SIZE],
    "roformer_v2": [COMMON, LM, POSITIONS, {"residual": BERTS["residual"]}],
    "gau": [COMMON, LM, POSITIONS, KEY_SIZE],
    "electra": [COMMON, ELECTRA_ONLY, POSITIONS],
}
SIZES_OF = {"gau": {"hidden_act": "swish", "attention_key_size": 8}}
LONG = {"nezha-distant": [70, 66, 3], "gau-encoder": [20, 9, 1]}  # see what is done beyond a limit


# --- where the original cannot run


class FloatMask(keras.layers.Layer):
    """Who may see whom, bool [n, n] or [batch, n, n] -> 0 and -inf [1 or batch, 1, n, n]."""

    def call(self, inputs):
        mask = tf.expand_dims(inputs, 0) if K.ndim(inputs) == 2 else inputs
        zeros = tf.zeros(tf.shape(mask))
        return tf.expand_dims(tf.where(mask, zeros, zeros - np.inf), 1)

    def compute_output_shape(self, input_shape):
        return (None, 1) + tuple(input_shape[-2:])


class FloatMasks(object):
    """A mix-in: every attention gets its mask as floats."""

    def apply(self, inputs=None, layer=None, arguments=None, **kwargs):
        if layer is MultiHeadAttention and arguments["a_bias"]:
            inputs = inputs[:3] + [FloatMask()(inputs[3])] + inputs[4:]
        return super(FloatMasks, self).apply(inputs, layer, arguments, **kwargs)


class FloatMaskNEZHA(FloatMasks, NEZHA):
    pass


class FloatMaskRoFormer(FloatMasks, RoFormer):
    pass


class FloatMaskALBERT(FloatMasks, ALBERT):
    pass


class LastInput(object):
    """A mix-in: the position ids are the last input, as they are without segments."""

    def compute_position_bias(self, inputs=None):
        mine, self.inputs = self.inputs, [None, None, self.inputs[-1]]
        bias = super(LastInput, self).compute_position_bias(inputs)
        self.inputs = mine
        return bias


class LastInputRoFormer(LastInput, RoFormer):
    pass


class GAU_alpha(RoFormerV2):  # noqa: N801 - the original's name
    """The blocks of https://github.com/ZhuiyiTechnology/GAU-alpha around the original's layer."""

    def initializer(self, shape, dtype=None, order=3, gain=1.0):
        return super(GAU_alpha, self).initializer(shape, dtype, order, gain)

    def apply_main_layers(self, inputs, index):
        name = "Transformer-%d-GatedAttentionUnit" % index
        mask, positions = self.compute_attention_bias(index), self.compute_position_bias(inputs)
        x = self.apply(
            inputs=self.simplify([inputs, mask, positions]),
            layer=GatedAttentionUnit,
            arguments={"a_bias": None if mask is None else True, "p_bias": "rotary"},
            units=self.intermediate_size,
            key_size=self.attention_key_size,
            activation=self.hidden_act,
            use_bias=False,
            normalization="softmax_plus",
            kernel_initializer=self.initializer,
            name=name,
        )
        x = self.apply(inputs=[inputs, x], layer=Add, name=name + "-Add")
        plain = {"zero_mean": False, "scale": False, "offset": False}
        return self.apply(inputs=x, layer=LayerNormalization, name=name + "-Norm", **plain)

    def variable_mapping(self):
        mapping = super(GAU_alpha, self).variable_mapping()
        weights = "i_dense/kernel", "q_scaleoffset/gamma", "k_scaleoffset/gamma", "o_dense/kernel"
        for i in range(self.num_hidden_layers):
            scope = "GAU_alpha/encoder/layer_%d/gau/" % i
            name = "Transformer-%d-GatedAttentionUnit" % i
            mapping[name] = [scope + weight for weight in weights]
        return mapping


FLOATS = "the original with masks of 0 and -inf: it cannot add scores to a bool mask"
LAST = "the original with the position ids for its third input: it cannot do without segments"
BLOCKS = "the original's layer in a RoFormerV2: it has no such model"
RESIDUAL_LM = {"application": "lm", "residual_attention_scores": True}
RESIDUAL_UNILM = {"application": "unilm", "residual_attention_scores": True}
NO_SEGMENTS = {"custom_position_ids": True, "segment_vocab_size": 0}
MENDED = [  # what the original runs with some help: family, case, options, class, reason
    ("albert", "residual-lm", RESIDUAL_LM, FloatMaskALBERT, FLOATS),
    ("nezha", "residual-lm", RESIDUAL_LM, FloatMaskNEZHA, FLOATS),
    ("nezha", "residual-unilm", RESIDUAL_UNILM, FloatMaskNEZHA, FLOATS),
    ("roformer", "residual-lm", RESIDUAL_LM, FloatMaskRoFormer, FLOATS),
    ("roformer", "residual-unilm", RESIDUAL_UNILM, FloatMaskRoFormer, FLOATS),
    ("roformer", "custom_position_ids-no_segments", NO_SEGMENTS, LastInputRoFormer, LAST),
]


def rows():
    """(family, case, options, class or None, reason or None) of all cases."""
    for family, tables in FAMILIES.items():
        class_and_reason = (GAU_alpha, BLOCKS) if family == "gau" else (None, None)
        for table in tables:
            for case, options in table.items():
                yield (family, case, options) + class_and_reason
    for row in MENDED:
        yield row


def make(out_dir):
    """Write every case into the folder of its family below `out_dir`."""
    for family, case, options, model_class, reason in rows():
        name = family + "-" + case
        config = dict(SIZES, model=family, **SIZES_OF.get(family, {}))
        config.update(options)
        folder = os.path.join(out_dir, family)
        os.makedirs(folder, exist_ok=True)
        fields = {} if reason is None else {"reason": reason}
        make_case(folder, name, config, model_class, lengths=LONG.get(name, LENGTHS), **fields)


if __name__ == "__main__":
    make(sys.argv[1])
