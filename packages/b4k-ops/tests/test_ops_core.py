"""The core ops that no golden case can hold: those of functions, and of things that are no arrays."""

import numpy as np
from b4k_ops import ops
from b4k_ops.testing import engine


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
