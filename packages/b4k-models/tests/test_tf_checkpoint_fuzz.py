"""Files that are not what they say give CheckpointError or a correct read, in bounded memory."""

import contextlib
import os
import shutil
import struct
import tempfile
import tracemalloc

import numpy as np
import pytest
from b4k_models import CheckpointError, TFCheckpoint
from b4k_models._bundle import ENTRY, HEADER
from b4k_models._checkpoint_state import read_latest
from b4k_models._checksum import checksum
from b4k_models._protobuf import (
    decode,
    decode_varints,
    encode_bytes,
    encode_fixed32,
    encode_int,
    encode_varint,
)
from b4k_models._snappy import decompress
from b4k_models._sstable import FOOTER_SIZE, MAGIC, read_table, write_table
from b4k_models._tensor_protos import encode_shape, slice_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

GOLDEN = os.path.join(os.path.dirname(__file__), "golden", "tf_checkpoint")
V2_INDEX, V2_DATA = "v2/model.ckpt.index", "v2/model.ckpt.data-00000-of-00001"
FILES = [
    V2_INDEX,
    V2_DATA,
    "v2/checkpoint",
    "sharded/model.ckpt.index",
    "sharded/model.ckpt.data-00001-of-00002",
    "partitioned/model.ckpt.index",
    "unusual/model.ckpt.index",
    "v1/model.ckpt",
]
MANY = settings(
    max_examples=150,
    deadline=None,
    database=None,
    derandomize=True,  # the same examples in every run
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.fixture
def fresh_session():
    """Nothing here makes a model: instead of the one in conftest.py, which takes its time."""


def golden(name):
    with open(os.path.join(GOLDEN, name), "rb") as f:
        return f.read()


@contextlib.contextmanager
def directory_with(name, content):
    """A copy of the golden directory of the file `name`, in which that file has `content`."""
    with tempfile.TemporaryDirectory() as root:
        case, file = name.split("/")
        directory = shutil.copytree(os.path.join(GOLDEN, case), os.path.join(root, "copy"))
        with open(os.path.join(directory, file), "wb") as f:
            f.write(content)
        yield directory


def read_all(path, verify=True):
    """{name: array} of what can be read; the rest raises nothing but CheckpointError."""
    arrays = {}
    with contextlib.suppress(CheckpointError):
        checkpoint = TFCheckpoint(path, verify=verify)
        for name in checkpoint:
            with contextlib.suppress(CheckpointError):
                arrays[name] = checkpoint[name]
                assert arrays[name].shape == checkpoint.shapes[name]
                assert arrays[name].dtype == checkpoint.dtypes[name]
    return arrays


# --- tables and bundles by hand


def block(content, kind=0):
    """A block with its trailer."""
    content = content + bytes([kind])
    return content + struct.pack("<I", checksum([content]))


def entries_of(pairs):
    """The content of a block without shared keys."""
    content = b"".join(
        b"\0" + encode_varint(len(key)) + encode_varint(len(value)) + key + value
        for key, value in pairs
    )
    return content + struct.pack("<II", 0, 1)


def handle(offset, size):
    return encode_varint(offset) + encode_varint(size)


def table(blocks, times=1):
    """A table of whole blocks, trailers included, whose index lists them that many times."""
    offset, handles = 0, []
    for content in blocks:
        handles.append(handle(offset, len(content) - 5))
        offset += len(content)
    pairs = [(b"k%03d" % i, content) for i, content in enumerate(handles * times)]
    return b"".join(blocks) + footer(offset, entries_of(pairs))


def footer(offset, index):
    """An index block at `offset`, and the footer."""
    handles = handle(0, 0) + handle(offset, len(index))
    return block(index) + handles.ljust(FOOTER_SIZE - len(MAGIC), b"\0") + MAGIC


def entry(shape=(2,), dtype=1, shard=0, offset=0, size=8, more=b""):
    """A BundleEntryProto; negative numbers as protobuf has them."""
    numbers = [(3, shard), (4, offset), (5, size)]
    return b"".join(
        [encode_int(1, dtype), encode_bytes(2, encode_shape(shape))]
        + [encode_int(number, value % (1 << 64)) for number, value in numbers]
        + [encode_fixed32(6, checksum([bytes(8)])), more]
    )


def extents(*pairs):
    """The field `slices` of an entry, with one slice."""
    message = b"".join(
        encode_bytes(1, encode_int(1, start) + encode_int(2, length)) for start, length in pairs
    )
    return encode_bytes(7, message)


def cut(name, shape, *slices):
    """A partitioned variable of float32 and its slices, one behind the other."""
    whole = entry(shape, size=0, more=b"".join(extents(*pairs) for pairs in slices))
    table, offset = {name: whole}, 0
    for pairs in slices:
        part = [length for _, length in pairs]
        size = int(4 * np.prod(part))
        table[slice_key(name, pairs)] = entry(part, offset=offset, size=size)
        offset += size
    return table


ONE = encode_int(1, 1)  # the header of a bundle with one shard
NEWER = ONE + encode_bytes(3, encode_int(2, 9))
BUNDLES = [
    ({b"a": entry()}, ONE, None),
    ({b"a": entry(size=12)}, ONE, r"a: it has 12 bytes, its shape \(2,\) of float32 needs 8"),
    ({b"a": entry(size=-8)}, ONE, "a: it has data type 1 and -8 bytes"),
    ({b"a": entry(offset=-8)}, ONE, "a claims 8 bytes from byte -8"),
    ({b"a": entry(offset=93)}, ONE, "a claims 8 bytes from byte 93.* the file at 100"),
    ({b"a": entry(offset=1 << 62)}, ONE, "a claims 8 bytes from byte 4611686018427387904"),
    ({b"a": entry(), b"b": entry(offset=4)}, ONE, "b claims .* the tensor before ends at 8"),
    ({b"a": entry(), b"b": entry()}, ONE, "b claims .* the tensor before ends at 8"),
    ({b"a": entry(shard=1)}, ONE, "a lies in shard 1, there are 1"),
    ({b"a": entry(shard=-1)}, ONE, "a lies in shard -1, there are 1"),
    ({b"a": entry(shard=7)}, encode_int(1, 9), "data-00007-of-00009: No such file"),
    ({b"a": entry((1 << 40, 1 << 40), size=0)}, ONE, "unknown or impossible shape"),
    ({b"a": entry((1 << 40, 0), size=0)}, ONE, None),
    ({b"a": entry((1 << 61, 0), size=0)}, ONE, "unknown or impossible shape"),
    ({b"a": entry(((1 << 64) - 1,))}, ONE, r"unknown or impossible shape, \(-1,\)"),
    ({b"a": entry((1,) * 40)}, ONE, "unknown or impossible shape"),
    ({b"a": entry((1 << 30,), size=1 << 32)}, ONE, "a claims 4294967296 bytes"),
    ({b"a": entry(dtype=0)}, ONE, "a: it has data type 0"),
    ({b"a": entry(dtype=7, size=101)}, ONE, "a claims 101 bytes"),
    ({b"a": entry(more=encode_int(1, 1))}, ONE, "a: the field dtype occurs twice"),
    ({b"a": entry(more=encode_int(7, 1))}, ONE, "the field slices has the wire type 0"),
    ({b"a": entry(more=b"\x3a\x05x")}, ONE, "a: field 7 claims 5 bytes, 1 are left"),
    ({b"a": entry(more=b"\xff" * 11)}, ONE, "a: a number has more than ten bytes"),
    ({b"a": entry(more=b"\x08" + b"\xff" * 9 + b"\x7f")}, ONE, "a: a number has more than 64 bits"),
    ({b"a": entry(more=b"\x3b")}, ONE, "a: field 7 has the unknown wire type 3"),
    ({b"a": entry(more=b"\x3d\0")}, ONE, "a: field 7 claims 4 bytes, 1 are left"),
    ({b"a\xff": entry()}, ONE, "is not UTF-8"),
    ({b"a" * 5000: entry()}, ONE, "a key has 5000 bytes, over 4096"),
    ({b"a": entry()}, NEWER, "it needs a reader of format 9, this one reads 1"),
    ({b"a": entry()}, ONE + encode_int(2, 2), "the byte order 2 is unknown"),
    ({b"a": entry()}, None, "the table does not start with a bundle header"),
    ({}, None, "the table does not start with a bundle header"),
    (cut(b"a", (4, 2), [(0, 2), (0, 2)], [(2, 2), (0, 2)]), ONE, None),
    (cut(b"a", (4, 2), [(0, 2), (0, 2)], [(3, 1), (0, 2)]), ONE, "one ends at 2 .* starts at 3"),
    (cut(b"a", (4, 2), [(0, 2), (0, 2)], [(1, 3), (0, 2)]), ONE, "one ends at 2 .* starts at 1"),
    (cut(b"a", (4, 2), [(0, 2), (0, 2)]), ONE, "one ends at 2 .* starts at 4"),
    (cut(b"a", (4, 2), [(2, 2), (0, 2)]), ONE, "one ends at 0 .* starts at 2"),
    (cut(b"a", (4, 2), [(0, 2), (0, 2)], [(2, 2), (0, 1)]), ONE, r"along the axes \[0, 1\]"),
    (cut(b"a", (2,), [(0, 2)], [(0, 2)]), ONE, "a: it has 2 pieces, each as large as itself"),
    (cut(b"a", (4,), [(0, 2)], [(2, 9)]), ONE, r"a slice \(2, 9\) leaves its tensor \(4,\)"),
    ({b"a": entry((4,), size=0, more=extents((0, 4)))}, ONE, "its slice .* is missing"),
    ({b"a": entry((4,), size=0, more=extents((0, 4), (0, 4)))}, ONE, "a slice has 2 extents"),
    (
        {
            b"a": entry((4,), more=extents((0, 4))),
            slice_key(b"a", [(0, 4)]): entry((2, 2), size=16),
        },
        ONE,
        r"its slice .* has shape \(2, 2\) and data type 1, expected \(4,\) and 1",
    ),
]


@pytest.mark.parametrize("entries, header, message", BUNDLES)
def test_bundles_that_contradict_themselves(tmp_path, entries, header, message):
    pairs = sorted(entries.items()) if header is None else [(b"", header)] + sorted(entries.items())
    (tmp_path / "x.index").write_bytes(write_table(pairs))
    (tmp_path / "x.data-00000-of-00001").write_bytes(bytes(100))
    tracemalloc.start()
    if message is None:
        checkpoint = TFCheckpoint(tmp_path / "x", verify=False)
        assert not checkpoint["a"].any()
    else:
        with pytest.raises(CheckpointError, match=message) as info:
            TFCheckpoint(tmp_path / "x")
        assert str(info.value).startswith(str(tmp_path / "x"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10e6  # bytes: nothing is allocated because a header says so


GOOD = block(entries_of([(b"", ONE), (b"a", entry())]))
TABLES = [
    (b"", "not a TensorFlow checkpoint: its 0 bytes do not end with the magic number"),
    (MAGIC, "not a TensorFlow checkpoint: its 8 bytes"),
    (np.random.RandomState(0).bytes(1000), "not a TensorFlow checkpoint: its 1000 bytes"),
    (bytes(40) + MAGIC, "a block of 0 bytes is said to start at byte 0 of the file, which has 48"),
    (b"\xff" * 40 + MAGIC, "a number has more than ten bytes"),
    (
        footer(0, entries_of([(b"k", handle(1 << 40, 9))])),
        "start at byte 1099511627776 of the file",
    ),
    (footer(0, entries_of([(b"k", handle(0, 1 << 63))])), "a block of 9223372036854775808 bytes"),
    (footer(0, entries_of([(b"k", b"\x01")])), "the data end inside a number"),
    (footer(0, b""), "a block of 0 bytes claims 0 restarts"),
    (footer(0, struct.pack("<I", 1 << 31)), "a block of 4 bytes claims 2147483648 restarts"),
    (table([GOOD[:-1] + b"\0"]), "the checksum of the block at byte 0 does not match"),
    (table([block(GOOD[:-5], kind=7)]), "the block at byte 0 has the unknown compression 7"),
    (
        table([block(b"\xff\xff\xff\xff\x0f", kind=1)]),
        "5 bytes of Snappy data claim to hold 4294967295",
    ),
    (table([GOOD, GOOD]), "the key b'' does not come after b'a'"),
    (
        table([block(entries_of([(b"", ONE), (b"a", entry()), (b"a", entry())]))]),
        "does not come after b'a'",
    ),
    (table([block(b"\x01\0\0" + bytes(4))]), "an entry at byte 3 reaches beyond its block"),
    (table([block(b"\0\0\x09" + bytes(4))]), "an entry at byte 3 reaches beyond its block"),
    (table([GOOD], times=2), "the block at byte 0 overlaps the one before"),
]


@pytest.mark.parametrize("content, message", TABLES, ids=[message for _, message in TABLES])
@pytest.mark.parametrize("name", ["x.index", "x"], ids=["v2", "v1"])
def test_files_that_are_no_tables(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=message) as info:
        TFCheckpoint(tmp_path / "x")
    assert str(info.value).startswith(str(tmp_path / name))


@pytest.mark.parametrize("fraction", [0, 0.5, 0.99])
@pytest.mark.parametrize("name", sorted(set(FILES) - {"v2/checkpoint"}))
def test_truncated_files(name, fraction):
    content = golden(name)
    with directory_with(name, content[: int(fraction * len(content))]) as directory:
        with pytest.raises(CheckpointError, match=os.path.basename(name)):
            TFCheckpoint(directory)


def test_other_data_of_the_right_size():
    with directory_with(V2_DATA, np.random.RandomState(0).bytes(len(golden(V2_DATA)))) as directory:
        with pytest.raises(
            CheckpointError, match="the checksum of bert/pooler/dense/kernel does not"
        ):
            TFCheckpoint(directory)["bert/pooler/dense/kernel"]


# --- compression


def compress(data):
    """A plain Snappy encoder: copies where four bytes were seen before, else literal runs."""
    out, seen, i, literal = encode_varint(len(data)), {}, 0, b""
    while i < len(data):
        start, length = seen.get(data[i : i + 4]), 4
        seen[data[i : i + 4]] = i
        if start is None or i + length > len(data):
            literal += data[i : i + 1]
            i += 1
            continue
        while length < 60 and i + length < len(data) and data[start + length] == data[i + length]:
            length += 1
        out += run(literal) + struct.pack("<BH", (length - 1) << 2 | 2, i - start)
        literal = b""
        i += length
    return out + run(literal)


def run(literal):
    """A literal run, its length in two bytes."""
    return struct.pack("<BH", 61 << 2, len(literal) - 1) + literal if literal else b""


# --- fuzzing


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "set", "delete", "insert", "cut", "copy"]),
        st.floats(0, 1, exclude_max=True),  # where
        st.integers(0, 255),
        st.binary(max_size=12),
    ),
    min_size=1,
    max_size=4,
)


