"""Files that Keras 3 saved on one backend load on the others: in safe mode, without custom objects."""

import os

import numpy as np
import pytest
from b4k_models import build_transformer_model
from b4k_ops import keras
from b4k_ops.testing import Case, assert_close

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden", "keras")
FILES = sorted(
    os.path.join(b, f) for b in os.listdir(GOLDEN) for f in os.listdir(os.path.join(GOLDEN, b))
)
MODELS = [file for file in FILES if file.endswith(".keras")]
WEIGHTS = [file for file in FILES if file.endswith(".weights.h5")]


def case_of(file, end):
    return Case(os.path.join(GOLDEN, file[: -len(end)] + ".npz"))


def assert_same_outputs(model, case):
    outputs = model.predict(list(case.numbered("input").values()), verbose=0)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    assert_close({"output/%d" % i: output for i, output in enumerate(outputs)}, case)


def test_every_backend_has_the_same_models():
    names = {backend: [] for backend in ("jax", "tensorflow", "torch")}
    for file in FILES:
        names[file.split(os.sep)[0]].append(os.path.basename(file))
    assert names["jax"] == names["tensorflow"] == names["torch"]


@pytest.mark.parametrize("file", MODELS)
def test_models(file):
    model = keras.saving.load_model(os.path.join(GOLDEN, file), safe_mode=True)
    assert_same_outputs(model, case_of(file, ".keras"))


@pytest.mark.parametrize("file", [file for file in MODELS if file.startswith("jax")])
def test_models_saved_again(file, tmp_path):
    model = keras.saving.load_model(os.path.join(GOLDEN, file))
    model.save(str(tmp_path / "again.keras"))
    again = keras.saving.load_model(str(tmp_path / "again.keras"))
    assert all(map(np.array_equal, again.get_weights(), model.get_weights()))
    assert_same_outputs(again, case_of(file, ".keras"))


@pytest.mark.parametrize("file", WEIGHTS)
def test_weights(file):
    case = case_of(file, ".weights.h5")
    model = build_transformer_model(**case.config)
    model.load_weights(os.path.join(GOLDEN, file))
    assert_same_outputs(model, case)
