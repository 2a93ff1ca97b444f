"""`keras.ops`, core family, on TensorFlow: what Keras 2.3.1 and tf.keras share, in graph mode and eagerly.

Control flow is in `_tensorflow_control.py`, writing at indices in `_tensorflow_scatter.py`.
Names, signatures and meaning are those of Keras 3.15; `_names.py` lists them. `tensorflow.compat.v2` is
TensorFlow 2's own interface, and in TensorFlow 1.15 the same names over graph mode.
"""

import numpy as np
import tensorflow.compat.v2 as tf

from ._tensorflow_dtypes import dtype_of, is_number, result_type, standardize

# --- tensors of the right dtype, for all families


def promoted(*xs, at_least="bool"):
    """The arguments as tensors of their common dtype; `at_least` "float" makes that a float one."""
    xs = [x if is_number(x) else convert_to_tensor(x) for x in xs]
    common = result_type(at_least, *[dtype_of(x) for x in xs])
    return [convert_to_tensor(x, common) for x in xs]


def floating(x):
    """The argument as a float tensor: integers and bools become floatx."""
    return promoted(x, at_least="float")[0]


def wide(x):
    """The tensor in float32 at least: what half precision is computed in."""
    return cast(x, result_type(x.dtype.name, "float32"))


def numeric(x):
    """The argument as a tensor TensorFlow can calculate with: bools become int32."""
    x = convert_to_tensor(x)
    return tf.cast(x, "int32") if x.dtype == tf.bool else x


def axes_of(axis, ndim):
    """An axis, several, or None for all -> list of non-negative axes of a tensor of rank `ndim`."""
    if axis is None:
        return list(range(ndim))
    axes = [axis] if isinstance(axis, (int, np.integer)) else list(axis)
    for i in axes:
        if not -ndim <= i < ndim:
            raise ValueError("axis %s is out of range for a tensor of rank %d" % (i, ndim))
    return [int(i) % ndim for i in axes]


def dims(shape):
    """A shape given as int, tuple, list or TensorShape -> list of ints and scalar tensors."""
    if isinstance(shape, (int, np.integer)):
        return [shape]
    return shape if tf.is_tensor(shape) else list(shape)


# --- keras.ops core


def cast(x, dtype):
    """Convert to another dtype."""
    return tf.cast(convert_to_tensor(x), standardize(dtype))


def convert_to_numpy(x):
    """The value as a numpy array; in graph mode the Keras session computes it."""
    if not tf.is_tensor(x) and not isinstance(x, tf.Variable):
        return np.array(x)
    if isinstance(x, tf.Variable) and hasattr(x, "numpy") and tf.executing_eagerly():
        return x.numpy()
    value = tf.get_static_value(tf.convert_to_tensor(x))
    return _run(x) if value is None else np.array(value)


def evaluate_all(values):
    """The values of several tensors as numpy arrays; in graph mode one run of the session computes all."""
    if tf.executing_eagerly():
        return [convert_to_numpy(x) for x in values]
    return _run([convert_to_tensor(x) for x in values])


def _run(x):
    """The value of a graph tensor that is no constant, or of several."""
    from . import keras  # chosen after this module is imported

    if int(tf.version.VERSION.split(".")[0]) > 1:  # nothing but TensorFlow 1 has sessions
        raise ValueError("convert_to_numpy got %s, a symbolic tensor that has no value yet" % (x,))
    return keras.backend.get_session().run(x)


def convert_to_tensor(x, dtype=None, sparse=None, ragged=None):
    """The value as a tensor, cast if a dtype is given."""
    if sparse or ragged:
        raise ValueError(
            "convert_to_tensor makes dense tensors on TensorFlow, sparse or ragged was asked for"
        )
    dtype = None if dtype is None else tf.as_dtype(standardize(dtype))
    if not isinstance(x, tf.Tensor):
        x = tf.convert_to_tensor(x, dtype if _converts_directly(x, dtype) else None)
    return x if dtype in (None, x.dtype) else tf.cast(x, dtype)


def _converts_directly(x, dtype):
    """Whether TensorFlow takes a Python number as this dtype; it refuses 1.5 as int and 1 as bool."""
    if dtype is None or isinstance(x, bool) or not is_number(x):
        return False
    return dtype.is_floating or (dtype.is_integer and isinstance(x, int))


def dtype(x):
    """The dtype name."""
    return result_type(dtype_of(x)) if is_number(x) else tf.as_dtype(x.dtype).name


def is_tensor(x):
    """Whether the value is a tensor of the backend."""
    return tf.is_tensor(x)


def saturate_cast(x, dtype):
    """Convert to another dtype; what is outside its range becomes its largest or smallest value."""
    x, target = convert_to_tensor(x), tf.as_dtype(standardize(dtype))
    (low, high), (lowest, highest) = _range(x.dtype), _range(target)
    if not x.dtype.is_floating:
        if lowest <= low and high <= highest:
            return tf.cast(x, target)
        x = tf.cast(x, "float64" if x.dtype == tf.uint64 else "int64")
    elif target.is_integer or x.dtype.size < 4:
        x = tf.cast(x, "float64")  # where the bounds of int32 are exact
    low, high = _within(max(low, lowest), x.dtype), _within(min(high, highest), x.dtype)
    return tf.cast(tf.minimum(tf.maximum(x, low), high), target)


def _range(dtype):
    """The smallest and largest finite value of a dtype as Python numbers."""
    if dtype == tf.bool:
        return 0, 1
    return (
        (int(dtype.min), int(dtype.max))
        if dtype.is_integer
        else (float(dtype.min), float(dtype.max))
    )


def _within(bound, dtype):
    """The number of a dtype that is a bound, or next to it on the side of 0."""
    number = np.array(bound, dtype.as_numpy_dtype)
    if dtype.is_floating and abs(int(number)) > abs(int(bound)):
        return np.nextafter(number, np.zeros_like(number))
    return number


def shape(x):
    """The shape as a tuple: ints where known, scalar tensors where not."""
    x = convert_to_tensor(x)
    if x.shape.rank is None:
        raise ValueError("ops.shape needs a tensor of known rank, got %s" % (x,))
    static = x.shape.as_list()
    if None not in static:
        return tuple(static)
    dynamic = tf.shape(x)
    return tuple(dynamic[i] if size is None else size for i, size in enumerate(static))


def slice(inputs, start_indices, shape):
    """The block of the given shape that starts at `start_indices`."""
    return tf.slice(convert_to_tensor(inputs), dims(start_indices), dims(shape))


def stop_gradient(variable):
    """The value, through which no gradient flows."""
    return tf.stop_gradient(convert_to_tensor(variable))


def unstack(x, num=None, axis=0):
    """The list of slices along an axis."""
    return tf.unstack(convert_to_tensor(x), num=num, axis=axis)


__all__ = [
    "cast",
    "convert_to_numpy",
    "convert_to_tensor",
    "dtype",
    "is_tensor",
    "saturate_cast",
    "shape",
    "slice",
    "stop_gradient",
    "unstack",
]
