"""Hugging Face directories of every family: the same numbers as transformers, and every tensor accounted for."""

import json
import os

import numpy as np
import pytest
from b4k_models import CheckpointError, HuggingFaceCheckpoint, build_transformer_model
from b4k_models.huggingface import read_config

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
DIRECTORIES = [
    name + "/" + case
    for name in ("huggingface", "huggingface_nezha")
    for case in sorted(os.listdir(os.path.join(GOLDEN, name)))
]


def golden(name):
    """The directory of a case; the family's own folder may be left out."""
    return os.path.join(GOLDEN, *name.split("/")) if "/" in name else golden("huggingface/" + name)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def expected(name):
    """Of a golden directory: its inputs, {output's name: array with NaN at padding}."""
    with np.load(os.path.join(golden(name), "expected.npz")) as archive:
        names = json.loads(str(archive["header"]))["outputs"]
        inputs = [archive[key] for key in sorted(archive.files) if key.startswith("input/")]
        outputs = {key: archive["output/%d" % i] for i, key in enumerate(names)}
    for key in [key for key in names if key.endswith("_logits")]:
        outputs[key[: -len("_logits")]] = softmax(outputs[key])
    return inputs, outputs


def predict(model, inputs):
    """The outputs of a model, as a list."""
    results = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    return results if isinstance(results, list) else [results]


# --- the same numbers

LINEAR_MLM = {"with_mlm": "linear"}
LINEAR_LM = {"final_activation": "linear"}
CASES = [
    # directory, options, what the model's outputs are
    ("pretraining", {}, ["hidden"]),
    ("pretraining", {"with_nsp": True, "with_mlm": True}, ["nsp", "mlm"]),
    ("pretraining", {"with_pool": True, "with_mlm": "linear"}, ["pooled", "mlm_logits"]),
    ("masked_lm", {"with_mlm": "linear"}, ["mlm_logits"]),
    ("encoder", {}, ["hidden"]),
    ("legacy", {"with_nsp": True, "with_mlm": "linear"}, ["nsp", "mlm_logits"]),
    ("roberta", {}, ["hidden"]),
    ("roberta", LINEAR_MLM, ["mlm_logits"]),
    ("roberta_classifier", {}, ["hidden"]),
    ("albert", {}, ["hidden"]),
    ("albert", {"with_nsp": True, "with_mlm": "linear"}, ["nsp", "mlm_logits"]),
    ("electra", {}, ["hidden"]),
    ("electra", {"with_discriminator": "linear"}, ["discriminator_logits"]),
    ("electra_generator", {}, ["hidden"]),
    ("roformer", LINEAR_MLM, ["mlm_logits"]),
    ("huggingface_nezha/pretraining", {}, ["hidden"]),
    (
        "huggingface_nezha/pretraining",
        {"with_nsp": True, "with_mlm": "linear"},
        ["nsp", "mlm_logits"],
    ),
    ("gpt2", {}, ["lm"]),
    ("gpt2", LINEAR_LM, ["lm_logits"]),
    ("gpt2_old", LINEAR_LM, ["lm_logits"]),
    ("openai_gpt", LINEAR_LM, ["lm_logits"]),
    ("t5", {}, ["lm"]),
    ("t5", {"with_lm": "linear"}, ["lm_logits"]),
    ("t5_encoder", {}, ["hidden"]),
    ("t5_v1_1", {"with_lm": "linear"}, ["lm_logits"]),
    ("mt5", {"with_lm": "linear"}, ["lm_logits"]),
]


def test_every_directory_has_a_case():
    assert {name for name, _, _ in CASES} == {
        name.replace("huggingface/", "") for name in DIRECTORIES
    }


@pytest.mark.parametrize("name, options, wanted", CASES)
def test_same_numbers_as_transformers(name, options, wanted):
    inputs, outputs = expected(name)
    results = predict(build_transformer_model(golden(name), **options), inputs)
    assert len(results) == len(wanted)
    for key, result in zip(wanted, results):
        there = np.isfinite(outputs[key])
        assert there.any() and outputs[key][there].std() > 0.003
        result = result.reshape(outputs[key].shape)[there]
        np.testing.assert_allclose(result, outputs[key][there], rtol=0, atol=2e-5, err_msg=key)


