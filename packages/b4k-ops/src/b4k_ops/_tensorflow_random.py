"""`keras.random` on TensorFlow, for Keras 2.3.1 and tf.keras: in graph mode, eagerly, and in `tf.function`.

The counter of a `SeedGenerator` is a variable that each run of the graph moves on.
"""

import threading

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


# --- what is drawn once and used twice

_active = threading.local()
DRAWN = "drawn_once"  # part of the names of operations that draw seeds


class Draws:
    """What is drawn while this is entered for the first time; entered again, the same is given again."""

    def __init__(self):
        self.values, self.rest, self.outer = [], None, None

    def __enter__(self):
        self.outer = getattr(_active, "draws", None)
        _active.draws = self

    def __exit__(self, *error):
        _active.draws = self.outer
        self.rest = iter(self.values)

    def take(self, draw):
        """What `draw` gives, or gave."""
        if self.rest is not None:
            return next(self.rest)
        self.values.append(draw() if self.outer is None else self.outer.take(draw))
        return self.values[-1]


def drawn(draw):
    """What `draw` gives, which a recomputation does not call again."""

    def named():
        with tf.name_scope(DRAWN):
            return draw()

    draws = getattr(_active, "draws", None)
    return named() if draws is None else draws.take(named)


def is_drawn(op):
    """Whether an operation of a graph is one that `drawn` made."""
    return DRAWN in op.name


def _seed_of(seed):
    """A seed argument as the two int32 that stateless functions take."""
    if seed is None:
        return drawn(lambda: tf.random.uniform([2], maxval=LARGEST, dtype="int32"))
    if isinstance(seed, SeedGenerator):
        return drawn(seed.next)
    if tf.is_tensor(seed):
        return seed
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


class Dropout:
    """Makes Keras's Dropout one that drops the same values when it is computed again: its seed is drawn first."""

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(rate, noise_shape=noise_shape, seed=seed, **kwargs)
        self._start = _start() if seed is None else int(seed) % LARGEST

    def _draw(self):
        return tf.random.uniform([2], maxval=LARGEST, dtype="int32", seed=self._start)

    def call(self, inputs, training=None):
        from . import keras  # chosen after this module is imported

        if not 0 < self.rate < 1:
            return inputs
        seed, training = drawn(lambda: (self._draw(), training))
        shape = self._get_noise_shape(inputs)
        return keras.backend.in_train_phase(
            lambda: dropout(inputs, self.rate, shape, seed), inputs, training=training
        )


def _start():
    """A number to start a sequence of seeds from, by TensorFlow's own generator, in graphs by numpy's."""
    with tf.init_scope():
        if tf.executing_eagerly():
            return int(tf.random.uniform([], maxval=LARGEST, dtype="int32"))
    return np.random.randint(LARGEST)


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
    "Draws",
    "Dropout",
    "SeedGenerator",
    "categorical",
    "drawn",
    "dropout",
    "is_drawn",
    "normal",
    "randint",
    "truncated_normal",
    "uniform",
]
