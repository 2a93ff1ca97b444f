"""`keras.ops`, numpy family, element by element, on TensorFlow.

Arithmetic, comparison, rounding, functions. Bits and complex numbers are in `_tensorflow_bits.py`.
The rest of the numpy family (making, shaping, picking, reducing) is in `_tensorflow_arrays.py`.
"""

import numpy as np
import tensorflow.compat.v2 as tf

from ._tensorflow_core import cast, convert_to_tensor, floating, numeric, promoted, wide
from ._tensorflow_dtypes import dtype_of, is_number, result_type

# --- tensors of the right dtype


def tensors(*xs, at_least="bool"):
    """`promoted`, but a Python number is no weaker than a tensor: int32 or floatx."""
    xs = [convert_to_tensor(x, result_type(dtype_of(x))) if is_number(x) else x for x in xs]
    return promoted(*xs, at_least=at_least)


def in_single(function, *xs):
    """A function of float tensors; half precision, where TensorFlow 1.15 is often wrong, in float32."""
    return cast(function(*map(wide, xs)), xs[0].dtype)


def in_int64(function, *xs):
    """A function of tensors; the integer dtypes for which TensorFlow 1.15 has few kernels in int64."""
    if not xs[0].dtype.is_integer or xs[0].dtype in (tf.int32, tf.int64):
        return function(*xs)
    return cast(function(*[cast(x, "int64") for x in xs]), xs[0].dtype)


# --- arithmetic


def abs(x):
    """The absolute value."""
    x = convert_to_tensor(x)
    return x if x.dtype == tf.bool or x.dtype.is_unsigned else tf.abs(x)


absolute = abs


def add(x1, x2):
    """x1 + x2."""
    x1, x2 = promoted(x1, x2)
    return tf.logical_or(x1, x2) if x1.dtype == tf.bool else tf.add(x1, x2)


def divide(x1, x2):
    """x1 / x2, a float even for integers."""
    x1, x2 = promoted(x1, x2, at_least="float")
    return tf.divide(x1, x2)


def divide_no_nan(x1, x2):
    """x1 / x2, and 0 where x2 is 0."""
    return in_single(tf.math.divide_no_nan, *promoted(x1, x2, at_least="float"))


def fabs(x):
    """The absolute value, a float."""
    x = floating(x)
    if x.dtype.is_complex:
        raise ValueError("fabs needs real numbers, got %s" % x.dtype.name)
    return tf.abs(x)


def floor_divide(x1, x2):
    """The largest integer not above x1 / x2."""
    x1, x2 = promoted(x1, x2)
    return tf.math.floordiv(x1, x2)


def fmod(x1, x2):
    """The remainder, with the sign of the dividend."""
    return in_int64(_fmod, *map(numeric, promoted(x1, x2)))


def _fmod(x1, x2):
    """The remainder of the absolute values, which is never negative, and the sign."""
    size = tf.math.floormod(tf.where(x1 < 0, -x1, x1), tf.abs(x2))
    return tf.where(x1 < 0, -size, size)


def mod(x1, x2):
    """The remainder, with the sign of the divisor."""
    x1, x2 = map(numeric, promoted(x1, x2))
    return tf.math.floormod(x1, x2)


def multiply(x1, x2):
    """x1 * x2."""
    x1, x2 = promoted(x1, x2)
    return tf.logical_and(x1, x2) if x1.dtype == tf.bool else tf.multiply(x1, x2)


def negative(x):
    """-x."""
    return tf.negative(convert_to_tensor(x))


def power(x1, x2):
    """x1 to the x2."""
    return in_int64(tf.pow, *promoted(x1, x2))


def reciprocal(x):
    """1 / x."""
    return tf.math.reciprocal(floating(x))


def sign(x):
    """-1, 0 or 1."""
    x = convert_to_tensor(x)
    if x.dtype.is_unsigned:
        return cast(tf.sign(cast(x, "int64")), x.dtype)
    return _or_nan(tf.sign(x), x)


def square(x):
    """x * x."""
    return tf.square(numeric(x))


def subtract(x1, x2):
    """x1 - x2."""
    return tf.subtract(*promoted(x1, x2))


