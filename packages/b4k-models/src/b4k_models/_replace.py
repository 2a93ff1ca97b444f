"""Replaces several files as if in one step, so that a crash leaves either all old or all new.

Two renames cannot be one step. So the old files first get a second name, `.previous`, and the last
file of the set decides: as long as it equals its own `.previous`, it has not been replaced, and the
others are to be read under their second names. These go when all is done.
"""

import contextlib
import os
import shutil
import uuid

__all__ = ["current", "durable_file", "replace_together", "staging_path"]

PREVIOUS = ".previous"


def staging_path(path):
    """A new name beside `path` to write its next contents to."""
    return f"{path}.tempstate{uuid.uuid4().hex}"


@contextlib.contextmanager
def durable_file(path):
    """A binary file to write, whose content is on the disk when the block is left."""
    with open(path, "wb") as f:
        yield f
        f.flush()
        os.fsync(f.fileno())


def current(path, decider):
    """Where to read `path` of a set of files whose last file is `decider`."""
    if os.path.exists(path + PREVIOUS) and _interrupted(decider):
        return path + PREVIOUS
    return path


def replace_together(staged):
    """Rename (temporary, final) paths, all in one directory; the last of them decides."""
    decider = staged[-1][1]
    kept = [final for _, final in staged if os.path.exists(final)]
    if decider not in kept:
        kept = []  # without the file that decides, the others are worth nothing
    for final in kept:
        _keep(final, decider)
    try:
        _sync_directory(decider)
        for temporary, final in staged:
            os.replace(temporary, final)
            _sync_directory(decider)
    except BaseException:
        for final in kept:
            os.replace(final + PREVIOUS, final)
            _remove(final + PREVIOUS)  # a rename to another name of the same file does nothing
        raise
    for final in reversed(kept):
        _remove(final + PREVIOUS)


def _interrupted(decider):
    """Whether a replacement stopped before its last file."""
    if not os.path.exists(decider + PREVIOUS):
        return False
    with open(decider, "rb") as new, open(decider + PREVIOUS, "rb") as old:
        return new.read() == old.read()


def _keep(path, decider):
    """Give a file a second name; where the file system has no hard links, a second copy."""
    previous = path + PREVIOUS
    if os.path.exists(previous):
        if _interrupted(decider):
            return  # what an earlier replacement kept is still what counts
        os.remove(previous)
    try:
        os.link(path, previous)
    except OSError:
        shutil.copyfile(path, previous)


def _remove(path):
    if os.path.exists(path):
        os.remove(path)


def _sync_directory(path):
    """Make the renames beside `path` durable; only POSIX systems can."""
    if hasattr(os, "O_DIRECTORY"):
        directory = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
