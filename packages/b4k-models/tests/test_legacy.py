"""HDF5 files of bert4keras users: they load on every Keras, whatever layers stand on top, or nothing changes."""

import os

import h5py
import numpy as np
import pytest
from b4k_layers import FirstToken
from b4k_models import CheckpointError, build_transformer_model, load_legacy_weights
from b4k_ops import keras
from b4k_ops.testing import assert_close, cases

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden", "legacy")
CASES = cases(__file__, "legacy")
CASE = {case.name: case for case in CASES}


def classifier(model):
    """What stands here in place of the original's Lambda has another name and another class."""
    x = FirstToken()(model.outputs[0])
    x = keras.layers.Dropout(0.1)(x)
    x = keras.layers.Dense(8, activation="relu")(x)
    x = keras.layers.Dense(3, activation="softmax")(x)
    return keras.models.Model(model.inputs, x)


def dense(model):
    return keras.models.Model(model.inputs, keras.layers.Dense(3)(model.outputs[0]))


def nested(model):
    inputs = [keras.layers.Input((None,)) for _ in model.inputs]
    return keras.models.Model(inputs, keras.layers.Dense(3)(model(inputs)))


TOPS = {None: lambda model: model, "classifier": classifier, "dense": dense, "nested": nested}


def build(case, **options):
    """The model of a case as its user would build it here, with other weights."""
    config = dict(case.config, **options)
    if "layer_norm_cond" in config:
        condition = keras.layers.Input((config["layer_norm_cond"]["input"],), name="Condition")
        config.update(layer_norm_cond=condition, additional_input_layers=condition)
    return TOPS[case.header["top"]](build_transformer_model(**config))


def path_of(case):
    return os.path.join(GOLDEN, case.header["file"])


def predict(model, case):
    inputs = list(case.numbered("input").values())
    return model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_same_outputs_as_where_it_was_written(case):
    model = build(case)
    report = load_legacy_weights(model, path_of(case))
    assert_close({"output/0": predict(model, case)}, case)
    assert len(report.of("loaded")) == len(report.rows) == len(model.weights)


@pytest.mark.parametrize("name", ["legacy-classifier", "legacy-tf_keras-whole"])
def test_a_file_written_here_says_the_same(name, tmp_path):
    model, path = build(CASE[name]), str(tmp_path / "again.h5")
    load_legacy_weights(model, path_of(CASE[name]))
    model.save(path)
    other = build(CASE[name])
    load_legacy_weights(other, path)
    assert_close({"output/0": predict(other, CASE[name])}, CASE[name])


def test_by_name_loads_what_both_have():
    case = CASE["legacy-classifier"]
    model = build_transformer_model(**dict(case.config, with_mlm=True))
    head = model.get_layer("MLM-Dense").get_weights()
    report = load_legacy_weights(model, path_of(case), by_name=True)
    assert {row.layer for row in report.of("missing")} == {"MLM-Dense", "MLM-Norm", "MLM-Bias"}
    assert {row.variable.split("/")[1] for row in report.of("unused")} == {"kernel:0", "bias:0"}
    assert len(report.of("unused")) == 4
    same = zip(head, model.get_layer("MLM-Dense").get_weights())
    assert all(np.array_equal(old, new) for old, new in same)
    with h5py.File(path_of(case), "r") as file:
        table = file["Embedding-Token/Embedding-Token/embeddings:0"][()]
    assert np.array_equal(model.get_layer("Embedding-Token").get_weights()[0], table)


def test_names_that_were_given_count_more_than_the_order(tmp_path):
    inputs = keras.layers.Input((4,))
    x = [keras.layers.Dense(4, name=name)(inputs) for name in ("left", "right")]
    x = [keras.layers.Dense(4)(tensor) for tensor in x]
    model = keras.models.Model(inputs, x)
    arrays = {name: np.full((4, 4), i, "float32") for i, name in enumerate("right left".split())}
    arrays.update(dense_7=np.full((4, 4), 7), dense_8=np.full((4, 4), 8))
    path = write(tmp_path / "swapped.h5", {n: {"k": a, "b": np.ones(4)} for n, a in arrays.items()})
    load_legacy_weights(model, path)
    assert [model.get_layer(name).get_weights()[0][0, 0] for name in ("right", "left")] == [0, 1]
    assert [layer.get_weights()[0][0, 0] for layer in model.layers[-2:]] == [7, 8]


