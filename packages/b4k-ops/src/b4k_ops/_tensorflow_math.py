"""`keras.ops`, math family, on TensorFlow."""

import numpy as np
import tensorflow.compat.v2 as tf

from ._tensorflow_core import convert_to_tensor, floating


def erf(x):
    """The error function."""
    return tf.math.erf(floating(x))


def logsumexp(x, axis=None, keepdims=False):
    """log(sum(exp(x))), computed without overflow."""
    return tf.reduce_logsumexp(floating(x), axis, keepdims)


def rsqrt(x):
    """1 / sqrt(x)."""
    x = floating(x)
    return tf.where(
        tf.equal(x, np.inf), tf.zeros_like(x), tf.math.rsqrt(x)
    )  # 1.15: rsqrt(inf) is NaN


def top_k(x, k, sorted=True):
    """The k largest values along the last axis, and their indices."""
    return tf.math.top_k(convert_to_tensor(x), k, sorted)


__all__ = ["erf", "logsumexp", "rsqrt", "top_k"]
