"""`keras.ops`, numpy family, vectors and matrices, on TensorFlow: diagonals, products, determinants.

`einsum`, `matmul` and `outer` are in `_tensorflow_arrays.py`, with the rest on arrays as a whole.
"""

from itertools import chain

import tensorflow.compat.v2 as tf

from ._tensorflow_arrays import moveaxis, ravel
from ._tensorflow_bits import conj
from ._tensorflow_core import axes_of, cast, convert_to_tensor, floating, promoted, wide
from ._tensorflow_core import shape as shape_of
from ._tensorflow_numpy import multiply, power
from ._tensorflow_reductions import sum

# --- diagonals


def diag(x, k=0):
    """The k-th diagonal of a matrix, or the matrix with this k-th diagonal."""
    x = convert_to_tensor(x)
    if x.shape.rank == 2:
        return diagonal(x, k)
    if x.shape.rank != 1:
        raise ValueError("diag needs a vector or a matrix, got shape %s" % (x.shape,))
    above, below = max(k, 0), max(-k, 0)
    return tf.pad(tf.linalg.diag(x), [[below, above], [above, below]])


def diagflat(x, k=0):
    """The matrix with the flattened tensor as its k-th diagonal."""
    return diag(ravel(x), k)


def diagonal(x, offset=0, axis1=0, axis2=1):
    """The diagonals of the matrices that two axes span, as a last axis."""
    x = convert_to_tensor(x)
    axes = axes_of((axis1, axis2), x.shape.rank)
    if axes[0] == axes[1]:
        raise ValueError("diagonal needs two different axes, got %s and %s" % (axis1, axis2))
    x = moveaxis(x, axes, (-2, -1))[..., max(-offset, 0) :, max(offset, 0) :]  # [..., n, m]
    return tf.linalg.diag_part(x)


def trace(x, offset=0, axis1=0, axis2=1):
    """The sum over a diagonal; small integers and bools are added in 32 bits."""
    return sum(diagonal(x, offset, axis1, axis2), -1)


# --- products


def cross(x1, x2, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The cross product of vectors of size 3 or 2 along an axis."""
    if axis is not None:
        axisa = axisb = axisc = axis
    x1, x2 = promoted(x1, x2)
    a, b = _components(x1, axisa), _components(x2, axisb)
    z = multiply(a[0], b[1]) - multiply(a[1], b[0])
    if len(a) == len(b) == 2:
        return z
    a, b = (v + [tf.zeros_like(v[0])] * (3 - len(v)) for v in (a, b))
    x = multiply(a[1], b[2]) - multiply(a[2], b[1])
    y = multiply(a[2], b[0]) - multiply(a[0], b[2])
    return moveaxis(tf.stack([x, y, z], -1), -1, axisc)


def _components(x, axis):
    """The components of 2 or 3 dimensional vectors as a list."""
    (axis,) = axes_of(axis, x.shape.rank)
    if x.shape.as_list()[axis] not in (2, 3):
        raise ValueError("cross needs size 2 or 3 on axis %d, got shape %s" % (axis, x.shape))
    return tf.unstack(x, axis=axis)


def dot(x1, x2):
    """The sum of products over the last axis of x1 and the last but one (or only) of x2."""
    x1, x2 = promoted(x1, x2)
    if 0 in (x1.shape.rank, x2.shape.rank):
        return multiply(x1, x2)
    return tensordot(x1, x2, [[-1], [-min(x2.shape.rank, 2)]])


def inner(x1, x2):
    """The sum of products over the last axes of both."""
    x1, x2 = promoted(x1, x2)
    if 0 in (x1.shape.rank, x2.shape.rank):
        return multiply(x1, x2)
    return tensordot(x1, x2, [[-1], [-1]])


def kron(x1, x2):
    """The Kronecker product: every value of x1 times all of x2, as blocks."""
    x1, x2 = promoted(x1, x2)
    rank = max(x1.shape.rank, x2.shape.rank)
    outer, inner = ([1] * (rank - x.shape.rank) + list(shape_of(x)) for x in (x1, x2))
    ones = [1] * rank
    x1 = tf.reshape(x1, list(chain(*zip(outer, ones))))  # [n1, 1, n2, 1, ...]
    x2 = tf.reshape(x2, list(chain(*zip(ones, inner))))  # [1, m1, 1, m2, ...]
    return tf.reshape(multiply(x1, x2), [n * m for n, m in zip(outer, inner)])


def tensordot(x1, x2, axes=2):
    """The sum of products over the last `axes` axes of x1 and the first of x2, or over pairs of axes."""
    x1, x2 = promoted(x1, x2)
    if x1.dtype.is_floating or x1.dtype.is_complex:
        return tf.tensordot(x1, x2, axes)
    exact = tf.tensordot(cast(x1, "float64"), cast(x2, "float64"), axes)  # exact up to 2 ** 53
    return cast(exact, x1.dtype)


def vander(x, N=None, increasing=False):
    """The powers of a vector as columns, highest first, or `increasing`."""
    x = convert_to_tensor(x)
    if x.shape.rank != 1:
        raise ValueError("vander needs a vector, got shape %s" % (x.shape,))
    exponents = tf.range(shape_of(x)[0] if N is None else N)
    exponents = exponents if increasing else exponents[::-1]
    # x to the 0 apart, whose slope at 0 would be nan
    powers = power(x[:, None], cast(tf.maximum(exponents, 1), x.dtype))  # [size, N]
    return tf.where(tf.equal(exponents, 0), tf.ones_like(powers), powers)


def vdot(x1, x2):
    """The sum of products of all values, x1 conjugated."""
    x1, x2 = promoted(x1, x2)
    return tensordot(ravel(conj(x1)), ravel(x2), 1)


# --- determinants


def slogdet(x):
    """The sign of the determinant and the logarithm of its absolute value."""
    x = floating(x)
    sign, log = tf.linalg.slogdet(wide(x))
    return cast(sign, x.dtype), cast(log, x.dtype)


__all__ = [
    "cross",
    "diag",
    "diagflat",
    "diagonal",
    "dot",
    "inner",
    "kron",
    "slogdet",
    "tensordot",
    "trace",
    "vander",
    "vdot",
]
