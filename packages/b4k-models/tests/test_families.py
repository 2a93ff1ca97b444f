"""The weight families: a release of each, in small, loads as its users load it, to the original's numbers."""

import os

import numpy as np
import pytest
from b4k_models import CheckpointError, TFCheckpoint, build_transformer_model
from b4k_ops.testing import Case, assert_close

SLOW = ("test_a_checkpoint_of_another_family",)  # see ci/lane_guard.py
GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden", "families")
FAMILIES = {
    name: Case(os.path.join(GOLDEN, name, "expected.npz")) for name in sorted(os.listdir(GOLDEN))
}


def files(name):
    """(path of the config file, prefix of the checkpoint) of a family."""
    return [os.path.join(GOLDEN, name, file) for file in FAMILIES[name].header["files"]]


def build(name, *checkpoint):
    config = FAMILIES[name].config
    return build_transformer_model(files(name)[0], *checkpoint, return_keras_model=False, **config)


@pytest.mark.parametrize("name", FAMILIES)
def test_loads_as_its_users_load_it(name, tmp_path):
    case, prefix = FAMILIES[name], files(name)[1]
    transformer = build(name, prefix)
    outputs = transformer.model.predict(list(case.numbered("input").values()), verbose=0)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    assert_close({"output/%d" % i: output for i, output in enumerate(outputs)}, case)

    report, released = transformer.load_report, TFCheckpoint(prefix)
    assert not report.of("missing")
    assert [row.variable for row in report.of("unused")] == case.header["unused"]

    transformer.save_weights_as_checkpoint(str(tmp_path / "again.ckpt"))
    again = TFCheckpoint(str(tmp_path / "again.ckpt"))
    assert sorted(again) == sorted(set(released) - set(case.header["unused"]))
    for variable in again:
        assert again[variable].dtype == released[variable].dtype
        assert again[variable].tobytes() == released[variable].tobytes(), variable


@pytest.mark.parametrize("model", ["nezha", "roformer"])
def test_positions_that_a_model_has_not_are_told_of(model):
    path, prefix = files("bert")
    with pytest.warns(UserWarning, match="bert/embeddings/position_embeddings, .* another model"):
        build_transformer_model(path, prefix, model=model)


STRANGERS = [  # a checkpoint, and a model that it is none of
    ("albert", "bert"),
    ("bert", "albert"),
    ("electra", "bert"),
    ("nezha", "bert"),
    ("cdial_gpt", "cpm"),
    ("gpt2_ml", "cpm"),
    ("roformer_v2", "roformer"),
    ("gau", "roformer_v2"),
    ("roformer_v2", "gau"),
    ("t5.1.1", "t5"),
    ("bert", "t5"),
]


@pytest.mark.parametrize("stranger, name", STRANGERS, ids=["-into-".join(p) for p in STRANGERS])
def test_a_checkpoint_of_another_family(stranger, name):
    transformer, prefix = build(name), files(stranger)[1]
    before = transformer.model.get_weights()
    with pytest.raises(CheckpointError) as error:
        transformer.load_weights_from_checkpoint(prefix)
    assert prefix in str(error.value)
    assert all(map(np.array_equal, before, transformer.model.get_weights()))
