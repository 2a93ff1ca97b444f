"""Cases for b4k_ops.ops: what `keras.ops` of Keras 3.15.1 computes on jax, checked against numpy.

A case holds all calls of one op: its header lists them under `calls`, each with `args`, `call` and the number of its
`outputs`. `"input/3"` stands for that array. The results of call 2 are `output/2/0`, `output/2/1` ...; where it has
`cotangent/2`, the gradient of sum(output * cotangent) by input 3 is `gradient/2/3`.
"""

import io
import json
import os
import sys
import zipfile
import zlib

import jax
import keras
import numpy as np
from keras import ops

TARGET = "packages/b4k-ops/tests/golden/ops"
LANE = "k3-jax"
EPOCH = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # the one time stamp in the archives, so that equal cases are equal bytes
VERSIONS = {"keras": keras.__version__, "jax": jax.__version__, "numpy": np.__version__}
INF, NAN = float("inf"), float("nan")


# --- inputs


def normal(name, *shape):
    """Normal float32 numbers; the seed is the name's, so that a new input leaves the others as they are."""
    return np.random.RandomState(zlib.crc32(name.encode())).standard_normal(shape).astype("float32")


F, G = normal("F", 2, 3, 4), normal("G", 2, 3, 4)
P = np.abs(F) + 0.1  # positive
ROW = normal("ROW", 4)  # broadcasts with F
SCALAR = np.array(0.7, "float32")
EMPTY = np.zeros((0, 3), "float32")
SPECIAL = np.array([INF, -INF, NAN, 0.0, -0.0, 1.0, -2.5, 0.125, 4.0, -8.0], "float32")
INFINITE = np.array([[INF, -INF, 1.0], [-INF, -INF, -INF], [0.0, -INF, 2.0]], "float32")
TIES = np.array([[3.0, 1.0, 3.0, 1.0], [2.0, 2.0, 2.0, 2.0]], "float32")
HALVES = np.array([-2.5, -1.5, -0.5, 0.0, 0.5, 1.5, 2.5, 12.345, -67.891], "float32")
I = np.array([[-7, -1, 0], [1, 2, 7]], "int32")  # noqa: E741
J = np.array([[2, -3, 5], [3, -2, 4]], "int32")  # without a zero
H = (J + 0.5).astype("float32")
SMALL = np.array([[1, 2, 3], [4, 5, 6]], "uint8")
B = np.array([[True, False, True], [False, False, True]])
YES = np.array(True)
C = np.array([[True, True, False], [False, True, True]])


# --- rows: (args, keywords, whether gradients are taken)


def call(*args, **kwargs):
    return args, kwargs, False


def grad(*args, **kwargs):
    return args, kwargs, True


def unary(x=F):
    """A function of floats, also of what can become one; `x` is where it is smooth."""
    return [grad(x), call(SPECIAL), call(I), call(B), call(EMPTY), call(SCALAR)]


def smooth(x=F):
    """A function of floats only."""
    return [grad(x), call(SPECIAL), call(EMPTY), call(SCALAR)]


def whole(*more):
    """A function of any numbers."""
    return [grad(F), call(SPECIAL), call(I), call(EMPTY), call(SCALAR)] + list(more)


def pairs(x=SPECIAL, y=SPECIAL):
    """Every x with every y."""
    return x[:, None], y[None]


def binary():
    """An operation on any two numbers."""
    return [
        grad(F, ROW),
        call(*pairs()),
        call(F, 2),
        call(2.5, F),
        call(I, J),
        call(I, 2.5),
        call(I, B),
        call(H, B),
        call(EMPTY, SCALAR),
    ]


def comparison():
    return [
        call(F, np.where(F > 0, F, G)),
        call(*pairs()),
        call(I, 1),
        call(0.5, I),
        call(EMPTY, EMPTY),
        call(B, C),
    ]


def logical():
    return [call(B, C), call(I, B), call(F, YES), call(EMPTY, EMPTY)]


def truths():
    rows = [call(B, **options) for options in AXES]
    return rows + [call(F), call(I, axis=0), call(SPECIAL), call(EMPTY, axis=0)]


def by_axis(first, *others):
    """A reduction of `first` over every kind of axis, and of others."""
    rows = [grad(first, axis=-1), grad(first, axis=(0, 2), keepdims=True)]
    rows += [call(first), call(first, axis=0), call(first, keepdims=True)]
    return rows + [call(x, **options) for x in others for options in ({}, {"axis": -1})]


