"""The reductions that no golden case can hold: results that are right in several forms, wrong arguments, NaN."""

import numpy as np
import pytest
from b4k_ops import ops
from b4k_ops.testing import engine

X = np.array([[2, 1, 2, 1], [0, 5, 0, 3], [2, 1, 2, 0], [2, 1, 2, 1]], "int32")


def arrays(tensors):
    return [ops.convert_to_numpy(tensor) for tensor in tensors]


@pytest.mark.parametrize("axis", [0, -1, None])
def test_argpartition(axis):
    x = np.random.RandomState(0).permutation(35).reshape(5, 7).astype("int32")
    order = ops.convert_to_numpy(ops.argpartition(x, 3, axis=axis))
    values = x.ravel()[order] if axis is None else np.take_along_axis(x, order, axis)
    at = 0 if axis is None else axis
    before, place, after = np.split(values, [3, 4], at)
    assert (before.max(at, keepdims=True) < place).all()
    assert (place < after.min(at, keepdims=True)).all()


def test_unique_indices_inverse_and_counts():
    x = X[0] * 1.5
    values, index, inverse, counts = arrays(ops.unique(x, True, True, True, True))
    np.testing.assert_allclose(values, [1.5, 3.0])
    assert list(x[index]) == list(values)
    assert list(values[inverse]) == list(x) and list(counts) == [2, 2]


def test_unique_slices():
    values, inverse, counts = arrays(ops.unique(X, axis=0, return_inverse=True, return_counts=True))
    np.testing.assert_array_equal(values, [[0, 5, 0, 3], [2, 1, 2, 0], [2, 1, 2, 1]])
    np.testing.assert_array_equal(values[inverse], X)
    assert list(counts) == [1, 1, 2]


def test_unique_of_given_size():
    values, inverse, counts = arrays(
        ops.unique(X, size=7, fill_value=-1, return_inverse=True, return_counts=True)
    )
    assert list(values) == [0, 1, 2, 3, 5, -1, -1]
    assert list(counts) == [3, 5, 6, 1, 1, 0, 0]
    np.testing.assert_array_equal(values[inverse], X)


def test_gradient_of_the_nan_reductions_is_finite():
    x = np.array([[1.0, np.nan, 3.0], [np.inf, 2.0, np.nan]], "float32")
    for op in (ops.nansum, ops.nanprod, ops.nanmax, ops.nanmean, ops.nanmedian):
        _, (gradient,) = engine.run_function(
            lambda tensors, op=op: [op(tensors[0], axis=1)],
            [x],
            [x.shape],
            {0: np.ones(2, "float32")},
            [0],
        )
        assert np.isfinite(gradient[0]).all() and gradient[0, 1] == 0, op


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: ops.histogram(x),
        lambda x: ops.histogram(x[0], bins=-1),
        lambda x: ops.histogram(x[0], range=(1.0, 0.0)),
        lambda x: ops.searchsorted(x, x),
    ],
)
def test_wrong_arguments(wrong):
    with pytest.raises(ValueError):
        wrong(np.ones((3, 4), "float32"))
