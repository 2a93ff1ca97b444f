"""Random numbers with seeds: names and signatures of `keras.random`, on the Keras in use.

A seed is an int (the same numbers at every call), a `SeedGenerator` (others at every call, and the same sequence for
the same start) or None (others at every run). On Keras 3 each name is `keras.random`'s own object. `shuffle` is not
among them: Keras's backends don't agree on what it moves.
"""

from . import _engine

NAMES = (
    "SeedGenerator",
    "categorical",
    "dropout",
    "normal",
    "randint",
    "truncated_normal",
    "uniform",
)
globals().update((name, getattr(_engine.random, name)) for name in NAMES)

__all__ = list(NAMES)
