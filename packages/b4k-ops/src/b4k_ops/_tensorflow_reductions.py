"""`keras.ops`, numpy family, reductions, on TensorFlow: finding, sorting, reducing, counting, quantiles.

Those that ignore NaN are in `_tensorflow_nan.py`.
"""

import numpy as np
import tensorflow.compat.v2 as tf

from ._tensorflow_arrays import matmul, moveaxis, ravel, swapaxes, take_along_axis
from ._tensorflow_core import axes_of, cast, convert_to_tensor, floating, numeric, promoted, wide
from ._tensorflow_core import shape as shape_of
from ._tensorflow_numpy import clip, isclose, isnan, maximum, minimum, subtract
from .shapes import product_of

# --- finding and sorting


def argmax(x, axis=None, keepdims=False):
    """The index of the first largest value."""
    return _arg_extreme(tf.argmax, x, axis, keepdims)


def argmin(x, axis=None, keepdims=False):
    """The index of the first smallest value."""
    return _arg_extreme(tf.argmin, x, axis, keepdims)


def _arg_extreme(function, x, axis, keepdims):
    """argmax or argmin with numpy's axis=None and keepdims."""
    x = numeric(x)
    flat = x if axis is not None else ravel(x)
    index = function(flat, axis=0 if axis is None else axis, output_type=tf.int32)
    return tf.reshape(index, _kept_sizes(x, axis)) if keepdims else index


def argpartition(x, kth, axis=-1):
    """Indices that bring the kth smallest value to its place, smaller ones before it; here they sort all."""
    order = argsort(x, axis)
    size = shape_of(order)[-1 if axis is None else axis]
    ranks = np.ravel(kth)
    if isinstance(size, int) and not np.all((-size <= ranks) & (ranks < size)):
        raise ValueError("argpartition got kth=%s for an axis of %d values" % (kth, size))
    return order


def argsort(x, axis=-1):
    """The indices that sort along an axis; equal values keep their order."""
    x = convert_to_tensor(x)
    if axis is None or x.shape.rank == 0:
        x, axis = ravel(x), 0
    keys = swapaxes(_order_keys(x), axis, -1)  # [..., n]
    largest_first = tf.bitwise.invert(keys)
    order = tf.math.top_k(largest_first, shape_of(keys)[-1])[1]
    return swapaxes(order, axis, -1)


def _order_keys(x):
    """Signed integers in the order of x: NaN last, 0.0 as -0.0. TensorFlow sorts a NaN anywhere."""
    if not x.dtype.is_floating:
        large = x.dtype.size == 8 or x.dtype == tf.uint32
        return cast(x, "int64" if large else "int32")
    x = wide(x)
    x = tf.where(tf.equal(x, 0), tf.zeros_like(x), x)
    bits = tf.bitcast(x, "int64" if x.dtype == tf.float64 else "int32")
    # the more negative a float, the larger its bits: all but the sign are inverted
    keys = tf.where(bits < 0, tf.bitwise.bitwise_xor(bits, bits.dtype.max), bits)
    return tf.where(isnan(x), bits.dtype.max, keys)


def digitize(x, bins):
    """The number of the bin of each value: i if bins[i - 1] <= x < bins[i]. Bins may also decrease."""
    x, bins = promoted(convert_to_tensor(x), convert_to_tensor(bins))
    falling = tf.reduce_any(_order_keys(bins[1:]) < _order_keys(bins[:-1]))
    above = tf.size(bins) - searchsorted(tf.reverse(bins, [0]), x)
    return tf.where(falling, above, searchsorted(bins, x, side="right"))


def searchsorted(sorted_sequence, values, side="left"):
    """Where values would have to be inserted to keep a 1-D tensor sorted."""
    if side not in ("left", "right"):
        raise ValueError("searchsorted needs side 'left' or 'right', got %r" % (side,))
    places, values = promoted(convert_to_tensor(sorted_sequence), convert_to_tensor(values))
    if places.shape.rank != 1:
        raise ValueError("searchsorted needs a 1-D sorted sequence, got shape %s" % (places.shape,))
    search = tf.raw_ops.LowerBound if side == "left" else tf.raw_ops.UpperBound
    keys, wanted = _order_keys(places)[None], ravel(_order_keys(values))[None]  # [1, n], [1, m]
    return tf.reshape(search(sorted_inputs=keys, values=wanted), shape_of(values))