AXES = [{}, {"axis": -1}, {"axis": (0, 1), "keepdims": True}, {"keepdims": True}]


def index_of():
    rows = [call(F), call(F, axis=-1), call(F, axis=1, keepdims=True), call(F, keepdims=True)]
    return rows + [call(TIES, axis=1), call(I, axis=0), call(B, axis=-1), call(INFINITE, axis=-1)]


def cumulative():
    return [
        call(F),
        grad(F, axis=-1),
        call(F, axis=0),
        call(I, axis=1),
        call(B, axis=0),
        call(INFINITE, axis=0),
        call(I, dtype="float32"),
        call(EMPTY, axis=1),
    ]


def filled(*value):
    return [
        call((2, 3), *value),
        call((), *value),
        call((0, 2), *value),
        call((2,), *value, dtype="int32"),
        call((2,), *value, dtype="bool"),
    ]


def filled_like(*value):
    return [
        call(F, *value),
        call(I, *value),
        call(B, *value),
        call(EMPTY, *value),
        call(SCALAR, *value),
        call(F, *value, dtype="int32"),
    ]


def triangle():
    return [
        grad(F),
        call(F, k=1),
        call(F, k=-1),
        call(INFINITE),
        call(I, k=1),
        call(B, k=-1),
        call(np.zeros((0, 0), "float32")),
    ]


def attention():
    q, k, v = (normal(name, 2, 3, 4, 5) for name in "qkv")
    longer = [normal(name, 2, 6, 4, 5) for name in ("k6", "v6")]
    bias, mask = normal("bias", 1, 4, 3, 3), normal("mask", 2, 1, 3, 3) > 0
    padding = np.array([1, 1, 0, 1, 0, 0], bool).reshape(1, 1, 1, 6)
    return [
        grad(q, k, v),
        grad(q, *longer, mask=padding),
        call(q, k, v, bias=bias),
        call(q, k, v, bias=bias, mask=mask | np.eye(3, dtype=bool), scale=0.3),
        call(q, k, v, is_causal=True),
        call(50 * q, k, v, is_causal=True, mask=np.array([1, 0, 1], bool).reshape(1, 1, 1, 3)),
        call(q, k[:, :, :2], v[:, :, :2]),
    ]


