"""Decoding of Snappy, the compression that LevelDB tables may use for their blocks.

https://github.com/google/snappy/blob/main/format_description.txt: the decoded length as a varint,
then elements whose first byte tells in its low two bits what follows: a literal run (0), or a copy
of bytes decoded before, with a 1-, 2- or 4-byte offset (1, 2, 3).
"""

from ._protobuf import decode_varint
from .errors import CheckpointError

__all__ = ["decompress"]

LARGEST_RATIO = 22  # the densest element, three bytes, stands for 64
OFFSET_SIZES = (None, 1, 2, 4)


def _literal(data, position, out):
    """(the bytes, the position behind) of a literal run."""
    length = data[position] >> 2
    start = position + 1 + max(length - 59, 0)
    if length > 59:  # 60..63: the length follows in 1..4 bytes
        length = int.from_bytes(data[position + 1 : start], "little")
    end = start + length + 1
    if end > len(data):
        raise CheckpointError("the Snappy data end inside a literal run")
    return data[start:end], end


def _copy(data, position, out):
    """(the bytes, the position behind) of a copy of what is in `out`."""
    tag = data[position]
    kind, length = tag & 3, (tag >> 2) + 1
    end = position + 1 + OFFSET_SIZES[kind]
    if end > len(data):
        raise CheckpointError("the Snappy data end inside a copy")
    offset = int.from_bytes(data[position + 1 : end], "little")
    if kind == 1:
        length, offset = (tag >> 2 & 7) + 4, tag >> 5 << 8 | offset
    if not 0 < offset <= len(out):
        raise CheckpointError(f"a Snappy copy reaches back {offset} bytes of {len(out)}")
    start = len(out) - offset
    run = out[start : start + length]
    return (run * (length // len(run) + 1))[:length], end  # a copy may overlap what it writes


def decompress(data):
    """The bytes that `data`, a memoryview, encodes."""
    size, position = decode_varint(data, 0)
    if size > LARGEST_RATIO * len(data):
        raise CheckpointError(f"{len(data)} bytes of Snappy data claim to hold {size}")
    out = bytearray()
    while position < len(data) and len(out) <= size:
        element = _copy if data[position] & 3 else _literal
        run, position = element(data, position, out)
        out += run
    if len(out) != size:
        raise CheckpointError(f"the Snappy data do not hold the {size} bytes that they claim")
    return bytes(out)
