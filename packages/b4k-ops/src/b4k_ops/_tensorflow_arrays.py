"""`keras.ops`, numpy family, arrays as a whole, on TensorFlow.

Making, joining and splitting, shaping, picking, multiplying, mapping. Diagonals, and products of vectors and matrices
other than `einsum`, `matmul` and `outer`, are in `_tensorflow_products.py`; the element by element part of the numpy
family is in `_tensorflow_numpy.py`.
"""

import functools
import re

import numpy as np
import tensorflow.compat.v2 as tf

from ._tensorflow_control import map
from ._tensorflow_core import axes_of, cast, convert_to_numpy, convert_to_tensor, dims, promoted
from ._tensorflow_core import shape as shape_of
from ._tensorflow_dtypes import dtype_of, floatx, is_number, result_type, standardize
from ._tensorflow_numpy import multiply
from .shapes import product_of

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


def bartlett(x):
    """The triangular window of so many points, 0 at both ends."""
    return _window(np.bartlett, x)


def blackman(x):
    """The Blackman window of so many points."""
    return _window(np.blackman, x)


def _window(function, x, *args):
    """A window of numpy's, of a size known beforehand, as a tensor."""
    return convert_to_tensor(function(int(convert_to_numpy(x)), *args), floatx())


def empty(shape, dtype=None):
    """A tensor of a shape whose values do not matter; here zeros."""
    return zeros(shape, dtype)


def empty_like(x, dtype=None):
    """A tensor shaped like x whose values do not matter; here zeros."""
    return zeros_like(x, dtype)


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


def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """`num` numbers from start to stop, each the same multiple of the one before."""
    start, stop = promoted(start, stop, at_least="float")
    logs = [tf.math.log(tf.abs(cast(x, "float64"))) for x in (start, stop)]
    sizes = tf.exp(linspace(*logs, num=num, endpoint=endpoint))  # [num, ...]
    return cast(moveaxis(sizes * cast(tf.sign(start), "float64"), 0, axis), dtype or start.dtype)


def hamming(x):
    """The Hamming window of so many points."""
    return _window(np.hamming, x)


def hanning(x):
    """The Hann window of so many points, 0 at both ends."""
    return _window(np.hanning, x)


def identity(n, dtype=None):
    """n x n zeros with ones on the diagonal."""
    return eye(n, dtype=dtype)


def kaiser(x, beta):
    """The Kaiser window of so many points; the larger beta, the narrower."""
    return _window(np.kaiser, x, beta)


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """`num` numbers at equal distance from start to stop, with `retstep` the distance too."""
    if num < 0:
        raise ValueError("linspace needs num to be at least 0, got %s" % (num,))
    start, stop = promoted(start, stop, at_least="float")
    dtype = start.dtype if dtype is None else tf.as_dtype(standardize(dtype))
    first, last = cast(start, "float64"), cast(stop, "float64")
    count = num - 1 if endpoint else num
    step = (last - first) / max(count, 1)
    i = tf.reshape(tf.range(num), [num] + [1] * step.shape.rank)  # [num, 1, ...]
    values = first + cast(i, "float64") * step
    if endpoint and num > 1:
        values = tf.where(tf.equal(i, num - 1), last, values)
    values = moveaxis(tf.floor(values) if dtype.is_integer else values, 0, axis)
    if not retstep:
        return cast(values, dtype)
    return cast(values, dtype), cast(step if count > 0 else step * np.nan, start.dtype)


def logspace(start, stop, num=50, endpoint=True, base=10, dtype=None, axis=0):
    """base to the powers of linspace(start, stop)."""
    start, stop = promoted(start, stop, at_least="float")
    exponents = linspace(cast(start, "float64"), stop, num=num, endpoint=endpoint, axis=axis)
    return cast(tf.pow(cast(base, "float64"), exponents), dtype or start.dtype)


