"""`keras.ops`, numpy family, arrays as a whole, on TensorFlow.

Making, shaping, picking, reducing, multiplying.
The element by element part of the numpy family is in `_tensorflow_numpy.py`.
"""

import numpy as np
import tensorflow.compat.v2 as tf

from ._tensorflow_core import (
    axes_of,
    cast,
    convert_to_tensor,
    dims,
    promoted,
)
from ._tensorflow_core import shape as shape_of
from ._tensorflow_dtypes import dtype_of, floatx, is_number, result_type, standardize
from ._tensorflow_numpy import multiply

# --- making


def arange(start, stop=None, step=None, dtype=None):
    """start, start + step, ... below stop; `arange(n)` counts from 0."""
    start, stop = (0, start) if stop is None else (start, stop)
    step = 1 if step is None else step
    if dtype is None:
        dtype = result_type(*[dtype_of(x) for x in (start, stop, step)])
    if np.all([is_number(x) for x in (start, stop, step)]) and (stop - start) * step < 0:
        stop = start  # an empty range; TensorFlow refuses to count away from the stop
    # TensorFlow counts in these dtypes only
    counting = standardize(dtype)
    if counting not in ("int32", "int64", "float32", "float64"):
        counting = "float32"
    return cast(tf.range(*[convert_to_tensor(x, counting) for x in (start, stop, step)]), dtype)


def array(x, dtype=None):
    """The value as a tensor."""
    return convert_to_tensor(x, dtype)


def eye(N, M=None, k=0, dtype=None):
    """N x M zeros with ones on the k-th diagonal."""
    row = tf.range(N)[:, None]  # [N, 1]
    column = tf.range(N if M is None else M)[None]  # [1, M]
    return cast(tf.equal(row + k, column), dtype or floatx())


def full(shape, fill_value, dtype=None):
    """A tensor of one value."""
    return tf.broadcast_to(convert_to_tensor(fill_value, dtype or floatx()), dims(shape))


def full_like(x, fill_value, dtype=None):
    """A tensor of one value, shaped like x."""
    x = convert_to_tensor(x)
    return full(shape_of(x), fill_value, dtype or x.dtype)


def identity(n, dtype=None):
    """n x n zeros with ones on the diagonal."""
    return eye(n, dtype=dtype)


def ones(shape, dtype=None):
    """A tensor of ones."""
    return full(shape, 1, dtype)


def ones_like(x, dtype=None):
    """A tensor of ones, shaped like x."""
    return full_like(x, 1, dtype)


def zeros(shape, dtype=None):
    """A tensor of zeros."""
    return full(shape, 0, dtype)


def zeros_like(x, dtype=None):
    """A tensor of zeros, shaped like x."""
    return full_like(x, 0, dtype)


# --- shaping


def broadcast_to(x, shape):
    """Repeat along axes of size 1 up to a shape."""
    return tf.broadcast_to(convert_to_tensor(x), dims(shape))


def concatenate(xs, axis=0):
    """Join tensors along an axis."""
    return tf.concat(promoted(*xs), axis)


def expand_dims(x, axis):
    """Insert axes of size 1."""
    x = convert_to_tensor(x)
    count = 1 if isinstance(axis, int) else len(axis)
    for i in sorted(axes_of(axis, x.shape.rank + count)):
        x = tf.expand_dims(x, i)
    return x


def flip(x, axis=None):
    """Reverse the order along axes."""
    x = convert_to_tensor(x)
    return tf.reverse(x, axes_of(axis, x.shape.rank))


def moveaxis(x, source, destination):
    """Move axes to new positions; the others keep their order."""
    x = convert_to_tensor(x)
    ndim = x.shape.rank
    source, destination = axes_of(source, ndim), axes_of(destination, ndim)
    if len(source) != len(destination):
        raise ValueError(
            "moveaxis needs as many sources as destinations, got %s and %s" % (source, destination)
        )
    order = [i for i in range(ndim) if i not in source]
    for target, origin in sorted(zip(destination, source)):
        order.insert(target, origin)
    return tf.transpose(x, order)


def ndim(x):
    """The number of axes."""
    return convert_to_tensor(x).shape.rank


