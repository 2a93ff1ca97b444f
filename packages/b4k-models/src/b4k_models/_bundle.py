"""TensorFlow's V2 checkpoint, the tensor bundle: `prefix.index` and `prefix.data-0000k-of-0000n`.

https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/protobuf/tensor_bundle.proto.
The index is a table (_sstable.py). Its first key is "", with a BundleHeaderProto; then follow the
names of the variables, with a BundleEntryProto each that says where in which data file the bytes
lie. A data file is nothing but those bytes. A partitioned variable has an entry that lists its
slices, and each slice has an entry of its own, whose key starts with a zero byte.
"""

import collections
import os
import sys

import numpy as np

from ._checksum import checksum
from ._protobuf import decode, encode_bytes, encode_fixed32, encode_int
from ._replace import current, durable_file, replace_together, staging_path
from ._sstable import read_table, write_table
from ._tensor_protos import (
    DTYPES,
    VERSION,
    Tensor,
    check_version,
    code_of,
    count,
    decode_name,
    decode_shape,
    decode_slice,
    encode_shape,
    region_of,
    slice_key,
    tile,
)
from .errors import CheckpointError, blame

__all__ = ["BundleReader", "data_path", "index_path", "write_bundle"]

HEADER = {1: ("num_shards", "int"), 2: ("endianness", "int"), 3: ("version", "bytes")}
ENTRY = {
    1: ("dtype", "int"),
    2: ("shape", "bytes"),
    3: ("shard", "int"),
    4: ("offset", "int"),
    5: ("size", "int"),
    6: ("crc", "fixed32"),
    7: ("slices", "repeated"),
}
Entry = collections.namedtuple("Entry", ["name"] + [name for name, _ in ENTRY.values()])
CHUNK = 1 << 20  # bytes checked at a time: they stay in the cache
BYTE_ORDERS = ("little", "big")  # by the header's "endianness"


def index_path(prefix):
    """The path of a bundle's index."""
    return prefix + ".index"


def data_path(prefix, shard, shards):
    """The path of one of a bundle's data files."""
    return f"{prefix}.data-{shard:05d}-of-{shards:05d}"


# --- reading


class BundleReader:
    """`tensors` {name: Tensor} of the bundle `prefix`, whose pieces `read_into` reads.

    Everything except the content of the data files is checked here, before anything is read.
    """

    def __init__(self, prefix, verify):
        self.verify, self._checked = verify, set()  # the places of pieces that have their checksums
        index = index_path(prefix)
        with blame(index), open(index, "rb") as f:
            table = read_table(f.read())
            self.shards, self.byte_order = _read_header(table)
            self.entries = {key: _read_entry(key, value) for key, value, _ in table}
            names = [key for key in self.entries if not key.startswith(b"\0")]
            self.tensors = {decode_name(key): self._tensor(key) for key in names}
            stored = self._entries_by_shard()
        self.paths = {}
        for shard, entries in stored.items():
            self.paths[shard] = current(data_path(prefix, shard, self.shards), index)
            with blame(self.paths[shard]):
                _check_placement(entries, os.path.getsize(self.paths[shard]))

    def _tensor(self, key):
        """The Tensor of the variable with that key."""
        entry = self.entries[key]
        with blame(entry.name):
            if entry.slices:
                pieces = [self._piece(key, entry, message) for message in entry.slices]
            else:
                pieces = [(tuple(slice(0, size) for size in entry.shape), entry)]
            return Tensor(entry.dtype, entry.shape, tile(entry.shape, pieces))

    def _piece(self, key, entry, message):
        """(region, entry) of one slice of a partitioned variable."""
        extents = decode_slice(message, entry.shape)
        region = region_of(extents, entry.shape)
        shape = tuple(cut.stop - cut.start for cut in region)
        piece = self.entries.get(slice_key(key, extents))
        if piece is None:
            raise CheckpointError(f"its slice {extents} is missing")
        if (piece.dtype, piece.shape) != (entry.dtype, shape) or piece.slices:
            raise CheckpointError(
                f"its slice {extents} has shape {piece.shape} and data type {piece.dtype}, "
                f"expected {shape} and {entry.dtype}"
            )
        return region, piece

    def _entries_by_shard(self):
        """{shard: the entries that lie in it, in their order}."""
        stored = collections.defaultdict(list)
        for entry in self.entries.values():
            if entry.slices:
                continue
            if not 0 <= entry.shard < self.shards:
                raise CheckpointError(
                    f"{entry.name} lies in shard {entry.shard}, there are {self.shards}"
                )
            stored[entry.shard].append(entry)
        return {
            shard: sorted(entries, key=lambda entry: (entry.offset, entry.size))
            for shard, entries in stored.items()
        }

    def read_into(self, entry, array):
        """Read a piece into `array`, which has its shape and its stored dtype."""
        whole = array if array.flags.c_contiguous else np.empty(array.shape, array.dtype)
        content = whole.reshape(-1).view(np.uint8)  # [bytes], the same memory
        path = self.paths[entry.shard]
        with blame(path), open(path, "rb") as f:
            f.seek(entry.offset)
            _fill(content, f, entry)
            if self.verify and _place(entry) not in self._checked:
                self._compare(entry, [content])
        if self.byte_order != sys.byteorder:
            whole.byteswap(True)
        if whole is not array:
            array[...] = whole

    def check(self, entry):
        """Raise what reading the piece would raise, in little memory."""
        path = self.paths[entry.shard]
        if not self.verify:
            return
        with blame(path), open(path, "rb") as f:
            f.seek(entry.offset)
            self._compare(entry, _chunks(f, entry))

    def _compare(self, entry, chunks):
        """Raise unless the content of a piece has its checksum; if it has, that is not asked again."""
        if checksum(chunks) != entry.crc:
            raise CheckpointError(f"the checksum of {entry.name} does not match")
        self._checked.add(_place(entry))