def true_divide(x1, x2):
    """x1 / x2, a float even for integers."""
    return divide(x1, x2)


# --- comparison


def equal(x1, x2):
    """x1 == x2."""
    return tf.equal(*promoted(x1, x2))


def fmax(x1, x2):
    """The larger one; NaN only if both are."""
    return maximum(*_without_nan(x1, x2))


def fmin(x1, x2):
    """The smaller one; NaN only if both are."""
    return minimum(*_without_nan(x1, x2))


def _without_nan(x1, x2):
    """Each one, and the other where it is NaN."""
    x1, x2 = promoted(x1, x2)
    if not x1.dtype.is_floating:
        return x1, x2
    return tf.where(isnan(x1), x2, x1), tf.where(isnan(x2), x1, x2)


def greater(x1, x2):
    """x1 > x2."""
    return tf.greater(*map(numeric, promoted(x1, x2)))


def greater_equal(x1, x2):
    """x1 >= x2."""
    return tf.greater_equal(*map(numeric, promoted(x1, x2)))


def isfinite(x):
    """Whether x is neither infinite nor NaN."""
    return tf.math.is_finite(floating(x))


def isinf(x):
    """Whether x is infinite."""
    return tf.math.is_inf(floating(x))


def isnan(x):
    """Whether x is NaN."""
    return tf.math.is_nan(floating(x))