def meshgrid(*x, indexing="xy"):
    """For vectors of coordinates, the coordinates of all points of their grid."""
    if indexing not in ("xy", "ij"):
        raise ValueError("meshgrid needs indexing 'xy' or 'ij', got %r" % (indexing,))
    vectors = [ravel(v) for v in x]
    axes = list(range(len(vectors)))
    if indexing == "xy":
        axes[:2] = axes[:2][::-1]
    sizes = [shape_of(vectors[i])[0] for i in axes]
    column = [[-1 if i == axis else 1 for i in range(len(axes))] for axis in axes]
    return [tf.broadcast_to(tf.reshape(v, c), sizes) for v, c in zip(vectors, column)]


def ones(shape, dtype=None):
    """A tensor of ones."""
    return full(shape, 1, dtype)


def ones_like(x, dtype=None):
    """A tensor of ones, shaped like x."""
    return full_like(x, 1, dtype)


def tri(N, M=None, k=0, dtype=None):
    """N x M ones at and below the k-th diagonal, zeros above."""
    row = tf.range(N)[:, None]  # [N, 1]
    column = tf.range(N if M is None else M)[None]  # [1, M]
    return cast(column <= row + k, dtype or floatx())


def zeros(shape, dtype=None):
    """A tensor of zeros."""
    return full(shape, 0, dtype)


def zeros_like(x, dtype=None):
    """A tensor of zeros, shaped like x."""
    return full_like(x, 0, dtype)


# --- joining and splitting


def append(x1, x2, axis=None):
    """x2 after x1 along an axis, or both flattened."""
    return concatenate([ravel(x1), ravel(x2)]) if axis is None else concatenate([x1, x2], axis)


