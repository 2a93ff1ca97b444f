"""The sorted string table of LevelDB: how TensorFlow stores key -> value pairs in one file.

https://github.com/google/leveldb/blob/main/doc/table_format.md. From the end to the start:

    footer   48 bytes: the handles of the metaindex block (unused) and of the index block, two
             varints (offset, size) each, zeros up to byte 40, and the magic number
    index    a block whose values are the handles of the data blocks, whose keys lie between theirs
    data     blocks of entries in key order

    block    the entries, a uint32 offset of each entry that has a whole key ("restart"), their
             number; behind the block a byte for its compression, and the masked CRC-32C of all this
    entry    three varints: the bytes the key shares with the previous key, the bytes it does not,
             the bytes of the value; then the key's own bytes and the value
"""

import struct

from ._checksum import checksum
from ._protobuf import decode_varint, encode_varint
from ._snappy import decompress
from .errors import CheckpointError

__all__ = ["MAGIC", "read_table", "write_table"]

MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)
FOOTER_SIZE = 48
TRAILER_SIZE = 5
DECODERS = {0: lambda block: block, 1: decompress}
LONGEST_KEY = 4096  # keys are stored as differences: a limit keeps small files from growing huge
BLOCK_SIZE, RESTART_INTERVAL = 262144, 16  # of tensorflow/core/lib/io/table_options.h


# --- reading


class Block:
    """A data block of a table; its content is trusted only after `check`."""

    def __init__(self, table, handle):
        self.table, self.offset, self.size = table, handle[0], handle[1]
        self.checked = False
        if self.offset + self.size + TRAILER_SIZE > len(table) - FOOTER_SIZE:
            raise CheckpointError(
                f"a block of {self.size} bytes is said to start at byte {self.offset} of the file, "
                f"which has {len(table)}"
            )

    def check(self):
        """Compare the block with its checksum, if that has not been done."""
        end = self.offset + self.size + 1  # the checksum is also over the compression's byte
        (stored,) = struct.unpack_from("<I", self.table, end)
        if not self.checked and checksum([self.table[self.offset : end]]) != stored:
            raise CheckpointError(f"the checksum of the block at byte {self.offset} does not match")
        self.checked = True

    def content(self):
        """The bytes of the block, decompressed."""
        end = self.offset + self.size
        if self.table[end] not in DECODERS:
            raise CheckpointError(
                f"the block at byte {self.offset} has the unknown compression {self.table[end]}"
            )
        return DECODERS[self.table[end]](self.table[self.offset : end])

    def entries(self, previous=None):
        """Yield the (key, value) pairs, whose keys must rise from `previous`."""
        data = memoryview(self.content())
        restarts = int.from_bytes(data[-4:], "little")
        if len(data) < 4 * (restarts + 1):
            raise CheckpointError(f"a block of {len(data)} bytes claims {restarts} restarts")
        data = data[: len(data) - 4 * (restarts + 1)]
        position, key = 0, b""
        while position < len(data):
            shared, position = decode_varint(data, position)
            unshared, position = decode_varint(data, position)
            size, position = decode_varint(data, position)
            start = position + unshared
            if shared > len(key) or start + size > len(data):
                raise CheckpointError(f"an entry at byte {position} reaches beyond its block")
            if shared + unshared > LONGEST_KEY:
                raise CheckpointError(f"a key has {shared + unshared} bytes, over {LONGEST_KEY}")
            key = key[:shared] + bytes(data[position:start])
            if previous is not None and key <= previous:
                raise CheckpointError(f"the key {key} does not come after {previous}")
            yield key, data[start : start + size]
            position, previous = start + size, key


def _handle(data, position):
    """((offset, size), position behind) of a block handle."""
    offset, position = decode_varint(data, position)
    size, position = decode_varint(data, position)
    return (offset, size), position


