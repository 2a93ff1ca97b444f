"""HDF5 files that are not what they say give CheckpointError or a correct read, in bounded memory; the model stays."""

import contextlib
import os
import tempfile
import tracemalloc

import h5py
import numpy as np
import pytest
from b4k_models import CheckpointError, load_legacy_weights
from b4k_models._hdf5 import HDF5File
from b4k_models.legacy import _stored_layers
from b4k_ops import keras
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden", "legacy")
FILES = ["pool.weights", "classifier-whole.h5", "best_model.h5"]  # weights, tf.keras, a whole model
MANY = settings(
    max_examples=150,
    deadline=None,
    database=None,
    derandomize=True,  # the same examples in every run
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
EDITS = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=30)
LIMIT = 4 << 20  # bytes of memory that a file of 100 kB may take


class Standing:
    """All that load_legacy_weights asks of a model."""

    def __init__(self, *layers):
        self.layers = layers


@pytest.fixture
def layer():
    """One table [30, 16], which every file here has or lacks."""
    table = keras.layers.Embedding(30, 16, name="Embedding-Token")
    table.build((None, None))
    return table


def golden(name):
    with open(os.path.join(GOLDEN, name), "rb") as f:
        return bytearray(f.read())


def load(layer, path):
    """Load a file into the layer in bounded memory; an error names the file and changes nothing."""
    before = layer.get_weights()[0]
    tracemalloc.start()
    try:
        return load_legacy_weights(Standing(layer), str(path), by_name=True)
    except CheckpointError as error:
        assert os.path.basename(str(path)) in str(error)
        assert np.array_equal(before, layer.get_weights()[0])
        raise
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < LIMIT


def refused(layer, path):
    """The message of the error."""
    with pytest.raises(CheckpointError) as error:
        load(layer, path)
    return str(error.value)


# --- any bytes


def load_bytes(layer, content):
    """Load a file of this content, and read all that is in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "best.weights")
        with open(path, "wb") as f:
            f.write(content)
        with contextlib.suppress(CheckpointError):
            load(layer, path)
        with contextlib.suppress(CheckpointError), contextlib.closing(HDF5File(path)) as file:
            for weights in _stored_layers(file).values():
                for array in weights.values():
                    with contextlib.suppress(CheckpointError):
                        assert array.read().shape == array.shape


@MANY
@given(st.sampled_from(FILES), EDITS, st.sampled_from([3000, 1 << 20]), st.integers(0, 200))
def test_edited_files(layer, name, edits, region, percent):
    """Bytes changed, at the front or anywhere, and half of the files cut off."""
    content = golden(name)
    for place, byte in edits:
        content[place % min(region, len(content))] = byte
    load_bytes(layer, content[: len(content) * percent // 100])


@MANY
@given(
    st.sampled_from(FILES), st.lists(st.integers(0, 1 << 20), min_size=1, max_size=9), st.binary()
)
def test_edited_numbers(layer, name, places, number):
    """Eight bytes, as addresses and sizes have, set to something large or small."""
    content = golden(name)
    for place in places:
        start = place % len(content) // 8 * 8
        content[start : start + 8] = number[:8].ljust(8, b"\0")
    load_bytes(layer, content)


@MANY
@given(st.binary(max_size=300))
def test_any_bytes(layer, content):
    load_bytes(layer, b"\x89HDF\r\n\x1a\n" + content)


# --- files that contradict themselves


def create(path, edit):
    """A file with the layer's table, edited by edit(file, its group)."""
    with h5py.File(str(path), "w") as file:
        group = file.create_group("Embedding-Token")
        file.attrs["layer_names"] = np.array([b"Embedding-Token"])
        group.attrs["weight_names"] = np.array([b"e:0"])
        group["e:0"] = np.ones((30, 16), "float32")
        edit(file, group)
    return str(path)


def replace(group, **options):
    """Another dataset in the place of the table."""
    del group["e:0"]
    group.create_dataset("e:0", **options)


def names(group, values):
    """Another list of names."""
    group.attrs[next(iter(group.attrs))] = values