def array_split(x, indices_or_sections, axis=0):
    """A list of so many parts along an axis, the first ones longer by 1 where it does not divide."""
    x, count = convert_to_tensor(x), indices_or_sections
    if not isinstance(count, int) or count <= 0:
        raise ValueError("array_split needs a number of parts above 0, got %r" % (count,))
    (axis,) = axes_of(axis, x.shape.rank)
    return tf.split(x, [(shape_of(x)[axis] + count - 1 - i) // count for i in range(count)], axis)


def concatenate(xs, axis=0):
    """Join tensors along an axis."""
    return tf.concat(promoted(*xs), axis)


def dsplit(x, indices_or_sections):
    """A list of parts along axis 2: so many equal ones, or cut at these indices."""
    return split(_of_rank(x, 3, "dsplit"), indices_or_sections, 2)


def _of_rank(x, least, name):
    """The tensor, which needs to have so many axes."""
    x = convert_to_tensor(x)
    if x.shape.rank < least:
        raise ValueError("%s needs at least %d axes, got shape %s" % (name, least, x.shape))
    return x


def dstack(xs):
    """Join tensors along axis 2, which those of fewer axes get."""
    xs = [x[:, :, None] if x.shape.rank == 2 else x for x in _rows(xs)]
    return tf.concat(xs, 2)


def hsplit(x, indices_or_sections):
    """A list of parts along axis 1, or 0 of a vector: so many equal ones, or cut at these indices."""
    x = _of_rank(x, 1, "hsplit")
    return split(x, indices_or_sections, 0 if x.shape.rank == 1 else 1)


def hstack(xs):
    """Join tensors along axis 1, vectors along axis 0."""
    xs = [x[None] if x.shape.rank == 0 else x for x in promoted(*xs)]
    return tf.concat(xs, 0 if xs[0].shape.rank == 1 else 1)


def split(x, indices_or_sections, axis=0):
    """A list of parts: so many equal ones, or cut at these indices."""
    if isinstance(indices_or_sections, int):
        return tf.split(convert_to_tensor(x), indices_or_sections, axis)
    x = convert_to_tensor(x)
    cuts = [0] + [int(i) for i in indices_or_sections]
    sizes = [end - start for start, end in zip(cuts, cuts[1:])]
    return tf.split(x, sizes + [shape_of(x)[axis] - cuts[-1]], axis)


def stack(x, axis=0):
    """Join tensors along a new axis."""
    return tf.stack(promoted(*x), axis)


def vsplit(x, indices_or_sections):
    """A list of parts along axis 0: so many equal ones, or cut at these indices."""
    return split(_of_rank(x, 2, "vsplit"), indices_or_sections, 0)


def vstack(xs):
    """Join tensors along axis 0; vectors become rows."""
    return tf.concat(_rows(xs), 0)


def _rows(xs):
    """The tensors in their common dtype, those with fewer axes as a matrix of one row."""
    return [tf.reshape(x, [1, -1]) if x.shape.rank < 2 else x for x in promoted(*xs)]


# --- shaping


def broadcast_to(x, shape):
    """Repeat along axes of size 1 up to a shape."""
    return tf.broadcast_to(convert_to_tensor(x), dims(shape))


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


def fliplr(x):
    """Reverse the order along axis 1."""
    return flip(_of_rank(x, 2, "fliplr"), 1)


def flipud(x):
    """Reverse the order along axis 0."""
    return flip(_of_rank(x, 1, "flipud"), 0)


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


def roll(x, shift, axis=None):
    """Move the values along axes, or of the flattened tensor; what leaves at the end comes in at the start."""
    x = convert_to_tensor(x)
    if axis is None:
        return tf.reshape(tf.roll(ravel(x), shift, 0), shape_of(x))
    shifts, axes = np.broadcast_arrays(shift, axes_of(axis, x.shape.rank))
    return tf.roll(x, shifts.tolist(), axes.tolist())


def rot90(array, k=1, axes=(0, 1)):
    """Turn by k * 90 degrees in the plane of two axes, from the first to the second."""
    x = _of_rank(array, 2, "rot90")
    if len(axes) != 2 or axes_of(axes[0], x.shape.rank) == axes_of(axes[1], x.shape.rank):
        raise ValueError("rot90 needs two different axes, got %s" % (axes,))
    if k % 2 == 0:
        return flip(x, axes) if k % 4 else x
    return flip(swapaxes(x, *axes), axes[0] if k % 4 == 1 else axes[1])


def size(x):
    """The number of values."""
    x = convert_to_tensor(x)
    known = x.shape.num_elements()
    return tf.size(x) if known is None else known


def squeeze(x, axis=None):
    """Remove axes of size 1."""
    x = convert_to_tensor(x)
    return tf.squeeze(x, None if axis is None else axes_of(axis, x.shape.rank))


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


def diff(a, n=1, axis=-1):
    """The differences of neighbours along an axis, n times over."""
    x = _of_rank(a, 1, "diff")
    if n < 0:
        raise ValueError("diff needs n to be at least 0, got %s" % (n,))
    x = swapaxes(x, axis, -1)
    for _ in range(n):
        before, after = x[..., :-1], x[..., 1:]
        x = tf.not_equal(after, before) if x.dtype == tf.bool else tf.subtract(after, before)
    return swapaxes(x, axis, -1)


def get_item(x, key):
    """x[key]: integers, slices, None, `...`, or one array of indices or bools."""
    x = convert_to_tensor(x)
    if not isinstance(key, (list, np.ndarray)) and not (tf.is_tensor(key) and key.shape.rank):
        return x[key]
    key = convert_to_tensor(key)
    return tf.boolean_mask(x, key) if key.dtype == tf.bool else take(x, key, 0)


def nonzero(x):
    """The indices where x is not 0, a vector for each axis."""
    return tuple(where(x))


def select(condlist, choicelist, default=0):
    """The value of the first choice whose condition is true, else the default."""
    if not condlist or len(condlist) != len(choicelist):
        raise ValueError(
            "select needs as many conditions as choices, at least one, got %d and %d"
            % (len(condlist), len(choicelist))
        )
    *choices, result = promoted(*choicelist, default)
    for condition, choice in reversed(list(zip(condlist, choices))):
        result = tf.where(cast(condition, "bool"), choice, result)
    return result


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


def unravel_index(indices, shape):
    """The coordinates, in an array of a shape, of indices into it flattened."""
    indices, coordinates = convert_to_tensor(indices), []
    rest = cast(indices, "int64")
    for size in reversed(dims(shape)):
        size = cast(size, "int64")
        coordinates.insert(0, cast(tf.math.floormod(rest, size), indices.dtype))
        rest = tf.math.floordiv(rest, size)
    return tuple(coordinates)


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


# --- mapping


def vectorize(pyfunc, *, excluded=None, signature=None):
    """A function of scalars, or by signature of vectors and matrices, mapped over all other axes."""
    if not callable(pyfunc):
        raise ValueError("vectorize needs a function, got %r" % (pyfunc,))
    excluded = set(excluded or ())

    @functools.wraps(pyfunc)
    def mapped(*args, **kwargs):
        mapped_over = [i for i in range(len(args)) if i not in excluded]
        xs = [convert_to_tensor(args[i]) for i in mapped_over]
        ranks = [0] * len(xs) if signature is None else _core_ranks(signature, len(xs))

        def call(slices):
            given = dict(zip(mapped_over, slices))
            return pyfunc(*[given.get(i, arg) for i, arg in enumerate(args)], **kwargs)

        return _mapped(call, xs, ranks)

    return mapped


def _core_ranks(signature, count):
    """The number of axes each argument has in a signature like "(n,m),(m)->(n)"."""
    inputs = re.findall(r"\(([^()]*)\)", signature.split("->")[0])
    if "->" not in signature or len(inputs) != count:
        raise ValueError(
            "vectorize needs a signature of %d arguments, like '(n,m),(m)->(n)', got %r"
            % (count, signature)
        )
    return [len(axes.split(",")) if axes.strip() else 0 for axes in inputs]


def _mapped(call, xs, ranks):
    """The results of a function of a list, mapped over all axes of the tensors but the last `ranks`."""
    sizes = [list(shape_of(x)) for x in xs]
    outer = [s[: len(s) - rank] for s, rank in zip(sizes, ranks)]
    inner = [s[len(s) - rank :] for s, rank in zip(sizes, ranks)]
    most = max(len(s) for s in outer)
    outer = [[1] * (most - len(s)) + s for s in outer]
    common = functools.reduce(_broadcast_sizes, outer)
    if not common:
        return call(xs)
    count = product_of(common)
    xs = [
        tf.reshape(tf.broadcast_to(tf.reshape(x, o + i), common + i), [count] + i)
        for x, o, i in zip(xs, outer, inner)
    ]
    results = map(call, xs)
    return tf.nest.map_structure(lambda y: tf.reshape(y, common + list(shape_of(y)[1:])), results)


__all__ = [
    "append",
    "arange",
    "array",
    "array_split",
    "bartlett",
    "blackman",
    "broadcast_to",
    "concatenate",
    "diff",
    "dsplit",
    "dstack",
    "einsum",
    "empty",
    "empty_like",
    "expand_dims",
    "eye",
    "flip",
    "fliplr",
    "flipud",
    "full",
    "full_like",
    "geomspace",
    "get_item",
    "hamming",
    "hanning",
    "hsplit",
    "hstack",
    "identity",
    "kaiser",
    "linspace",
    "logspace",
    "matmul",
    "meshgrid",
    "moveaxis",
    "ndim",
    "nonzero",
    "ones",
    "ones_like",
    "outer",
    "pad",
    "ravel",
    "repeat",
    "reshape",
    "roll",
    "rot90",
    "select",
    "size",
    "split",
    "squeeze",
    "stack",
    "swapaxes",
    "take",
    "take_along_axis",
    "tile",
    "transpose",
    "tri",
    "tril",
    "triu",
    "unravel_index",
    "vectorize",
    "vsplit",
    "vstack",
    "where",
    "zeros",
    "zeros_like",
]
