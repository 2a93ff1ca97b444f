"""Every op gives what `keras.ops` of Keras 3.15.1 gives: values, dtypes and gradients.

The cases are made by ci/golden/make_keras_ops.py: inf, nan, empty, 0-d, negative axes, integers, bools.
"""

import numpy as np
import pytest
from b4k_ops import Layer, _names, keras, ops
from b4k_ops.testing import cases, engine

CASES = cases(__file__, "ops")
CALLS = [(case, i) for case in CASES for i in range(len(case.header["calls"]))]
GRADIENTS = [(case, i) for case, i in CALLS if case.numbered("gradient/%d" % i)]
_session = {"case": None}
SIZES = ("ndim", "shape", "size")  # their results are numbers, or tensors where unknown


@pytest.fixture
def case(request):
    """The case, with a session that starts anew for each: in graph mode all its calls share a small graph."""
    if _session["case"] is not request.param:
        keras.backend.clear_session()
        _session["case"] = request.param
    return request.param


def run(case, i, tensors):
    """The results of a call as a list of tensors."""
    row = case.header["calls"][i]
    args = [fill(value, tensors) for value in row["args"]]
    results = case.load_target()(*args, **{k: fill(v, tensors) for k, v in row["call"].items()})
    if case.name in SIZES:
        return [ops.convert_to_tensor(results, dtype="int32")]
    return list(results) if isinstance(results, (list, tuple)) else [results]


def fill(value, tensors):
    """The tensor that "input/<i>" stands for, also inside a tuple."""
    if isinstance(value, tuple):
        return tuple(fill(item, tensors) for item in value)
    if isinstance(value, str) and value.startswith("input/"):
        return tensors[int(value[len("input/") :])]
    return value


@pytest.mark.parametrize("case, i", CALLS, ids=str, indirect=["case"])
def test_values(case, i):
    tensors = [ops.convert_to_tensor(array) for array in case.numbered("input").values()]
    results, expected = run(case, i, tensors), case.numbered("output/%d" % i)
    assert len(results) == len(expected)
    for result, value in zip(results, expected.values()):
        array = ops.convert_to_numpy(result)
        assert (array.dtype, array.shape) == (value.dtype, value.shape)
        np.testing.assert_allclose(array, value, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("case, i", GRADIENTS, ids=str, indirect=["case"])
def test_gradients(case, i):
    arrays, expected = case.numbered("input"), case.numbered("gradient/%d" % i)
    _, gradients = engine.run_function(
        lambda tensors: run(case, i, tensors),
        list(arrays.values()),
        [array.shape for array in arrays.values()],
        case.numbered("cotangent/%d" % i),
        list(expected),
    )
    for gradient, value in zip(gradients, expected.values()):
        np.testing.assert_allclose(gradient, value, rtol=1e-4, atol=1e-5)


def test_arrays_and_numbers_are_tensors_too():
    x = np.arange(6, dtype="float32").reshape(2, 3)
    total = ops.sum(
        ops.concatenate([ops.matmul(x, x.T), ops.where(x[:, :1] > 2, 1.0, -1.0)], axis=1)
    )
    assert float(ops.convert_to_numpy(total)) == 83


# --- ops of functions and of things that are no arrays


def test_cond():
    x = ops.convert_to_tensor(np.float32(3))
    taken = ops.cond(ops.greater(x, 2), lambda: x + 1, lambda: x - 1)
    left = ops.cond(ops.less(x, 2), lambda: x + 1, lambda: x - 1)
    known = ops.cond(True, lambda: x * 2, lambda: x * 3)
    assert [float(ops.convert_to_numpy(y)) for y in (taken, left, known)] == [4, 2, 6]


def test_while_loop():
    def body(i, total):
        return i + 1, total + i

    i, total = ops.while_loop(lambda i, total: i < 5, body, (0, 0))
    assert (int(ops.convert_to_numpy(i)), int(ops.convert_to_numpy(total))) == (5, 10)
    i, total = ops.while_loop(lambda i, total: i < 5, body, (0, 0), maximum_iterations=2)
    assert (int(ops.convert_to_numpy(i)), int(ops.convert_to_numpy(total))) == (2, 1)
    one = ops.while_loop(lambda x: x < 100, lambda x: x * 2, 3)
    assert int(ops.convert_to_numpy(one)) == 192


def test_stop_gradient():
    x = np.array([1.0, -2.0, 3.0], "float32")
    _, (gradient,) = engine.run_function(
        lambda tensors: [ops.stop_gradient(tensors[0]) * tensors[0]], [x], [(3,)], {0: x}, [0]
    )
    np.testing.assert_allclose(gradient, x * x)


def test_dtype():
    for name in ("float32", "float16", "int32", "bool", "uint8"):
        assert ops.dtype(np.zeros(2, name)) == name
        assert ops.dtype(ops.zeros((2,), dtype=name)) == name


def test_is_tensor():
    assert ops.is_tensor(ops.ones((2,)))
    assert not ops.is_tensor(np.ones(2)) and not ops.is_tensor(1.0)


def test_every_op_has_a_value_case():
    by_hand = {name[len("test_") :] for name in globals() if name.startswith("test_")}
    assert set(_names.NAMES) - {case.name for case in CASES} - by_hand == set()


# --- sizes that are unknown until the model runs


class Apply(Layer):
    """Apply a function in a model."""

    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, inputs):
        return self.function(inputs)


