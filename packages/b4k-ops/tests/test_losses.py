"""The multi-label losses: against their definition, at extreme logits, in half precision."""

import numpy as np
import pytest
from b4k_ops import (
    multilabel_categorical_crossentropy,
    ops,
    sparse_multilabel_categorical_crossentropy,
)
from b4k_ops.testing import engine


def definition(positives, logits):
    """log(1 + sum exp(negatives)) + log(1 + sum exp(-positives)), in float64."""
    logits = np.asarray(logits, "float64")
    chosen = np.isin(np.arange(len(logits)), list(positives))
    return np.logaddexp.reduce(np.append(logits[~chosen], 0)) + np.logaddexp.reduce(
        np.append(-logits[chosen], 0)
    )


LOGITS = np.array([[2, -1, 0.5, 3], [0, 0, 0, 0], [-1, 1, 2, -2], [1, 2, 3, 4]], "float32")
POSITIVES = [(0,), (), (1, 2), (0, 1, 2, 3)]  # the last row has no negatives
HARD = np.array([[k in row for k in range(4)] for row in POSITIVES], "float32")


def test_dense_loss_is_its_definition():
    loss = ops.convert_to_numpy(
        multilabel_categorical_crossentropy(ops.convert_to_tensor(HARD), LOGITS)
    )
    expected = [definition(*pair) for pair in zip(POSITIVES, LOGITS)]
    np.testing.assert_allclose(loss, expected, rtol=1e-5, atol=1e-6)


def test_sparse_loss_is_its_definition():
    """Class 0 fills up; the last row has all classes and a 0 too."""
    ids = np.array([[1, 0, 0], [0, 0, 0], [1, 2, 0], [1, 3, 2]], "int32")
    loss = ops.convert_to_numpy(
        sparse_multilabel_categorical_crossentropy(
            ops.convert_to_tensor(ids), ops.convert_to_tensor(LOGITS), mask_zero=True
        )
    )
    expected = [definition({i - 1 for i in row if i}, x[1:]) for row, x in zip(ids, LOGITS)]
    np.testing.assert_allclose(loss[:3], expected[:3], rtol=1e-5, atol=1e-5)
    floor = np.logaddexp.reduce(np.append(LOGITS[3, 1:], 0)) + np.log(1e-7)  # all are positive
    assert expected[3] + 1e-5 >= loss[3] >= expected[3] + min(floor, 0)


EXTREME = np.array([[1e4, -1e4, 0, 50], [-1e4, -1e4, -1e4, -1e4], [1e4] * 4], "float32")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("mask_zero", [None, False, True])
def test_extreme_logits_give_finite_losses_and_gradients(dtype, mask_zero):
    ids = np.array([[0, 1], [1, 2], [0, 0]], "int32")
    hard = np.array([[0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]], "float32")

    def function(tensors):
        logits = ops.cast(tensors[0], dtype)
        if mask_zero is None:
            return [multilabel_categorical_crossentropy(ops.cast(hard, dtype), logits)]
        y_true = ops.convert_to_tensor(ids)
        return [sparse_multilabel_categorical_crossentropy(y_true, logits, mask_zero)]

    def as_float32(tensors):
        return [ops.cast(y, "float32") for y in function(tensors)]

    ones = {0: np.ones(3, "float32")}
    (loss,), (gradient,) = engine.run_function(as_float32, [EXTREME], [(3, 4)], ones, [0])
    assert np.isfinite(loss).all() and np.isfinite(gradient).all()
    assert loss.max() > 9000  # where a class is as wrong as can be


def test_sparse_loss_of_masked_logits_is_finite():
    """GlobalPointer gives -inf wherever no span can be, even if a label says there is one."""
    logits = np.array([[1.0, -np.inf, 2.0, -np.inf]], "float32")
    ids = ops.convert_to_tensor(np.array([[2, 3]], "int32"))

    def function(tensors):
        return [sparse_multilabel_categorical_crossentropy(ids, tensors[0], mask_zero=True)]

    one = {0: np.ones(1, "float32")}
    (loss,), (gradient,) = engine.run_function(function, [logits], [(1, 4)], one, [0])
    assert np.isfinite(loss).all() and np.isfinite(gradient).all()
