"""Directories that hold anything at all: a CheckpointError or a correct read, whatever the family."""

import json
import os
import shutil
import tempfile

import numpy as np
import pytest
from b4k_models import CheckpointError, HuggingFaceCheckpoint
from b4k_models._huggingface_families import FAMILIES
from b4k_models._huggingface_names import NAMES, entries
from b4k_models._safetensors import as_stored, write_safetensors
from b4k_models.huggingface import models_of, read_config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden", "huggingface")
MANY = settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,  # the same examples in every run
    suppress_health_check=[HealthCheck.too_slow],
)
ODD = [0, -1, 1, 3, 10**30, True, 0.5, float("nan"), float("inf"), "", "gelu", "t5", [], {}, None]
JSON = st.recursive(
    st.sampled_from(ODD) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


@pytest.fixture(autouse=True)
def fresh_session():
    """Nothing here makes a model: instead of the one in conftest.py, which takes its time."""


def read_all(directory):
    """Everything that reading can do; what else than a CheckpointError comes out is a failure."""
    try:
        models_of(directory)
        read_config(directory)
        checkpoint = HuggingFaceCheckpoint(directory)
        checkpoint.check_sizes()
        return {name: (array.shape, checkpoint.shapes[name]) for name, array in checkpoint.items()}
    except CheckpointError as error:
        assert directory in str(error)
        return {}


@pytest.fixture(scope="module", params=["masked_lm", "roberta", "albert", "gpt2", "t5_v1_1"])
def directory(request):
    folder = tempfile.mkdtemp()
    shutil.copytree(os.path.join(GOLDEN, request.param), os.path.join(folder, "model"))
    yield os.path.join(folder, "model")
    shutil.rmtree(folder)


def keys_of(name):
    """The keys that decide something, in any family."""
    rows = [row for family in FAMILIES.values() for row in [*family.keys, *family.fixed]]
    return sorted({row[0] for row in rows if row[0]} | {"model_type", "architectures", name})


@MANY
@given(changes=st.dictionaries(st.sampled_from(keys_of("scale_decoder_outputs")), JSON, max_size=3))
def test_any_config(directory, changes):
    path = os.path.join(directory, "config.json")
    with open(path) as f:
        content = f.read()
    try:
        with open(path, "w") as f:
            json.dump(dict(json.loads(content), **changes), f)
        for given_shape, announced in read_all(directory).values():
            assert given_shape == announced
    finally:
        with open(path, "w") as f:
            f.write(content)


FILES = [None, 3, "", ".", "/", "..", "config.json", "model-00001-of-00003.safetensors", [1], {}]


@MANY
@given(
    weight_map=st.dictionaries(
        st.sampled_from(["bert.pooler.dense.bias", "cls.predictions.bias", "", "x"]),
        st.sampled_from(FILES) | st.text(max_size=5),
        max_size=3,
    )
    | JSON,
    rest=JSON,
)
def test_any_index(weight_map, rest):
    with tempfile.TemporaryDirectory() as folder:
        directory = os.path.join(folder, "model")
        shutil.copytree(os.path.join(GOLDEN, "masked_lm"), directory)
        with open(os.path.join(directory, "model.safetensors.index.json"), "w") as f:
            json.dump({"weight_map": weight_map, "metadata": rest}, f)
        read_all(directory)


@MANY
@given(data=st.data(), family=st.sampled_from(sorted(NAMES)))
def test_any_shapes_under_any_names(data, family):
    prefix = st.sampled_from(["", NAMES[family].prefix, "x."])
    names = st.sampled_from([entry.name for entry in entries(family, range(2))])
    shapes = st.lists(st.integers(0, 4), max_size=3)
    drawn = data.draw(st.dictionaries(st.tuples(prefix, names), shapes, min_size=1, max_size=6))
    tensors = {"".join(name): as_stored(np.ones(shape, "float32")) for name, shape in drawn.items()}
    with tempfile.TemporaryDirectory() as directory:
        with open(os.path.join(directory, "model.safetensors"), "wb") as f:
            write_safetensors(f, tensors)
        with open(os.path.join(directory, "config.json"), "w") as f:
            json.dump({"model_type": FAMILIES[family].model_type}, f)
        try:
            checkpoint = HuggingFaceCheckpoint(directory)
        except CheckpointError as error:
            assert directory in str(error)
        else:
            for name, array in checkpoint.items():
                assert array.shape == checkpoint.shapes[name]
