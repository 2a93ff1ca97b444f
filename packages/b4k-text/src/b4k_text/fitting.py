"""Batches in the form that `fit` and `predict` take from a generator.

Multi-backend Keras 2 takes several inputs as a list only. Keras 3 on TensorFlow takes them as a
tuple only, wants a tuple around it all, and no None in it. All others take what Keras 3 takes.
"""

import sys

__all__ = ["as_fit_takes", "as_predict_takes"]


def as_fit_takes(batch):
    """(inputs, targets, ...); lists of arrays become tuples, and no None is at the end."""
    if not isinstance(batch, (list, tuple)):
        return batch
    if _takes_lists():
        return tuple(batch)
    parts = [_as_tuple(part) for part in batch]
    while len(parts) > 1 and parts[-1] is None:
        parts.pop()
    return tuple(parts)


def as_predict_takes(inputs):
    """The inputs alone, in a tuple of one where two inputs would pass for inputs and targets."""
    return inputs if _takes_lists() else (_as_tuple(inputs),)


def _as_tuple(part):
    """A list of arrays as a tuple; anything else, such as a list of numbers, as it is."""
    arrays = isinstance(part, list) and part and all(hasattr(x, "shape") for x in part)
    return tuple(part) if arrays else part


def _takes_lists():
    """Whether the Keras in use is multi-backend Keras 2, whose last version is 2.3.1."""
    version = getattr(sys.modules.get("keras"), "__version__", "3.0")
    return [int(number) for number in version.split(".")[:2]] < [2, 4]
