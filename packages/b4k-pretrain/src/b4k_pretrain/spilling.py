"""What is between the stages of a preparation: files of columns, each in parts for those that read them."""

import struct

import numpy as np

from b4k_pretrain.writing import whole

__all__ = ["read_part", "write_parts"]


def write_parts(path, parts):
    """Write for each part its columns, a list of arrays."""
    offsets, packed = [8 * (len(parts) + 1)], []
    for columns in parts:
        packed.append(b"".join(map(_packed, columns)))
        offsets.append(offsets[-1] + len(packed[-1]))
    with whole(path) as temporary:
        with open(temporary, "wb") as writer:
            writer.write(struct.pack("<%dQ" % len(offsets), *offsets))
            writer.writelines(packed)


def _packed(column):
    """An array as its length in bytes and the bytes."""
    return struct.pack("<Q", column.nbytes) + column.tobytes()


def read_part(path, part, dtypes):
    """The columns of one part, arrays of these types."""
    with open(path, "rb") as reader:
        reader.seek(8 * part)
        start, end = struct.unpack("<2Q", reader.read(16))
        reader.seek(start)
        packed = reader.read(end - start)
    columns, place = [], 0
    for dtype in dtypes:
        (size,) = struct.unpack_from("<Q", packed, place)
        columns.append(np.frombuffer(packed, dtype, size // np.dtype(dtype).itemsize, place + 8))
        place += 8 + size
    return columns
