"""What must not be computed in half precision."""

from . import ops


def wide(x):
    """x in float32 at least, so that half precision neither overflows nor rounds 1 - p to 0."""
    return ops.cast(x, "float64" if ops.dtype(x) == "float64" else "float32")


__all__ = ["wide"]
