"""What the makers of `b4k_ops.ops` cases share: inputs, shorthands for calls, and what computes and writes a case.

The oracle is `keras.ops` of Keras 3.15.1 on jax, checked against numpy or another reference wherever there is one;
elsewhere the lanes k3-tf and k3-torch, whose ops are Keras's own, must agree.

A case holds all calls of one op: its header lists them under `calls`, each with `args`, `call` and the number of its
`outputs`. `"input/3"` stands for that array. The results of call 2 are `output/2/0`, `output/2/1` ...; where it has
`cotangent/2`, the gradient of sum(output * cotangent) by input 3 is `gradient/2/3`.
"""

import io
import json
import os
import zipfile
import zlib

import jax
import keras
import numpy as np
from keras import ops

EPOCH = (1980, 1, 1, 0, 0, 0)  # the time stamp of all members: equal cases are equal bytes
VERSIONS = {"keras": keras.__version__, "jax": jax.__version__, "numpy": np.__version__}
INF, NAN = float("inf"), float("nan")

NUMBERS = ("ndim", "shape", "size")  # their results are numbers, or tensors where unknown


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


# --- calls: (args, keywords, whether gradients are taken)


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
    if function.__name__ in NUMBERS:
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


def check(op, row, arrays, results, reference):
    """The results must agree with the reference, if there is one."""
    if reference is None:
        return
    with np.errstate(all="ignore"):
        expected = run(reference, row, arrays)
    if len(expected) != len(results):
        raise ValueError("%s %s: numpy gives %d results" % (op, row, len(expected)))
    for ours, theirs in zip(results, map(np.asarray, expected)):
        close = 1e-3 if theirs.dtype == "float16" else 1e-5  # numpy's float of a bool is float16
        theirs = theirs.astype("complex128" if theirs.dtype.kind == "c" else "float64")
        np.testing.assert_allclose(ours, theirs, close, 1e-6, err_msg="%s %s" % (op, row))


def find(op):
    """The function of that name: "relu", "image.resize"."""
    function = ops
    for part in op.split("."):
        function = getattr(function, part)
    return function


def make_case(out_dir, op, rows, reference):
    """Write all calls of one op."""
    function, inputs, arrays, calls = find(op), [], {}, []
    for i, (args, kwargs, with_gradients) in enumerate(rows):
        row = {
            "args": [written(value, inputs) for value in args],
            "call": {key: written(value, inputs) for key, value in kwargs.items()},
        }
        results = [np.asarray(ops.convert_to_numpy(y)) for y in run(function, row, inputs)]
        check(op, row, inputs, results, reference)
        arrays.update(("output/%d/%d" % (i, j), y) for j, y in enumerate(results))
        if with_gradients:
            cotangents = [normal("%s-%d-%d" % (op, i, j), *y.shape) for j, y in enumerate(results)]
            arrays.update(("cotangent/%d/%d" % (i, j), c) for j, c in enumerate(cotangents))
            gradients = differentiate(function, row, inputs, cotangents)
            arrays.update(("gradient/%d/%d" % (i, j), g) for j, g in gradients.items())
        calls.append(dict(row, outputs=len(results)))
    arrays.update(("input/%d" % i, array) for i, array in enumerate(inputs))
    header = {
        "case": op.split(".")[-1],
        "target": "b4k_ops.ops." + op,
        "config": {},
        "call": {},
        "calls": calls,
    }
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


def make_cases(out_dir, cases, references=None):
    """Write the case of every op; `references` {op: function} are asked before numpy is."""
    for op, rows in cases.items():
        of_numpy = None if op in NUMBERS else getattr(np, op, None)
        make_case(out_dir, op, rows, (references or {}).get(op, of_numpy))
