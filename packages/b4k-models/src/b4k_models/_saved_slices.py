"""TensorFlow's V1 checkpoint: a single file.

https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/util/saved_tensor_slice.proto.
Every value of the table (_sstable.py) is a SavedTensorSlices. The first, under the key "", says
which tensors and slices of them the file holds; the others hold one slice each, as a TensorProto
(core/framework/tensor.proto) whose numbers lie in a field for their data type.
"""

import collections
import mmap
import os

import numpy as np

from ._protobuf import decode, decode_varints
from ._sstable import read_table
from ._tensor_protos import (
    DTYPES,
    Tensor,
    check_version,
    count,
    decode_name,
    decode_shape,
    decode_slice,
    region_of,
    slice_key,
    tile,
)
from .errors import CheckpointError, blame

__all__ = ["SavedSlicesReader"]

SAVED_TENSOR_SLICES = {1: ("meta", "bytes"), 2: ("data", "bytes")}
META = {1: ("tensors", "repeated"), 2: ("versions", "bytes")}
SLICE_META = {
    1: ("name", "bytes"),
    2: ("shape", "bytes"),
    3: ("dtype", "int"),
    4: ("slices", "repeated"),
}
SAVED_SLICE = {3: ("tensor", "bytes")}

# DataType -> the field of TensorProto with its numbers, and their dtype there, None for varints
FIELDS = {
    1: (5, "<f4"),
    2: (6, "<f8"),
    3: (7, None),
    4: (7, None),
    5: (7, None),
    6: (7, None),
    8: (9, "<c8"),
    9: (10, None),
    10: (11, None),
    14: (13, None),  # bfloat16 and float16: the integers that have their bits
    17: (7, None),
    18: (12, "<c16"),
    19: (13, None),
    22: (16, None),
    23: (17, None),
}
HALF_VAL = 13

Source = collections.namedtuple("Source", "name dtype size message block")  # size: in numbers


class SavedSlicesReader:
    """`tensors` {name: Tensor} of the V1 file `path`, whose pieces `read_into` reads.

    The file is mapped into memory rather than read; blocks that are compressed, as TensorFlow once
    wrote them, are decompressed on opening. The checksums go over blocks of tensors; with `verify`,
    the first tensor that is read of a block has it checked.
    """

    def __init__(self, path, verify):
        self.path, self.verify = path, verify
        with blame(path):
            table = read_table(_map(path), check=False)
            self.tensors = dict(_tensors({key: record for key, *record in table}))

    def read_into(self, source, array):
        """Read a piece into `array`, which has its shape and its stored dtype."""
        array[...] = self.check(source).reshape(array.shape)

    def check(self, source):
        """The numbers of a piece, as they are stored; raises what reading it would raise."""
        with blame(f"{self.path}: {source.name}"):
            if self.verify:
                source.block.check()
            field, dtype = FIELDS[source.dtype]
            saved = decode(decode(source.message, SAVED_TENSOR_SLICES)["data"], SAVED_SLICE)
            packed = decode(saved["tensor"], {field: ("numbers", "bytes")})["numbers"]
            numbers = decode_varints(packed) if dtype is None else _decode_fixed(packed, dtype)
            if field == HALF_VAL:
                numbers = numbers.astype(np.uint16).view(DTYPES[source.dtype].stored)
            if numbers.size != source.size:
                raise CheckpointError(
                    f"it has {numbers.size} numbers, its shape needs {source.size}"
                )
            return numbers


def _tensors(values):
    """Yield (name, Tensor) of each tensor that the table lists."""
    if b"" not in values:
        raise CheckpointError("the table does not start with a list of tensors")
    message, _ = values[b""]
    meta = decode(decode(message, SAVED_TENSOR_SLICES)["meta"], META)
    check_version(meta["versions"])
    seen = set()
    for proto in (decode(message, SLICE_META) for message in meta["tensors"]):
        name = decode_name(bytes(proto["name"]))
        with blame(name):
            shape = decode_shape(proto["shape"])
            if proto["dtype"] <= 0 or name in seen:
                raise CheckpointError(f"it has data type {proto['dtype']}, or is listed twice")
            seen.add(name)
            pieces = [_piece(values, proto, name, shape, piece) for piece in proto["slices"]]
            yield name, Tensor(proto["dtype"], shape, tile(shape, pieces))


def _piece(values, proto, name, shape, message):
    """(region, Source) of one slice of a tensor."""
    extents = decode_slice(message, shape)
    region = region_of(extents, shape)
    key = slice_key(name.encode("utf-8"), extents)
    if key not in values:
        raise CheckpointError(f"its slice {extents} is missing")
    value, block = values[key]
    size = count(cut.stop - cut.start for cut in region)
    if len(value) < size:
        raise CheckpointError(f"its slice {extents} has {len(value)} bytes for {size} numbers")
    return region, Source(name, proto["dtype"], size, value, block)


def _decode_fixed(packed, dtype):
    """All numbers of a packed field of fixed-size numbers."""
    if len(packed) % np.dtype(dtype).itemsize:
        raise CheckpointError(f"{len(packed)} bytes are no whole number of {dtype}")
    return np.frombuffer(packed, dtype)


def _map(path):
    """The content of a file, mapped into memory."""
    with open(path, "rb") as f:
        if os.path.getsize(path) == 0:
            return b""  # which cannot be mapped
        return mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
