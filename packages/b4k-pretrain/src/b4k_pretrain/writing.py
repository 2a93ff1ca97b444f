"""Files that are there whole or not at all."""

import contextlib
import json
import os

__all__ = ["whole", "write_json"]


@contextlib.contextmanager
def whole(path):
    """Gives the path of a file to write, which takes the place of `path` once it is on the disk.

    An OSError, as of a full disk, says which file it was, and what was written of it is removed.
    """
    # of this process alone: what a killed one left behind may still be written to
    temporary = "%s.%d.tmp" % (path, os.getpid())
    try:
        yield temporary
        with open(temporary, "r+b") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise OSError(
            error.errno, "could not be written: %s" % (error.strerror or error), path
        ) from error
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)


def write_json(path, content):
    """Write a value as JSON, equal for equal ones."""
    with whole(path) as temporary:
        with open(temporary, "w", encoding="utf-8") as writer:
            json.dump(content, writer, indent=1, sort_keys=True, ensure_ascii=False)
            writer.write("\n")
