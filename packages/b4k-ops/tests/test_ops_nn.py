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


@pytest.mark.parametrize("name", ["average_pool", "max_pool"])
def test_windows_are_their_size_apart_by_default(name):
    pool, x = getattr(ops, name), ops.convert_to_tensor(np.float32([[1, 5, 3, 4, 9]])[..., None])
    expected = {"average_pool": [3, 3.5], "max_pool": [5, 4]}[name]
    np.testing.assert_allclose(ops.convert_to_numpy(pool(x, 2))[0, :, 0], expected)


def test_labels_that_do_not_fit_in_the_steps_cost_a_lot():
    output = ops.convert_to_tensor(np.zeros((1, 2, 3), "float32"))
    loss = ops.ctc_loss(np.array([[1, 1]]), output, np.array([2]), np.array([2]))
    assert float(ops.convert_to_numpy(loss)[0]) > 100  # how much differs: 1e5, 709, infinity


REFUSED = {
    "binary_crossentropy": lambda x: ops.binary_crossentropy(x, x[:1]),
    "categorical_crossentropy": lambda x: ops.categorical_crossentropy(x, x[:1]),
    "conv": lambda x: ops.conv(x[None], ops.ones((1, 2, 3))),
    "conv_transpose": lambda x: ops.conv_transpose(x[None], ops.ones((1, 3, 2))),
    "ctc_decode": lambda x: ops.ctc_decode(x[None], np.array([3]), strategy="best"),
    "depth_to_space": lambda x: ops.depth_to_space(x[None, None], 1),
    "depthwise_conv": lambda x: ops.depthwise_conv(x[None], ops.ones((1, 2, 3))),
    "fold": lambda x: ops.fold(x, 2, 1),
    "max_pool": lambda x: ops.max_pool(x[None], 2, 2, data_format="channels"),
    "multi_hot": lambda x: ops.multi_hot(x),
    "normalize": lambda x: ops.normalize(x, order=0),
    "psnr": lambda x: ops.psnr(x, x[:1], 1.0),
    "sparse_categorical_crossentropy": lambda x: ops.sparse_categorical_crossentropy(x[:2, 0], x),
    "unfold": lambda x: ops.unfold(x, 2),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_wrong_arguments_are_refused(name):
    with pytest.raises(ValueError):
        REFUSED[name](ops.ones((3, 3)))
