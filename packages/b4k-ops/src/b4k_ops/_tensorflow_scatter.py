"""`keras.ops`, core family, writing at indices, on TensorFlow.

The rest of the core family is in `_tensorflow_core.py`.
"""

import tensorflow.compat.v2 as tf

from ._tensorflow_core import convert_to_tensor, dims, numeric
from ._tensorflow_core import shape as shape_of
from ._tensorflow_math import segment_max, segment_min, segment_prod
from ._tensorflow_numpy import maximum, minimum


def scatter(indices, values, shape):
    """Zeros of a shape, to which each value is added at its index, of which the last axis holds one."""
    values = convert_to_tensor(values)
    indices = _from_start(indices, dims(shape))
    return tf.cast(tf.scatter_nd(indices, numeric(values), dims(shape)), values.dtype)


def scatter_update(inputs, indices, updates, reduction=None):
    """The inputs with each update at its index, or combined with what is there: add, max, min or mul."""
    inputs = convert_to_tensor(inputs)
    sizes = list(shape_of(inputs))
    indices = _from_start(indices, sizes)  # [..., depth]
    leading, inner = list(shape_of(indices))[:-1], sizes[indices.shape.as_list()[-1] :]
    updates = tf.broadcast_to(convert_to_tensor(updates, inputs.dtype), leading + inner)
    x, updates = numeric(inputs), numeric(updates)
    if reduction in (None, "add"):
        update = tf.tensor_scatter_nd_add if reduction else tf.tensor_scatter_nd_update
        return tf.cast(update(x, indices, updates), inputs.dtype)
    if reduction not in _COMBINE:
        raise ValueError(
            "scatter_update needs reduction None, 'add', 'max', 'min' or 'mul', got %r"
            % (reduction,)
        )
    return tf.cast(_combine_at(x, indices, updates, *_COMBINE[reduction]), inputs.dtype)


_COMBINE = {  # reduction: (of the updates at one index, of that with what is there)
    "max": (segment_max, maximum),
    "min": (segment_min, minimum),
    "mul": (segment_prod, tf.multiply),
}


def _combine_at(x, indices, updates, reduce, combine):
    """x [*outer, *inner] combined with updates [..., *inner] at indices [..., len(outer)]."""
    sizes, depth = list(shape_of(x)), indices.shape.as_list()[-1]
    count = tf.reduce_prod(sizes[:depth])
    places = tf.reshape(tf.range(count), sizes[:depth])  # [*outer]
    numbers = tf.reshape(tf.gather_nd(places, indices), [-1])  # [updates]
    flat = tf.reshape(updates, [-1] + sizes[depth:])  # [updates, *inner]
    return combine(x, tf.reshape(reduce(flat, numbers, count), sizes))


def _from_start(indices, sizes):
    """Indices [..., depth] into axes of these sizes, the negative ones counted from the start."""
    indices = convert_to_tensor(indices)
    indices = tf.cast(indices, "int32" if indices.dtype.size < 4 else "int64")
    sizes = tf.cast(sizes[: indices.shape.as_list()[-1]], indices.dtype)
    return tf.where(indices < 0, indices + sizes, indices)


def slice_update(inputs, start_indices, updates):
    """The inputs with a block of updates put in, moved where it would reach over the end."""
    inputs = convert_to_tensor(inputs)
    updates = convert_to_tensor(updates, inputs.dtype)
    sizes, block = tf.stack(shape_of(inputs)), tf.stack(shape_of(updates))  # [ndim]
    start = tf.cast(_from_start(start_indices, sizes), "int32")
    start = tf.maximum(tf.minimum(start, sizes - block), 0)
    widths = tf.stack([start, sizes - start - block], axis=1)  # [ndim, 2]
    inside = tf.pad(tf.ones(block, "int32"), widths)  # [*sizes]
    return tf.where(inside > 0, tf.pad(updates, widths), inputs)


__all__ = ["scatter", "scatter_update", "slice_update"]
