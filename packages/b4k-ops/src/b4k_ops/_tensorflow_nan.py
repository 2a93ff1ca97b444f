"""`keras.ops`, numpy family, reductions that ignore NaN, on TensorFlow.

The others are in `_tensorflow_reductions.py`.
"""

import numpy as np
import tensorflow.compat.v2 as tf

from ._tensorflow_core import cast, convert_to_tensor, floating, wide
from ._tensorflow_numpy import isnan, sqrt
from ._tensorflow_reductions import (
    all,
    argmax,
    argmin,
    cumprod,
    cumsum,
    fractions,
    max,
    min,
    prod,
    quantile_over,
    sum,
)


def _replaced(x, value):
    """x with a value in the place of NaN, through which no gradient flows."""
    x = convert_to_tensor(x)
    return tf.where(tf.math.is_nan(x), cast(value, x.dtype), x) if x.dtype.is_floating else x


# --- finding


def nanargmax(x, axis=None, keepdims=False):
    """The index of the first largest value that is not NaN, -1 if all are."""
    return _index_unless_all(argmax, -np.inf, x, axis, keepdims)


def nanargmin(x, axis=None, keepdims=False):
    """The index of the first smallest value that is not NaN, -1 if all are."""
    return _index_unless_all(argmin, np.inf, x, axis, keepdims)


def _index_unless_all(find, worst, x, axis, keepdims):
    """The index found, -1 where there is nothing but NaN."""
    index = find(_replaced(x, worst), axis, keepdims)
    return tf.where(all(isnan(x), axis, keepdims), -1, index)


# --- reducing


def nancumprod(x, axis=None, dtype=None):
    """Products of the values so far, along an axis or of the flattened tensor; NaN counts as 1."""
    return cumprod(_replaced(x, 1), axis, dtype)


def nancumsum(x, axis=None, dtype=None):
    """Sums of the values so far, along an axis or of the flattened tensor; NaN counts as 0."""
    return cumsum(_replaced(x, 0), axis, dtype)


def nanmax(x, axis=None, keepdims=False):
    """The largest value that is not NaN; NaN if all are."""
    return _extreme_unless_all(max, -np.inf, x, axis, keepdims)


def nanmean(x, axis=None, keepdims=False):
    """The mean of the values that are not NaN, a float."""
    x = floating(x)
    values = wide(x)
    return cast(_mean_where(~tf.math.is_nan(values), values, axis, keepdims), x.dtype)


def nanmin(x, axis=None, keepdims=False):
    """The smallest value that is not NaN; NaN if all are."""
    return _extreme_unless_all(min, np.inf, x, axis, keepdims)


def _extreme_unless_all(reduce, worst, x, axis, keepdims):
    """The largest or smallest value, NaN where there is nothing else."""
    result = reduce(_replaced(x, worst), axis, keepdims)
    if not result.dtype.is_floating:
        return result
    return tf.where(all(isnan(x), axis, keepdims), cast(np.nan, result.dtype), result)


def nanprod(x, axis=None, keepdims=False):
    """The product of the values that are not NaN."""
    return prod(_replaced(x, 1), axis, keepdims)


def nanstd(x, axis=None, keepdims=False):
    """The standard deviation of the values that are not NaN, a float."""
    return sqrt(nanvar(x, axis, keepdims))


def nansum(x, axis=None, keepdims=False):
    """The sum of the values that are not NaN."""
    return sum(_replaced(x, 0), axis, keepdims)


def nanvar(x, axis=None, keepdims=False):
    """The variance of the values that are not NaN, a float."""
    x = floating(x)
    values = wide(x)
    known = ~tf.math.is_nan(values)
    distance = values - _mean_where(known, values, axis, keepdims=True)
    distance = tf.where(known, distance, tf.zeros_like(values))
    return cast(_mean_where(known, tf.square(distance), axis, keepdims), x.dtype)


def _mean_where(known, x, axis, keepdims):
    """The mean of the values that are known, NaN if none is."""
    total = tf.reduce_sum(tf.where(known, x, tf.zeros_like(x)), axis, keepdims)
    return total / tf.reduce_sum(cast(known, x.dtype), axis, keepdims)


# --- quantiles


def nanmedian(x, axis=None, keepdims=False):
    """The middle one of the values that are not NaN, or the mean of the two in the middle."""
    return quantile_over(x, 0.5, axis, "midpoint", keepdims, skip_nan=True)


def nanpercentile(x, q, axis=None, method="linear", keepdims=False):
    """The values that q percent of the others are below, of those that are not NaN."""
    return quantile_over(x, fractions(q) / 100, axis, method, keepdims, skip_nan=True)


def nanquantile(x, q, axis=None, method="linear", keepdims=False):
    """The values that the share q of the others is below, of those that are not NaN."""
    return quantile_over(x, fractions(q), axis, method, keepdims, skip_nan=True)


__all__ = [
    "nanargmax",
    "nanargmin",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmedian",
    "nanmin",
    "nanpercentile",
    "nanprod",
    "nanquantile",
    "nanstd",
    "nansum",
    "nanvar",
]
