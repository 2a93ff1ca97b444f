"""Cases for b4k_layers: every layer and option, run by bert4keras 0.11.5."""

import sys
from collections import namedtuple

import numpy as np
from _case import (
    WithMask,
    bools,
    differentiate,
    floats,
    given,
    header,
    numbered,
    padding_mask,
    random_weights,
    start,
    write,
)
from bert4keras import backend, layers
from bert4keras.backend import K
from keras.layers import Input

TARGET = "packages/b4k-layers/tests/golden/layers"

Row = namedtuple("Row", "case layer config inputs masks call judges")
Row.__new__.__defaults__ = ({}, {}, ())


class GatedAttentionUnit(layers.GatedAttentionUnit):
    """The original's, but a list of q, k and v has its keys hidden by their own mask."""

    def call(self, inputs, mask=None, a_bias=None, p_bias=None):
        if not self.self_attention and mask is not None:
            mask = mask[1:]
        return super(GatedAttentionUnit, self).call(inputs, mask, a_bias, p_bias)


MENDED = {  # case: (the layer that stands in for the original's, why)
    "gated_attention-cross_masks": (
        GatedAttentionUnit,
        "the original hides the keys by the mask of the queries",
    ),
}

BATCH, LENGTH, DIM = 3, 5, 6
LENGTHS = [5, 4, 2]  # the rows of every padded batch
PADDED = padding_mask(LENGTHS, LENGTH)
IDS = [[3, 1, 4, 2, 5], [7, 0, 2, 9, 0], [0, 8, 0, 0, 0]]  # a 0 inside, one at the start


def x(length=LENGTH, dim=DIM):
    """A float sequence (BATCH, length, dim)."""
    return floats(BATCH, length, dim)


# --- the table


def embedding():
    config = {"input_dim": 11, "output_dim": DIM}
    masked = dict(config, mask_zero=True)
    yield Row("embedding-ids", "Embedding", config, [given(IDS)])
    yield Row("embedding-mask_zero", "Embedding", masked, [given(IDS)])
    yield Row("embedding-int_ids", "Embedding", masked, [given(IDS, "int32")])
    dense = {"mode": "dense"}
    yield Row("embedding-dense", "Embedding", masked, [x()], {}, dense)
    yield Row("embedding-dense-mask", "Embedding", masked, [x()], {0: PADDED}, dense)


def scale_offset():
    def row(case, config, *inputs):
        return Row("scale_offset-" + case, "ScaleOffset", config, list(inputs), {0: PADDED})

    vector = [0.5, -1.0, 2.0, 0.25, 1.5, -0.75]
    yield row("default", {}, x())
    yield row("no_scale", {"scale": False}, x())
    yield row("no_offset", {"offset": None}, x())
    yield row("constants", {"scale": 1.5, "offset": -0.5}, x())
    yield row("vector", {"scale": vector}, x())
    yield row("one_learned", {"scale": True, "offset": 0.25}, x())
    given_condition = [x(), floats(BATCH, 4)]
    hidden = {"hidden_units": 3, "hidden_activation": "tanh"}
    yield row("conditional", {"conditional": True}, *given_condition)
    yield row("conditional-hidden", dict(hidden, conditional=True), *given_condition)
    yield row("conditional-no_scale", {"conditional": True, "scale": False}, *given_condition)
    constants = {"conditional": True, "scale": 1.5, "offset": 0.25}
    yield row("conditional-constants", constants, *given_condition)
    conditional = {"conditional": True}
    flat = [floats(BATCH, DIM), floats(BATCH, 4)]
    yield Row("scale_offset-conditional-rank2", "ScaleOffset", conditional, flat)


