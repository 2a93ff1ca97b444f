"""`keras.ops`, numpy family, element by element, on TensorFlow.

Arithmetic, comparison, rounding, functions.
The rest of the numpy family (making, shaping, picking, reducing) is in `_tensorflow_arrays.py`.
"""

import numpy as np
import tensorflow.compat.v2 as tf

from ._tensorflow_core import cast, convert_to_tensor, floating, numeric, promoted

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
    x1, x2 = promoted(x1, x2, at_least="float")
    return tf.math.divide_no_nan(x1, x2)


def floor_divide(x1, x2):
    """The largest integer not above x1 / x2."""
    x1, x2 = promoted(x1, x2)
    return tf.math.floordiv(x1, x2)


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
    x1, x2 = promoted(x1, x2)
    if not x1.dtype.is_unsigned:
        return tf.pow(x1, x2)
    return cast(tf.pow(cast(x1, "int64"), cast(x2, "int64")), x1.dtype)


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


def maximum(x1, x2):
    """The larger one; NaN if one is."""
    x1, x2 = promoted(x1, x2)
    if x1.dtype == tf.bool:
        return tf.logical_or(x1, x2)
    return _or_nan(tf.maximum(x1, x2), x2)


def minimum(x1, x2):
    """The smaller one; NaN if one is."""
    x1, x2 = promoted(x1, x2)
    if x1.dtype == tf.bool:
        return tf.logical_and(x1, x2)
    return _or_nan(tf.minimum(x1, x2), x2)


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


def round(x, decimals=0):
    """Round to a number of decimals, halves to the even neighbour."""
    x = convert_to_tensor(x)
    if decimals >= 0 and not x.dtype.is_floating:
        return x
    factor = 10.0**decimals
    return cast(tf.round(floating(x) * factor) / factor, x.dtype)


# --- functions


def cos(x):
    """Cosine."""
    return tf.cos(floating(x))


def exp(x):
    """e to the x."""
    return tf.exp(floating(x))


def expm1(x):
    """exp(x) - 1, exact near 0."""
    return tf.math.expm1(floating(x))


def log(x):
    """Natural logarithm."""
    return tf.math.log(floating(x))


def log1p(x):
    """log(1 + x), exact near 0."""
    return tf.math.log1p(floating(x))


def sin(x):
    """Sine."""
    return tf.sin(floating(x))


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
    "ceil",
    "clip",
    "cos",
    "divide",
    "divide_no_nan",
    "equal",
    "exp",
    "expm1",
    "floor",
    "floor_divide",
    "greater",
    "greater_equal",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "log",
    "log1p",
    "logical_and",
    "logical_not",
    "logical_or",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "negative",
    "not_equal",
    "power",
    "reciprocal",
    "round",
    "sign",
    "sin",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
]