def isclose(x1, x2, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether abs(x1 - x2) <= atol + rtol * abs(x2), or both are the same infinity."""
    x1, x2 = promoted(x1, x2, at_least="float")
    near = tf.logical_and(isfinite(x2), tf.abs(x1 - x2) <= atol + rtol * tf.abs(x2))
    near = tf.logical_or(near, tf.equal(x1, x2))
    if not equal_nan:
        return near
    return tf.logical_or(near, tf.logical_and(isnan(x1), isnan(x2)))


def isneginf(x):
    """Whether x is -infinity."""
    return tf.equal(floating(x), -np.inf)


def isposinf(x):
    """Whether x is +infinity."""
    return tf.equal(floating(x), np.inf)


def less(x1, x2):
    """x1 < x2."""
    return tf.less(*map(numeric, promoted(x1, x2)))


def less_equal(x1, x2):
    """x1 <= x2."""
    return tf.less_equal(*map(numeric, promoted(x1, x2)))


def logical_and(x1, x2):
    """Whether both are true."""
    return tf.logical_and(cast(x1, "bool"), cast(x2, "bool"))


def logical_not(x):
    """Whether x is false."""
    return tf.logical_not(cast(x, "bool"))


def logical_or(x1, x2):
    """Whether one is true."""
    return tf.logical_or(cast(x1, "bool"), cast(x2, "bool"))


def logical_xor(x1, x2):
    """Whether exactly one is true."""
    return tf.not_equal(cast(x1, "bool"), cast(x2, "bool"))


def maximum(x1, x2):
    """The larger one; NaN if one is."""
    x1, x2 = promoted(x1, x2)
    if x1.dtype == tf.bool:
        return tf.logical_or(x1, x2)
    return _or_nan(in_int64(tf.maximum, x1, x2), x2)


def minimum(x1, x2):
    """The smaller one; NaN if one is."""
    x1, x2 = promoted(x1, x2)
    if x1.dtype == tf.bool:
        return tf.logical_and(x1, x2)
    return _or_nan(in_int64(tf.minimum, x1, x2), x2)


def _or_nan(result, x2):
    """The result, NaN where x2 is: TensorFlow 1.15 and 2.2 drop a NaN on the right."""
    return tf.where(tf.math.is_nan(x2), x2, result) if x2.dtype.is_floating else result


def not_equal(x1, x2):
    """x1 != x2."""
    return tf.not_equal(*promoted(x1, x2))


# --- rounding


def ceil(x):
    """Round up, to a float."""
    return tf.math.ceil(floating(x))


def clip(x, x_min, x_max):
    """Values outside [x_min, x_max] become the bound."""
    x, x_min, x_max = map(numeric, promoted(x, x_min, x_max))
    return tf.minimum(tf.maximum(x, x_min), x_max)


def floor(x):
    """Round down, to a float."""
    return tf.floor(floating(x))


def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    """NaN, inf and -inf replaced by numbers, by default 0 and the largest and smallest there are."""
    x = convert_to_tensor(x)
    if x.dtype.is_complex:
        parts = tf.math.real(x), tf.math.imag(x)
        return tf.complex(*[nan_to_num(part, nan, posinf, neginf) for part in parts])
    if not x.dtype.is_floating:
        return x
    posinf = x.dtype.max if posinf is None else posinf
    neginf = x.dtype.min if neginf is None else neginf
    y = tf.where(isnan(x), cast(nan, x.dtype), x)
    y = tf.where(isposinf(x), cast(posinf, x.dtype), y)
    return tf.where(isneginf(x), cast(neginf, x.dtype), y)


def round(x, decimals=0):
    """Round to a number of decimals, halves to the even neighbour."""
    x = convert_to_tensor(x)
    if decimals >= 0 and not x.dtype.is_floating:
        return x
    factor = 10.0**decimals
    return cast(tf.round(floating(x) * factor) / factor, x.dtype)


def trunc(x):
    """Round towards 0."""
    x = convert_to_tensor(x)
    return tf.where(x < 0, tf.math.ceil(x), tf.floor(x)) if x.dtype.is_floating else x


# --- functions


def arccos(x):
    """Inverse cosine, in [0, pi]."""
    return in_single(tf.acos, floating(x))


def arccosh(x):
    """Inverse hyperbolic cosine."""
    return in_single(tf.acosh, floating(x))


def arcsin(x):
    """Inverse sine, in [-pi/2, pi/2]."""
    return in_single(tf.asin, floating(x))


def arcsinh(x):
    """Inverse hyperbolic sine."""
    return in_single(tf.asinh, floating(x))


def arctan(x):
    """Inverse tangent, in [-pi/2, pi/2]."""
    return in_single(tf.atan, floating(x))


def arctan2(x1, x2):
    """The angle of the point (x2, x1) in the plane, in [-pi, pi]."""
    x1, x2 = tensors(x1, x2, at_least="float")
    # TensorFlow 1.15's gradient knows no broadcasting
    return in_single(tf.atan2, x1 * tf.ones_like(x2), x2 * tf.ones_like(x1))


def arctanh(x):
    """Inverse hyperbolic tangent."""
    return in_single(tf.atanh, floating(x))


def cbrt(x):
    """Cube root, negative for negative numbers."""
    return in_single(_cbrt, floating(x))


def _cbrt(x):
    """Cube root; its slope at 0, which is infinite, is taken as 1."""
    zero = tf.equal(x, 0)
    root = tf.pow(tf.abs(tf.where(zero, tf.ones_like(x), x)), 1 / 3)
    return tf.where(zero, x, tf.where(x < 0, -root, root))


def copy(x):
    """A tensor of the same values."""
    return tf.identity(convert_to_tensor(x))


def cos(x):
    """Cosine."""
    return tf.cos(floating(x))


def cosh(x):
    """Hyperbolic cosine."""
    return in_single(tf.cosh, floating(x))


def deg2rad(x):
    """Degrees to radians."""
    return floating(x) * (np.pi / 180)


def exp(x):
    """e to the x."""
    return tf.exp(floating(x))


def exp2(x):
    """2 to the x."""
    return in_single(lambda x: tf.pow(cast(2, x.dtype), x), floating(x))


def expm1(x):
    """exp(x) - 1, exact near 0."""
    return tf.math.expm1(floating(x))


def heaviside(x1, x2):
    """0 below 0, 1 above, x2 at 0."""
    x1, x2 = promoted(x1, x2, at_least="float")
    return tf.where(tf.equal(x1, 0), x2, tf.where(isnan(x1), x1, cast(x1 > 0, x1.dtype)))


def hypot(x1, x2):
    """sqrt(x1 * x1 + x2 * x2), computed without overflow."""
    a, b = map(tf.abs, promoted(x1, x2, at_least="float"))
    large, small = tf.where(a > b, a, b), tf.where(a > b, b, a)
    divisible = tf.logical_and(large > 0, large < np.inf)
    ratio = small / tf.where(divisible, large, tf.ones_like(large))
    infinite = tf.logical_or(isinf(a), isinf(b))  # even if the other one is NaN
    return tf.where(infinite, cast(np.inf, a.dtype), large * sqrt(1 + tf.square(ratio)))


def i0(x):
    """The modified Bessel function of the first kind, order 0."""
    return in_single(tf.math.bessel_i0, floating(x))


def ldexp(x1, x2):
    """x1 times 2 to the integer x2."""
    x1, x2 = floating(x1), convert_to_tensor(x2)
    if not x2.dtype.is_integer:
        raise ValueError("ldexp needs an integer exponent, got %s" % x2.dtype.name)
    return in_single(lambda x: _ldexp(x, cast(x2, "int32")), x1)


def _ldexp(x, exponent):
    """x * 2 ** exponent in float64, in three steps, none of which over- or underflows unless the result does.

    Of float32 even the three in one, which is what Grappler makes of constant exponents.
    """
    limit = 2200 if x.dtype == tf.float64 else 300
    exponent = tf.maximum(tf.minimum(exponent, limit), -limit)
    third, y = exponent // 3, cast(x, "float64")
    for part in (third, third, exponent - 2 * third):
        y *= exp2(cast(part, "float64"))
    return cast(y, x.dtype)


def log(x):
    """Natural logarithm."""
    return tf.math.log(floating(x))


def log10(x):
    """Logarithm to base 10."""
    return in_single(lambda x: tf.math.log(x) / np.log(10.0), floating(x))


def log1p(x):
    """log(1 + x), exact near 0."""
    return tf.math.log1p(floating(x))


def log2(x):
    """Logarithm to base 2."""
    return in_single(lambda x: tf.math.log(x) / np.log(2.0), floating(x))


def logaddexp(x1, x2):
    """log(exp(x1) + exp(x2)), computed without overflow."""
    return in_single(_logaddexp, *tensors(x1, x2, at_least="float"))


def _logaddexp(x1, x2):
    """The larger one and a little more; of two equal infinities the difference is not asked."""
    large, small = tf.where(x1 > x2, x1, x2), tf.where(x1 > x2, x2, x1)
    same = tf.logical_and(isinf(large), tf.equal(large, small))
    return large + tf.math.softplus(tf.where(same, tf.zeros_like(large), small - large))


def logaddexp2(x1, x2):
    """log2(2 ** x1 + 2 ** x2), computed without overflow."""
    log_2 = np.log(2.0)
    x1, x2 = tensors(x1, x2, at_least="float")
    return in_single(lambda x1, x2: _logaddexp(x1 * log_2, x2 * log_2) / log_2, x1, x2)


def rad2deg(x):
    """Radians to degrees."""
    return floating(x) * (180 / np.pi)


def sin(x):
    """Sine."""
    return tf.sin(floating(x))


def sinc(x):
    """sin(pi x) / (pi x), and 1 at 0."""
    return in_single(_sinc, floating(x))


def _sinc(x):
    """sinc; at 0, where the quotient is not used, it is that of 1."""
    angle = np.pi * tf.where(tf.equal(x, 0), tf.ones_like(x), x)
    return tf.where(tf.equal(x, 0), tf.ones_like(x), tf.sin(angle) / angle)


def sinh(x):
    """Hyperbolic sine."""
    return in_single(tf.sinh, floating(x))


def sqrt(x):
    """Square root."""
    x = floating(x)
    return tf.where(tf.equal(x, np.inf), x, tf.sqrt(x))  # TensorFlow 1.15 and 2.2: sqrt(inf) is NaN


def tan(x):
    """Tangent."""
    return tf.tan(floating(x))


def tanh(x):
    """Hyperbolic tangent."""
    return tf.tanh(floating(x))


__all__ = [
    "abs",
    "absolute",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "cbrt",
    "ceil",
    "clip",
    "copy",
    "cos",
    "cosh",
    "deg2rad",
    "divide",
    "divide_no_nan",
    "equal",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "greater",
    "greater_equal",
    "heaviside",
    "hypot",
    "i0",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "ldexp",
    "less",
    "less_equal",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "nan_to_num",
    "negative",
    "not_equal",
    "power",
    "rad2deg",
    "reciprocal",
    "round",
    "sign",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
]
