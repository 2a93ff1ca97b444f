"""TFCheckpoint and write_tf_checkpoint against files that TensorFlow 1.15 wrote."""

import filecmp
import functools
import os
import shutil

import numpy as np
import pytest
from b4k_models import CheckpointError, TFCheckpoint, write_tf_checkpoint
from b4k_models import _replace as replace
from b4k_models._checksum import checksum
from b4k_models._snappy import decompress

GOLDEN = os.path.join(os.path.dirname(__file__), "golden", "tf_checkpoint")
CASES = ["partitioned", "sharded", "unusual", "v1", "v2"]
DTYPES = (
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
    "float16 float32 float64 complex64 complex128"
).split()


@pytest.fixture
def fresh_session():
    """Nothing here makes a model: instead of the one in conftest.py, which takes its time."""


def expected(case):
    """The variables of a case, as the maker meant them."""
    with np.load(os.path.join(GOLDEN, case, "expected.npz")) as arrays:
        return {
            name[len("variable/") :]: arrays[name]
            for name in arrays
            if name.startswith("variable/")
        }


def assert_same(checkpoint, arrays):
    """The same names, shapes, dtypes and bits."""
    assert set(checkpoint) == set(arrays)
    for name, array in arrays.items():
        got = checkpoint[name]
        assert (name, got.dtype, got.shape) == (name, array.dtype, array.shape)
        assert got.tobytes() == np.asarray(array).tobytes(), name


def directory_of(tmp_path, case="v2"):
    """A copy of a case's files."""
    return shutil.copytree(os.path.join(GOLDEN, case), str(tmp_path / "copy"))


# --- reading


def test_corpus_is_present():
    assert sorted(os.listdir(GOLDEN)) == CASES
    assert all(expected(case) for case in CASES)


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_reads_what_tensorflow_wrote(case, verify):
    checkpoint = TFCheckpoint(os.path.join(GOLDEN, case, "model.ckpt"), verify=verify)
    readable = [name for name in checkpoint if checkpoint.dtypes[name].kind != "O"]
    arrays = expected(case)
    assert_same({name: checkpoint[name] for name in readable}, arrays)
    assert {name: checkpoint.shapes[name] for name in readable} == {
        name: array.shape for name, array in arrays.items()
    }
    assert {name: checkpoint.dtypes[name] for name in readable} == {
        name: array.dtype for name, array in arrays.items()
    }


def test_arrays_are_ones_own():
    checkpoint = TFCheckpoint(os.path.join(GOLDEN, "v2"))
    array = checkpoint["bert/pooler/dense/kernel"]
    array[:] = 0
    assert array.flags.aligned and checkpoint["bert/pooler/dense/kernel"].any()


def test_strings_are_listed_but_refused():
    checkpoint = TFCheckpoint(os.path.join(GOLDEN, "unusual"))
    assert checkpoint.shapes["vocabulary"] == (2,)
    with pytest.raises(CheckpointError, match="model.ckpt: vocabulary holds strings"):
        checkpoint["vocabulary"]


def test_is_a_lazy_mapping(tmp_path):
    directory = directory_of(tmp_path)
    checkpoint = TFCheckpoint(directory)
    os.remove(os.path.join(directory, "model.ckpt.data-00000-of-00001"))
    assert "global_step" in checkpoint and "nothing" not in checkpoint
    assert len(checkpoint) == len(list(checkpoint)) == len(expected("v2"))
    with pytest.raises(KeyError, match="nothing"):
        checkpoint["nothing"]
    with pytest.raises(CheckpointError, match="data-00000-of-00001: No such file"):
        checkpoint["global_step"]


# --- the paths that users give


@pytest.mark.parametrize(
    "path",
    [
        "model.ckpt",
        "model.ckpt.index",
        "model.ckpt.meta",
        "model.ckpt.data-00000-of-00001",
        "model",
        "",
    ],
)
def test_finds_the_prefix(tmp_path, path):
    directory = directory_of(tmp_path)
    checkpoint = TFCheckpoint(os.path.join(directory, path))
    assert checkpoint.path == os.path.join(directory, "model.ckpt")


@pytest.mark.parametrize(
    "state",
    [
        'model_checkpoint_path: "model.ckpt"',
        'all_model_checkpoint_paths: "x"\nmodel_checkpoint_path: "/where/it/was/model.ckpt"\n',
        r'model_checkpoint_path: "m\157del\.ckpt"',
        'model_checkpoint_path: "renamed.since"',
        None,
    ],
)
@pytest.mark.parametrize("convert", [str, os.fsencode, lambda path: path], ids=str)
def test_finds_the_checkpoint_of_a_directory(tmp_path, state, convert):
    directory = directory_of(tmp_path)
    os.remove(os.path.join(directory, "checkpoint"))
    if state:
        (tmp_path / "copy" / "checkpoint").write_text(state)
    checkpoint = TFCheckpoint(convert(tmp_path / "copy"))
    assert checkpoint.path == os.path.join(directory, "model.ckpt")


