"""`keras.ops`, numpy family, bits and complex numbers, on TensorFlow: bits, integers, complex numbers.

The rest of the element by element part of the numpy family is in `_tensorflow_numpy.py`.
"""

import tensorflow.compat.v2 as tf

from ._tensorflow_control import while_loop
from ._tensorflow_core import cast, convert_to_tensor, floating, numeric, promoted
from ._tensorflow_core import shape as shape_of
from ._tensorflow_dtypes import standardize
from ._tensorflow_numpy import in_single

# --- bits


def bitwise_and(x, y):
    """The bits set in both integers."""
    return _bitwise(tf.bitwise.bitwise_and, tf.logical_and, x, y)


def bitwise_invert(x):
    """Every bit flipped."""
    return _bitwise(tf.bitwise.invert, tf.logical_not, x)


def bitwise_left_shift(x, y):
    """The bits moved y places up, zeros from below."""
    x, y = _shifted(x, y)
    return tf.where(
        cast(y, "int64") < 8 * x.dtype.size, tf.bitwise.left_shift(x, y), cast(0, x.dtype)
    )


bitwise_not = bitwise_invert


def bitwise_or(x, y):
    """The bits set in one of the integers."""
    return _bitwise(tf.bitwise.bitwise_or, tf.logical_or, x, y)


def bitwise_right_shift(x, y):
    """The bits moved y places down; the sign stays."""
    return tf.bitwise.right_shift(*_shifted(x, y))


def bitwise_xor(x, y):
    """The bits in which two integers differ."""
    return _bitwise(tf.bitwise.bitwise_xor, tf.not_equal, x, y)


def _bitwise(of_integers, of_bools, *xs):
    """One of two functions, by dtype; floats have no bits."""
    xs = _integers("bitwise operations", *xs)
    return (of_bools if xs[0].dtype == tf.bool else of_integers)(*xs)


def _shifted(x, y):
    """The operands of a shift."""
    return map(numeric, _integers("shifts", x, y))


def _integers(name, *xs):
    """The arguments as tensors of their common dtype, which has to be integer or bool."""
    xs = promoted(*xs)
    if not (xs[0].dtype.is_integer or xs[0].dtype == tf.bool):
        raise ValueError("%s need integers, got %s" % (name, xs[0].dtype.name))
    return xs


left_shift = bitwise_left_shift


def nextafter(x1, x2):
    """The closest other float on the way from x1 to x2."""
    x1, x2 = promoted(x1, x2, at_least="float")
    if x1.dtype.size > 2:
        return tf.math.nextafter(x1, x2)
    # half precision: one up or down in the bits, which count away from 0; from 0 the smallest there is
    bits = cast(tf.bitcast(x1, tf.int16), "int32")
    step = tf.where(tf.equal(x1 < x2, x1 > 0), 1, -1)
    first = tf.where(x2 > 0, 1, -(2**15) + 1)
    moved = tf.where(tf.equal(x1, 0), first, bits + step)
    near = tf.bitcast(cast(moved, "int16"), x1.dtype)
    there = tf.where(tf.equal(x1, x2), x2, x1 + x2)  # or NaN
    return tf.where(tf.logical_or(x1 < x2, x1 > x2), near, there)


right_shift = bitwise_right_shift


def signbit(x):
    """Whether the sign is minus, as that of -0.0 is."""
    x = convert_to_tensor(x)
    if x.dtype.is_floating:
        return tf.bitcast(cast(x, "float32"), tf.int32) < 0
    if x.dtype == tf.bool or x.dtype.is_unsigned:
        return tf.zeros_like(x, dtype=tf.bool)
    return x < 0


def view(x, dtype=None):
    """The same bytes read as another dtype; the last axis shrinks or grows accordingly."""
    x = convert_to_tensor(x)
    new = tf.as_dtype(standardize(x.dtype if dtype is None else dtype))
    if x.dtype == tf.bool or new == tf.bool:  # which TensorFlow calls no bytes
        bytes_ = cast(x, "uint8") if x.dtype == tf.bool else x
        return cast(view(bytes_, "uint8"), "bool") if new == tf.bool else view(bytes_, new)
    if new.size == x.dtype.size:
        return tf.bitcast(x, new)
    sizes, ratio = list(shape_of(x)), new.size // x.dtype.size
    if not sizes or (ratio and isinstance(sizes[-1], int) and sizes[-1] % ratio):
        raise ValueError(
            "view can't read %s of shape %s as %s: the last axis does not fit"
            % (x.dtype.name, x.shape, new.name)
        )
    if ratio:
        return tf.bitcast(tf.reshape(x, sizes[:-1] + [sizes[-1] // ratio, ratio]), new)
    parts = x.dtype.size // new.size
    return tf.reshape(tf.bitcast(x, new), sizes[:-1] + [sizes[-1] * parts])


# --- integers


def gcd(x1, x2):
    """The greatest common divisor of two integers, gcd(0, 0) = 0."""
    x1, x2 = _integers("gcd and lcm", x1, x2)
    return cast(_gcd(*_magnitudes(x1, x2)), x1.dtype)


def _magnitudes(x1, x2):
    """|x1| and |x2| in 64 bits, of the same shape."""
    x1, x2 = tf.abs(cast(x1, "int64")), tf.abs(cast(x2, "int64"))
    return x1 + tf.zeros_like(x2), x2 + tf.zeros_like(x1)


def _gcd(a, b):
    """gcd of what `_magnitudes` gives, after Euclid; where b is 0, it is a."""

    def step(a, b):
        return tf.where(b > 0, b, a), tf.math.floormod(a, tf.maximum(b, 1))

    return while_loop(lambda a, b: tf.reduce_any(b > 0), step, (a, b))[0]


def lcm(x1, x2):
    """The least common multiple of two integers, lcm(x, 0) = 0."""
    x1, x2 = _integers("gcd and lcm", x1, x2)
    a, b = _magnitudes(x1, x2)
    return cast(a // tf.maximum(_gcd(a, b), 1) * b, x1.dtype)


# --- complex numbers


def angle(x):
    """The angle of a complex number in the plane, in radians; pi for negative reals."""
    x = floating(x)
    return tf.atan2(imag(x), real(x)) if x.dtype.is_complex else in_single(_angle_of_real, x)


def _angle_of_real(x):
    """pi below 0 and for -0.0, 0 above."""
    return tf.where(
        tf.math.is_nan(x),
        x,
        tf.where(signbit(x), cast(3.141592653589793, x.dtype), tf.zeros_like(x)),
    )


def conj(x):
    """The complex conjugate."""
    x = convert_to_tensor(x)
    return tf.math.conj(x) if x.dtype.is_complex else x


conjugate = conj


def imag(x):
    """The imaginary part, 0 for reals."""
    x = convert_to_tensor(x)
    return tf.math.imag(x) if x.dtype.is_complex else tf.zeros_like(x)


def isreal(x):
    """Whether the imaginary part is 0."""
    x = convert_to_tensor(x)
    return tf.equal(tf.math.imag(x), 0) if x.dtype.is_complex else tf.ones_like(x, dtype=tf.bool)


def real(x):
    """The real part."""
    x = convert_to_tensor(x)
    return tf.math.real(x) if x.dtype.is_complex else x


__all__ = [
    "angle",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "conj",
    "conjugate",
    "gcd",
    "imag",
    "isreal",
    "lcm",
    "left_shift",
    "nextafter",
    "real",
    "right_shift",
    "signbit",
    "view",
]