def _data_blocks(table):
    """The data blocks of a table, from its footer and its index."""
    if len(table) < FOOTER_SIZE or table[-len(MAGIC) :] != MAGIC:
        raise CheckpointError(
            f"not a TensorFlow checkpoint: its {len(table)} bytes do not end with the magic number "
            "of a LevelDB table"
        )
    footer = table[-FOOTER_SIZE:]
    _, position = _handle(footer, 0)
    index = Block(table, _handle(footer, position)[0])
    index.check()
    end = 0
    for _, value in index.entries():
        block = Block(table, _handle(value, 0)[0])
        if block.offset < end:
            raise CheckpointError(f"the block at byte {block.offset} overlaps the one before")
        end = block.offset + block.size
        yield block


def read_table(table, check=True):
    """Yield (key, value, block) of each entry of a table, in the order of the keys.

    `table` is a bytes-like object, the whole file; the values are memoryviews, into it where its
    blocks are not compressed. The index and the first data block are always checked against their
    checksums, the others with `check`. Raises CheckpointError.
    """
    last = None
    for block in _data_blocks(memoryview(table)):
        if check or last is None:
            block.check()
        for key, value in block.entries(last):
            yield key, value, block
            last = key


# --- writing, byte for byte as tensorflow/core/lib/io/{block,table}_builder.cc


class _BlockBuilder:
    """Collects the entries of one block; every `interval`-th has its whole key."""

    def __init__(self, interval):
        self.interval, self.count = interval, 0
        self.data, self.restarts, self.key = bytearray(), [0], b""

    def add(self, key, value):
        shared = 0
        if self.count and self.count % self.interval == 0:
            self.restarts.append(len(self.data))
        else:
            shared = _common_prefix(self.key, key)
        for number in (shared, len(key) - shared, len(value)):
            self.data += encode_varint(number)
        self.data += key[shared:] + value
        self.key = key
        self.count += 1

    def size(self):
        return len(self.data) + 4 * len(self.restarts) + 4

    def finish(self):
        """The block with its trailer."""
        restarts = self.restarts + [len(self.restarts)]
        block = bytes(self.data) + struct.pack(f"<{len(restarts)}I", *restarts) + b"\0"
        return block + struct.pack("<I", checksum([block]))


def _common_prefix(a, b):
    """The number of bytes that `a` and `b` start with in common."""
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def _separator(key, following):
    """A short key in key <= separator < following."""
    i = _common_prefix(key, following)
    if i < min(len(key), len(following)) and key[i] < 0xFF and key[i] + 1 < following[i]:
        return key[:i] + bytes([key[i] + 1])
    return key


def _successor(key):
    """A short key that is not before `key`."""
    i = len(key) - len(key.lstrip(b"\xff"))
    return key[:i] + bytes([key[i] + 1]) if i < len(key) else key


class _TableBuilder:
    """Cuts sorted entries into blocks, and indexes those."""

    def __init__(self):
        self.file, self.data = bytearray(), _BlockBuilder(RESTART_INTERVAL)
        self.index, self.pending = _BlockBuilder(1), None

    def add(self, key, value):
        if len(key) + len(value) >= 2 * BLOCK_SIZE:
            self.flush()
        self.index_pending(_separator, key)
        self.data.add(key, value)
        if self.data.size() >= BLOCK_SIZE:
            self.flush()

    def flush(self):
        """Write the data block; its index entry waits for the next key, to be short."""
        if self.data.count:
            self.pending = self.data.key, self.write(self.data)
            self.data = _BlockBuilder(RESTART_INTERVAL)

    def index_pending(self, shorten, *following):
        if self.pending:
            key, handle = self.pending
            self.index.add(shorten(key, *following), handle)
            self.pending = None

    def write(self, builder):
        """Append a block to the file; its handle."""
        block = builder.finish()
        handle = encode_varint(len(self.file)) + encode_varint(len(block) - TRAILER_SIZE)
        self.file += block
        return handle

    def finish(self):
        self.flush()
        handles = self.write(_BlockBuilder(RESTART_INTERVAL))
        self.index_pending(_successor)
        handles += self.write(self.index)
        return bytes(self.file) + handles.ljust(FOOTER_SIZE - len(MAGIC), b"\0") + MAGIC


def write_table(entries):
    """The bytes of an uncompressed table of `entries`, (key, value) pairs of bytes in key order."""
    builder = _TableBuilder()
    for key, value in entries:
        builder.add(key, value)
    return builder.finish()
