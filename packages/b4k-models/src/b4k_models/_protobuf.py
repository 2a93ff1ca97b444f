"""The protobuf wire format, as far as checkpoints use it: varints, tagged fields, nested messages.

https://protobuf.dev/programming-guides/encoding/. A message is a run of fields; a field is a varint
`number << 3 | wire type` followed by a varint (type 0), 8 bytes (1), a varint length and as many
bytes (2), or 4 bytes (5). proto3 leaves out fields that are zero.
"""

import numpy as np

from .errors import CheckpointError

__all__ = [
    "decode",
    "decode_varint",
    "decode_varints",
    "encode_bytes",
    "encode_fixed32",
    "encode_int",
    "encode_varint",
]

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
WIRE_TYPES = {"int": VARINT, "bytes": BYTES, "repeated": BYTES, "fixed32": FIXED32}
DEFAULTS = {"int": 0, "bytes": b"", "fixed32": 0}


def decode_varint(data, position):
    """(value, position behind it) of the varint at `position` of a bytes-like object."""
    value = shift = 0
    while True:
        if position >= len(data):
            raise CheckpointError("the data end inside a number")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift > 63:
            raise CheckpointError("a number has more than ten bytes")
    if value >= 1 << 64:
        raise CheckpointError("a number has more than 64 bits")
    return value, position


def decode_varints(packed):
    """All varints of a packed field, as int64 [n] (unsigned 64-bit values wrap around)."""
    data = np.frombuffer(packed, np.uint8)  # [bytes]
    ends = np.flatnonzero(data < 0x80) + 1  # [n], behind each varint's last byte
    if data.size and (not ends.size or ends[-1] != data.size):
        raise CheckpointError("the data end inside a number")
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)[: ends.size]  # [n]
    lengths = ends - starts  # [n]
    longest = lengths.max(initial=0)
    if longest > 10:
        raise CheckpointError("a number has more than ten bytes")
    values = np.zeros(ends.size, np.uint64)  # [n]
    for i in range(longest):
        longer = np.flatnonzero(lengths > i)
        bits = (data[starts[longer] + i] & 0x7F).astype(np.uint64)
        values[longer] |= bits << np.uint64(7 * i)
    return values.view(np.int64)


def _fields(message):
    """Yield (number, wire type, value) of each field; the value is an int or a memoryview."""
    position = 0
    while position < len(message):
        tag, position = decode_varint(message, position)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == VARINT:
            value, position = decode_varint(message, position)
            yield number, wire_type, value - (value >> 63 << 64)  # int32 and int64 are signed
            continue
        if wire_type == BYTES:
            size, position = decode_varint(message, position)
        elif wire_type in (FIXED32, FIXED64):
            size = 4 if wire_type == FIXED32 else 8
        else:
            raise CheckpointError(f"field {number} has the unknown wire type {wire_type}")
        if size > len(message) - position:
            raise CheckpointError(
                f"field {number} claims {size} bytes, {len(message) - position} are left"
            )
        value = message[position : position + size]
        position += size
        yield number, wire_type, value if wire_type == BYTES else int.from_bytes(value, "little")


def decode(message, schema):
    """Decode `message` by `schema` {number: (name, kind)} to a dict {name: value}.

    A kind is "int", "fixed32", "bytes" (a nested message, a string, packed numbers) or "repeated"
    (a list of "bytes"). Fields the schema does not list are skipped; absent ones are 0, b"" or [].
    """
    values = {name: [] if kind == "repeated" else DEFAULTS[kind] for name, kind in schema.values()}
    seen = set()
    for number, wire_type, value in _fields(memoryview(message)):
        if number not in schema:
            continue
        name, kind = schema[number]
        if wire_type != WIRE_TYPES[kind]:
            raise CheckpointError(
                f"the field {name} has the wire type {wire_type}, expected {WIRE_TYPES[kind]}"
            )
        if kind == "repeated":
            values[name].append(value)
        elif name in seen:
            raise CheckpointError(f"the field {name} occurs twice")
        else:
            values[name] = value
        seen.add(name)
    return values


def encode_varint(value):
    """`value` (0 <= value < 2**64) as a varint."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode_int(number, value):
    """An integer field; as proto3 has it, nothing at all for a zero."""
    return encode_varint(number << 3 | VARINT) + encode_varint(value) if value else b""


def encode_bytes(number, value):
    """A field of bytes: a string or a nested message."""
    return encode_varint(number << 3 | BYTES) + encode_varint(len(value)) + value


def encode_fixed32(number, value):
    """A field of four bytes."""
    return encode_varint(number << 3 | FIXED32) + value.to_bytes(4, "little") if value else b""
