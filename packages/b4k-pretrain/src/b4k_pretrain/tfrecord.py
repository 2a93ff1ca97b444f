"""TFRecord files of integers, as bert4keras keeps its corpora, read and written without TensorFlow.

A record is the length of its data, a checksum of that, the data, and a checksum of the data; the
data is a protocol buffer, tf.train.Example.
"""

import os
import struct

import numpy as np
from crc32c import crc32c

from b4k_pretrain.formats import FEATURES, Source
from b4k_pretrain.manifest import RecordsError

__all__ = ["TFRecord", "first_example", "index"]

HEAD = struct.Struct("<QI")  # the length and its checksum
CHECKSUM = struct.Struct("<I")
GROUPS = np.arange(5)  # of 7 bits, of a number below 2 ** 32


class TFRecord:
    """One Example a record: token_ids, and mask_ids where masks were drawn beforehand."""

    packages = ("crc32c",)
    suffix = ".tfrecord"

    @staticmethod
    def write(path, array):
        """Write ids [records, length] or [records, features, length]."""
        with open(path, "wb") as writer:
            for data in encoded(array):
                head = struct.pack("<Q", len(data))
                writer.write(head + CHECKSUM.pack(masked_checksum(head)))
                writer.write(data + CHECKSUM.pack(masked_checksum(data)))

    class Source(Source):
        """Finds the records when a file is opened, and decodes those asked for."""

        def open(self, path, count):
            """A shard as an Examples."""
            return Examples(path, self.manifest)


class Examples:
    """The records of one file."""

    def __init__(self, path, manifest):
        self.path = path
        self.features = manifest.features
        self.shape = len(manifest.features), manifest.sequence_length
        self.data, self.places = opened(path)

    def __len__(self):
        return len(self.places)

    def __getitem__(self, indices):
        """Records [n, features, length]."""
        found = np.empty((len(indices),) + self.shape, np.int64)
        for row, i in zip(found, indices):
            columns = decoded(data_at(self.path, self.data, self.places[i]))
            for feature, column in zip(self.features, row):
                if len(columns.get(feature, ())) != len(column):
                    message = "%s, record %d: expected %r with %d numbers, got %s"
                    sizes = {name: len(values) for name, values in columns.items()}
                    raise RecordsError(message % (self.path, i, feature, len(column), sizes))
                column[:] = columns[feature]
        return found


def first_example(path):
    """(the features of the first record of a file, how many records it has)."""
    data, places = opened(path)
    return (decoded(data_at(path, data, places[0])) if places else {}), len(places)


def opened(path):
    """(the bytes of a file, which stay on the disk, the places of its records)."""
    data = np.memmap(path, np.uint8, "r") if os.path.getsize(path) else np.zeros(0, np.uint8)
    return data, index(path, data)


def index(path, data):
    """(start, end) of the data of each record of a file's bytes."""
    places, start = [], 0
    while start < len(data):
        head = data[start : start + HEAD.size].tobytes()
        if len(head) == HEAD.size:
            length, checksum = HEAD.unpack(head)
            end = start + HEAD.size + length
        if len(head) < HEAD.size or checksum != masked_checksum(head[:8]) or end + 4 > len(data):
            message = "%s: record %d at byte %d is cut off, or it is no TFRecord file"
            raise RecordsError(message % (path, len(places), start))
        places.append((start + HEAD.size, end))
        start = end + CHECKSUM.size
    return places


def data_at(path, data, place):
    """The data of a record, its checksum verified."""
    start, end = place
    found = data[start : end + CHECKSUM.size].tobytes()
    if CHECKSUM.unpack(found[-4:])[0] != masked_checksum(found[:-4]):
        raise RecordsError("%s: the checksum of the record at byte %d is wrong" % (path, start))
    return found[:-4]


def masked_checksum(data):
    """The CRC-32C of bytes, masked as TensorFlow does; b4k_models has it too, but imports Keras."""
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def encoded(array):
    """The Examples of ids [records, length] or [records, features, length], as bytes."""
    array = array[:, None] if array.ndim == 2 else array
    values = array.astype(np.uint64)[..., None] >> (7 * GROUPS).astype(np.uint64)
    there = (values > 0) | (GROUPS == 0)  # groups [..., 5] that a number needs
    more = np.append(there[..., 1:], np.zeros_like(there[..., :1]), -1)
    groups = (values & np.uint64(127)).astype(np.uint8) | (more.astype(np.uint8) << 7)
    for record, kept in zip(groups, there):
        columns = [row[keep].tobytes() for row, keep in zip(record, kept)]
        yield _message(1, b"".join(_feature(*column) for column in sorted(zip(FEATURES, columns))))


def _feature(name, numbers):
    """An entry of the map of features: a name and a list of integers."""
    return _message(1, _message(1, name.encode()) + _message(2, _message(3, _message(1, numbers))))


def _message(field, content):
    """A field of bytes in a protocol buffer."""
    return bytes([field << 3 | 2]) + _varint(len(content)) + content


def _varint(number):
    """A number in groups of seven bits, the lowest first."""
    groups = []
    while number > 127:
        groups.append(number & 127 | 128)
        number >>= 7
    return bytes(groups + [number])


def decoded(data):
    """{feature: array of its numbers} of an Example."""
    found = {}
    for features in _fields(data, 1):
        for entry in _fields(features, 1):
            (name,), (value,) = _fields(entry, 1), _fields(entry, 2) or [b""]
            values = [
                _numbers(packed) for numbers in _fields(value, 3) for packed in _fields(numbers, 1)
            ]
            found[bytes(name).decode()] = np.concatenate([np.zeros(0, np.int64), *values])
    return found


def _fields(data, wanted):
    """The contents of the fields of one number, in a protocol buffer of nothing but bytes and numbers."""
    found, place = [], 0
    while place < len(data):
        key, place = _read_varint(data, place)
        start = place
        size, place = _read_varint(data, place)
        if key & 7 == 2:
            start, place = place, place + size
        elif key & 7 != 0:
            raise RecordsError(
                "expected an Example of integers, got a field of kind %d" % (key & 7)
            )
        if key >> 3 == wanted:
            found.append(data[start:place])
    return found


def _read_varint(data, start):
    """(number, where it ends)."""
    number = 0
    for i, byte in enumerate(data[start : start + 10]):
        number |= (byte & 127) << (7 * i)
        if byte < 128:
            return number, start + i + 1
    raise RecordsError("expected an Example of integers, got %.40r" % bytes(data))


def _numbers(packed):
    """The numbers of a field of them."""
    groups = np.frombuffer(packed, np.uint8)
    starts = np.flatnonzero(np.append(True, groups < 128)[:-1])
    if not len(starts):
        return np.zeros(0, np.int64)
    places = np.arange(len(groups)) - np.repeat(starts, np.diff(np.append(starts, len(groups))))
    return np.add.reduceat((groups & 127).astype(np.int64) << (7 * places), starts)
