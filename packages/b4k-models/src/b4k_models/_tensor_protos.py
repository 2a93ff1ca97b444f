"""What both checkpoint formats say about a tensor: its data type, its shape, and its slices.

https://github.com/tensorflow/tensorflow/tree/v2.21.0/tensorflow/core/framework: types.proto,
tensor_shape.proto, tensor_slice.proto, versions.proto.
"""

import collections

import numpy as np

from ._protobuf import decode, encode_bytes, encode_int
from .errors import CheckpointError

__all__ = [
    "DTYPES",
    "Dtype",
    "Tensor",
    "check_version",
    "code_of",
    "count",
    "decode_name",
    "decode_shape",
    "decode_slice",
    "encode_shape",
    "region_of",
    "slice_key",
    "tile",
]

# A tensor of a checkpoint. `dtype` is its DataType; `pieces` are (region, source) pairs that tile
# it, the source being what its reader needs to find the piece.
Tensor = collections.namedtuple("Tensor", "dtype shape pieces")

FULL = -1  # the length of an extent that was given as "all of it"
MAX_RANK = 32  # of numpy before 2.0
MAX_COUNT = 1 << 58  # elements whose bytes numpy can still count


# --- data types


class Dtype(collections.namedtuple("Dtype", "stored loaded restore")):
    """How a DataType lies in a file, what numpy gets, and the function between these."""

    def __new__(cls, stored, loaded=None, restore=None):
        loaded = np.dtype(loaded or stored)
        return super().__new__(cls, np.dtype(stored), loaded, restore or _native(loaded))


def _native(dtype):
    return lambda array: array.astype(dtype, copy=False)


def _widen_bfloat16(bits):
    """bfloat16 is the upper half of a float32; numpy has no such type."""
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)


DTYPES = {  # DataType -> Dtype
    1: Dtype("float32"),
    2: Dtype("float64"),
    3: Dtype("int32"),
    4: Dtype("uint8"),
    5: Dtype("int16"),
    6: Dtype("int8"),
    8: Dtype("complex64"),
    9: Dtype("int64"),
    10: Dtype("uint8", "bool"),
    14: Dtype("uint16", "float32", _widen_bfloat16),
    17: Dtype("uint16"),
    18: Dtype("complex128"),
    19: Dtype("float16"),
    22: Dtype("uint32"),
    23: Dtype("uint64"),
}


def code_of(name, dtype):
    """The DataType to write an array of that numpy dtype with."""
    for code, known in DTYPES.items():
        if known.loaded == dtype.newbyteorder("="):
            return code
    known = ", ".join(sorted(str(known.loaded) for known in DTYPES.values()))
    raise CheckpointError(f"{name} has dtype {dtype}, expected one of {known}")


# --- names and shapes


def decode_name(key):
    """The name of a variable, as text."""
    try:
        return key.decode("utf-8")
    except UnicodeDecodeError:
        raise CheckpointError(f"the name {key} is not UTF-8") from None


SHAPE = {2: ("dims", "repeated"), 3: ("unknown_rank", "int")}
DIMENSION = {1: ("size", "int")}


def decode_shape(message):
    """A TensorShapeProto -> a tuple of ints."""
    proto = decode(message, SHAPE)
    shape = tuple(decode(dim, DIMENSION)["size"] for dim in proto["dims"][: MAX_RANK + 1])
    largest = count(max(size, 1) for size in shape)  # zeros aside, which hide what is beside them
    if proto["unknown_rank"] or len(shape) > MAX_RANK or largest > MAX_COUNT or min((0,) + shape):
        raise CheckpointError(f"it has an unknown or impossible shape, {shape}")
    return shape


def encode_shape(shape):
    """A tuple of ints -> a TensorShapeProto."""
    return b"".join(encode_bytes(2, encode_int(1, size)) for size in shape)


def count(shape):
    """The number of elements, exact however large (numpy's would wrap around)."""
    total = 1
    for size in shape:
        total *= int(size)
    return total


# --- slices: the pieces of a partitioned variable

SLICE = {1: ("extents", "repeated")}
EXTENT = {1: ("start", "int"), 2: ("length", "int")}


def decode_slice(message, shape):
    """A TensorSliceProto of a tensor of `shape` -> [(start, length)], length FULL for all of it."""
    messages = decode(message, SLICE)["extents"]
    if len(messages) != len(shape):
        raise CheckpointError(f"a slice has {len(messages)} extents, its tensor the shape {shape}")
    extents = []
    for message, size in zip(messages, shape):
        extent = decode(message, EXTENT)
        # No length is not length 0: the one means "all of it", the other does not occur.
        start, length = extent["start"], extent["length"] or FULL
        if start < 0 or (length == FULL and start) or start + length > size:
            raise CheckpointError(f"a slice ({start}, {length}) leaves its tensor {shape}")
        extents.append((start, length))
    return extents


def region_of(extents, shape):
    """The slices that pick a piece from an array of `shape`."""
    return tuple(
        slice(0, size) if length == FULL else slice(start, start + length)
        for (start, length), size in zip(extents, shape)
    )


def slice_key(name, extents):
    """The table key of a slice (EncodeTensorNameSlice in saved_tensor_slice_util.cc)."""
    key = _ordered_unsigned(0) + _ordered_string(name) + _ordered_unsigned(len(extents))
    return key + b"".join(_ordered_signed(n) for extent in extents for n in extent)


# Three encodings whose byte order is the order of the values (lib/strings/ordered_code.cc).


def _ordered_string(text):
    return text + b"\0\1"  # 0x00 and 0xFF would be escaped, but no UTF-8 name has them


def _ordered_unsigned(number):
    size = (number.bit_length() + 7) // 8
    return bytes([size]) + number.to_bytes(size, "big")


def _ordered_signed(number):
    """n bytes hold 7 n bits; before them stands n times the inverted sign, so that length sorts."""
    size = (number if number >= 0 else ~number).bit_length() // 7 + 1
    ones = (1 << size) - 1
    value = number & (1 << 8 * size) - 1
    return (value ^ ones << 7 * size).to_bytes(size, "big")


def tile(shape, pieces):
    """Check that (region, source) `pieces` are cuts along one axis that tile a tensor of `shape`.

    Returns them in order. TensorFlow's partitioners cut along one axis only.
    """
    whole = tuple(slice(0, size) for size in shape)
    axes = {
        axis for region, _ in pieces for axis in range(len(shape)) if region[axis] != whole[axis]
    }
    if len(axes) > 1:
        raise CheckpointError(f"it is cut along the axes {sorted(axes)}, expected one axis")
    axis = axes.pop() if axes else None
    if axis is None and len(pieces) != 1:
        raise CheckpointError(f"it has {len(pieces)} pieces, each as large as itself")
    if axis is not None:
        pieces = sorted(pieces, key=lambda piece: piece[0][axis].start)
        stops = [0] + [region[axis].stop for region, _ in pieces]
        starts = [region[axis].start for region, _ in pieces] + [shape[axis]]
        for stop, start in zip(stops, starts):
            if stop != start:
                raise CheckpointError(
                    f"its slices do not tile its shape {shape}: along axis {axis}, one ends at "
                    f"{stop} and the next starts at {start}"
                )
    return pieces


# --- versions

VERSION_DEF = {1: ("producer", "int"), 2: ("min_consumer", "int")}
VERSION = 1  # of both formats, since 2015 and 2016


def check_version(message):
    """Refuse a VersionDef that asks for a newer reader."""
    wanted = decode(message, VERSION_DEF)["min_consumer"]
    if wanted > VERSION:
        raise CheckpointError(f"it needs a reader of format {wanted}, this one reads {VERSION}")
