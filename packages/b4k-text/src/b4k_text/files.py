"""Files whose lines have numbers."""

import io
import json
import os

from b4k_text.texts import is_string

__all__ = ["open"]


class open:
    """A file like that of Python's `open`; with `indexable` also `f[i]`, its line i, and `len(f)`.

    Only where each line begins is held in memory, so the file may be larger than that.
    """

    def __init__(
        self,
        name,
        mode="r",
        encoding=None,
        errors="strict",
        indexable=False,  # True, or the path of a JSON file that keeps the index for next time
    ):
        text = {} if "b" in mode else {"encoding": encoding, "errors": errors}
        self.name = name
        self.file = io.open(name, mode, **text)
        self.encoding = encoding
        self.errors = errors
        self.offsets = None  # where each line begins
        if indexable:
            self._index(indexable)

    def _index(self, path):
        """Read the index of the lines from the file at `path`, or make it and write it there."""
        kept = is_string(path) or isinstance(path, os.PathLike)
        if kept and os.path.exists(path):
            self.offsets = self._read_index(path)
            return
        self.create_indexes()
        if kept:
            part = f"{os.fspath(path)}.{os.getpid()}"  # others never see half an index
            with io.open(part, "w", encoding="ascii") as writer:
                json.dump(self.offsets, writer)
            os.replace(part, path)

    def _read_index(self, path):
        """The index in the file at `path`; ValueError if it is none, or not that of this file."""
        with io.open(path, encoding="utf-8") as reader:
            try:
                offsets = json.load(reader)
                fits = self._ends_with(offsets)
            except (LookupError, OSError, TypeError, ValueError):
                fits = False
        if not fits:
            raise ValueError(
                f"{path}: expected the index of {self.name}, which may have changed since: remove "
                "the index, and it is made anew"
            )
        return offsets

    def _ends_with(self, offsets):
        """Whether the last of the offsets is where the last line begins."""
        self.seek(offsets[-1] if offsets else 0)
        fits = bool(self.readline()) == bool(offsets) and not self.readline()
        self.seek(0)
        return fits

    def create_indexes(self):
        """Find where each line begins."""
        self.offsets, offset = [], self.seek(0)
        while self.readline():
            self.offsets.append(offset)
            offset = self.tell()
        self.seek(0)

    def __getitem__(self, key):
        self.seek(self._indexed()[key])
        return self.readline()

    def __len__(self):
        return len(self._indexed())

    def _indexed(self):
        """The offsets of the lines."""
        if self.offsets is None:
            raise TypeError(f"{self.name}: lines have no numbers, it wasn't opened with indexable")
        return self.offsets

    def __bool__(self):
        return True

    def __iter__(self):
        return iter(self.file)

    def __next__(self):
        return next(self.file)

    next = __next__

    def read(self):
        """The rest of the file."""
        return self.file.read()

    def readline(self):
        """The next line with its line break; nothing at the end."""
        return self.file.readline()

    def readlines(self):
        """The rest of the file as a list of lines."""
        return self.file.readlines()

    def write(self, text):
        """Write a text."""
        self.file.write(text)

    def flush(self):
        """Hand what was written to the operating system."""
        self.file.flush()

    def close(self):
        """Close the file."""
        self.file.close()

    def tell(self):
        """Where the file is read or written next."""
        return self.file.tell()

    def seek(self, offset=0):
        """Move to that position."""
        return self.file.seek(offset)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()
