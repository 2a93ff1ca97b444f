"""Pooling sequences, as bert4keras's backend does it. Written once, on ops."""

from . import ops

_POOLS = {"max": ops.max_pool, "avg": ops.average_pool}


def pool1d(
    x,  # [batch, length, channels], or [batch, channels, length] if data_format is "channels_first"
    pool_size,
    strides=1,
    padding="valid",  # or "same"
    data_format=None,
    pool_mode="max",  # or "avg"
):
    """The largest value or the mean of each window along the length."""
    if pool_mode not in _POOLS:
        raise ValueError(
            "pool1d: pool_mode must be one of %s, not %r" % (sorted(_POOLS), pool_mode)
        )
    return _POOLS[pool_mode](x, pool_size, strides, padding, data_format)


def divisible_temporal_padding(x, n):
    """Zeros at the end of x [batch, length, dim], so that n divides the length."""
    batch, length, dim = ops.shape(x)
    zeros = ops.zeros((batch, -length % n, dim), dtype=ops.dtype(x))
    return ops.concatenate([x, zeros], axis=1)


__all__ = ["divisible_temporal_padding", "pool1d"]