def sort(x, axis=-1):
    """The values in ascending order along an axis, NaN last."""
    x = convert_to_tensor(x)
    if axis is None:
        x, axis = ravel(x), 0
    axes_of(axis, x.shape.rank)  # a 0-d tensor has none
    return take_along_axis(x, argsort(x, axis), axis)


# --- reducing


def _kept_sizes(x, axis):
    """The shape of a reduction with keepdims=True."""
    axes = axes_of(axis, x.shape.rank)
    return [1 if i in axes else n for i, n in enumerate(shape_of(x))]


def all(x, axis=None, keepdims=False):
    """Whether all values are true."""
    return tf.reduce_all(cast(x, "bool"), axis, keepdims)


def allclose(x1, x2, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether all values differ by at most atol + rtol * abs(x2)."""
    return tf.reduce_all(isclose(x1, x2, rtol, atol, equal_nan))


def amax(x, axis=None, keepdims=False):
    """The largest value."""
    return max(x, axis, keepdims)


def amin(x, axis=None, keepdims=False):
    """The smallest value."""
    return min(x, axis, keepdims)


def any(x, axis=None, keepdims=False):
    """Whether some value is true."""
    return tf.reduce_any(cast(x, "bool"), axis, keepdims)


def average(x, axis=None, weights=None):
    """The mean, weighted by a tensor like x, or by one weight for each index of an axis."""
    if weights is None:
        return mean(x, axis)
    x, weights = promoted(convert_to_tensor(x), convert_to_tensor(weights), at_least="float")
    if weights.shape.rank != x.shape.rank:
        axes = axes_of(axis, x.shape.rank)
        if axis is None or weights.shape.rank != len(axes):
            raise ValueError(
                "average needs weights like x or along its axis, got shapes %s and %s for axis %s"
                % (x.shape, weights.shape, axis)
            )
        weights = tf.transpose(weights, np.argsort(axes))
        weights = tf.reshape(weights, [n if i in axes else 1 for i, n in enumerate(shape_of(x))])
    values = wide(x)
    weights = cast(weights, values.dtype) * tf.ones_like(values)
    total = tf.reduce_sum(values * weights, axis)
    return cast(total / tf.reduce_sum(weights, axis), x.dtype)


def count_nonzero(x, axis=None):
    """How many values are not zero."""
    return tf.reduce_sum(cast(cast(x, "bool"), "int32"), axis)


def cumprod(x, axis=None, dtype=None):
    """Products of the values so far, along an axis or of the flattened tensor."""
    return _cumulate(tf.math.cumprod, x, axis, dtype)


def cumsum(x, axis=None, dtype=None):
    """Sums of the values so far, along an axis or of the flattened tensor."""
    return _cumulate(tf.math.cumsum, x, axis, dtype)


def _cumulate(function, x, axis, dtype):
    """cumsum or cumprod with numpy's axis=None."""
    x = numeric(convert_to_tensor(x, dtype))
    return function(ravel(x), 0) if axis is None else function(x, axis)


def max(x, axis=None, keepdims=False, initial=None):
    """The largest value; at least `initial` if given."""
    return _extreme(tf.reduce_max, maximum, x, axis, keepdims, initial)


def mean(x, axis=None, keepdims=False):
    """The mean, a float; half precision is summed in float32."""
    x = floating(x)
    return cast(tf.reduce_mean(wide(x), axis, keepdims), x.dtype)


def min(x, axis=None, keepdims=False, initial=None):
    """The smallest value; at most `initial` if given."""
    return _extreme(tf.reduce_min, minimum, x, axis, keepdims, initial)


def _extreme(reduce, combine, x, axis, keepdims, initial):
    """max or min of numbers or bools, never of nothing; NaN if there is one, which TensorFlow 1.15 and 2.2 drop."""
    x = convert_to_tensor(x)
    if initial is None and _is_none(x, axis):
        raise ValueError("no largest or smallest value in an empty tensor, shape %s" % (x.shape,))
    result = cast(reduce(numeric(x), axis, keepdims), x.dtype)
    if x.dtype.is_floating:
        has_nan = tf.reduce_any(tf.math.is_nan(x), axis, keepdims)
        result = tf.where(has_nan, cast(np.nan, x.dtype), result)
    return result if initial is None else cast(combine(result, initial), x.dtype)


def _is_none(x, axis):
    """Whether the axes are known to hold no values at all."""
    return 0 in [x.shape.as_list()[i] for i in axes_of(axis, x.shape.rank)]


def prod(x, axis=None, keepdims=False, dtype=None):
    """The product; small integers and bools are multiplied in 32 bits."""
    x = convert_to_tensor(x)
    return tf.reduce_prod(cast(x, dtype or _sum_dtype(x.dtype)), axis, keepdims)


def ptp(x, axis=None, keepdims=False):
    """The largest minus the smallest value."""
    return subtract(max(x, axis, keepdims), min(x, axis, keepdims))


def std(x, axis=None, keepdims=False):
    """The standard deviation, a float."""
    return tf.sqrt(var(x, axis, keepdims))


def sum(x, axis=None, keepdims=False):
    """The sum; small integers and bools are added in 32 bits."""
    x = convert_to_tensor(x)
    return tf.reduce_sum(cast(x, _sum_dtype(x.dtype)), axis, keepdims)


def _sum_dtype(dtype):
    """The dtype that sums and products of a dtype have."""
    if dtype in (tf.uint8, tf.uint16):
        return "uint32"
    return "int32" if dtype in (tf.bool, tf.int8, tf.int16) else dtype.name


def trapezoid(y, x=None, dx=1.0, axis=-1):
    """The integral by the trapezoidal rule, of values at x, or `dx` apart."""
    y, x = promoted(y, dx if x is None else convert_to_tensor(x), at_least="float")
    y = moveaxis(y, axis, -1)  # [..., n]
    if x.shape.rank > 1:
        x = moveaxis(x, axis, -1)
    width = x if x.shape.rank == 0 else x[..., 1:] - x[..., :-1]  # or [..., n - 1]
    return tf.reduce_sum(width * (y[..., 1:] + y[..., :-1]) / 2, -1)


def var(x, axis=None, keepdims=False):
    """The variance (mean squared distance from the mean), a float."""
    x = floating(x)
    values = wide(x)
    distance = values - tf.reduce_mean(values, axis, keepdims=True)
    return cast(tf.reduce_mean(tf.square(distance), axis, keepdims), x.dtype)


# --- quantiles


def median(x, axis=None, keepdims=False):
    """The middle value, or the mean of the two in the middle."""
    return quantile_over(x, 0.5, axis, "midpoint", keepdims)


def percentile(x, q, axis=None, method="linear", keepdims=False):
    """The values that q percent of the others are below."""
    return quantile_over(x, fractions(q) / 100, axis, method, keepdims)


def quantile(x, q, axis=None, method="linear", keepdims=False):
    """The values that the share q of the others is below; `method` tells what to do between two values."""
    return quantile_over(x, fractions(q), axis, method, keepdims)


def fractions(q):
    """q in float64: numbers keep all their digits."""
    return cast(q, "float64") if tf.is_tensor(q) else np.asarray(q, "float64")


def quantile_over(x, q, axis, method, keepdims, skip_nan=False):
    """Quantiles q of any shape, [*q's shape, *the axes left]. NaN if there is one, unless skipped."""
    if method not in _METHODS:
        raise ValueError("quantiles have the methods %s, got %r" % (sorted(_METHODS), method))
    x, q = floating(x), convert_to_tensor(q, "float64")
    if _is_none(x, axis):
        raise ValueError("no quantile in an empty tensor, shape %s" % (x.shape,))
    rows = sort(_rows(x, axis))  # [kept ..., n]
    missing = tf.math.is_nan(rows)
    count = shape_of(rows)[-1]
    if skip_nan:
        count = tf.reduce_sum(cast(~missing, "int32"), -1, keepdims=True)  # [kept ..., 1]
    last = cast(tf.maximum(count - 1, 0), "float64")
    row_of_q = tf.reshape(q, [1] * (rows.shape.rank - 1) + [-1])  # [1 ..., m]
    place = tf.minimum(tf.maximum(last * row_of_q, 0), last)  # [kept ..., m]
    values = _METHODS[method](lambda at: take_along_axis(rows, cast(at, "int32"), -1), place)
    if not skip_nan:
        values = tf.where(missing[..., -1:], cast(np.nan, x.dtype), values)
    kept = _kept_sizes(x, axis) if keepdims else list(shape_of(rows))[:-1]
    return tf.reshape(moveaxis(values, -1, 0), list(shape_of(q)) + kept)


def _rows(x, axis):
    """The values of the axes in rows, [other axes ..., number of values]."""
    axes = axes_of(axis, x.shape.rank)
    others = [i for i in range(x.shape.rank) if i not in axes]
    sizes = shape_of(x)
    count = product_of(sizes[i] for i in axes)
    return tf.reshape(tf.transpose(x, others + axes), [sizes[i] for i in others] + [count])


def _between(value_at, place):
    """The value on the line between the one before and the one after a place."""
    before = tf.floor(place)
    share = cast(place - before, value_at(before).dtype)
    return value_at(before) * (1 - share) + value_at(tf.math.ceil(place)) * share


_METHODS = {  # of the values by place (in order of size) and a place
    "higher": lambda value_at, place: value_at(tf.math.ceil(place)),
    "linear": _between,
    "lower": lambda value_at, place: value_at(tf.floor(place)),
    "midpoint": lambda value_at, place: (
        value_at(tf.floor(place)) / 2 + value_at(tf.math.ceil(place)) / 2
    ),
    "nearest": lambda value_at, place: value_at(tf.round(place)),
}


# --- counting


def bincount(x, weights=None, minlength=0, sparse=False):
    """How often each of 0, 1, ... occurs in integers x, or the sum of its weights; of each row if 2-D."""
    if sparse:
        raise ValueError("bincount makes dense tensors on TensorFlow, sparse=True was asked for")
    x = cast(x, "int32")
    if x.shape.rank not in (1, 2):
        raise ValueError("bincount needs a 1-D or 2-D tensor, got shape %s" % (x.shape,))
    amounts = tf.ones_like(x) if weights is None else numeric(promoted(x, weights)[1])
    largest = tf.reduce_max(tf.concat([ravel(x), [minlength - 1]], 0))
    if x.shape.rank == 1:
        return tf.math.unsorted_segment_sum(amounts, x, largest + 1)
    rows = shape_of(x)[0]
    places = tf.where(
        x < 0, x, x + tf.range(rows)[:, None] * (largest + 1)
    )  # negative ones count nowhere
    counts = tf.math.unsorted_segment_sum(amounts, places, rows * (largest + 1))
    return tf.reshape(counts, [rows, largest + 1])


def histogram(x, bins=10, range=None):
    """How many values are in each of equal bins over a range (by default from smallest to largest); the bins' edges."""
    if not isinstance(bins, int):
        raise TypeError("histogram needs an int as bins, got %r" % (bins,))
    if bins < 0 or (range and (len(range) != 2 or range[1] < range[0])):
        raise ValueError(
            "histogram needs bins >= 0 and a range (low, high), got %r and %r" % (bins, range)
        )
    x = floating(x)
    if x.shape.rank > 1:
        raise ValueError("histogram needs a 1-D tensor, got shape %s" % (x.shape,))
    if x.shape.num_elements() == 0 and not range:
        range = (0.0, 1.0)
    x, low, high = promoted(ravel(x), *(range or (tf.reduce_min(x), tf.reduce_max(x))))
    half = tf.where(tf.equal(low, high), cast(0.5, x.dtype), cast(0.0, x.dtype))
    edges = cast(tf.linspace(wide(low - half), wide(high + half), bins + 1), x.dtype)  # [bins + 1]
    # the last bin has both its edges
    place = tf.where(tf.equal(x, edges[-1]), bins - 1, searchsorted(edges, x, side="right") - 1)
    place = tf.where(x <= edges[-1], place, -1)  # outside or NaN: counts nowhere
    return tf.math.unsorted_segment_sum(tf.ones_like(x), place, bins), edges


def isin(x1, x2, assume_unique=False, invert=False):
    """Whether each value of x1 is one of x2's."""
    x1, x2 = promoted(convert_to_tensor(x1), convert_to_tensor(x2))
    found = tf.reduce_any(tf.equal(tf.expand_dims(x1, -1), ravel(x2)), -1)
    return tf.logical_not(found) if invert else found


def unique(
    x,
    sorted=True,  # they are always sorted
    return_index=False,  # of the first occurrence
    return_inverse=False,  # the number of the unique value of each value
    return_counts=False,
    axis=None,  # whose slices are compared; None compares all values
    size=None,  # cut or fill up to this number, which makes the shape known
    fill_value=None,  # 0 if None
):
    """The different values (every NaN is another), then what is asked for: indices, inverse, counts."""
    x = convert_to_tensor(x)
    slices = ravel(x) if axis is None else moveaxis(x, axis, 0)  # [n, ...]
    rows = _rows(slices, range(1, slices.shape.rank))  # [n, m]
    order = _lexical_order(_order_keys(rows))
    count = shape_of(order)[0]
    ordered = tf.gather(rows, order)
    before = tf.gather(ordered, tf.maximum(tf.range(count) - 1, 0))
    new = tf.reduce_any(tf.not_equal(ordered, before), 1) | tf.equal(tf.range(count), 0)
    group = tf.cumsum(cast(new, "int32")) - 1  # [n]
    index = tf.boolean_mask(order, new)  # [number of unique ones]
    values = tf.gather(slices, index)
    counts = tf.math.unsorted_segment_sum(tf.ones_like(group), group, tf.size(index))
    if size is not None:
        fills = (fill_value or 0, index[:1], 0)
        values, index, counts = [
            _resized(y, size, fill) for y, fill in zip((values, index, counts), fills)
        ]
    inverse = tf.gather(group, tf.math.invert_permutation(order))
    values = values if axis is None else moveaxis(values, 0, axis)
    inverse = tf.reshape(inverse, shape_of(x)) if axis is None else inverse
    wanted = ((index, return_index), (inverse, return_inverse), (counts, return_counts))
    more = tuple(y for y, is_wanted in wanted if is_wanted)
    return (values,) + more if more else values


def _lexical_order(keys):
    """The indices that sort rows [n, m] by their first column, then by the second, ..."""

    def by_column(i, order):
        return i - 1, tf.gather(order, argsort(tf.gather(keys[:, i], order)))

    count, columns = shape_of(keys)
    return tf.while_loop(lambda i, order: i >= 0, by_column, [columns - 1, tf.range(count)])[1]


def _resized(x, size, fill):
    """The first `size` slices, the fill value in the place of those that are missing."""
    x = x[:size]
    sizes = list(shape_of(x))[1:]
    fills = tf.broadcast_to(cast(fill, x.dtype), [size - tf.shape(x)[0]] + sizes)
    return tf.reshape(tf.concat([x, fills], 0), [size] + sizes)


# --- correlations


def corrcoef(x):
    """The correlations between the rows of a matrix, [rows, rows]; between a vector and itself, a 1."""
    x = floating(x)
    if x.shape.rank > 2:
        raise ValueError("corrcoef needs at most 2 axes, got shape %s" % (x.shape,))
    if x.shape.rank == 0:
        return cast(np.nan, x.dtype)
    distance = x - tf.reduce_mean(x, -1, keepdims=True)
    rows = distance / tf.sqrt(tf.reduce_sum(tf.square(distance), -1, keepdims=True))
    return clip(matmul(rows, tf.transpose(rows)), -1, 1)


def correlate(x1, x2, mode="valid"):
    """The sums of x1[i + k] * x2[i] for all shifts k; mode full, same (as many as the longer has), or valid."""
    x1, x2 = promoted(convert_to_tensor(x1), convert_to_tensor(x2), at_least="float")
    if x1.shape.rank != 1 or x2.shape.rank != 1 or 0 in (x1.shape[0], x2.shape[0]):
        raise ValueError(
            "correlate needs two 1-D tensors, got shapes %s and %s" % (x1.shape, x2.shape)
        )
    (n1,), (n2,) = shape_of(x1), shape_of(x2)
    padded = tf.pad(x1, [[n2 - 1, n2 - 1]])
    sums = tf.nn.conv1d(padded[None, :, None], x2[:, None, None], 1, "VALID")[
        0, :, 0
    ]  # [n1 + n2 - 1]
    if mode == "full":
        return sums
    shorter, longer = minimum(n1, n2), maximum(n1, n2)
    if mode == "same":
        start = tf.where(n1 < n2, n1 // 2, (n2 - 1) // 2)
        return sums[start : start + longer]
    if mode == "valid":
        return sums[shorter - 1 : longer]
    raise ValueError("correlate has the modes full, same and valid, got %r" % (mode,))


__all__ = [
    "all",
    "allclose",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "argpartition",
    "argsort",
    "average",
    "bincount",
    "corrcoef",
    "correlate",
    "count_nonzero",
    "cumprod",
    "cumsum",
    "digitize",
    "histogram",
    "isin",
    "max",
    "mean",
    "median",
    "min",
    "percentile",
    "prod",
    "ptp",
    "quantile",
    "searchsorted",
    "sort",
    "std",
    "sum",
    "trapezoid",
    "unique",
    "var",
]
