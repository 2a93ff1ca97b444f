"""`keras.ops`, numpy family, reductions, on TensorFlow: reducing, accumulating, sorting."""

import tensorflow.compat.v2 as tf

from ._tensorflow_arrays import ravel
from ._tensorflow_core import axes_of, cast, convert_to_tensor, floating, numeric
from ._tensorflow_core import shape as shape_of
from ._tensorflow_dtypes import result_type
from ._tensorflow_numpy import maximum, minimum

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
    if not keepdims:
        return index
    axes = axes_of(axis, x.shape.rank)
    return tf.reshape(index, [1 if i in axes else n for i, n in enumerate(shape_of(x))])


def argsort(x, axis=-1):
    """The indices that sort along an axis; equal values keep their order."""
    x = numeric(x)
    if axis is None or x.shape.rank == 0:
        x, axis = ravel(x), 0
    return tf.argsort(x, axis=axis, stable=True)


# --- reducing


def all(x, axis=None, keepdims=False):
    """Whether all values are true."""
    return tf.reduce_all(cast(x, "bool"), axis, keepdims)


def any(x, axis=None, keepdims=False):
    """Whether some value is true."""
    return tf.reduce_any(cast(x, "bool"), axis, keepdims)


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
    wide = cast(x, result_type(x.dtype.name, "float32"))
    return cast(tf.reduce_mean(wide, axis, keepdims), x.dtype)


def min(x, axis=None, keepdims=False, initial=None):
    """The smallest value; at most `initial` if given."""
    return _extreme(tf.reduce_min, minimum, x, axis, keepdims, initial)


def _extreme(reduce, combine, x, axis, keepdims, initial):
    """max or min of numbers or bools, never of nothing."""
    x = convert_to_tensor(x)
    if initial is None and x.shape.num_elements() == 0:
        raise ValueError("no largest or smallest value in an empty tensor, shape %s" % (x.shape,))
    result = cast(reduce(numeric(x), axis, keepdims), x.dtype)
    return result if initial is None else cast(combine(result, initial), x.dtype)


def prod(x, axis=None, keepdims=False, dtype=None):
    """The product; small integers and bools are multiplied in 32 bits."""
    x = convert_to_tensor(x)
    return tf.reduce_prod(cast(x, dtype or _sum_dtype(x.dtype)), axis, keepdims)


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


def var(x, axis=None, keepdims=False):
    """The variance (mean squared distance from the mean), a float."""
    x = floating(x)
    wide = cast(x, result_type(x.dtype.name, "float32"))
    distance = wide - tf.reduce_mean(wide, axis, keepdims=True)
    return cast(tf.reduce_mean(tf.square(distance), axis, keepdims), x.dtype)


__all__ = [
    "all",
    "any",
    "argmax",
    "argmin",
    "argsort",
    "cumprod",
    "cumsum",
    "max",
    "mean",
    "min",
    "prod",
    "std",
    "sum",
    "var",
]