def pad(x, pad_width, mode="constant", constant_values=None):
    """Add `(before, after)` values along each axis; mode constant, reflect or symmetric."""
    if constant_values is not None and mode != "constant":
        raise ValueError("pad uses constant_values in mode 'constant' only, mode is %r" % (mode,))
    x = convert_to_tensor(x)
    widths = np.broadcast_to(np.array(pad_width), (x.shape.rank, 2))  # [ndim, 2]
    return tf.pad(x, widths, mode.upper(), cast(constant_values or 0, x.dtype))


def ravel(x):
    """All values in one axis."""
    return tf.reshape(convert_to_tensor(x), [-1])


def repeat(x, repeats, axis=None):
    """Repeat each element along an axis, or of the flattened tensor."""
    x = convert_to_tensor(x)
    if axis is None:
        x, axis = ravel(x), 0
    (axis,) = axes_of(axis, x.shape.rank)
    if tf.is_tensor(repeats) or np.ndim(repeats):
        return tf.repeat(x, repeats, axis=axis)
    sizes = list(shape_of(x))
    copies = [repeats if i == axis + 1 else 1 for i in range(len(sizes) + 1)]
    x = tf.tile(tf.expand_dims(x, axis + 1), copies)  # [..., size, repeats, ...]
    return tf.reshape(x, sizes[:axis] + [sizes[axis] * repeats] + sizes[axis + 1 :])


def reshape(x, newshape):
    """The same values in another shape; one -1 is worked out."""
    return tf.reshape(convert_to_tensor(x), dims(newshape))


def size(x):
    """The number of values."""
    x = convert_to_tensor(x)
    known = x.shape.num_elements()
    return tf.size(x) if known is None else known


def split(x, indices_or_sections, axis=0):
    """A list of parts: so many equal ones, or cut at these indices."""
    if isinstance(indices_or_sections, int):
        return tf.split(convert_to_tensor(x), indices_or_sections, axis)
    x = convert_to_tensor(x)
    cuts = [0] + [int(i) for i in indices_or_sections]
    sizes = [end - start for start, end in zip(cuts, cuts[1:])]
    return tf.split(x, sizes + [shape_of(x)[axis] - cuts[-1]], axis)


def squeeze(x, axis=None):
    """Remove axes of size 1."""
    x = convert_to_tensor(x)
    return tf.squeeze(x, None if axis is None else axes_of(axis, x.shape.rank))


def stack(x, axis=0):
    """Join tensors along a new axis."""
    return tf.stack(promoted(*x), axis)


def swapaxes(x, axis1, axis2):
    """Exchange two axes."""
    x = convert_to_tensor(x)
    order = list(range(x.shape.rank))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return tf.transpose(x, order)


def tile(x, repeats):
    """Repeat the whole tensor along each axis."""
    x, repeats = convert_to_tensor(x), dims(repeats)
    repeats = [1] * (x.shape.rank - len(repeats)) + repeats
    missing = len(repeats) - x.shape.rank
    return tf.tile(tf.reshape(x, [1] * missing + list(shape_of(x))), repeats)


def transpose(x, axes=None):
    """Reorder the axes; reverse them if none are given."""
    x = convert_to_tensor(x)
    return tf.transpose(x, None if axes is None else axes_of(axes, x.shape.rank))


# --- picking


def take(x, indices, axis=None):
    """The slices at these indices; negative ones count from the end."""
    x, indices = convert_to_tensor(x), convert_to_tensor(indices)
    if axis is None:
        x, axis = ravel(x), 0
    return tf.gather(x, _from_start(indices, shape_of(x)[axis]), axis=axis)


def _from_start(indices, size):
    """Negative indices, which count from the end, as non-negative ones."""
    if not indices.dtype.is_integer:
        indices = cast(indices, "int32")
    if indices.dtype.is_unsigned:
        return cast(indices, "int64")
    return tf.where(indices < 0, indices + cast(size, indices.dtype), indices)


