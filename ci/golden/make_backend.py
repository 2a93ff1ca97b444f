"""Cases for b4k_ops: the functions of bert4keras.backend that BERT's layers are made of."""

import inspect
import sys
from collections import namedtuple

import numpy as np
from _case import (
    bools,
    differentiate,
    floats,
    given,
    header,
    normal,
    numbered,
    padding_mask,
    seed_of,
    start,
    write,
)
from bert4keras import backend
from bert4keras.backend import K
from keras.layers import Input

TARGET = "packages/b4k-ops/tests/golden/backend"
INF = float("inf")

Row = namedtuple("Row", "case function inputs args call")  # "input/0" in args is inputs[0]
Row.__new__.__defaults__ = ({},)

PADDED = padding_mask([6, 4, 1], 6)  # [batch, length]
X, MASK, BIAS = "input/0", "input/1", "input/2"


def mask(array=PADDED, dtype="bool"):
    return given(array, dtype)


# --- the table


def sequence_masking():
    x = floats(3, 6, 4)

    def row(case, inputs, **call):
        return Row("sequence_masking-" + case, "sequence_masking", inputs, [X], call)

    yield row("nothing", [x])
    yield row("nothing-return_mask", [x], return_mask=True)
    yield row("mask", [x, mask()], mask=MASK)
    yield row("mask-float", [x, mask(dtype="float32")], mask=MASK, value=2.5)
    yield row("mask-int", [x, mask(dtype="int32")], mask=MASK, value=-1e12)
    yield row("mask-negative_infinity", [x, mask()], mask=MASK, value=-INF, return_mask=True)
    yield row("mask-infinity", [x, mask()], mask=MASK, value=INF)
    scores = floats(3, 2, 6, 6)
    square = floats(3, 6, 6)
    yield row("axis-2", [square, mask()], mask=MASK, axis=2)
    yield row("axis-minus_two", [floats(3, 2, 6, 4), mask()], mask=MASK, axis=-2)
    yield row("axis-list", [square, mask()], mask=MASK, axis=[1, 2], value=-INF)
    yield row("axis-negative_list", [scores, mask()], mask=MASK, axis=[-1, -2], return_mask=True)
    bool_bias, float_bias = bools(3, 6, 6), floats(3, 6, 6)
    yield row("bool_bias", [square, bool_bias], bias=MASK, value=-INF, return_mask=True)
    yield row("float_bias", [square, float_bias], bias=MASK, value=-INF, return_mask=True)
    both = dict(mask=MASK, bias=BIAS, axis=-1, value=-INF, return_mask=True)
    yield row("mask-bool_bias", [square, mask(), bool_bias], **both)
    yield row("mask-float_bias", [square, mask(), float_bias], **both)
    yield row("mask-broadcast_bias", [scores, mask(), bools(1, 1, 6, 6)], **both)


def attention_normalize():
    scores, long = floats(3, 2, 4, 6), floats(3, 2, 4, 40)
    long_mask = padding_mask([40, 25, 7], 40)
    biases = {"bool_bias": bools(3, 1, 4, 6), "float_bias": floats(3, 2, 4, 6)}

    def row(case, method, inputs, **call):
        call = dict(call, method=method)
        return Row("attention_normalize-" + case, "attention_normalize", inputs, [X], call)

    for method in ["softmax", "squared_relu", "softmax_plus"]:
        yield row(method, method, [scores])
        yield row(method + "-mask", method, [scores, mask()], mask=MASK)
        yield row(method + "-long", method, [long], axis=-1)
        yield row(method + "-long-mask", method, [long, mask(long_mask)], mask=MASK)
        for kind, bias in sorted(biases.items()):
            name = method + "-" + kind
            yield row(name, method, [scores, bias], bias=MASK)
            yield row(name + "-mask", method, [scores, mask(), bias], mask=MASK, bias=BIAS)
    four = mask(padding_mask([4, 3, 1], 4))
    yield row("softmax-axis", "softmax", [scores, four], mask=MASK, axis=-2)
    yield row("other-method", "none", [scores, mask()], mask=MASK)