def edited(content, edits):
    """`content` after a few small edits."""
    for kind, where, number, piece in edits:
        i = int(where * len(content))
        head, tail = content[:i], content[i:]
        content = {
            "flip": head + bytes(b ^ (1 << number % 8) for b in tail[:1]) + tail[1:],
            "set": head + piece + tail[len(piece) :],
            "delete": head + tail[number % 16 :],
            "insert": head + piece + tail,
            "cut": head,
            "copy": head + content[number : number + 16] + tail,
        }[kind]
    return content


@MANY
@given(st.sampled_from(FILES), EDITS)
def test_edited_files_read_right_or_not_at_all(name, edits):
    """Whatever the edit, checksums leave what was written or an error."""
    with np.load(os.path.join(GOLDEN, name.split("/")[0], "expected.npz")) as arrays:
        with directory_with(name, edited(golden(name), edits)) as directory:
            for path in (directory, os.path.join(directory, "model.ckpt")):
                for key, array in read_all(path).items():
                    assert array.tobytes() == arrays["variable/" + key].tobytes()
                read_all(path, verify=False)


TABLE_FILES = [name for name in FILES if "data" not in name and name != "v2/checkpoint"]


@MANY
@given(st.sampled_from(TABLE_FILES), st.integers(0, 100), st.booleans(), EDITS)
def test_edited_entries(name, which, in_key, edits):
    """Edits under right checksums: of one key or one value."""
    pairs = [[key, bytes(value)] for key, value, _ in read_table(golden(name))]
    pair = pairs[which % len(pairs)]
    pair[1 - in_key] = edited(pair[1 - in_key], edits)
    with directory_with(name, write_table(map(tuple, pairs))) as directory:
        read_all(directory)