def test_finds_nothing(tmp_path):
    directory = directory_of(tmp_path)
    with pytest.raises(CheckpointError, match=r"other.index \(V2\) nor a file .*other \(V1\)"):
        TFCheckpoint(os.path.join(directory, "other"))
    os.remove(os.path.join(directory, "checkpoint"))
    shutil.copy(os.path.join(directory, "model.ckpt.index"), os.path.join(directory, "b.index"))
    with pytest.raises(CheckpointError, match="found b.index, model.ckpt.index"):
        TFCheckpoint(directory)
    with pytest.raises(CheckpointError, match="found neither"):
        TFCheckpoint(tmp_path)
    (tmp_path / "checkpoint").write_bytes(b"\xff\0nothing")
    with pytest.raises(CheckpointError, match="checkpoint: it names no checkpoint"):
        TFCheckpoint(tmp_path)


# --- writing


@pytest.mark.parametrize("case, shards", [("v2", 1), ("sharded", 2)])
def test_writes_the_bytes_that_tensorflow_writes(tmp_path, case, shards):
    write_tf_checkpoint(tmp_path / "model.ckpt", expected(case), shards=shards)
    names = sorted(set(os.listdir(os.path.join(GOLDEN, case))) - {"expected.npz"})
    assert sorted(os.listdir(str(tmp_path))) == names
    same, *_ = filecmp.cmpfiles(os.path.join(GOLDEN, case), str(tmp_path), names, shallow=False)
    assert sorted(same) == names


@pytest.mark.parametrize("dtype", DTYPES)
def test_reads_what_it_wrote(tmp_path, dtype):
    numbers = np.arange(24).reshape(2, 3, 4)
    arrays = {
        "scalar": numbers[1, 1, 1],
        "empty": numbers[:, :0],
        "transposed": numbers.T,
        "strided": numbers[:, ::2, ::3],
        "swapped": numbers.astype(np.dtype(dtype).newbyteorder()),
        "Gewichte/größe": numbers,
    }
    native = {name: np.asarray(array, dtype) for name, array in arrays.items()}
    swapped = dict(native, swapped=arrays["swapped"])
    prefix = write_tf_checkpoint(str(tmp_path / "new" / "x"), swapped)
    assert_same(TFCheckpoint(prefix), native)


def test_reads_and_writes_indices_of_many_blocks(tmp_path):
    """Some 600 KB of index, several blocks."""
    names = ["layer_%d/%s/kernel" % (i, "x" * (i % 70)) for i in range(9000)]
    arrays = {name: np.float32(i) for i, name in enumerate(names)}
    first = TFCheckpoint(write_tf_checkpoint(tmp_path / "first", arrays))
    assert_same(first, arrays)
    second = write_tf_checkpoint(tmp_path / "second", first)  # lazily, from the other
    assert filecmp.cmp(first.path + ".index", str(second) + ".index", shallow=False)


def test_names_its_directory_s_latest_checkpoint(tmp_path):
    for name, write_state in [('a "quoted"\\ö', True), ("b", False)]:
        write_tf_checkpoint(tmp_path / name, {"x": np.zeros(1)}, write_state=write_state)
    line = rb'model_checkpoint_path: "a \"quoted\"\\\303\266"' + b"\n"
    assert (tmp_path / "checkpoint").read_bytes() == line + b"all_" + line.replace(
        b"path", b"paths"
    )
    assert TFCheckpoint(tmp_path).path == str(tmp_path / 'a "quoted"\\ö')


@pytest.mark.parametrize(
    "name, tensors, options, message",
    [
        (
            "x",
            {"a": np.array(["text"])},
            {},
            "x: a has dtype <U4, expected one of bool, complex128",
        ),
        ("x", {"a": np.array([None])}, {}, "x: a has dtype object"),
        ("x", {"": np.zeros(1)}, {}, "x: '' cannot be the name of a variable"),
        ("x", {"a\0b": np.zeros(1)}, {}, "cannot be the name of a variable"),
        ("x", {"a" * 2000: np.zeros(1)}, {}, "cannot be the name of a variable"),
        ("x", {1: np.zeros(1)}, {}, "x: 1 cannot be the name of a variable"),
        ("x", {"a": np.zeros(1)}, {"shards": 2}, "x: 2 shards for 1 variables"),
        ("x", {"a": np.zeros(1)}, {"shards": 0}, "x: 0 shards for 1 variables"),
        ("", {"a": np.zeros(1)}, {}, "expected a prefix such as bert_model.ckpt"),
    ],
)
def test_refuses_to_write(tmp_path, name, tensors, options, message):
    with pytest.raises(CheckpointError, match=message):
        write_tf_checkpoint(os.path.join(str(tmp_path), name), tensors, **options)
    assert os.listdir(str(tmp_path)) == []


