"""`keras.random` on TensorFlow, for Keras 2.3.1 and tf.keras: in graph mode, eagerly, and in `tf.function`.

The counter of a `SeedGenerator` is a variable that each run of the graph moves on.
"""

import numpy as np
import tensorflow.compat.v2 as tf

from ._tensorflow_core import cast, convert_to_tensor, dims, floating
from ._tensorflow_core import shape as shape_of
from ._tensorflow_dtypes import floatx, standardize

LARGEST = 2**31 - 1


class SeedGenerator:
    """Seeds that differ at every call: `dropout(x, 0.1, seed=generator)`. The same start gives the same sequence."""

    def __init__(self, seed=None, name=None):
        from . import keras  # chosen after this module is imported

        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer))):
            raise ValueError("SeedGenerator needs an int or None as seed, got %r" % (seed,))
        self.name = name or "seed_generator"
        start = np.random.randint(LARGEST) if seed is None else int(seed) % LARGEST
        self.seed = start
        self.state = keras.backend.variable(np.array([start, 0]), dtype="int32")

    def next(self, ordered=True):
        """The next seed, [2]; `ordered` is for Keras 3's sake."""
        return tf.identity(self.state.assign_add([0, 1]))


def _seed_of(seed):
    """A seed argument as the two int32 that stateless functions take."""
    if seed is None:
        return tf.random.uniform([2], maxval=LARGEST, dtype="int32")
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if isinstance(seed, (int, np.integer)):
        return tf.constant([int(seed) % LARGEST, 0], "int32")
    raise ValueError("a seed must be an int, a SeedGenerator or None, got %r" % (seed,))


def categorical(logits, num_samples, dtype="int32", seed=None):
    """Draw `num_samples` class numbers per row of logits [batch, classes]: [batch, num_samples]."""
    logits = convert_to_tensor(logits)
    if logits.shape.rank != 2:
        raise ValueError(
            "categorical needs logits [batch, classes], got shape %s" % (logits.shape,)
        )
    samples = tf.random.stateless_categorical(logits, num_samples, _seed_of(seed), tf.int64)
    return cast(samples, dtype)


def dropout(inputs, rate, noise_shape=None, seed=None):
    """Zero a part of the values, `rate` of them, and divide the others by 1 - rate.

    noise_shape: broadcastable to the inputs; values share their fate along its axes of size 1 (or None: of its size).
    """
    if not 0 <= rate < 1:
        raise ValueError("dropout needs a rate from 0 up to, not including, 1, got %r" % (rate,))
    x = floating(inputs)
    sizes = shape_of(x)
    noise = [own if n is None else n for n, own in zip(noise_shape or [None] * len(sizes), sizes)]
    kept = uniform(noise, dtype="float32", seed=seed) >= rate
    return tf.where(kept, x / (1 - rate), tf.zeros_like(x)) if rate else x


def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normal numbers."""
    return _scaled(tf.random.stateless_normal, shape, mean, stddev, dtype, seed)


def randint(shape, minval, maxval, dtype="int32", seed=None):
    """Integers from minval up to, not including, maxval, all alike."""
    drawn = uniform(shape, 0.0, 1.0, "float64", seed)
    span = cast(maxval, "float64") - cast(minval, "float64")
    return cast(tf.floor(drawn * span), dtype) + cast(minval, dtype)


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normal numbers, drawn anew where they are more than two standard deviations off."""
    return _scaled(tf.random.stateless_truncated_normal, shape, mean, stddev, dtype, seed)


def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Numbers from minval up to, not including, maxval, all alike."""
    return _scaled(
        tf.random.stateless_uniform, shape, minval, convert_to_tensor(maxval) - minval, dtype, seed
    )


def _scaled(draw, shape, offset, factor, dtype, seed):
    """offset + factor * numbers drawn in float32 at least."""
    dtype = standardize(dtype or floatx())
    wide = "float64" if dtype == "float64" else "float32"
    numbers = draw(dims(shape), _seed_of(seed), dtype=tf.as_dtype(wide))
    return cast(numbers * cast(factor, wide) + cast(offset, wide), dtype)


__all__ = [
    "SeedGenerator",
    "categorical",
    "dropout",
    "normal",
    "randint",
    "truncated_normal",
    "uniform",
]