@MANY
@given(st.sampled_from(TABLE_FILES), EDITS, st.booleans())
def test_edited_blocks(name, edits, compressed):
    """Edits under right checksums: of a block, plain or compressed."""
    content = entries_of((key, bytes(value)) for key, value, _ in read_table(golden(name)))
    content = edited(compress(content) if compressed else content, edits)
    with directory_with(name, table([block(content, int(compressed))])) as directory:
        read_all(directory)


@MANY
@given(st.binary(max_size=200))
def test_any_bytes(content):
    """Each decoder by itself."""
    decoders = [
        lambda: decode(content, ENTRY),
        lambda: decode(content, HEADER),
        lambda: decode_varints(content),
        lambda: decompress(memoryview(content)),
        lambda: list(read_table(content)),
        lambda: list(read_table(content + bytes(40) + MAGIC)),
        lambda: list(read_table(table([block(content)]))),
        lambda: list(read_table(footer(0, content))),
    ]
    for decoder in decoders:
        with contextlib.suppress(CheckpointError):
            decoder()


@MANY
@given(st.binary(max_size=100) | st.text(r"\"19n/").map(str.encode))
def test_any_state_file(content):
    with directory_with("v2/checkpoint", b'model_checkpoint_path: "' + content) as directory:
        with contextlib.suppress(CheckpointError):
            assert isinstance(read_latest(directory), str)
            TFCheckpoint(directory)