# --- overwriting

OLD = {"a": np.full(50, 1.0, "float32"), "b": np.full(7, 2, "int64")}
NEW = {"a": np.full(50, 3.0, "float32"), "b": np.full(7, 4, "int64")}
OTHER = {"c": np.zeros((5, 5)), "d": np.ones(3, bool)}


def contents(prefix):
    return {name: array.tobytes() for name, array in TFCheckpoint(prefix).items()}


@pytest.mark.parametrize(
    "tensors, shards, links, forever",
    [
        (NEW, 1, True, True),
        (NEW, 1, True, False),
        (NEW, 1, False, True),
        (NEW, 2, True, True),
        (OLD, 1, True, True),
        (OTHER, 1, True, True),
    ],
)
def test_a_stop_leaves_the_old_or_the_new(
    tmp_path, monkeypatch, gets_through, tensors, shards, links, forever
):
    """Stop an overwriting at its first, its second, ... file operation, until one gets through."""
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    new = {name: array.tobytes() for name, array in tensors.items()}
    old = {name: array.tobytes() for name, array in OLD.items()}
    seen, done = [], False
    while not done:
        last = len(seen) + 1
        prefix = write_tf_checkpoint(tmp_path / str(last) / "x", OLD)
        options = {"shards": shards, "write_state": False}
        write = functools.partial(write_tf_checkpoint, prefix, tensors, **options)
        done = gets_through(write, last, forever)
        seen.append(contents(prefix))
        assert seen[-1] in (old, new)
        if not forever:
            left = [name for name in os.listdir(os.path.dirname(prefix)) if "temp" in name]
            assert left == []
        write_tf_checkpoint(prefix, NEW)  # what was left does not disturb the next
        assert_same(TFCheckpoint(prefix), NEW)
        assert not [name for name in os.listdir(os.path.dirname(prefix)) if "previous" in name]
    assert len(seen) > 5 and seen[0] == old and seen[-1] == new


def no_links(source, target):
    raise OSError("this file system has no hard links")


def test_an_interrupted_overwriting_is_read_from_what_was_kept(tmp_path, monkeypatch):
    """Between the data and the index: the files of the old one are there under two names."""
    prefix = write_tf_checkpoint(str(tmp_path / "x"), OLD)
    for path in ("x.index", "x.data-00000-of-00001"):
        os.link(str(tmp_path / path), str(tmp_path / (path + replace.PREVIOUS)))
    other = write_tf_checkpoint(str(tmp_path / "y"), NEW)
    os.replace(other + ".data-00000-of-00001", prefix + ".data-00000-of-00001")
    assert_same(TFCheckpoint(prefix), OLD)


def test_reading_while_overwriting(tmp_path):
    """A checkpoint may be rewritten from itself."""
    prefix = write_tf_checkpoint(str(tmp_path / "x"), OLD, shards=2)
    write_tf_checkpoint(prefix, TFCheckpoint(prefix), shards=1)
    assert_same(TFCheckpoint(prefix), OLD)


# --- checksums and compression


@pytest.mark.parametrize(
    "data, crc",
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),  # this and the next two: RFC 3720, B.4
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_checksum_of_the_standard(data, crc):
    unmasked = (checksum([data]) - 0xA282EAD8) & 0xFFFFFFFF
    assert (unmasked >> 17 | unmasked << 15) & 0xFFFFFFFF == crc


@pytest.mark.parametrize(
    "encoded, decoded",
    [
        (b"\0", b""),
        (b"\x05\x10hello", b"hello"),
        (b"\x46\xf0\x45" + b"x" * 70, b"x" * 70),  # a literal run whose length has its own byte
        (b"\x0c\x0cabcd\x11\x04", b"abcdabcdabcd"),  # one-byte offset, overlapping itself
        (b"\x07\x08abc\x0e\x03\0", b"abcabca"),  # two-byte offset
        (b"\x05\x04ab\x0b\x02\0\0\0", b"ababa"),  # four-byte offset
        (b"\x04\x00a\x0a\x00\x00", None),  # reaches back nothing
        (b"\x04\x00a\x0a\x02\x00", None),  # reaches back too far
        (b"\x09\x10hello", None),  # holds less than it claims
        (b"\x04\x10hello", None),  # holds more
        (b"\x05\x10hell", None),  # ends inside a literal run
        (b"\x06\x04ab\x0a\x02", None),  # ends inside a copy
        (b"\xff\xff\xff\xff\x0f\x10hello", None),  # claims 4 GB
    ],
)
def test_snappy(encoded, decoded):
    if decoded is None:
        with pytest.raises(CheckpointError, match="Snappy"):
            decompress(memoryview(encoded))
    else:
        assert decompress(memoryview(encoded)) == decoded
