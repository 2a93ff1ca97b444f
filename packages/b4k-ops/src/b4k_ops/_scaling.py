"""Which learning rate an extended optimizer shows: the given one, or in a step the scaled one."""

import contextlib


@contextlib.contextmanager
def scaled(optimizer):
    """Where the learning rate is the one of the step: elsewhere, callbacks read and set the given one."""
    before = getattr(optimizer, "_scales", False)
    optimizer._scales = True
    try:
        yield
    finally:
        optimizer._scales = before


__all__ = ["scaled"]