def shapes():
    def row(case, function, inputs, *args, **call):
        return Row("%s-%s" % (function, case), function, inputs, [X] + list(args), call)

    two = floats(3, 5)
    yield row("middle", "align", [two], [0, 2], 4)
    yield row("negative", "align", [two], [0, -1], 3)
    yield row("no_ndim", "align", [two], [1, 3])
    three = floats(2, 3, 12)
    yield row("plain", "reshape", [three], [6, 12])
    yield row("heads", "reshape", [three], [3, 4], -1)
    yield row("unknown", "reshape", [floats(2, 6, 4)], [-1, 3], 1)
    yield row("two_pairs", "reshape", [floats(2, 6, 12)], [2, -1], 1, [-1, 3], 2)
    four = floats(2, 3, 4, 5, shape=(None, None, 4, 5))
    yield row("all", "flatten", [four])
    yield row("start", "flatten", [four], 2)
    yield row("negative_start", "flatten", [four], -2)
    yield row("end", "flatten", [four], end=2)
    yield row("start-end", "flatten", [four], 1, 3)


def gathering():
    picks = [[0, 5], [3, 3], [1, 0]]

    def row(case, params, indices):
        return Row("batch_gather-" + case, "batch_gather", [params, indices], [X, MASK])

    yield row("vectors", floats(3, 6, 4), given(picks, "int32"))
    yield row("scalars", floats(3, 6), given(picks, "int32"))
    yield row("float_indices", floats(3, 6, 4), given(picks))
    yield row("rank3", floats(2, 3, 6), given([picks, picks[::-1]], "int32"))


def positions():
    whole, part = [[0.0, 1, 2, 3, 4, 50]], [[0, 0.5, 1.5], [7, 3.25, 0]]

    def row(case, inputs, *args, **call):
        return Row("sinusoidal_embeddings-" + case, "sinusoidal_embeddings", inputs, args, call)

    yield row("whole", [given(whole)], X, 8)
    yield row("fractions", [given(part)], X, 6)
    yield row("base", [given(whole)], X, 8, base=100)
    yield row("vector", [given(whole[0])], X, 4)
    yield Row("sinusoidal_initializer", "Sinusoidal", [], [[7, 6]])

    def rotary(case, *inputs):
        args = ["input/%d" % i for i in range(len(inputs))]
        name = "apply_rotary_position_embeddings"
        return Row("rotary-" + case, name, list(inputs), args)

    yield rotary("one", floats(1, 5, 4), floats(3, 5, 4))
    yield rotary("heads", floats(1, 5, 4), floats(3, 5, 2, 4), floats(3, 5, 2, 4))
    yield rotary("batch", floats(3, 5, 4), floats(3, 5, 2, 4), floats(3, 5, 2, 4))


def activations():
    x = floats(4, 16, scale=2.5)
    for name in ["gelu_erf", "gelu_tanh", "swish", "leaky_relu"]:
        yield Row(name, name, [x], [X])
    yield Row("leaky_relu-alpha", "leaky_relu", [x], [X], {"alpha": 0.3})


def sequences():
    x = floats(3, 7, 4)
    for mode in ["max", "avg"]:
        for padding in ["valid", "same"]:
            call = {"strides": 2, "padding": padding, "pool_mode": mode}
            yield Row("pool1d-%s-%s" % (mode, padding), "pool1d", [x], [X, 3], call)
    yield Row("pool1d", "pool1d", [x], [X, 2])
    for n in [2, 4, 7]:
        name = "divisible_temporal_padding"
        yield Row("%s-%d" % (name, n), name, [x], [X, n])
    yield Row("root_mean_square", "root_mean_square", [x], [X])
    yield Row("root_mean_square-axis", "root_mean_square", [x], [X, -1, True])


def losses():
    logits = floats(3, 5, scale=3.0)
    mild = floats(3, 5)  # the sparse one is a difference of sums: close to 0 it has no digits left
    hard = given([[1, 0, 1, 0, 0], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]])
    soft = given([[0.9, 0.1, 0.5, 0.2, 0.7], [0.3, 0.2, 0.6, 0.1, 0.4], [0.8, 0.8, 0.9, 0.5, 0.5]])
    absent = given([[2.0, -1.0, -INF, 0.5, -INF], [-INF, -INF, 1.0, -3.0, 0.0], [4.0] * 5])
    ids = given([[1, 4, 2], [3, 0, 0], [2, 0, 0]], "int32")

    def row(case, name, *inputs, **call):
        return Row("%s-%s" % (name, case), name, list(inputs), [X, MASK], call)

    dense, sparse = (
        "multilabel_categorical_crossentropy",
        "sparse_multilabel_categorical_crossentropy",
    )
    yield row("hard", dense, hard, logits)
    yield row("soft", dense, soft, logits)
    yield row("absent", dense, hard, absent)
    yield row("sequence", dense, given(np.eye(4)[None].repeat(2, 0)), floats(2, 4, 4))
    yield row("ids", sparse, given([[1, 4], [3, 2], [2, 0]], "int32"), mild)
    yield row("float_ids", sparse, given([[1, 4], [3, 2], [2, 0]]), mild)
    yield row("mask_zero", sparse, ids, mild, mask_zero=True)
    yield row("sequence", sparse, given([[[1, 2], [3, 0]]] * 2, "int32"), floats(2, 2, 4))


