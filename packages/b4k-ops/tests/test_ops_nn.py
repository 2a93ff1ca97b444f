"""What no golden case of the nn family can hold: half precision, and arguments that are refused."""

import numpy as np
import pytest
from b4k_ops import ops
from b4k_ops.testing import engine

HUGE = 1e4 * np.array([[1, -1, 0], [-1, 1, 1], [0, 0, -1]], "float16")
TRUTH = np.eye(3, dtype="float16")
LOSSES = {
    "binary_crossentropy": lambda x: ops.binary_crossentropy(TRUTH, x, from_logits=True),
    "categorical_crossentropy": lambda x: ops.categorical_crossentropy(TRUTH, x, from_logits=True),
    "sparse_categorical_crossentropy": lambda x: ops.sparse_categorical_crossentropy(
        np.arange(3), x, from_logits=True
    ),
}


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_loss_of_huge_logits_is_finite_in_half_precision(name):
    shape = (3, 3) if name == "binary_crossentropy" else (3,)
    (loss,), (gradient,) = engine.run_function(
        lambda tensors: [ops.cast(LOSSES[name](tensors[0]), "float32")],
        [HUGE],
        [(3, 3)],
        {0: np.ones(shape, "float32")},
        [0],
    )
    assert loss.shape == shape and np.isfinite(loss).all() and loss.max() >= 1e4
    assert np.isfinite(gradient).all()


REFUSED = {
    "binary_crossentropy": lambda x: ops.binary_crossentropy(x, x[:1]),
    "categorical_crossentropy": lambda x: ops.categorical_crossentropy(x, x[:1]),
    "multi_hot": lambda x: ops.multi_hot(x),
    "normalize": lambda x: ops.normalize(x, order=0),
    "psnr": lambda x: ops.psnr(x, x[:1], 1.0),
    "sparse_categorical_crossentropy": lambda x: ops.sparse_categorical_crossentropy(x[:2, 0], x),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_wrong_arguments_are_refused(name):
    with pytest.raises(ValueError):
        REFUSED[name](ops.ones((3, 3)))
