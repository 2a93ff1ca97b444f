"""Attention against numpy, with lengths for which a backend takes another way than for short ones."""

import numpy as np
import pytest
from b4k_ops import attention, ops
from b4k_ops.testing import engine

BATCH, HEADS, SIZE = 2, 2, 3
LENGTHS = {"short": (4, 5), "long": (260, 256)}
MASKS = {
    "none": lambda T, S: None,
    "padding": lambda T, S: (np.arange(S) < [[S], [S - 2]])[:, None, None],
    "causal": lambda T, S: np.tril(np.ones((T, S), bool), S - T)[None, None],
    "per_head": lambda T, S: np.random.RandomState(1).rand(BATCH, HEADS, T, S) < 0.8,
    "nowhere": lambda T, S: np.arange(BATCH)[:, None, None, None] * np.ones((1, 1, T, 1)) > 0,
}


def in_numpy(q, k, v, mask, scale, do):
    """The output [batch, T, heads, size] and the gradients by q, k and v of its product with `do`."""
    scores = np.einsum("bthd,bshd->bhts", q, k) * scale
    seen = np.broadcast_to(True if mask is None else mask, scores.shape)
    p = np.exp(scores - scores.max(-1, keepdims=True)) * seen
    p = p / np.maximum(p.sum(-1, keepdims=True), 1e-30)
    dp = np.einsum("bthd,bshd->bhts", do, v)
    ds = p * (dp - (p * dp).sum(-1, keepdims=True)) * scale
    o, dv = np.einsum("bhts,bshd->bthd", p, v), np.einsum("bhts,bthd->bshd", p, do)
    return o, [np.einsum("bhts,bshd->bthd", ds, k), np.einsum("bhts,bthd->bshd", ds, q), dv]


@pytest.mark.parametrize("mask", sorted(MASKS))
@pytest.mark.parametrize("lengths", sorted(LENGTHS))
def test_attention_is_that_of_numpy(lengths, mask):
    T, S = LENGTHS[lengths]
    scale = 0.3 if mask in ("causal", "none") else None
    random, mask = np.random.RandomState(0), MASKS[mask](T, S)
    seen = None if mask is None else ops.convert_to_tensor(mask)
    q, k, v, do = (
        random.normal(size=(BATCH, n, HEADS, SIZE)).astype("float32") for n in (T, S, S, T)
    )
    (o,), gradients = engine.run_function(
        lambda x: [attention(x[0], x[1], x[2], mask=seen, scale=scale)],
        [q, k, v],
        [q.shape, k.shape, v.shape],
        {0: do},
        [0, 1, 2],
    )
    expected, by_numpy = in_numpy(q, k, v, mask, SIZE**-0.5 if scale is None else scale, do)
    np.testing.assert_allclose(o, expected, atol=2e-5)
    for gradient, truth in zip(gradients, by_numpy):
        np.testing.assert_allclose(gradient, truth, atol=1e-4 * np.abs(truth).max())