def test_a_list_of_names_too_long_for_one_attribute(tmp_path):
    case = CASE["legacy-pool"]
    path = str(tmp_path / "long.h5")
    with h5py.File(path_of(case), "r") as old, h5py.File(path, "w") as new:
        for name in old:
            old.copy(name, new)
        names = old.attrs["layer_names"]
        for i in range(3):
            new.attrs["layer_names%d" % i] = np.array_split(names, 3)[i]
    model = build(case)
    load_legacy_weights(model, path)
    assert_close({"output/0": predict(model, case)}, case)


# --- what cannot be loaded


def write(path, layers, **attributes):
    """A weights file {layer: {weight: array}}."""
    with h5py.File(str(path), "w") as file:
        file.attrs["layer_names"] = np.array([name.encode() for name in layers])
        for name, weights in layers.items():
            group = file.create_group(name)
            group.attrs["weight_names"] = np.array([weight.encode() for weight in weights])
            for weight, array in weights.items():
                group[weight] = array
    return str(path)


def refused(model, path, **options):
    """The message of the error, after making sure that nothing was changed."""
    before = model.get_weights()
    with pytest.raises(CheckpointError) as error:
        load_legacy_weights(model, path, **options)
    assert all(np.array_equal(x, y) for x, y in zip(before, model.get_weights()))
    assert os.path.basename(path) in str(error.value)
    return str(error.value)


def test_another_size():
    case = CASE["legacy-classifier"]
    message = refused(build(case, hidden_size=32), path_of(case))
    assert "Embedding-Token" in message and "(30, 16)" in message and "(30, 32)" in message
    assert message == refused(build(case, hidden_size=32), path_of(case), by_name=True)


def test_another_size_of_the_last_layer_alone():
    case = CASE["legacy-classifier"]
    model = build_transformer_model(**case.config)
    x = keras.layers.Dense(8)(FirstToken()(model.outputs[0]))
    model = keras.models.Model(model.inputs, keras.layers.Dense(4)(x))
    message = refused(model, path_of(case))
    assert "(8, 3)" in message and "(8, 4)" in message and model.layers[-1].name in message


def test_another_model():
    model = build(CASE["legacy-mlm"])
    message = refused(model, path_of(CASE["legacy-classifier"]))
    assert "14 layers" in message and "the model has 11: it is of another model" in message
    assert "Transformer-1-FeedForward, " in message and "MLM-Dense, MLM-Norm" in message


def test_nothing_in_common():
    assert "none of the model's layers" in refused(
        build(CASE["legacy-mlm"]), path_of(CASE["legacy-prefix"]), by_name=True
    )


def test_files_that_are_none(tmp_path):
    model = build(CASE["legacy-pool"])
    assert "no such file" in refused(model, str(tmp_path / "nowhere.weights"))
    (tmp_path / "best.weights").write_bytes(b"weights")
    assert "no HDF5 file" in refused(model, str(tmp_path / "best.weights"))
    (tmp_path / "best.index").write_bytes(b"")
    assert "tf.keras" in refused(model, str(tmp_path / "best"))
    with h5py.File(str(tmp_path / "pictures.h5"), "w") as file:
        file["pictures"] = np.ones(3)
    assert "pictures" in refused(model, str(tmp_path / "pictures.h5"))
    with h5py.File(str(tmp_path / "new.weights.h5"), "w") as file:
        file.create_group("layers/dense/vars")
    assert "Keras 3" in refused(model, str(tmp_path / "new.weights.h5"))


def test_a_truncated_file(tmp_path):
    path = tmp_path / "cut.weights"
    with open(path_of(CASE["legacy-classifier"]), "rb") as f:
        content = f.read()
    for size in range(0, len(content), 5000):
        path.write_bytes(content[:size])
        refused(build_tiny(), str(path))


def build_tiny():
    """A model that takes no time: for files that are refused before it matters."""
    inputs = keras.layers.Input((4,))
    return keras.models.Model(inputs, keras.layers.Dense(4, name="left")(inputs))