@MANY
@given(st.lists(st.integers(-(1 << 63), (1 << 63) - 1)))
def test_varints(numbers):
    packed = b"".join(encode_varint(number % (1 << 64)) for number in numbers)
    assert decode_varints(packed).tolist() == numbers


@MANY
@given(st.lists(st.sampled_from([b"bert/", b"layer_", b"0", b"\0" * 9]) | st.binary(max_size=9)))
def test_compressed_bytes(parts):
    content = b"".join(parts * 3)
    assert decompress(memoryview(compress(content))) == content


@pytest.mark.parametrize("name", TABLE_FILES)
def test_compressed_tables(name):
    """As TensorFlow's, but for the compression, which it reads and no longer writes."""
    pairs = [(key, bytes(value)) for key, value, _ in read_table(golden(name))]
    half = len(pairs) // 2
    blocks = [entries_of(pairs[:half]), entries_of(pairs[half:])]
    assert len(compress(b"word" * 99)) < 40
    with directory_with(name, table([block(compress(b), kind=1) for b in blocks])) as directory:
        plain = read_all(os.path.join(GOLDEN, name.split("/")[0]))
        packed = read_all(directory)
    assert {key: array.tobytes() for key, array in packed.items()} == {
        key: array.tobytes() for key, array in plain.items()
    }
