"""Ops on arrays as a whole that no golden case can hold: of functions, of slices, without values."""

import numpy as np
import pytest
from b4k_ops import ops
from b4k_ops.testing import engine

X = np.arange(24, dtype="float32").reshape(2, 3, 4)


def test_empty():
    for dtype in (None, "int32", "bool"):
        x = ops.convert_to_numpy(ops.empty((2, 0, 3), dtype))
        assert (x.shape, x.dtype) == ((2, 0, 3), dtype or "float32")
    assert ops.convert_to_numpy(ops.empty((2, 3))).shape == (2, 3)


def test_empty_like():
    x = ops.convert_to_tensor(X)
    for dtype in (None, "int32"):
        y = ops.convert_to_numpy(ops.empty_like(x, dtype=dtype))
        assert (y.shape, y.dtype) == (X.shape, dtype or "float32")


@pytest.mark.parametrize(
    "key",
    [
        (slice(None), 1),
        (Ellipsis, slice(-3, None, 2)),
        (0, slice(1, None), None, -1),
        slice(1, 9),
        np.s_[:, ::2, 1:3],
        (1, 2, 3),
    ],
    ids=str,
)
def test_get_item_of_slices(key):
    x = ops.convert_to_tensor(X)
    np.testing.assert_array_equal(ops.convert_to_numpy(ops.get_item(x, key)), X[key])


def test_vectorize():
    def larger(x, y):
        return ops.where(x > y, x, y) * 2.0

    y = X[0, :, :1] * 2
    both = ops.vectorize(larger)(ops.convert_to_tensor(X), ops.convert_to_tensor(y))
    np.testing.assert_allclose(ops.convert_to_numpy(both), np.maximum(X, y) * 2)


def test_vectorize_by_signature():
    def scaled(x, y):
        return ops.sum(x) * y

    function = ops.vectorize(scaled, signature="(n),(m)->(m)")
    y = X[1, :2, :3]  # [2, 3] beside [2, 3, 4]
    result = function(ops.convert_to_tensor(X[:, :2]), ops.convert_to_tensor(y))
    expected = X[:, :2].sum(-1, keepdims=True) * y
    np.testing.assert_allclose(ops.convert_to_numpy(result), expected)
    with pytest.raises((TypeError, ValueError)):
        ops.vectorize(scaled, signature="(n)->()")(X, X)


def test_vectorize_leaves_out_what_is_excluded():
    def power(x, n):
        for _ in range(n - 1):
            x = x * x
        return x

    x = ops.convert_to_tensor(X[0])
    result = ops.convert_to_numpy(ops.vectorize(power, excluded={1})(x, 2))
    np.testing.assert_allclose(result, X[0] ** 2)


def test_vectorize_has_a_gradient():
    function = ops.vectorize(lambda x: x * x)
    _, (gradient,) = engine.run_function(
        lambda tensors: [function(tensors[0])], [X], [X.shape], {0: X}, [0]
    )
    np.testing.assert_allclose(gradient, 2 * X * X)


REFUSED = {
    "array_split": lambda: ops.array_split(X, 0),
    "diag": lambda: ops.diag(X),
    "diagonal": lambda: ops.diagonal(X, axis1=1, axis2=-2),
    "diff": lambda: ops.diff(X, n=-1),
    "rot90": lambda: ops.rot90(X, axes=(1, 1)),
    "select": lambda: ops.select([], []),
    "vander": lambda: ops.vander(X),
    "vectorize": lambda: ops.vectorize(3),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_wrong_arguments_are_refused(name):
    with pytest.raises(Exception):  # noqa: B017, each engine has one of its own
        REFUSED[name]()
