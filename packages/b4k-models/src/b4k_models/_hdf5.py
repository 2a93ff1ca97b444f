"""Reads HDF5 files as h5py writes them unless told otherwise, in plain Python.

The C library crashes on damaged files; here no number is believed before it was looked at. What Keras writes is all
there is: groups with symbol tables, attributes in object headers, arrays in one piece.
https://docs.hdfgroup.org/archive/support/HDF5/doc/H5.format.html, superblock version 0, object headers version 1.
"""

import functools
import mmap
import operator
import os
import struct

import numpy as np

from .errors import CheckpointError

__all__ = ["HDF5File"]

SIGNATURE = b"\x89HDF\r\n\x1a\n"
SUPERBLOCK = 96  # bytes
UNDEFINED = 2**64 - 1  # the address of what is not in the file
LONGEST_NAME = 1024
DATASPACE, DATATYPE, EXTERNAL, LAYOUT, ATTRIBUTE = 1, 3, 7, 8, 12  # types of messages
CONTINUATION, SYMBOL_TABLE = 16, 17
FIXED_POINT, FLOAT, STRING, VARIABLE_LENGTH = 0, 1, 3, 9  # classes of datatypes
COMPACT, CONTIGUOUS = 0, 1  # classes of layouts
IEEE_754 = {  # bytes: where precision, exponent and mantissa lie, and the bias
    2: (0, 16, 10, 5, 0, 10, 15),
    4: (0, 32, 23, 8, 0, 23, 127),
    8: (0, 64, 52, 11, 0, 52, 1023),
}


class HDF5File:
    """A file, mapped into memory; `root` is the group that everything hangs on."""

    def __init__(self, path):
        self.path = os.fspath(path)
        with open(self.path, "rb") as f:
            self.size = os.fstat(f.fileno()).st_size
            if f.read(len(SIGNATURE)) != SIGNATURE or self.size < SUPERBLOCK:
                self.refuse("no HDF5 file, or cut off: it has %d bytes" % self.size)
            self._content = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
        version, offset_size, length_size = self.unpack("<B4xBB", 8)
        base, _, end, _, _, root = self.unpack("<6Q", 24)
        if (version, offset_size, length_size, base) != (0, 8, 8, 0):
            self.refuse("superblock version %d of HDF5, and Keras writes version 0" % version)
        if end > self.size:
            self.refuse("cut off: it has %d of %d bytes" % (self.size, end))
        self.root = HDF5Object(self, root)

    def close(self):
        self._content.close()

    def take(self, start, size):
        """The bytes [start, start + size)."""
        if start > self.size or size > self.size - start:
            self.refuse(
                "damaged: it has %d bytes, and %d are wanted at %d" % (self.size, size, start)
            )
        return self._content[start : start + size]

    def unpack(self, layout, start):
        """The numbers that begin at `start`."""
        return struct.unpack(layout, self.take(start, struct.calcsize(layout)))

    def expect(self, signature, start):
        """Refuse a file that has something else at `start`."""
        if self.take(start, len(signature)) != signature:
            self.refuse("damaged: no %s at %d" % (signature.decode(), start))

    def name(self, start, end):
        """The text from `start` up to a zero byte before `end`."""
        raw, zero, _ = self.take(start, min(end - start, LONGEST_NAME)).partition(b"\0")
        if not zero:
            self.refuse("damaged: the name at %d has no end" % start)
        return self.decode(raw)

    def decode(self, raw):
        """Bytes as text."""
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise self.error("damaged: the name %r is no text" % raw[:50]) from None

    def error(self, why):
        return CheckpointError("%s: %s" % (self.path, why))

    def refuse(self, why):
        raise self.error(why)


