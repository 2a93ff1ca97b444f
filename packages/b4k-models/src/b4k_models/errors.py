"""What b4k_models raises beyond Python's own errors."""

import contextlib

__all__ = ["CheckpointError", "blame"]


class CheckpointError(ValueError):
    """A checkpoint that is missing, malformed, or does not fit; says which file and variable."""


@contextlib.contextmanager
def blame(what, errors=(CheckpointError, OSError)):
    """Make `errors` raised inside CheckpointErrors that start with `what`, a file or a variable."""
    try:
        yield
    except errors as error:
        detail = getattr(error, "strerror", None) or error
        raise CheckpointError(f"{what}: {detail}") from None