def layer_normalization():
    def row(case, config, *inputs):
        name = "layer_normalization-" + case
        return Row(name, "LayerNormalization", config, list(inputs), {0: PADDED})

    yield row("default", {}, x())
    yield row("epsilon", {"epsilon": 0.1}, x())
    yield row("epsilon-tiny", {"epsilon": 1e-12}, x())
    yield row("no_mean", {"zero_mean": False}, x())
    yield row("no_variance", {"unit_variance": False}, x())
    yield row("plain", {"scale": False, "offset": False}, x())
    yield row("root_mean_square", {"zero_mean": False, "offset": False, "epsilon": 1e-6}, x())
    given_condition = [x(), floats(BATCH, 4)]
    hidden = {"hidden_units": 3, "hidden_activation": "relu"}
    yield row("conditional", {"conditional": True}, *given_condition)
    yield row("conditional-hidden", dict(hidden, conditional=True), *given_condition)
    yield row("conditional-no_mean", {"conditional": True, "zero_mean": False}, *given_condition)
    flat = [floats(BATCH, DIM)]
    yield Row("layer_normalization-rank2", "LayerNormalization", {}, flat)


def attention():
    """Inputs q, k, v [, bias] [, position table]; self attention unless `inputs` says otherwise."""
    queries, keys = 4, 6
    all_masked = {i: PADDED for i in range(3)}

    def row(case, extra=(), inputs=None, masks=all_masked, call=None, **config):
        config = dict({"heads": 2, "head_size": 3}, **config)
        inputs = (inputs or [x(), x(), x()]) + list(extra)
        return Row("attention-" + case, "MultiHeadAttention", config, inputs, masks, call or {})

    yield row("masked")
    yield row("no_mask", masks={})
    yield row("value_mask", masks={2: PADDED})
    yield row("query_mask", masks={0: PADDED})
    cross = [x(queries), x(keys), x(keys)]
    cross_masks = {
        0: padding_mask([4, 3, 1], queries),
        1: padding_mask([6, 2, 5], keys),
        2: padding_mask([6, 2, 5], keys),
    }
    yield row("cross", inputs=cross, masks=cross_masks)
    yield row("cross-scores", inputs=cross, masks=cross_masks, return_attention_scores=True)

    biased = {"a_bias": True}
    yield row("bool_bias-rank2", [bools(LENGTH, LENGTH)], call=biased)
    yield row("bool_bias-rank3", [bools(BATCH, LENGTH, LENGTH)], call=biased)
    yield row("bool_bias-rank4", [bools(BATCH, 2, LENGTH, LENGTH)], call=biased)
    yield row("bool_bias-no_mask", [bools(BATCH, 1, LENGTH, LENGTH)], masks={}, call=biased)
    yield row("bool_bias-cross", [bools(BATCH, queries, keys)], cross, cross_masks, biased)
    yield row("float_bias-rank2", [floats(LENGTH, LENGTH, shape=(None, None))], call=biased)
    yield row("float_bias-rank3", [floats(BATCH, LENGTH, LENGTH, shape=(None,) * 3)], call=biased)
    scores = floats(BATCH, 2, LENGTH, LENGTH, shape=(None, 2, None, None))
    yield row("float_bias-rank4", [scores], call=biased)
    yield row("float_bias-no_mask", [scores], masks={}, call=biased)

    yield row("key_size", key_size=5)
    yield row("out_dim", out_dim=7)
    yield row("no_use_bias", use_bias=False)
    yield row("no_scale", attention_scale=False)
    yield row("scores", return_attention_scores=True)
    yield row("scores-bias", [scores], call=biased, return_attention_scores=True)
    yield row("dropout-inference", attention_dropout=0.5)

    yield row("softmax_plus", normalization="softmax_plus")
    long = [x(40), x(40), x(40)]  # beyond 16 keys softmax_plus scales by log(length)
    long_masks = {i: padding_mask([40, 25, 7], 40) for i in range(3)}
    yield row("softmax_plus-long", inputs=long, masks=long_masks, normalization="softmax_plus")
    yield row("softmax_plus-no_mask", inputs=long, masks={}, normalization="softmax_plus")
    yield row("squared_relu", normalization="squared_relu")
    yield row("squared_relu-no_mask", masks={}, normalization="squared_relu")
    bias = [bools(BATCH, LENGTH, LENGTH)]
    yield row("squared_relu-bool_bias", bias, call=biased, normalization="squared_relu")

    rotary = {"p_bias": "rotary"}
    yield row("rotary", [floats(1, LENGTH, 4)], call=rotary, head_size=4)
    yield row("rotary-batch", [floats(BATCH, LENGTH, 4)], call=rotary, key_size=4)
    both = dict(rotary, **biased)
    yield row("rotary-bool_bias", bias + [floats(1, LENGTH, 4)], call=both, key_size=4)
    typical = {"p_bias": "typical_relative"}
    yield row("typical_relative", [floats(LENGTH, LENGTH, 3)], call=typical)
    both = dict(typical, **biased)
    yield row("typical_relative-bool_bias", bias + [floats(LENGTH, LENGTH, 3)], call=both)
    t5 = {"p_bias": "t5_relative"}
    yield row("t5_relative", [floats(LENGTH, LENGTH, 2)], call=t5, attention_scale=False)
    yield row("t5_relative-cross", [floats(queries, keys, 2)], cross, cross_masks, t5)