TABLE = [
    sequence_masking,
    attention_normalize,
    shapes,
    gathering,
    positions,
    activations,
    sequences,
    losses,
]


# --- running it


def resolve(value, tensors):
    """The tensor for "input/<i>", anything else as it is."""
    if isinstance(value, str) and value.startswith("input/"):
        return tensors[int(value[len("input/") :])]
    return value


def make_case(out_dir, row):
    """Run one row of the table and write it."""
    rng = start(row.case)
    arrays = [draw.sample(rng) for draw in row.inputs]
    tensors = [Input(batch_shape=draw.shape, dtype=draw.dtype) for draw in row.inputs]
    function = getattr(backend, row.function)
    if inspect.isclass(function):
        function = function()
    outputs = function(
        *[resolve(value, tensors) for value in row.args],
        **{key: resolve(value, tensors) for key, value in row.call.items()},
    )
    outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    there = [i for i, output in enumerate(outputs) if output is not None]
    floating = [i for i, t in enumerate(tensors) if K.dtype(t) == "float32"]
    results, _, cotangents, gradients = differentiate(
        rng, tensors, arrays, [outputs[i] for i in there], [tensors[i] for i in floating]
    )
    content = numbered("input", arrays)
    content.update(("output/%d" % i, result) for i, result in zip(there, results))
    content.update(("cotangent/%d" % i, c) for i, c in zip(there, cotangents) if c is not None)
    content.update(
        ("gradient/input/%d" % i, g)
        for i, g in zip(floating, gradients)
        if g is not None and np.isfinite(g).all()  # that by a label of 0 or 1 is infinite
    )
    write(out_dir, about(row), content)


def about(row, **fields):
    """The header of a row."""
    shapes = [draw.shape for draw in row.inputs]
    target = "b4k_ops.%s" % row.function
    return header(
        row.case, target, args=row.args, call=row.call, shapes=shapes, config={}, masks=[], **fields
    )


# --- what the original cannot do: rows that see nothing


def make_empty_row_case(out_dir, method):
    """attention_normalize where one row has no key left: zeros there, the other row as usual."""
    case = "attention_normalize-%s-empty_row" % method
    rng = np.random.RandomState(seed_of(case))
    scores, cotangent = normal(rng, (2, 3, 20)), normal(rng, (2, 3, 20))
    padded = padding_mask([17, 0], 20)
    x, c = scores[0, :, :17].astype("float64"), cotangent[0, :, :17]  # the row that sees something
    output, gradient = np.zeros_like(scores), np.zeros_like(scores)
    output[0, :, :17], gradient[0, :, :17] = FORMULAS[method](x, c, 17)
    row = Row(
        case,
        "attention_normalize",
        [floats(2, 3, 20), mask(padded)],
        [X],
        {"mask": MASK, "method": method},
    )
    reason = "numpy formula: a row without keys is NaN in the original and zero here"
    content = {
        "input/0": scores,
        "input/1": padded,
        "output/0": output,
        "cotangent/0": cotangent,
        "gradient/input/0": gradient,
    }
    write(out_dir, about(row, reason=reason), content)


def softmax(x, c, scale=1.0):
    """Softmax of scale * x along the last axis, and the gradient of sum(softmax * c) by x."""
    e = np.exp(scale * x)
    p = e / e.sum(-1, keepdims=True)
    return p, scale * p * (c - (p * c).sum(-1, keepdims=True))


FORMULAS = {
    "softmax": lambda x, c, length: softmax(x, c),
    "softmax_plus": lambda x, c, length: softmax(x, c, np.log(max(length, 16)) / np.log(512)),
    "squared_relu": lambda x, c, length: (
        np.maximum(x, 0) ** 2 / length,
        2 * np.maximum(x, 0) * c / length,
    ),
}


def make(out_dir):
    """Write every case of the table into `out_dir`."""
    for rows in TABLE:
        for row in rows():
            make_case(out_dir, row)
    for method in sorted(FORMULAS):
        make_empty_row_case(out_dir, method)


if __name__ == "__main__":
    make(sys.argv[1])
