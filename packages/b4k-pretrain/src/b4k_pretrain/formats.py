"""Shards as files, each read by itself; and the plainest of them, ids and nothing else."""

import numpy as np

__all__ = ["FEATURES", "Memmap", "Source"]

FEATURES = (
    "token_ids",
    "mask_ids",
)  # of a record, the second only where masks were drawn beforehand


class Source:
    """Shards of a folder, each read by itself."""

    def __init__(self, paths, counts, manifest):
        self.paths = paths
        self.starts = np.cumsum([0] + counts)  # of each shard's records, and their end
        self.manifest = manifest
        self.opened = {}

    def read(self, indices):
        """The records [n, ...] with the indices [n], as int32."""
        shards = np.searchsorted(self.starts, indices, "right") - 1
        found = None
        for i in np.unique(shards):
            here = np.flatnonzero(shards == i)
            rows = self.shard(i)[indices[here] - self.starts[i]]
            if found is None:
                found = np.empty((len(indices),) + rows.shape[1:], np.int32)
            found[here] = rows
        return found

    def shard(self, i):
        """Shard i, opened once."""
        if i not in self.opened:
            count = int(self.starts[i + 1] - self.starts[i])
            self.opened[i] = self.open(self.paths[i], count)
        return self.opened[i]

    def __getstate__(self):
        return dict(self.__dict__, opened={})  # each process opens its own


class Memmap:
    """The ids of all records one after another, and nothing else; needs no package."""

    packages = ()
    suffix = ".bin"

    @staticmethod
    def write(path, array):
        """Write ids [records, sequence_length], little-endian."""
        with open(path, "wb") as writer:
            array.tofile(writer)

    class Source(Source):
        """Reads the records asked for and leaves the rest on the disk."""

        def open(self, path, count):
            """A shard as an array [records, sequence_length] on the disk."""
            shape = (count, len(self.manifest.features), self.manifest.sequence_length)
            dtype = np.dtype(self.manifest.dtype).newbyteorder("<")
            return np.memmap(path, dtype, "r", shape=shape) if count else np.zeros(shape, dtype)
