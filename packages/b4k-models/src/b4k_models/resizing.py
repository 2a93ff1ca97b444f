"""Weights of one shape from weights of another: other vocabularies, and other sizes altogether."""

import numpy as np
from b4k_layers import FeedForward, MultiHeadAttention

__all__ = ["autoresize", "choose_rows", "orthogonally_resize"]


# --- vocabularies


def choose_rows(table, keep_tokens=None, compound_tokens=None):
    """The rows of `table` to keep, in the new order, and after them one mean for each compound token.

    Raises ValueError for ids that are not rows of the table; those of compound tokens count what was kept.
    """
    if keep_tokens is not None:
        table = _rows(table, keep_tokens, "keep_tokens")
    if compound_tokens is not None:
        means = [_compound(table, item) for item in compound_tokens]
        table = np.concatenate([table, np.asarray(means, table.dtype)], 0)
    return table


def _compound(table, item):
    """The mean of the rows in a list of ids; a tuple (ids, weights) makes it a weighted one."""
    ids, weights = item if isinstance(item, tuple) else (item, None)
    return np.average(_rows(table, ids, "compound_tokens"), 0, weights)


def _rows(table, ids, argument):
    """The rows of `table` with these ids, at least one."""
    ids = np.asarray(ids)
    whole = ids.ndim == 1 and ids.dtype.kind in "iu" and ids.size > 0
    if not whole or ids.min() < 0 or ids.max() >= len(table):
        wrong = ids[(ids < 0) | (ids >= len(table))] if whole else ids
        raise ValueError(
            "%s: expected ids from 0 to %d, got %s"
            % (argument, len(table) - 1, wrong.ravel().tolist()[:5])
        )
    return table[ids]


# --- sizes


def orthogonally_resize(a, new_shape, window=2):
    """An array cut, or grown by repeating its rows, columns ... to `new_shape`, with the norm it had.

    window: how many neighbours are repeated as a group, so that pairs of rotary positions stay together.
    Raises ValueError for another number of axes, and for an axis that grows and is no multiple of the window.
    """
    if a.ndim != len(new_shape):
        raise ValueError("shape %s can't be made of %s" % (tuple(new_shape), a.shape))
    result = a
    for axis, (old, new) in enumerate(zip(a.shape, new_shape)):
        times = -(-new // old)  # rounded up
        if times > 1 and old % window:
            raise ValueError("axis %d has size %d, not a multiple of %d" % (axis, old, window))
        ids = np.arange(old)
        if times > 1:
            ids = np.repeat(ids.reshape(-1, window), times, axis=0).ravel()
        result = np.take(result, ids[:new], axis)
    norm = _norm(result)
    return result * (_norm(a) / norm) if norm else result


def _norm(a):
    """The Euclidean norm as a Python float, of sums that half precision can't hold."""
    return float(np.linalg.norm(np.asarray(a, "float64")))


def autoresize(transformer, layer, index, value, shape):
    """Weight number `index` of a layer, resized to `shape` such that the layer's output keeps its scale."""
    resized = orthogonally_resize(value, shape)
    if isinstance(layer, MultiHeadAttention):
        q_and_k = 4 if layer.use_bias else 2  # kernels and biases
        if layer.attention_scale and index < q_and_k:
            resized = resized * (shape[-1] / value.shape[-1]) ** 0.25
    elif isinstance(layer, FeedForward):
        inner = 2 if layer.use_bias else 1
        if index < inner and transformer.hidden_act not in ("relu", "leaky_relu"):
            resized = resized * (shape[-1] / value.shape[-1]) ** 0.5
        else:
            resized = resized * (value.shape[0] / shape[0]) ** 0.5
    return resized