def take_along_axis(x, indices, axis=None):
    """One value per index, along an axis; the other axes broadcast."""
    x, indices = convert_to_tensor(x), convert_to_tensor(indices)
    if axis is None:
        x, indices, axis = ravel(x), ravel(indices), 0
    x, indices = swapaxes(x, axis, -1), swapaxes(indices, axis, -1)  # [..., n], [..., m]
    batch = _broadcast_sizes(shape_of(x)[:-1], shape_of(indices)[:-1])
    x = tf.broadcast_to(x, batch + [shape_of(x)[-1]])
    indices = tf.broadcast_to(indices, batch + [shape_of(indices)[-1]])
    indices = _from_start(indices, shape_of(x)[-1])
    return swapaxes(tf.gather(x, indices, batch_dims=len(batch)), axis, -1)


def _broadcast_sizes(sizes1, sizes2):
    """The common shape of two shapes of equal rank, where they are 1 or equal."""

    def common(a, b):
        if isinstance(a, int) and isinstance(b, int):
            return b if a == 1 else a
        return tf.maximum(a, b)

    return [common(a, b) for a, b in zip(sizes1, sizes2)]


def tril(x, k=0):
    """The lower triangle, zeros above the k-th diagonal."""
    return _triangle(x, k, lower=True)


def triu(x, k=0):
    """The upper triangle, zeros below the k-th diagonal."""
    return _triangle(x, k, lower=False)


def _triangle(x, k, lower):
    """x [..., n, m] where column - row is at most (lower) or at least (upper) k, else 0."""
    x = convert_to_tensor(x)
    rows, columns = shape_of(x)[-2:]
    offset = tf.range(columns)[None] - tf.range(rows)[:, None]  # [n, m]
    return tf.where(offset <= k if lower else offset >= k, x, tf.zeros_like(x))


def where(condition, x1=None, x2=None):
    """x1 where the condition is true, else x2; with the condition alone, the indices where it is."""
    condition = cast(condition, "bool")
    if x1 is None and x2 is None:
        return [cast(index, "int32") for index in tf.unstack(tf.where(condition), axis=1)]
    if x1 is None or x2 is None:
        raise ValueError("where needs both x1 and x2, or none of them")
    return tf.where(condition, *promoted(x1, x2))


# --- multiplying


def einsum(subscripts, *operands, **kwargs):
    """Sums of products, axes named by letters: `einsum("ij,jk->ik", a, b)`."""
    xs = promoted(*operands)
    if xs[0].dtype.is_floating or xs[0].dtype.is_complex:
        return tf.einsum(subscripts, *xs, **kwargs)
    wide = [cast(x, "float64") for x in xs]  # exact up to 2 ** 53
    result = "int32" if xs[0].dtype == tf.int8 else xs[0].dtype
    return cast(tf.einsum(subscripts, *wide, **kwargs), result)


def matmul(x1, x2):
    """The matrix product over the last axis of x1 and the last but one of x2; earlier axes broadcast."""
    x1, x2 = promoted(x1, x2)
    result = tf.int32 if x1.dtype == tf.int8 else x1.dtype
    if not (result.is_floating or result.is_complex):
        x1, x2 = cast(x1, "float64"), cast(x2, "float64")  # exact up to 2 ** 53
    return cast(_matmul(x1, x2), result)


def _matmul(x1, x2):
    """matmul of floats; a matrix on the right takes all rows of x1 at once."""
    if x2.shape.rank <= 2:
        return tf.tensordot(x1, x2, [[-1], [0 if x2.shape.rank == 1 else -2]])
    if x1.shape.rank == 1:
        return tf.squeeze(tf.matmul(x1[None], x2), -2)  # [1, n] x [..., n, m] -> [..., m]
    return tf.matmul(x1, x2)


def outer(x1, x2):
    """The products of all pairs, [size of x1, size of x2]."""
    x1, x2 = promoted(x1, x2)
    return multiply(ravel(x1)[:, None], ravel(x2)[None])


__all__ = [
    "arange",
    "array",
    "broadcast_to",
    "concatenate",
    "einsum",
    "expand_dims",
    "eye",
    "flip",
    "full",
    "full_like",
    "identity",
    "matmul",
    "moveaxis",
    "ndim",
    "ones",
    "ones_like",
    "outer",
    "pad",
    "ravel",
    "repeat",
    "reshape",
    "size",
    "split",
    "squeeze",
    "stack",
    "swapaxes",
    "take",
    "take_along_axis",
    "tile",
    "transpose",
    "tril",
    "triu",
    "where",
    "zeros",
    "zeros_like",
]
