"""Aligning, reshaping, masking and attention normalisation, against numpy written out here.

What the original itself gave is in golden/backend, see test_backend_goldens.py.
"""

import numpy as np
import pytest
from b4k_ops import masking, ops
from b4k_ops.testing import engine

INF = float("inf")
RNG = np.random.RandomState(7)
X = RNG.standard_normal((2, 3, 4)).astype("float32")
SCORES = RNG.standard_normal((2, 2, 3, 4)).astype("float32")  # [batch, heads, query, key]
MASK = np.array([[1, 1, 0], [1, 0, 0]], bool)  # [batch, length]
KEYS = np.array([[1, 1, 1, 0], [1, 0, 0, 0]], bool)
ALLOWED = np.tri(3, 4, k=1).astype(bool)  # [query, key]


def array(x):
    return ops.convert_to_numpy(x)


def tensor(x):
    return ops.convert_to_tensor(x)


# --- align, reshape, flatten


@pytest.mark.parametrize(
    "axes, ndim, shape",
    [
        ([0, 1, 2], None, (2, 3, 4)),
        ([0, 2, 3], None, (2, 1, 3, 4)),
        ([0, 1, -1], 5, (2, 3, 1, 1, 4)),
        ([1, 2, 3], 5, (1, 2, 3, 4, 1)),
    ],
)
def test_align(axes, ndim, shape):
    np.testing.assert_array_equal(array(masking.align(tensor(X), axes, ndim)), X.reshape(shape))


@pytest.mark.parametrize(
    "axes, ndim, message",
    [
        ([0, 1, -1], None, "negative"),
        ([0, 1], 4, "one increasing axis"),
        ([0, 2, 1], 4, "one increasing axis"),
        ([0, 1, 1], 4, "one increasing axis"),
    ],
)
def test_align_refuses(axes, ndim, message):
    with pytest.raises(ValueError, match=message):
        masking.align(tensor(X), axes, ndim)


@pytest.mark.parametrize(
    "arguments, shape",
    [
        ([(6, 4)], (6, 4)),
        ([(2, -1)], (2, 12)),
        ([(2, 2), 2], (2, 3, 2, 2)),
        ([(-1, 2), -1], (2, 3, 2, 2)),
        ([(1, -1), 0, (2, 2), 2], (1, 2, 3, 2, 2)),
        ([(3, -1), 1, (-1,), 2], (2, 3, 1, 4)),
    ],
)
def test_reshape(arguments, shape):
    np.testing.assert_array_equal(array(masking.reshape(tensor(X), *arguments)), X.reshape(shape))


@pytest.mark.parametrize("arguments", [[(2, -1, -1), 2], [(2,), 0, (3,)]])
def test_reshape_refuses(arguments):
    with pytest.raises(ValueError, match="reshape"):
        masking.reshape(tensor(X), *arguments)


@pytest.mark.parametrize(
    "start, end, shape",
    [
        (None, None, (24,)),
        (1, None, (2, 12)),
        (-2, None, (2, 12)),
        (0, 2, (6, 4)),
        (None, -1, (6, 4)),
        (1, 2, (2, 3, 4)),
    ],
)
def test_flatten(start, end, shape):
    np.testing.assert_array_equal(array(masking.flatten(tensor(X), start, end)), X.reshape(shape))


# --- sequence_masking


def test_nothing_to_mask():
    np.testing.assert_array_equal(array(masking.sequence_masking(tensor(X))), X)
    x, mask = masking.sequence_masking(tensor(X), return_mask=True)
    assert mask is None


@pytest.mark.parametrize("dtype", ["bool", "int32", "float32"])
@pytest.mark.parametrize("value", [0, 2.5, -INF, INF])
def test_mask_of_any_dtype(dtype, value):
    masked = masking.sequence_masking(tensor(X), tensor(MASK.astype(dtype)), value)
    np.testing.assert_array_equal(array(masked), np.where(MASK[:, :, None], X, value))


@pytest.mark.parametrize("axis", [3, -1])
def test_mask_on_another_axis(axis):
    masked = masking.sequence_masking(tensor(SCORES), tensor(KEYS), -INF, axis)
    np.testing.assert_array_equal(array(masked), np.where(KEYS[:, None, None], SCORES, -INF))


@pytest.mark.parametrize("axes", [[2, 3], [-2, -1], (3, 2)])
def test_mask_on_several_axes(axes):
    scores = SCORES[..., :3]
    masked, mask = masking.sequence_masking(
        tensor(scores), tensor(MASK), -INF, axes, return_mask=True
    )
    both = MASK[:, None, :, None] & MASK[:, None, None, :]
    np.testing.assert_array_equal(array(masked), np.where(both, scores, -INF))
    np.testing.assert_array_equal(np.broadcast_to(array(mask), (2, 1, 3, 3)), both)


@pytest.mark.parametrize("mask", [None, KEYS])
def test_bool_bias_is_one_more_mask(mask):
    masked, effect = masking.sequence_masking(
        tensor(SCORES), mask, -INF, -1, tensor(ALLOWED), return_mask=True
    )
    expected = ALLOWED if mask is None else ALLOWED & KEYS[:, None, None]
    np.testing.assert_array_equal(array(masked), np.where(expected, SCORES, -INF))
    np.testing.assert_array_equal(array(effect), expected)


