"""Files under names that Keras 3 refuses."""

import contextlib
import os
import shutil
import tempfile

__all__ = ["read_as", "written_as"]


@contextlib.contextmanager
def written_as(path, ending, overwrite=True):
    """A path with that ending, to write to; what is there at last becomes the file at `path`, or nothing does."""
    path = os.fspath(path)
    if not overwrite and os.path.exists(path):
        raise FileExistsError("%s exists, and overwrite=False" % path)
    folder = tempfile.mkdtemp(dir=os.path.dirname(os.path.abspath(path)))
    try:
        written = os.path.join(folder, "written" + ending)
        yield written
        os.replace(written, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def read_as(path, ending):
    """A path with that ending, to read what is at `path`."""
    path = os.path.abspath(os.fspath(path))
    if not os.path.exists(path):
        raise FileNotFoundError("%s: no such file" % path)
    if path.endswith(ending) or os.path.isdir(path):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        link = os.path.join(folder, "read" + ending)
        try:
            os.symlink(path, link)
        except OSError:  # Windows lets administrators only
            shutil.copyfile(path, link)
        yield link