CASES = {
    # core
    "cast": [
        grad(F, "float32"),
        call(F, "int32"),
        call(F, "bool"),
        call(I, "float32"),
        call(B, "int32"),
        call(I, "bool"),
        call(I, "float16"),
        call(EMPTY, "int32"),
        call(2.5, "int32"),
    ],
    "convert_to_numpy": [call(F), call(I), call(B), call(EMPTY), call(SCALAR)],
    "convert_to_tensor": [
        grad(F),
        call(I),
        call(B),
        call(EMPTY),
        call(2.5),
        call(3),
        call(True),
        call((1.5, 2.5)),
        call(((1, 2), (3, 4))),
        call((1, 2), dtype="float32"),
        call(F, dtype="int32"),
        call(2.5, dtype="int32"),
        call(1, dtype="bool"),
    ],
    "shape": [call(F), call(EMPTY), call(SCALAR), call(I)],
    "slice": [
        grad(F, (0, 1, 1), (2, 2, 3)),
        call(I, (1, 0), (1, 3)),
        call(F, (0, 0, 0), (0, 3, 4)),
    ],
    "stop_gradient": [call(F), call(I)],
    "unstack": [grad(F), call(F, axis=-1), call(I, axis=1), call(F, num=3, axis=1)],
    # numpy
    "abs": whole(call(B)),
    "absolute": whole(),
    "add": binary(),
    "all": truths(),
    "any": truths(),
    "arange": [
        call(5),
        call(2, 7),
        call(2, 9, 3),
        call(9, 2, -2),
        call(0.5),
        call(1.0, 2.0, 0.25),
        call(0),
        call(4, dtype="float32"),
        call(1, 5, dtype="int32"),
        call(4, 1),
        call(3, dtype="float16"),
    ],
    "argmax": index_of(),
    "argmin": index_of(),
    "argsort": [
        call(F),
        call(F, axis=0),
        call(F, axis=None),
        call(TIES),
        call(I),
        call(INFINITE, axis=-1),
        call(B, axis=-1),
        call(EMPTY),
    ],
    "array": [grad(F), call(I), call(B), call((1.5, 2.5)), call(3), call(I, dtype="float32")],
    "broadcast_to": [
        grad(ROW, (2, 3, 4)),
        call(SCALAR, (2, 2)),
        call(I[:, :1], (2, 3)),
        call(EMPTY, (2, 0, 3)),
        call(5, (2,)),
    ],
    "ceil": whole(call(HALVES)),
    "clip": [
        grad(F, -0.5, 0.5),
        call(SPECIAL, -1.0, 1.0),
        call(I, -2, 3),
        call(EMPTY, 0.0, 1.0),
        call(F, ROW - 1, ROW + 1),
        call(SPECIAL, -INF, 0.0),
    ],
    "concatenate": [
        grad((F, G)),
        grad((F, G, F), axis=-1),
        call((I, J), axis=1),
        call((I, H)),
        call((B, C)),
        call((F, EMPTY.reshape(2, 0, 4)), axis=1),
    ],
    "cos": unary(),
    "cumprod": cumulative(),
    "cumsum": cumulative(),
    "divide": binary(),
    "divide_no_nan": binary(),
    "einsum": [
        grad("bnd,bmd->bnm", F, G),
        grad("bjhd,bkhd->bhjk", normal("q", 2, 3, 2, 4), normal("k", 2, 5, 2, 4)),
        call("bhjk,bkhd->bjhd", normal("a", 2, 2, 3, 5), normal("v", 2, 5, 2, 4)),
        call("...,d->...d", F, ROW),
        call("bn...d,d->bn...", F, ROW),
        call("ijk->kji", F),
        call("ijk->", F),
        call("ij,ij->i", F[0], G[0]),
        call("i,j,k->ijk", ROW, ROW, ROW),
        call("ij,kj->ik", I, J),
        call("ij,jk->ik", EMPTY, normal("w", 3, 2)),
    ],
    "equal": comparison(),
    "exp": unary(),
    "expand_dims": [
        grad(F, 1),
        call(F, -1),
        call(F, (0, -1)),
        call(I, 0),
        call(SCALAR, 0),
        call(EMPTY, 1),
    ],
    "expm1": unary(),
    "eye": [
        call(3),
        call(2, 4),
        call(4, 2, k=1),
        call(3, 4, k=-1),
        call(3, dtype="int32"),
        call(0),
        call(3, dtype="bool"),
    ],
    "flip": [
        grad(F),
        call(F, axis=1),
        call(F, axis=(0, -1)),
        call(I, axis=-1),
        call(EMPTY, axis=0),
    ],
    "floor": whole(call(HALVES)),
    "floor_divide": [
        call(F, G),
        call(F, 2),
        call(2.5, G),
        call(I, J),
        call(I, 2),
        call(I, 2.5),
        call(EMPTY, 1.0),
    ],
    "full": filled(7)
    + [
        call((2, 2), INF),
        call((3, 2), np.array([1.0, 2.0], "float32")),
        call((2,), True, dtype="bool"),
    ],
    "full_like": filled_like(7) + [call(F, -INF)],
    "greater": comparison(),
    "greater_equal": comparison(),
    "identity": [call(3), call(2, dtype="int32"), call(0)],
    "isfinite": [call(F), call(SPECIAL), call(I), call(B), call(EMPTY)],
    "isinf": [call(F), call(SPECIAL), call(I), call(B), call(EMPTY)],
    "isnan": [call(F), call(SPECIAL), call(I), call(B), call(EMPTY)],
    "less": comparison(),
    "less_equal": comparison(),
    "log": unary(P),
    "log1p": unary(P),
    "logical_and": logical(),
    "logical_not": [call(B), call(I), call(F), call(SPECIAL), call(EMPTY)],
    "logical_or": logical(),
    "matmul": [
        call(F[0], G[0].T),
        grad(F, normal("w", 4, 5)),
        grad(F, G.transpose(0, 2, 1)),
        call(ROW, normal("w", 4, 5)),
        call(F, ROW),
        call(ROW, ROW),
        call(ROW, normal("b", 2, 4, 3)),
        call(normal("c", 2, 1, 3, 4), normal("d", 5, 4, 2)),
        call(I, J.T),
        call(I, H.T),
        call(EMPTY, normal("w", 3, 2)),
        call(np.zeros((2, 0), "float32"), np.zeros((0, 3), "float32")),
    ],
    "max": by_axis(F, I, B, INFINITE, SPECIAL[3:])
    + [call(F, axis=1, initial=0.5), call(EMPTY, axis=0, initial=0.0)],
    "maximum": binary(),
    "mean": by_axis(F, I, B, SPECIAL)
    + [call(EMPTY, axis=1), call(np.full((9,), 60000.0, "float16"))],
    "min": by_axis(F, I, B, INFINITE, SPECIAL[3:])
    + [call(F, axis=1, initial=0.5), call(EMPTY, axis=0, initial=0.0)],
    "minimum": binary(),
    "mod": [
        call(F, G),
        call(F, 2),
        call(2.5, G),
        call(I, J),
        call(I, 2),
        call(I, 2.5),
        call(EMPTY, 1.0),
    ],
    "moveaxis": [
        grad(F, 0, -1),
        call(F, (0, 1), (2, 0)),
        call(F, -1, 0),
        call(I, 0, 1),
        call(EMPTY, 1, 0),
    ],
    "multiply": binary(),
    "ndim": [call(F), call(EMPTY), call(SCALAR), call(I)],
    "negative": whole(),
    "not_equal": comparison(),
    "ones": filled(),
    "ones_like": filled_like(),
    "outer": [grad(ROW, F[0, 0]), call(F[0], ROW), call(I, J), call(I, ROW), call(EMPTY, ROW)],
    "pad": [
        grad(F, ((0, 0), (1, 2), (0, 1))),
        call(F, 1),
        call(I, ((1, 0), (0, 2)), constant_values=9),
        call(F, ((0, 0), (1, 1), (2, 2)), mode="reflect"),
        call(F, ((0, 0), (1, 1), (2, 2)), mode="symmetric"),
        call(INFINITE, ((1, 1), (0, 2)), constant_values=-INF),
        call(EMPTY, ((1, 0), (0, 0))),
    ],
    "power": [
        grad(P, ROW),
        call(F, 3),
        call(*pairs()),
        call(F, 2),
        call(2.5, F),
        call(np.abs(J), np.abs(I)),
        call(J, 2),
        call(J, 2.5),
        call(EMPTY, EMPTY),
    ],
    "prod": by_axis(F, I, B, SMALL, SPECIAL) + [call(EMPTY), call(F, axis=1, dtype="float32")],
    "ravel": [grad(F), call(I), call(SCALAR), call(EMPTY)],
    "reciprocal": smooth(),
    "repeat": [
        grad(F, 2),
        grad(F, 3, axis=-1),
        call(F, 2, axis=0),
        call(I, np.array([1, 0, 2]), axis=1),
        call(EMPTY, 2, axis=1),
        call(F, 0, axis=1),
        call(SCALAR, 3),
    ],
    "reshape": [
        grad(F, (6, 4)),
        call(F, (2, -1)),
        call(F, -1),
        call(I, (3, 1, 2)),
        call(SCALAR, (1, 1)),
        call(EMPTY, (0, 7)),
        call(F, (-1,)),
    ],
    "round": whole(call(HALVES), call(HALVES, decimals=1), call(HALVES, 2), call(I, decimals=1)),
    "sign": whole(),
    "sin": unary(),
    "size": [call(F), call(EMPTY), call(SCALAR), call(I)],
    "split": [
        grad(F, 2, axis=-1),
        call(F, 3, axis=1),
        call(F, (1, 3), axis=-1),
        call(I, (1,), axis=1),
        call(F, (0, 2), axis=1),
        call(F, 2),
    ],
    "sqrt": unary(P),
    "square": whole(),
    "squeeze": [
        grad(F[:, :1]),
        call(F[:, :1], axis=1),
        call(F[:1, :, :1], axis=(0, -1)),
        call(F),
        call(I[:1], axis=0),
        call(EMPTY[None], axis=0),
    ],
    "stack": [
        grad((F, G)),
        call((F, G), axis=-1),
        call((I, J), axis=1),
        call((I, H)),
        call((SCALAR, SCALAR)),
        call((B, C)),
        call((1.0, 2.0, 3.0)),
    ],
    "std": by_axis(F, I, INFINITE) + [call(np.ones((2, 3), "float32"))],
    "subtract": binary(),
    "sum": by_axis(F, I, B, SMALL, SPECIAL) + [call(EMPTY), call(EMPTY, axis=1), call(SCALAR)],
    "swapaxes": [grad(F, 0, -1), call(F, 1, 2), call(I, -1, -2), call(EMPTY, 0, 1)],
    "take": [
        grad(F, np.array([2, 0, 2]), axis=1),
        call(F, np.array([5, -1])),
        call(I, 1, axis=1),
        call(F, np.array([[0, 1], [-1, -2]]), axis=-1),
        call(F, np.zeros((0,), "int32"), axis=0),
        call(B, 0, axis=-1),
    ],
    "take_along_axis": [
        grad(F, np.array([[[2, 0]], [[-1, 1]]]), axis=2),
        call(F, np.argsort(F, 1).astype("int32"), axis=1),
        call(F, np.array([3, -1, 11]), axis=None),
        call(F, np.array([[[1], [0], [1]]]), axis=0),
        call(I, np.array([[0], [-1]]), axis=-1),
        call(F, np.zeros((2, 3, 0), "int32"), axis=-1),
    ],
    "tan": unary(),
    "tanh": unary(),
    "tile": [
        grad(F, (1, 2, 1)),
        call(F, 2),
        call(F, (2, 1, 1, 3)),
        call(I, (2,)),
        call(SCALAR, 3),
        call(EMPTY, (2, 2)),
    ],
    "transpose": [
        grad(F),
        call(F, (1, 0, 2)),
        call(F, axes=(-1, 0, 1)),
        call(I),
        call(SCALAR),
        call(EMPTY),
    ],
    "tril": triangle(),
    "triu": triangle(),
    "true_divide": binary(),
    "var": by_axis(F, I, INFINITE) + [call(np.ones((2, 3), "float32"))],
    "where": [
        grad(F > 0, F, G),
        call(F > 0, F, 0.0),
        call(B, I, 2.5),
        call(B, 1, 0),
        call(I, 1.0, -INF),
        call(B),
        call(SPECIAL > 0, SPECIAL, NAN),
        call(B[:, :1], I, H),
        call(EMPTY > 0, EMPTY, EMPTY),
        call(YES, F, G),
    ],
    "zeros": filled(),
    "zeros_like": filled_like(),
    # math
    "erf": smooth(),
    "logsumexp": [
        call(F),
        grad(F, axis=-1),
        grad(F, axis=(0, 2), keepdims=True),
        call(INFINITE, axis=-1),
        call(INFINITE),
        call(1000 * F, axis=1),
        call(SPECIAL),
    ],
    "rsqrt": [
        grad(P),
        call(SPECIAL[SPECIAL != 0]),
        call(EMPTY),
        call(SCALAR),
        call(np.zeros(2, "float32")),
    ],
    "top_k": [call(F, 2), call(TIES, 3), call(I, 1), call(INFINITE, k=2, sorted=True)],
    # nn
    "dot_product_attention": attention(),
    "elu": smooth() + [call(F, alpha=0.3)],
    "gelu": smooth()
    + [grad(F, approximate=False), call(SPECIAL, approximate=False), call(F, False)],
    "leaky_relu": smooth() + [call(F, negative_slope=0.5), call(F, 0.1)],
    "log_softmax": [
        call(F),
        grad(F, axis=1),
        call(1000 * F),
        call(INFINITE[2]),
        call(EMPTY, axis=-1),
        call(F, axis=(1, 2)),
    ],
    "one_hot": [
        call(np.array([0, 2, 1]), 3),
        call(np.array([[0, 3], [-1, 4]]), 4),
        call(np.array([1, 0]), 2, axis=0),
        call(np.array([1]), 3, dtype="int32"),
        call(np.array([1]), 3, dtype="bool"),
        call(2, 4),
        call(np.zeros((0,), "int32"), 2),
    ],
    "relu": smooth() + [call(I)],
    "relu6": smooth() + [call(10 * F)],
    "sigmoid": smooth() + [call(100 * F)],
    "silu": smooth(),
    "softmax": [
        call(F),
        grad(F, axis=1),
        call(1000 * F),
        call(INFINITE[2]),
        call(EMPTY, axis=-1),
        call(F, axis=(1, 2)),
        call(INFINITE[1]),
    ],
    "softplus": smooth() + [call(100 * F)],
    "swish": smooth(),
}