def _place(entry):
    """Where a piece lies; of what lies there, the checksum is known."""
    return entry.shard, entry.offset, entry.size, entry.crc


def _chunks(f, entry):
    """Yield the content of a piece, at which `f` stands, part by part in the same memory."""
    room = memoryview(bytearray(CHUNK))
    for start in range(0, entry.size, CHUNK):
        chunk = room[: entry.size - start]
        _fill(chunk, f, entry)
        yield chunk


def _fill(room, f, entry):
    """Read as many bytes of a piece as there is room for."""
    if f.readinto(room) != len(room):
        raise CheckpointError(f"the file ends inside {entry.name}")


def _read_header(table):
    """(number of shards, byte order) from the first pair of the table."""
    key, value, _ = next(table, (None, b"", None))
    if key != b"":
        raise CheckpointError("the table does not start with a bundle header")
    header = decode(value, HEADER)
    check_version(header["version"])
    if header["endianness"] not in (0, 1):
        raise CheckpointError(f"the byte order {header['endianness']} is unknown")
    return header["num_shards"], BYTE_ORDERS[header["endianness"]]


def _read_entry(key, message):
    """An Entry, checked for what it says about itself."""
    name = repr(key.decode("utf-8", "backslashreplace"))[1:-1]
    with blame(name):
        proto = decode(message, ENTRY)
        entry = Entry(name, **dict(proto, shape=decode_shape(proto["shape"])))
        if entry.dtype <= 0 or entry.size < 0:
            raise CheckpointError(f"it has data type {entry.dtype} and {entry.size} bytes")
        if entry.dtype in DTYPES and not entry.slices:
            stored = DTYPES[entry.dtype].stored
            size = count(entry.shape) * stored.itemsize
            if entry.size != size:
                raise CheckpointError(
                    f"it has {entry.size} bytes, its shape {entry.shape} of {stored} needs {size}"
                )
        return entry


def _check_placement(entries, file_size):
    """Check that entries, in their order, lie within their file and apart from each other."""
    end = 0
    for entry in entries:
        if not end <= entry.offset <= file_size - entry.size:
            raise CheckpointError(
                f"{entry.name} claims {entry.size} bytes from byte {entry.offset}, where the "
                f"tensor before ends at {end} and the file at {file_size}"
            )
        end = entry.offset + entry.size


# --- writing


def write_bundle(prefix, tensors, shards):
    """Write the bundle `prefix`, replacing an old one only when all of it is on the disk.

    The tensors, a mapping of any kind, are asked for one at a time, in the order of their names,
    and dealt out to the shards in turn.
    """
    finals = [data_path(prefix, shard, shards) for shard in range(shards)] + [index_path(prefix)]
    staged = [(staging_path(final), final) for final in finals]
    names, entries = sorted(tensors), {}
    try:
        for shard, (path, _) in enumerate(staged[:-1]):
            with durable_file(path) as f:
                entries.update(_write_data(f, shard, names[shard::shards], tensors))
        with durable_file(staged[-1][0]) as f:
            header = encode_int(1, shards) + encode_bytes(3, encode_int(1, VERSION))
            f.write(write_table([(b"", header)] + sorted(entries.items())))
        replace_together(staged)
    finally:
        for path, _ in staged:
            if os.path.exists(path):
                os.remove(path)


def _write_data(file, shard, names, tensors):
    """Write the data file of a shard; the BundleEntryProtos of its tensors, by their keys."""
    entries, offset = {}, 0
    for name in names:
        array = np.asarray(tensors[name])
        code = code_of(name, array.dtype)
        stored = array.astype(DTYPES[code].stored.newbyteorder("<"), order="C", copy=False)
        content = stored.reshape(-1).view(np.uint8)  # [bytes], the same memory
        file.write(content)
        fields = (
            encode_int(1, code),
            encode_bytes(2, encode_shape(array.shape)),
            encode_int(3, shard),
            encode_int(4, offset),
            encode_int(5, content.size),
            encode_fixed32(6, checksum([content])),
        )
        entries[name.encode("utf-8")] = b"".join(fields)
        offset += content.size
    return entries