class Message:
    """A piece of an object's header: numbers, and what they say of shape and dtype."""

    def __init__(self, file, content):
        self.file = file
        self.content = content

    def unpack(self, layout, start=0):
        """The numbers that begin at `start`."""
        if struct.calcsize(layout) > len(self.content) - start:
            self.file.refuse("damaged: a message ends inside a number")
        return struct.unpack_from(layout, self.content, start)

    def shape(self):
        """Of a dataspace."""
        version, rank, _, kind = self.unpack("<4B")
        if version not in (1, 2) or (version == 2 and kind > 1):
            self.file.refuse("a dataspace of version %d and type %d" % (version, kind))
        return self.unpack("<%dQ" % rank, 8 if version == 1 else 4)

    def dtype(self):
        """Of a datatype: floats and integers of either byte order, and bytes."""
        kind, flags, size = self.unpack("<BB2xI")
        order = ">" if flags & 1 else "<"
        if kind & 15 == STRING and size:
            return np.dtype("S%d" % size)
        if kind & 15 == FLOAT and self.unpack("<HH4BI", 8) == IEEE_754.get(size):
            return np.dtype("%sf%d" % (order, size))
        if kind & 15 == FIXED_POINT and size in (1, 2, 4, 8) and not self.unpack("<H", 8)[0]:
            return np.dtype("%s%s%d" % (order, "i" if flags & 8 else "u", size))
        raise self.file.error("a datatype of class %d and %d bytes" % (kind & 15, size))


def _read_header(file, address):
    """{type: [messages]} of the object at `address`."""
    version, count, size = file.unpack("<BxH4xI", address)
    if version != 1:
        file.refuse("version %d of an object header, and Keras writes version 1" % version)
    messages, blocks = {}, [(address + 16, size)]
    for start, size in blocks:  # which grow
        end = start + size
        while end - start >= 8 and count:
            kind, length, flags = file.unpack("<HHB", start)
            message = Message(file, file.take(start + 8, length))
            if kind == CONTINUATION:
                blocks.append(message.unpack("<QQ"))
            if flags & 2:
                file.refuse("a message that is shared, as Keras doesn't write it")
            messages.setdefault(kind, []).append(message)
            start, count = start + 8 + length, count - 1
    return messages


def _read_attribute(message):
    """(name, dtype, shape, data) of an attribute; the dtype is read when it is asked for."""
    version, *sizes = message.unpack("<BxHHH")
    start, parts = {1: 8, 2: 8, 3: 9}.get(version, len(message.content)), []
    for size in sizes:  # of the name, the datatype and the dataspace
        parts.append(message.content[start : start + size])
        start += size + (-size % 8 if version == 1 else 0)
    name = message.file.decode(parts[0].rstrip(b"\0"))
    datatype, dataspace = (Message(message.file, part) for part in parts[1:])
    return name, (datatype, dataspace, message.content[start:])