# --- computing


def written(value, arrays):
    """An argument as JSON: an array is noted in `arrays` and becomes "input/<i>", a tuple {"tuple": [...]}."""
    if isinstance(value, np.ndarray):
        known = [i for i, array in enumerate(arrays) if array is value]
        if not known:
            arrays.append(value)
        return "input/%d" % (known or [len(arrays) - 1])[0]
    if isinstance(value, (list, tuple)):
        return {"tuple": [written(item, arrays) for item in value]}
    return value


def read(value, arrays):
    """The argument that `written` wrote."""
    if isinstance(value, dict):
        return tuple(read(item, arrays) for item in value["tuple"])
    if isinstance(value, str) and value.startswith("input/"):
        return arrays[int(value[len("input/") :])]
    return value


def run(function, row, arrays):
    """The results of a call, always as a list."""
    args = [read(value, arrays) for value in row["args"]]
    results = function(*args, **{key: read(value, arrays) for key, value in row["call"].items()})
    if function in (ops.ndim, ops.shape, ops.size):
        return [np.array(results, "int32")]
    return list(results) if isinstance(results, (list, tuple)) else [results]


def differentiate(function, row, arrays, cotangents):
    """{i: gradient of sum(results * cotangents) by input i} for the float inputs of a call."""
    text = json.dumps(row)
    used = ['"input/%d"' % i in text for i in range(len(arrays))]
    floats = [i for i, array in enumerate(arrays) if used[i] and array.dtype == "float32"]

    def loss(values):
        given = {**dict(enumerate(arrays)), **dict(zip(floats, values))}
        return sum((y * c).sum() for y, c in zip(run(function, row, given), cotangents))

    return dict(zip(floats, jax.grad(loss)([jax.numpy.asarray(arrays[i]) for i in floats])))