def gated_attention():
    """Inputs x or q, k, v [, bias] [, position table]."""
    queries, keys = 4, 6

    def row(case, extra=(), inputs=None, masks=None, call=None, **config):
        config = dict({"units": 8, "key_size": 4}, **config)
        inputs = (inputs or [x()]) + list(extra)
        masks = {0: PADDED} if masks is None else masks
        return Row(
            "gated_attention-" + case, "GatedAttentionUnit", config, inputs, masks, call or {}
        )

    yield row("masked")
    yield row("no_mask", masks={})
    yield row("no_bias", use_bias=False)
    yield row("no_scale", attention_scale=False)
    yield row("activation", activation="gelu", normalization="softmax")
    yield row("softmax_plus", normalization="softmax_plus", use_bias=False)
    long = {"inputs": [x(40)], "masks": {0: padding_mask([40, 25, 7], 40)}}
    yield row("softmax_plus-long", normalization="softmax_plus", **long)
    yield row("dropout-inference", attention_dropout=0.5)
    rotary, biased = {"p_bias": "rotary"}, {"a_bias": True}
    yield row("rotary", [floats(1, LENGTH, 4)], call=rotary)
    bias = [bools(BATCH, LENGTH, LENGTH)]
    both = dict(rotary, **biased)
    yield row("rotary-bool_bias", bias + [floats(1, LENGTH, 4)], call=both)
    yield row("bool_bias-softmax", bias, call=biased, normalization="softmax")
    yield row("float_bias", [floats(BATCH, LENGTH, LENGTH, shape=(None,) * 3)], call=biased)
    cross = [x(queries), x(keys, 3), x(keys, 3)]
    yield row("cross", inputs=cross, masks={}, self_attention=False)
    masks = {
        0: padding_mask([4, 3, 1], queries),
        1: padding_mask([6, 2, 5], keys),
        2: padding_mask([6, 2, 5], keys),
    }
    yield row("cross_masks", inputs=cross, masks=masks, self_attention=False)
    bias = [bools(BATCH, queries, keys)]
    yield row("cross-bias", bias, cross, {}, biased, self_attention=False, use_bias=False)


def feed_forward():
    def row(case, activation, **config):
        config = dict({"units": 8, "activation": activation}, **config)
        return Row("feed_forward-" + case, "FeedForward", config, [x()], {0: PADDED})

    for activation in ["relu", "gelu", "swish", "leaky_relu", "linear"]:
        yield row(activation, activation)
    yield row("gated", ["gelu", "linear"])
    yield row("gated-no_bias", ["gelu", "linear"], use_bias=False)
    yield row("gated-three", ["tanh", "relu", "linear"])
    yield row("no_bias", "relu", use_bias=False)


