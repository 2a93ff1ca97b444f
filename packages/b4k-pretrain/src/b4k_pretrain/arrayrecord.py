"""ArrayRecord files, https://github.com/google/array_record, read by Grain: random access to compressed records."""

import numpy as np

__all__ = ["ArrayRecord"]


class ArrayRecord:
    """The ids of one record, little-endian and compressed with Zstandard, as a record each."""

    packages = ("array_record", "grain")
    suffix = ".array_record"

    @staticmethod
    def write(path, array):
        """Write ids [records, length] or [records, features, length], little-endian."""
        from array_record.python.array_record_module import ArrayRecordWriter

        writer = ArrayRecordWriter(path, "group_size:1,zstd")
        for row in array:
            writer.write(row.tobytes())
        writer.close()

    class Source:
        """Reads records by Grain, several at a time."""

        def __init__(self, paths, counts, manifest):
            from grain.sources import ArrayRecordDataSource

            self.source = ArrayRecordDataSource(
                [path for path, count in zip(paths, counts) if count]
            )
            self.dtype = np.dtype(manifest.dtype).newbyteorder("<")

        def read(self, indices):
            """The records [n, features * length] with the indices [n], as int32."""
            rows = b"".join(self.source.__getitems__(indices.tolist()))
            return np.frombuffer(rows, self.dtype).astype(np.int32).reshape(len(indices), -1)