def link(group, target):
    del group["e:0"]
    group["e:0"] = target


FINE = {  # what may differ from file to file
    "as written": lambda file, group: None,
    "float64": lambda file, group: replace(group, data=np.ones((30, 16), "float64")),
    "float16": lambda file, group: replace(group, data=np.ones((30, 16), "float16")),
    "big endian": lambda file, group: replace(group, data=np.ones((30, 16), ">f4")),
    "integers": lambda file, group: replace(group, data=np.ones((30, 16), "int8")),
    "names as text": lambda file, group: group.attrs.create(
        "weight_names", ["e:0"], dtype=h5py.special_dtype(vlen=str)
    ),
    "other layers": lambda file, group: file.create_group("unused"),
}
WRONG = {
    "a group for a weight": lambda file, group: replace_by_group(group),
    "an array for a layer": lambda file, group: replace_by_array(file),
    "no layer names": lambda file, group: file.attrs.pop("layer_names"),
    "no weight names": lambda file, group: group.attrs.pop("weight_names"),
    "numbers for names": lambda file, group: names(group, np.ones(3)),
    "one name": lambda file, group: names(group, np.bytes_(b"e:0")),
    "names in a table": lambda file, group: names(group, np.array([[b"e:0"]])),
    "a name twice": lambda file, group: names(group, np.array([b"e:0", b"e:0"])),
    "a layer twice": lambda file, group: names(file, np.array([b"Embedding-Token"] * 2)),
    "a name that isn't there": lambda file, group: names(group, np.array([b"f:0"])),
    "a path out of the file": lambda file, group: names(group, np.array([b"../../e:0"])),
    "a name that is no text": lambda file, group: names(group, np.array([b"\xff\xfe"])),
    "texts": lambda file, group: replace(group, data=np.array([b"a", b"bc"])),
    "records": lambda file, group: replace(group, data=np.ones(3, [("a", "f4"), ("b", "i4")])),
    "complex numbers": lambda file, group: replace(group, data=np.ones((30, 16), "complex64")),
    "a scalar": lambda file, group: replace(group, data=1.0),
    "another shape": lambda file, group: replace(group, data=np.ones((16, 30))),
    "a huge shape": lambda file, group: replace(
        group, shape=(1 << 40, 1 << 20), maxshape=(None, None), dtype="float32", chunks=(64, 64)
    ),
    "in chunks": lambda file, group: replace(group, data=np.ones((30, 16)), chunks=(5, 16)),
    "compressed": lambda file, group: replace(group, data=np.ones((30, 16)), compression="gzip"),
    "never written": lambda file, group: replace(group, shape=(30, 16), dtype="float32"),
    "a soft link": lambda file, group: link(group, h5py.SoftLink("/Embedding-Token")),
    "a link to another file": lambda file, group: link(group, h5py.ExternalLink("other.h5", "/e")),
    "in another file": lambda file, group: replace(
        group, shape=(30, 16), dtype="float32", external=[("other.raw", 0, 30 * 16 * 4)]
    ),
}


def replace_by_group(group):
    del group["e:0"]
    group.create_group("e:0")


def replace_by_array(file):
    del file["Embedding-Token"]
    file["Embedding-Token"] = np.ones((30, 16), "float32")


@pytest.mark.parametrize("edit", FINE.values(), ids=FINE)
def test_what_may_differ(layer, edit, tmp_path):
    report = load(layer, create(tmp_path / "best.weights", edit))
    assert len(report.of("loaded")) == 1
    assert (layer.get_weights()[0] == 1).all()


@pytest.mark.parametrize("edit", WRONG.values(), ids=WRONG)
def test_what_is_wrong(layer, edit, tmp_path):
    refused(layer, create(tmp_path / "best.weights", edit))


def test_a_newer_layout(layer, tmp_path):
    with h5py.File(str(tmp_path / "new.h5"), "w", libver="latest") as file:
        file.attrs["layer_names"] = np.array([b"Embedding-Token"])
    assert "superblock version" in refused(layer, tmp_path / "new.h5")