def position_embedding():
    table = {"input_dim": 8, "output_dim": DIM}
    position_ids = given([[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [7, 7, 0, 5, 5]])
    int_ids = given([[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [7, 7, 0, 5, 5]], "int32")
    far_ids = given([[0, 8, 16, 63, 9], [1, 7, 15, 31, 40], [62, 0, 5, 10, 20]])
    long_mask = padding_mask([12, 9, 1], 12)

    def row(case, config, *inputs, **options):
        config = dict(table, **config)
        masks = {0: options.get("mask", PADDED)}
        return Row("position-" + case, "PositionEmbedding", config, list(inputs), masks)

    yield row("add", {}, x())
    yield row("mul", {"merge_mode": "mul"}, x())
    yield row("zero", {"merge_mode": "zero"}, x())
    yield row("concat", {"merge_mode": "concat"}, x(dim=4))
    yield row("hierarchical", {"input_dim": 5, "hierarchical": True}, x(12), mask=long_mask)
    yield row("hierarchical-0.3", {"input_dim": 5, "hierarchical": 0.3}, x(12), mask=long_mask)
    custom = {"custom_position_ids": True}
    yield row("custom", custom, x(), position_ids)
    yield row("custom-int", custom, x(), int_ids)
    yield row("custom-concat", dict(custom, merge_mode="concat"), x(dim=4), position_ids)
    yield row("custom-zero", dict(custom, merge_mode="zero"), x(), position_ids)
    yield row("custom-hierarchical", dict(custom, hierarchical=True), x(), far_ids)


def sinusoidal_position_embedding():
    position_ids = given([[0, 1, 2, 3, 4], [4, 3, 2, 1, 0.5], [7, 70, 0, 2.5, 5]])

    def row(case, config, *inputs):
        config = dict({"output_dim": DIM}, **config)
        name = "sinusoidal_position-" + case
        return Row(name, "SinusoidalPositionEmbedding", config, list(inputs), {0: PADDED})

    yield row("add", {}, x())
    yield row("mul", {"merge_mode": "mul"}, x())
    yield row("zero", {"merge_mode": "zero"}, x())
    yield row("concat", {"merge_mode": "concat", "output_dim": 8}, x(dim=4))
    custom = {"custom_position_ids": True}
    yield row("custom", custom, x(), position_ids)
    yield row("custom-concat", dict(custom, merge_mode="concat"), x(), position_ids)
    yield row("custom-zero", dict(custom, merge_mode="zero"), x(), position_ids)


def relative_position_embedding():
    def row(case, layer, queries, keys, masks=(), **config):
        config = dict({"input_dim": 7, "output_dim": 4}, **config)
        lengths = {i: padding_mask(LENGTHS, (queries, keys)[i]) for i in masks}
        return Row(case, layer, config, [ids(queries), ids(keys)], lengths)

    def ids(length):
        return given([[0] * length] * BATCH, shape=(None, None))

    typical, t5 = "RelativePositionEmbedding", "RelativePositionEmbeddingT5"
    yield row("relative_position-self", typical, 9, 9, masks=[0, 1])
    yield row("relative_position-cross", typical, 3, 8)
    yield row("relative_position-even_table", typical, 6, 6, input_dim=8)
    table = {"input_dim": 32, "output_dim": 2}
    yield row("relative_position_t5-self", t5, 70, 70, masks=[0, 1], **table)
    yield row("relative_position_t5-cross", t5, 2, 150, **table)
    yield row("relative_position_t5-causal", t5, 150, 2, bidirectional=False, **table)
    near = {"input_dim": 8, "max_distance": 20}
    yield row("relative_position_t5-near", t5, 30, 30, **near)
    yield row("relative_position_t5-near_causal", t5, 30, 30, bidirectional=False, **near)


def merging():
    other = padding_mask([2, 5, 3], LENGTH)
    yield Row("add-no_mask", "Add", {}, [x(), x()])
    yield Row("add-first_mask", "Add", {}, [x(), x()], {0: PADDED})
    yield Row("add-second_mask", "Add", {}, [x(), x()], {1: PADDED})
    yield Row("add-both_masks", "Add", {}, [x(), x()], {0: PADDED, 1: other})
    yield Row("add-three", "Add", {}, [x(), x(), x()], {0: PADDED, 2: other})
    yield Row("concatenate1d-first_mask", "Concatenate1D", {}, [x(), x(3)], {0: PADDED})
    masks = {0: PADDED, 1: padding_mask([3, 1, 2], 3)}
    yield Row("concatenate1d-both_masks", "Concatenate1D", {}, [x(), x(3)], masks)
    yield Row("concatenate1d-second_mask", "Concatenate1D", {}, [x(), x(3)], {1: masks[1]})


def pooling():
    def row(case, layer, *inputs, **options):
        masks = options.get("masks", {0: PADDED})
        return Row(case, layer, options.get("config", {}), list(inputs), masks)

    first = {"data_format": "channels_first"}
    turned = floats(BATCH, DIM, LENGTH, shape=(None, DIM, None))
    for name in ("Average", "Max"):
        layer = "Global%sPooling1D" % name
        yield row("global_%s_pooling-masked" % name.lower(), layer, x())
        yield row("global_%s_pooling-no_mask" % name.lower(), layer, x(), masks={})
        yield row("global_%s_pooling-turned" % name.lower(), layer, turned, config=first)


def batch():
    def row(case, config, *inputs, **options):
        layer = "BatchSplit" if config else "BatchConcat"
        masks = options.get("masks", {0: long_mask})
        return Row(case, layer, config, list(inputs), masks)

    def long(dim):
        return floats(8, LENGTH, dim)

    long_mask = padding_mask([5, 4, 2, 1, 5, 3, 3, 2], LENGTH)
    yield row("batch_split-parts", {"parts": 3}, long(DIM))
    yield row("batch_split-one", {"parts": 1}, long(DIM))
    yield row("batch_split-weights", {"parts": [3, 1, 2]}, long(DIM))
    yield row("batch_split-shares", {"parts": [0.45, 0.55]}, long(DIM), masks={})
    both = {0: long_mask, 1: long_mask[::-1]}
    yield row("batch_split-two_inputs", {"parts": 2}, long(3), long(4), masks=both)
    yield row("batch_split-second_mask", {"parts": 2}, long(3), long(4), masks={1: long_mask})
    yield row("batch_concat-masked", {}, long(DIM), x(), masks={0: long_mask, 1: PADDED})
    yield row("batch_concat-no_mask", {}, long(DIM), x(), masks={})


LABELS = 4  # of what labels sequences
GOLD = [[0, 1, 2, 3, 0], [1, 1, 3, 2, 0], [2, 0, 0, 0, 0]]


def labelling():
    """Logits and y_true, judged by the layers' own losses and metrics."""
    crf, memm = "ConditionalRandomField", "MaximumEntropyMarkovModel"
    sparse, dense = ("sparse_loss", "sparse_accuracy"), ("dense_loss", "dense_accuracy")
    one_hot = np.eye(LABELS)[np.array(GOLD)]

    def row(case, layer, y_true=GOLD, masks=None, judges=sparse, **config):
        inputs = [x(dim=LABELS), given(y_true, shape=(None,) * np.ndim(y_true))]
        return Row(case, layer, config, inputs, {0: PADDED} if masks is None else masks, {}, judges)

    for name, layer in [("crf", crf), ("memm", memm)]:
        yield row(name + "-sparse", layer)
        yield row(name + "-dense", layer, one_hot, judges=dense)
        yield row(name + "-no_mask", layer, masks={})
        yield row(name + "-lr_multiplier", layer, lr_multiplier=10)
    yield row("memm-hidden_dim", memm, hidden_dim=3)
    both = {"hidden_dim": 3, "lr_multiplier": 10}
    yield row("memm-hidden_dim-lr_multiplier", memm, one_hot, None, dense, **both)


def global_pointer():
    """Logits, and those judged by the multi-label losses: the spans of each of two heads."""
    spans = np.zeros((BATCH, 2, LENGTH * LENGTH))
    spans[[0, 0, 0, 1, 2], [0, 0, 1, 1, 0], [0, 13, 4, 7, 1]] = 1
    ends = [[[13, 1], [4, 0]], [[0, 0], [7, 0]], [[1, 0], [0, 0]]]  # numbers of spans, 0 is none
    rank3 = (None, 2, None)
    dense, sparse = [name + "multilabel_categorical_crossentropy" for name in ("", "sparse_")]

    def row(case, extra=(), masks=None, judges=(), **config):
        config = dict({"heads": 2, "head_size": 4}, **config)
        masks = {0: PADDED} if masks is None else masks
        return Row(case, "GlobalPointer", config, [x()] + list(extra), masks, {}, judges)

    rows = [
        row("global_pointer-masked"),
        row("global_pointer-no_mask", masks={}),
        row("global_pointer-no_rotary", RoPE=False),
        row("global_pointer-no_bias", use_bias=False),
        row("global_pointer-no_tril", tril_mask=False),
        row("global_pointer-dense_loss", [given(spans, shape=rank3)], judges=[dense]),
        row("global_pointer-sparse_loss", [given(ends, shape=rank3)], {}, [sparse]),
    ]
    for one in rows:
        yield one
        yield one._replace(case="efficient_" + one.case, layer="EfficientGlobalPointer")


def judge(layer, name):
    """A loss or metric: a method of the layer, or a function for all pairs of a head in one row."""
    if hasattr(layer, name):
        return getattr(layer, name)
    function = getattr(backend, name)
    options = {"mask_zero": True} if name.startswith("sparse") else {}
    return lambda y_true, y_pred: function(y_true, K.flatten(y_pred, 2), **options)


TABLE = [
    embedding,
    scale_offset,
    layer_normalization,
    attention,
    gated_attention,
    feed_forward,
    position_embedding,
    sinusoidal_position_embedding,
    relative_position_embedding,
    merging,
    pooling,
    batch,
    labelling,
    global_pointer,
]


# --- running it


def make_case(out_dir, row):
    """Run one row of the table and write it."""
    rng = start(row.case)
    arrays = [draw.sample(rng) for draw in row.inputs]
    tensors = [Input(batch_shape=draw.shape, dtype=draw.dtype) for draw in row.inputs]
    masks = {i: Input(batch_shape=(None, None), dtype="bool") for i in sorted(row.masks)}
    carried = [WithMask()([t, masks[i]]) if i in masks else t for i, t in enumerate(tensors)]

    layer_class, reason = MENDED.get(row.case, (getattr(layers, row.layer), None))
    layer = layer_class(**row.config)
    y_true = carried.pop() if row.judges else None
    outputs = layer(carried if len(carried) > 1 else carried[0], **row.call)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    found = [] if row.judges else mask_of(layer, len(outputs))
    if row.judges:
        outputs = [judge(layer, name)(y_true, outputs[0]) for name in row.judges]
    weights = random_weights(rng, layer.weights)
    layer.set_weights(weights)

    floating = [t for t in tensors if K.dtype(t) == "float32" and t is not y_true]
    results, result_masks, cotangents, gradients = differentiate(
        rng,
        tensors + [masks[i] for i in sorted(masks)],
        arrays + [row.masks[i] for i in sorted(masks)],
        outputs,
        layer.weights + floating,
        extra=[m for m in found if m is not None],
    )
    there, left = iter(result_masks), iter(gradients[len(weights) :])

    groups = {
        "input": arrays,
        "mask": [row.masks.get(i) for i in range(len(arrays))],
        "weight": weights,
        "output": results,
        "output_mask": [None if m is None else next(there) for m in found],
        "cotangent": cotangents,
        "gradient/weight": gradients[: len(weights)],
        "gradient/input": [next(left) if t in floating else None for t in tensors],
    }
    content = {}
    for group, members in groups.items():
        content.update(numbered(group, members))
    optional = {"reason": reason, "judges": list(row.judges)}
    about = header(
        row.case,
        target_of(row.layer),
        config=row.config,
        call=row.call,
        shapes=[draw.shape for draw in row.inputs],
        masks=sorted(row.masks),
        **{key: value for key, value in optional.items() if value},
    )
    write(out_dir, about, content)


def mask_of(layer, count):
    """The masks Keras 2 hands on with the outputs: the first `count` that compute_mask returned."""
    found = layer.get_output_mask_at(0)
    found = found if isinstance(found, list) else [found]
    return (found + [None] * count)[:count]


def target_of(layer):
    """Where b4k keeps the layer: what Keras has as well lies in b4k_ops."""
    return "b4k_ops.Add" if layer == "Add" else "b4k_layers.%s" % layer


def make(out_dir):
    """Write every case of the table into `out_dir`."""
    for rows in TABLE:
        for row in rows():
            make_case(out_dir, row)


if __name__ == "__main__":
    make(sys.argv[1])
