"""The dtype rules of Keras 3 for TensorFlow tensors, which promote nothing by themselves.

A Python number has the weak dtype "int" or "float": it gives way to any tensor of its kind.
"""

import functools

import numpy as np
import tensorflow.compat.v2 as tf

# each dtype and the next wider ones, as in https://docs.jax.dev/en/latest/type_promotion.html
WIDER = {
    "bool": ("int",),
    "int": ("uint8", "int8", "complex64"),
    "uint8": ("uint16", "int16"),
    "uint16": ("uint32", "int32"),
    "uint32": ("uint64", "int64"),
    "uint64": ("float",),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float",),
    "float": ("bfloat16", "float16"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex64": ("complex128",),
    "complex128": (),
}


def floatx():
    """The default float dtype of the Keras in use."""
    from . import keras  # chosen after this module is imported

    return keras.backend.floatx()


@functools.lru_cache(None)
def _upper_bounds(dtype):
    """The dtypes a value of `dtype` can be promoted to, itself included."""
    return {dtype}.union(*(_upper_bounds(wider) for wider in WIDER[dtype]))


@functools.lru_cache(None)
def _least_upper_bound(dtypes):
    """The narrowest dtype that every one of a frozenset of dtypes can be promoted to."""
    unknown = sorted(dtypes - set(WIDER))
    if unknown:
        raise ValueError(
            "no promotion rule for dtype %s, expected one of %s" % (unknown, list(WIDER))
        )
    common = set.intersection(*(_upper_bounds(dtype) for dtype in dtypes))
    for dtype in WIDER:
        if dtype in common and common <= _upper_bounds(dtype):
            return dtype
    raise ValueError("dtypes %s have no common wider dtype, cast them first" % sorted(dtypes))


def result_type(*dtypes):
    """The dtype name that values of these dtypes (names, "int" or "float" if weak) are computed in."""
    dtype = _least_upper_bound(frozenset(dtypes))
    if dtype in ("int", "float"):
        return floatx() if dtype == "float" else "int32"
    return dtype


def dtype_of(x):
    """The dtype name of a tensor or array, the weak name of a Python number."""
    if isinstance(x, (bool, np.bool_)):
        return "bool"
    if isinstance(x, float):  # np.float64 too, which is a Python float
        return "float"
    if isinstance(x, int):
        return "int"
    return tf.as_dtype(x.dtype).name


def is_number(x):
    """Whether `x` is a Python number, whose dtype is weak."""
    return isinstance(x, (int, float))


def standardize(dtype):
    """The name of a dtype given as name, numpy dtype, tf.DType or Python type."""
    if dtype is float:  # not ==, which tf.float32 is too
        return floatx()
    return "int32" if dtype is int else tf.as_dtype(dtype).name


__all__ = ["dtype_of", "floatx", "is_number", "result_type", "standardize"]