@pytest.mark.parametrize(
    "name, options, unused",
    [
        ("pretraining", {"with_nsp": True, "with_mlm": True}, []),
        ("masked_lm", {"with_mlm": True}, []),
        ("roberta", {"with_mlm": True}, []),
        ("albert", {"with_nsp": True, "with_mlm": True}, []),
        ("electra", {"with_discriminator": True}, []),
        ("roformer", {"with_mlm": True}, []),
        ("huggingface_nezha/pretraining", {"with_nsp": True, "with_mlm": True}, []),
        ("gpt2_old", {}, []),
        ("openai_gpt", {}, []),
        ("t5", {}, []),
        ("t5_encoder", {}, []),
        ("t5_v1_1", {}, []),
        ("mt5", {}, []),
        ("electra", {}, ["discriminator_predictions/dense/bias"]),
        ("electra_generator", {}, ["generator_predictions/LayerNorm/beta"]),
        ("roberta_classifier", {}, ["classifier.dense.bias"]),
    ],
)
def test_every_tensor_is_accounted_for(name, options, unused):
    transformer = build_transformer_model(golden(name), return_keras_model=False, **options)
    report = transformer.load_report
    assert report.of("missing") == []
    assert [row.variable for row in report.of("unused")][: len(unused) or None] == unused


def test_a_classifier_can_be_had_by_its_own_name():
    checkpoint = HuggingFaceCheckpoint(golden("roberta_classifier"))
    assert "classifier.out_proj.weight" in checkpoint.unrecognised
    assert checkpoint.read_tensor("classifier.out_proj.weight").shape == (2, 16)
    with pytest.raises(CheckpointError, match="roberta_classifier: there is no tensor head"):
        checkpoint.read_tensor("head")


@pytest.mark.parametrize(
    "name, option, absent",
    [
        ("encoder", "with_pool", "bert/pooler/dense/kernel"),
        ("encoder", "with_mlm", "cls/predictions/output_bias"),
        ("masked_lm", "with_nsp", "cls/seq_relationship/output_weights"),
    ],
)
def test_an_absent_head_is_reported_and_stays_as_initialised(name, option, absent):
    with pytest.warns(UserWarning, match=absent):
        bert = build_transformer_model(golden(name), return_keras_model=False, **{option: True})
    missing = [row.variable for row in bert.load_report.of("missing")]
    assert absent in missing and "bert/embeddings/word_embeddings" not in missing


# --- the reader


def test_names_and_layouts_are_those_of_google():
    config = read_config(golden("pretraining"))
    checkpoint = HuggingFaceCheckpoint(golden("pretraining"))
    bert = build_transformer_model(return_keras_model=False, with_nsp=True, with_mlm=True, **config)
    names = [name for names in bert.variable_mapping().values() for name in names]
    assert set(checkpoint) == {name for name in names if "hidden_mapping" not in name}
    assert checkpoint.shapes["bert/encoder/layer_0/intermediate/dense/kernel"] == (16, 32)
    assert checkpoint.shapes["cls/seq_relationship/output_weights"] == (2, 16)


@pytest.mark.parametrize("name", DIRECTORIES)
def test_arrays_are_as_announced(name):
    checkpoint = HuggingFaceCheckpoint(golden(name))
    assert checkpoint.path == golden(name)
    assert set(checkpoint) == set(checkpoint.shapes) == set(checkpoint.dtypes)
    for variable, array in checkpoint.items():
        assert array.shape == checkpoint.shapes[variable]
        assert array.dtype == checkpoint.dtypes[variable] == np.float32
        assert np.abs(array).max() > 0.01


def test_both_bin_layouts_and_safetensors_hold_the_same_draw():
    kernel = "bert/encoder/layer_1/output/dense/kernel"
    exact = HuggingFaceCheckpoint(golden("pretraining"))[kernel]
    half = HuggingFaceCheckpoint(golden("legacy"))[kernel]
    np.testing.assert_array_equal(half, exact.astype("float16").astype("float32"))


def test_nothing_is_read_before_it_is_asked_for(monkeypatch):
    checkpoint = HuggingFaceCheckpoint(golden("pretraining"))
    file = next(iter(checkpoint._files.values()))
    monkeypatch.setattr(type(file), "read", lambda self, name: pytest.fail("read " + name))
    assert "bert/pooler/dense/bias" in checkpoint and "bert/pooler/dense/beta" not in checkpoint
    assert len(checkpoint) == len(checkpoint.shapes)