DYNAMIC = {  # name: (function of ops, function of numpy), x is [batch, length, 4]
    "arange": (
        lambda x: x + ops.reshape(ops.arange(ops.shape(x)[1], dtype="float32"), (1, -1, 1)),
        lambda x: x + np.arange(x.shape[1])[None, :, None],
    ),
    "argmax": (
        lambda x: x * ops.cast(ops.argmax(x, axis=1, keepdims=True), "float32"),
        lambda x: x * x.argmax(1)[:, None],
    ),
    "broadcast_to": (
        lambda x: ops.broadcast_to(x[:, :1], ops.shape(x)),
        lambda x: np.broadcast_to(x[:, :1], x.shape),
    ),
    "flip": (lambda x: ops.flip(x, axis=1), lambda x: x[:, ::-1]),
    "ones_like": (lambda x: x + ops.ones_like(x), lambda x: x + 1),
    "pad": (
        lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 0)))[:, 1:],
        lambda x: np.pad(x, ((0, 0), (0, 2), (0, 0))),
    ),
    "repeat": (lambda x: ops.repeat(x, 2, axis=1), lambda x: x.repeat(2, 1)),
    "reshape": (
        lambda x: ops.reshape(x, (ops.shape(x)[0], -1, 2)),
        lambda x: x.reshape(len(x), -1, 2),
    ),
    "take": (lambda x: ops.take(x, [-1, 0], axis=1), lambda x: x[:, [-1, 0]]),
    "take_along_axis": (
        lambda x: ops.take_along_axis(x, ops.argsort(x, axis=1), axis=1),
        lambda x: np.sort(x, 1),
    ),
    "tile": (lambda x: ops.tile(x, (1, 2, 1)), lambda x: np.tile(x, (1, 2, 1))),
    "tril": (
        lambda x: ops.tril(ops.matmul(x, ops.transpose(x, (0, 2, 1)))),
        lambda x: np.tril(x @ x.transpose(0, 2, 1)),
    ),
    "zeros": (
        lambda x: ops.concatenate([x, ops.zeros((ops.shape(x)[0], 1, 4))], axis=1),
        lambda x: np.pad(x, ((0, 0), (0, 1), (0, 0))),
    ),
}


@pytest.mark.parametrize("name", sorted(DYNAMIC))
def test_unknown_sizes(name):
    function, expected = DYNAMIC[name]
    inputs = keras.layers.Input((None, 4))
    model = keras.models.Model(inputs, Apply(function)(inputs))
    for shape in ((2, 3, 4), (3, 5, 4)):
        x = np.random.RandomState(0).standard_normal(shape).astype("float32")
        np.testing.assert_allclose(model.predict(x, verbose=0), expected(x), rtol=1e-5, atol=1e-6)