class HDF5Object:
    """A group, with `members` {name: address}, or an array, with `shape`, `dtype` and `read()`; the other is None."""

    def __init__(self, file, address):
        self.file = file
        self._messages = _read_header(file, address)
        self._attributes = dict(map(_read_attribute, self._messages.get(ATTRIBUTE, [])))
        table, dataspace = self._message(SYMBOL_TABLE), self._message(DATASPACE)
        self.members = None if table is None else self._read_members(*table.unpack("<QQ"))
        self.shape = None if dataspace is None else dataspace.shape()
        self.dtype = None if dataspace is None else self._message(DATATYPE, True).dtype()

    def _message(self, kind, required=False):
        """The one message of a kind, or None."""
        found = self._messages.get(kind, [])
        if len(found) > 1 or (required and not found):
            self.file.refuse("damaged: %d messages of type %d in a header" % (len(found), kind))
        return found[0] if found else None

    def texts(self, name):
        """The attribute of that name, a list of texts, or None."""
        if name not in self._attributes:
            return None
        datatype, dataspace, data = self._attributes[name]
        shape, itemsize = dataspace.shape(), datatype.unpack("<4xI")[0]
        if 0 in shape:
            return []
        if len(shape) != 1 or not itemsize or shape[0] * itemsize > len(data):
            self.file.refuse("the attribute %s is no list of texts" % name)
        items = [data[i * itemsize : (i + 1) * itemsize] for i in range(shape[0])]
        if datatype.unpack("<BB")[0] & 15 == VARIABLE_LENGTH:
            items = self._from_heaps(items)
        elif datatype.dtype().kind != "S":
            self.file.refuse("the attribute %s is no list of texts" % name)
        return [self.file.decode(item.rstrip(b"\0")) for item in items]

    def _from_heaps(self, items):
        """What items of 16 bytes (size, address of a heap, index there) refer to."""
        heaps, found = {}, []
        for item in items:
            size, address, index = Message(self.file, item).unpack("<IQI")
            if address not in heaps:
                heaps[address] = dict(self._read_heap(address))
            if size > len(heaps[address].get(index, b"")):
                self.file.refuse("damaged: a text of %d bytes is not in its heap" % size)
            found.append(heaps[address][index][:size] if size else b"")
        return found

    def _read_heap(self, address):
        """Yield (index, bytes) of the objects in a global heap."""
        self.file.expect(b"GCOL", address)
        (size,) = self.file.unpack("<Q", address + 8)
        start, end = address + 16, address + size
        while end - start >= 16:
            index, length = self.file.unpack("<H6xQ", start)
            if index == 0:  # what is left is free
                return
            yield index, self.file.take(start + 16, length)
            start += 16 + length + -length % 8

    # --- groups

    def member(self, path):
        """The object at a path, or None; links that lead elsewhere are none."""
        found = self
        for name in path.split("/"):
            address = (found.members or {}).get(name, UNDEFINED)
            if address == UNDEFINED:
                return None
            found = HDF5Object(self.file, address)
        return found

    def _read_members(self, tree, heap):
        """{name: address}, from a B-tree and the heap of its names."""
        self.file.expect(b"HEAP", heap)
        size, _, names = self.file.unpack("<QQQ", heap + 8)
        members = {}
        for offset, address in self._entries(tree):
            name = self.file.name(names + offset, names + size)
            if name in members:
                self.file.refuse("damaged: two members are called %s" % name)
            members[name] = address
        return members

    def _entries(self, tree):
        """Yield (offset of the name, address of the object) of every leaf of a B-tree."""
        nodes, seen = [tree], set()
        while nodes:
            node = nodes.pop()
            if node in seen:
                self.file.refuse("damaged: the node at %d is met twice" % node)
            seen.add(node)
            (count,) = self.file.unpack("<6xH", node)
            if self.file.take(node, 4) == b"SNOD":
                for i in range(count):
                    yield self.file.unpack("<QQ", node + 8 + 40 * i)
            else:
                self.file.expect(b"TREE\0", node)
                nodes += [self.file.unpack("<Q", node + 32 + 16 * i)[0] for i in range(count)]

    # --- arrays

    def read(self):
        """The array."""
        if EXTERNAL in self._messages:
            self.file.refuse("an array that lies in another file")
        layout, size = self._message(LAYOUT, True), self.dtype.itemsize * _count(self.shape)
        version, kind = layout.unpack("<BB")
        if (version, kind) == (3, CONTIGUOUS):
            start, stored = layout.unpack("<QQ", 2)
            data = self.file.take(start, size) if size else b""
        elif (version, kind) == (3, COMPACT):
            (stored,) = layout.unpack("<H", 2)
            data = layout.content[4 : 4 + size]
        else:
            raise self.file.error("an array in chunks or compressed, as Keras doesn't write it")
        if stored < size or len(data) < size:
            self.file.refuse("damaged: an array of shape %s has %d bytes" % (self.shape, stored))
        array = np.frombuffer(data, self.dtype).reshape(self.shape)
        return array.astype(self.dtype.newbyteorder("="), copy=False)


def _count(shape):
    """The number of elements, as a Python integer: those of a file may be of any size."""
    return functools.reduce(operator.mul, shape, 1)