def test_float_bias_is_added():
    bias = RNG.standard_normal((3, 4)).astype("float32")
    added, mask = masking.sequence_masking(tensor(SCORES), bias=tensor(bias), return_mask=True)
    assert mask is None
    np.testing.assert_allclose(array(added), SCORES + bias, rtol=1e-6)
    both = masking.sequence_masking(tensor(SCORES), tensor(KEYS), 7, -1, tensor(bias))
    expected = np.where(KEYS[:, None, None], SCORES + bias, 7)
    np.testing.assert_allclose(array(both), expected, rtol=1e-6)


# --- attention_normalize


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def normalized(a, visible, method, count):
    """The formulas of the three methods in numpy, for rows that see something."""
    hidden = np.where(visible, a, -INF)
    if method == "softmax":
        return softmax(hidden)
    if method == "squared_relu":
        return np.maximum(hidden, 0) ** 2 / count
    return softmax(hidden * np.log(np.maximum(count, 16)) / np.log(512))


METHODS = ["softmax", "squared_relu", "softmax_plus"]


@pytest.mark.parametrize("method", METHODS)
def test_normalize_without_mask(method):
    weights = masking.attention_normalize(tensor(SCORES), method=method)
    expected = normalized(SCORES, np.ones(4, bool), method, 4)
    np.testing.assert_allclose(array(weights), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_normalize_counts_the_keys_of_mask_and_bool_bias(method):
    weights = masking.attention_normalize(
        tensor(SCORES), tensor(KEYS), method=method, bias=tensor(ALLOWED)
    )
    visible = KEYS[:, None, None] & ALLOWED
    expected = normalized(SCORES, visible, method, visible.sum(-1, keepdims=True))
    np.testing.assert_allclose(array(weights), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_normalize_counts_all_keys_under_a_float_bias(method):
    bias = np.where(ALLOWED, RNG.standard_normal((3, 4)), -INF).astype("float32")
    weights = masking.attention_normalize(tensor(SCORES), method=method, bias=tensor(bias))
    expected = normalized(SCORES + bias, ALLOWED, method, 4)
    np.testing.assert_allclose(array(weights), expected, rtol=1e-5, atol=1e-7)


def test_softmax_plus_sharpens_long_rows_only():
    long = RNG.standard_normal((1, 600)).astype("float32")
    short = masking.attention_normalize(tensor(SCORES), method="softmax_plus")
    weights = masking.attention_normalize(tensor(long), method="softmax_plus")
    scale = np.log(16) / np.log(512)
    np.testing.assert_allclose(array(short), softmax(scale * SCORES), rtol=1e-5)
    scale = np.log(600) / np.log(512)
    np.testing.assert_allclose(array(weights), softmax(scale * long), rtol=1e-5)


def test_unknown_method_gives_the_masked_scores():
    scores = masking.attention_normalize(tensor(SCORES), tensor(KEYS), method="none")
    np.testing.assert_array_equal(array(scores), np.where(KEYS[:, None, None], SCORES, -INF))


EMPTY_ROWS = {
    "mask": (np.array([[1, 1, 0, 1], [0, 0, 0, 0]], bool), None),
    "bool bias": (None, ALLOWED & np.array([[1], [0], [1]], bool)),
    "mask and bool bias": (KEYS, np.array([[0, 1, 1, 1]] * 3, bool)),
    "float bias": (None, np.where(np.array([[1], [0], [1]]), 0.5, -INF) + np.zeros((3, 4))),
    "mask and float bias": (KEYS, np.array([[-INF, 0.5, 0.5, 0.5]] * 3)),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", sorted(EMPTY_ROWS))
def test_rows_with_everything_masked_give_zeros_and_finite_gradients(name, method):
    mask, bias = EMPTY_ROWS[name]
    if bias is not None and bias.dtype != bool:
        bias = bias.astype("float32")

    def call(tensors):
        return [masking.attention_normalize(tensors[0], mask, method=method, bias=bias)]

    cotangent = RNG.standard_normal(SCORES.shape).astype("float32")
    (weights,), (gradient,) = engine.run_function(
        call, [SCORES], [SCORES.shape], {0: cotangent}, [0]
    )
    visible = np.ones((2, 1, 3, 4), bool)
    visible = visible if mask is None else visible & mask[:, None, None]
    visible = visible if bias is None else visible & (bias if bias.dtype == bool else bias > -INF)
    empty = np.broadcast_to(~visible.any(-1, keepdims=True), SCORES.shape)
    assert empty.any() and not empty.all()
    assert not weights[empty].any() and not gradient[empty].any()
    assert np.isfinite(weights).all() and np.isfinite(gradient).all()
    assert weights[~empty].any() and gradient[~empty].any()


# --- batch_gather


@pytest.mark.parametrize("dtype", ["int32", "int64", "float32"])
def test_batch_gather(dtype):
    indices = np.array([[2, 0], [1, 1]], dtype)
    picked = array(masking.batch_gather(tensor(X), tensor(indices)))
    np.testing.assert_array_equal(picked, X[np.arange(2)[:, None], indices.astype(int)])


def test_batch_gather_of_numbers_and_of_deeper_batches():
    indices = np.array([[2, 0, 0], [1, 1, 2]], "int32")
    picked = array(masking.batch_gather(tensor(X[:, :, 0]), tensor(indices)))
    np.testing.assert_array_equal(picked, np.take_along_axis(X[:, :, 0], indices, 1))
    indices = RNG.randint(0, 3, (2, 2, 5)).astype("int32")
    picked = array(masking.batch_gather(tensor(SCORES), tensor(indices)))
    b, h = np.arange(2)[:, None, None], np.arange(2)[None, :, None]
    np.testing.assert_array_equal(picked, SCORES[b, h, indices])