def check(op, row, arrays, results):
    """Keras and jax must agree with numpy wherever it has the function."""
    if not hasattr(np, op) or op in ("ndim", "shape", "size"):
        return
    with np.errstate(all="ignore"):
        expected = run(NUMPY.get(op, getattr(np, op)), row, arrays)
    if len(expected) != len(results):
        raise ValueError("%s %s: numpy gives %d results" % (op, row, len(expected)))
    for ours, theirs in zip(results, map(np.asarray, expected)):
        close = 1e-3 if theirs.dtype == "float16" else 1e-5  # numpy's float of a bool is float16
        theirs = theirs.astype("float64")
        np.testing.assert_allclose(ours, theirs, close, 1e-6, err_msg="%s %s" % (op, row))


NUMPY = {  # the same as keras.ops means it
    "argsort": lambda x, axis=-1: np.argsort(x, axis, kind="stable"),
    "unstack": lambda x, num=None, axis=0: np.unstack(x, axis=axis),
}


def make_case(out_dir, op, rows):
    """Write all calls of one op."""
    function, inputs, arrays, calls = getattr(ops, op), [], {}, []
    for i, (args, kwargs, with_gradients) in enumerate(rows):
        row = {
            "args": [written(value, inputs) for value in args],
            "call": {key: written(value, inputs) for key, value in kwargs.items()},
        }
        results = [np.asarray(ops.convert_to_numpy(y)) for y in run(function, row, inputs)]
        check(op, row, inputs, results)
        arrays.update(("output/%d/%d" % (i, j), y) for j, y in enumerate(results))
        if with_gradients:
            cotangents = [normal("%s-%d-%d" % (op, i, j), *y.shape) for j, y in enumerate(results)]
            arrays.update(("cotangent/%d/%d" % (i, j), c) for j, c in enumerate(cotangents))
            gradients = differentiate(function, row, inputs, cotangents)
            arrays.update(("gradient/%d/%d" % (i, j), g) for j, g in gradients.items())
        calls.append(dict(row, outputs=len(results)))
    arrays.update(("input/%d" % i, array) for i, array in enumerate(inputs))
    header = {"case": op, "target": "b4k_ops.ops." + op, "config": {}, "call": {}, "calls": calls}
    header.update(oracle="keras %(keras)s jax %(jax)s" % VERSIONS, versions=VERSIONS)
    write(out_dir, header, arrays)


def write(out_dir, header, arrays):
    """Write one case as `<out_dir>/<case>.npz`, the same bytes for the same content."""
    with zipfile.ZipFile(os.path.join(out_dir, header["case"] + ".npz"), "w") as archive:
        for key, value in [("header", np.array(json.dumps(header, sort_keys=True)))] + sorted(
            arrays.items()
        ):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(value, order="C"), allow_pickle=False)
            info = zipfile.ZipInfo(key + ".npy", date_time=EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue())


def make(out_dir):
    """Write the case of every op."""
    for op, rows in CASES.items():
        make_case(out_dir, op, rows)


if __name__ == "__main__":
    make(sys.argv[1])
