"""`save_pretrained`: what transformers wrote, read and written again, is the same; what it can't be is refused.

That transformers opens what is written here, with equal outputs, is checked by ci/golden/check_huggingface_written.py.
"""

import json
import os
import shutil

import numpy as np
import pytest
from b4k_models import HuggingFaceCheckpoint, _huggingface_files, build_transformer_model
from b4k_models._huggingface_names import normalised
from b4k_models.huggingface import read_config
from b4k_ops import keras

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
BOTH = {"with_nsp": True, "with_mlm": True}
CASES = [
    # directory, the options with which a model has all that is in it
    ("huggingface/pretraining", BOTH),
    ("huggingface/masked_lm", {"with_mlm": True}),
    ("huggingface/encoder", {}),
    ("huggingface/legacy", BOTH),
    ("huggingface/roberta", {"with_mlm": True}),
    ("huggingface/roberta_classifier", {}),
    ("huggingface/albert", BOTH),
    ("huggingface/electra", {"with_discriminator": True}),
    ("huggingface/electra_generator", {}),
    ("huggingface/roformer", {"with_mlm": True}),
    ("huggingface_nezha/pretraining", BOTH),
    ("huggingface/gpt2", {}),
    ("huggingface/gpt2_old", {}),
    ("huggingface/openai_gpt", {}),
    ("huggingface/t5", {}),
    ("huggingface/t5_encoder", {}),
    ("huggingface/t5_v1_1", {}),
    ("huggingface/mt5", {}),
]
OTHERS = {"huggingface/electra_generator": "generator_predictions"}  # a head of b4k-pretrain's


def load(directory, **options):
    return build_transformer_model(directory, return_keras_model=False, **options)


def raw(directory, besides=None):
    """{name as it is in the files: array} of all weights that b4k has a place for, and which were tied to none."""
    checkpoint = HuggingFaceCheckpoint(directory)
    names = [name for name in checkpoint._sources if name.split("/")[0] != besides]
    sources = {checkpoint._sources[name][0] for name in names}
    return {name: checkpoint.read_tensor(name) for name in sources}


def config_of(directory):
    with open(os.path.join(str(directory), "config.json")) as f:
        return json.load(f)


# --- the same again


@pytest.mark.parametrize("name, options", CASES)
def test_read_and_written_is_what_transformers_wrote(name, options, tmp_path):
    directory = os.path.join(GOLDEN, name)
    load(directory, **options).save_pretrained(str(tmp_path))
    family = HuggingFaceCheckpoint(directory).family
    assert_same_tensors(raw(str(tmp_path)), raw(directory, OTHERS.get(name)), family)
    if "_old" not in name and name.split("/")[1] not in ("encoder", "legacy"):
        assert_same_names(str(tmp_path), directory, name in OTHERS)
    assert read_config(str(tmp_path)) == read_config(directory)
    assert config_of(tmp_path)["model_type"] == config_of(directory).get("model_type")


def assert_same_tensors(got, wanted, family):
    """Equal but for prefixes and, in RoBERTa, rows that are no position's."""
    wanted = {normalised(family, key): array for key, array in wanted.items()}
    got = {normalised(family, key): array for key, array in got.items()}
    assert set(got) == set(wanted)
    for key, array in wanted.items():
        first = 2 if family == "roberta" and "position_embeddings" in key else 0
        np.testing.assert_array_equal(got[key][first:], array[first:], err_msg=key)


def assert_same_names(written, directory, others):
    """What transformers wrote has no other names, where the model has a place for all; then the class is the same."""
    if config_of(written)["architectures"] == config_of(directory)["architectures"]:
        assert set(raw(written)) == set(raw(directory))
    else:
        assert others or HuggingFaceCheckpoint(directory).unrecognised


def test_what_was_written_gives_the_same_outputs(batch, config, tmp_path):
    bert = build_transformer_model(return_keras_model=False, with_mlm=True, **config)
    bert.save_pretrained(str(tmp_path))
    again = load(str(tmp_path), with_mlm=True)
    assert again.load_report.of("missing") == again.load_report.of("unused") == []
    outputs = [t.model.predict(batch, verbose=0) for t in (bert, again)]
    np.testing.assert_array_equal(*outputs)


# --- what it is written as


@pytest.mark.parametrize("dtype, spacing", [("float16", 2.0**-10), ("bfloat16", 2.0**-7)])
def test_dtype(dtype, spacing, tmp_path):
    directory = os.path.join(GOLDEN, "huggingface", "pretraining")
    load(directory, **BOTH).save_pretrained(str(tmp_path), dtype=dtype)
    assert config_of(tmp_path)["torch_dtype"] == dtype
    checkpoint = HuggingFaceCheckpoint(str(tmp_path))
    assert {file.dtypes[name] for name, file in checkpoint._files.items()} == {dtype}
    got = raw(str(tmp_path))
    for name, array in raw(directory).items():
        np.testing.assert_allclose(got[name], array, rtol=spacing / 2, atol=1e-6, err_msg=name)


def test_bfloat16_is_the_nearest_ties_to_even():
    from b4k_models._safetensors import as_stored

    bits = np.array([0x3F808000, 0x3F818000, 0x3F808001, 0x7F800000, 0x7FFFFFFF], "uint32")
    code, stored = as_stored(bits.view("float32"), "bfloat16")
    assert code == "BF16"
    assert [hex(value) for value in stored] == ["0x3f80", "0x3f82", "0x3f81", "0x7f80", "0x7fff"]


@pytest.mark.parametrize("size, count", [(None, 1), ("1GB", 1), (6000, 5), ("6KB", 5), (1, 39)])
def test_shards(size, count, tmp_path, config):
    bert = build_transformer_model(return_keras_model=False, **config)
    bert.save_pretrained(str(tmp_path), max_shard_size=size)
    files = [name for name in os.listdir(str(tmp_path)) if name.endswith(".safetensors")]
    assert len(files) == (37 if size == 1 else count) or size in (6000, "6KB") and len(files) > 1
    assert load(str(tmp_path)).load_report.of("missing") == []


def test_options_that_are_none(config, tmp_path):
    bert = build_transformer_model(return_keras_model=False, **config)
    with pytest.raises(ValueError, match="max_shard_size='5 apples', expected a number, or"):
        bert.save_pretrained(str(tmp_path), max_shard_size="5 apples")
    with pytest.raises(ValueError, match="dtype='int8', expected one of float64, float32, "):
        bert.save_pretrained(str(tmp_path), dtype="int8")
    with pytest.raises(ValueError, match="BERT can be saved .* as model_type='bert', not 'gpt2'"):
        bert.save_pretrained(str(tmp_path), model_type="gpt2")
    assert os.listdir(str(tmp_path)) == []


@pytest.mark.parametrize(
    "pad_token_id, model_type, written, positions",
    [(0, None, "bert", 12), (1, None, "roberta", 14), (1, "bert", "bert", 12)]
    + [(0, "roberta", "roberta", 13), (None, None, "bert", 12)],
)
def test_bert_is_written_as_roberta_if_its_padding_is(
    pad_token_id, model_type, written, positions, config, tmp_path
):
    config.update(pad_token_id=pad_token_id)
    bert = build_transformer_model(return_keras_model=False, **config)
    bert.save_pretrained(str(tmp_path), model_type=model_type)
    config = config_of(tmp_path)
    assert config["model_type"] == written
    assert config["max_position_embeddings"] == positions
    assert read_config(str(tmp_path))["max_position"] == 12


# --- what can't be written


def condition(config):
    inputs = keras.layers.Input((5,), name="Condition")
    return dict(config, layer_norm_cond=inputs, additional_input_layers=inputs)


@pytest.mark.parametrize(
    "model, changes, words",
    [
        ("bert", condition, "layer_norm_cond="),
        ("bert", {"residual_attention_scores": True}, "residual_attention_scores=True"),
        ("bert", {"hierarchical_position": True}, "hierarchical_position=True"),
        ("bert", {"shared_segment_embeddings": True}, "shared_segment_embeddings=True"),
        ("bert", {"segment_vocab_size": 0}, "segment_vocab_size=0 .* 1 or more"),
        ("bert", {"attention_head_size": 4}, "attention_head_size=4 .* hidden_size //"),
        ("bert", {"attention_key_size": 4}, "attention_key_size=4 .* attention_head_size"),
        ("bert", {"embedding_size": 8}, "embedding_size=8 .* bert there has hidden_size"),
        ("bert", {"with_pool": "linear"}, "with_pool='linear'"),
        ("bert", {"hidden_act": "leaky_relu"}, "hidden_act='leaky_relu' .* one of gelu,"),
        ("bert", {"hidden_act": ["gelu", "linear"]}, "hidden_act=.* one of gelu,"),
        ("bert", {"application": "lm"}, "application='LanguageModel_BERT' .* encoder"),
        ("bert", {"application": "unilm"}, "application='UnifiedLanguageModel_BERT' .* encoder"),
        ("bert", {"pad_token_id": 1, "with_nsp": True}, "with_nsp=True .* roberta there has False"),
        ("bert", {"pad_token_id": 1, "hidden_act": "relu"}, "hidden_act='relu' .* one of gelu,"),
        ("albert", {}, "embedding_size=16 .* another size"),
        ("albert_unshared", {"embedding_size": 8}, "ALBERT_Unshared can't be saved"),
        ("gpt", {"segment_vocab_size": 2}, "segment_vocab_size=2"),
        ("gpt", {"segment_vocab_size": 0, "intermediate_size": 24}, "intermediate_size=24"),
        ("gpt2_ml", {}, "GPT2_ML can't be saved"),
        ("t5", {}, "cross_position_bias=True .* t5 there has False"),
        ("t5.1.1", {"cross_position_bias": False}, "logit_scale=True .* t5 there has False"),
        ("t5.1.0", {"cross_position_bias": False, "logit_scale": False}, "logit_scale=False"),
        ("t5_encoder", {"embedding_size": 8}, "embedding_size=8"),
        ("t5_decoder", {}, "T5_Decoder can't be saved"),
    ],
)
def test_a_model_that_transformers_cannot_be(model, changes, words, config, tmp_path):
    config = changes(config) if callable(changes) else dict(config, **changes)
    if model == "gpt" and "intermediate_size" not in changes:
        config["intermediate_size"] = 64
    transformer = build_transformer_model(model=model, return_keras_model=False, **config)
    with pytest.raises(ValueError, match=words):
        transformer.save_pretrained(str(tmp_path))
    assert os.listdir(str(tmp_path)) == []


# --- what else is in the directory


def files(directory):
    """{name: bytes} of a directory."""
    contents = {}
    for name in os.listdir(str(directory)):
        with open(os.path.join(str(directory), name), "rb") as f:
            contents[name] = f.read()
    return contents


@pytest.fixture
def saved(config, tmp_path):
    """A directory as saved, in shards, with a file of somebody else's."""
    bert = build_transformer_model(return_keras_model=False, **config)
    bert.save_pretrained(str(tmp_path), max_shard_size="6KB")
    (tmp_path / "vocab.txt").write_text("[PAD]")
    return tmp_path


def test_other_files_stay_and_old_shards_go(saved, config):
    bert = build_transformer_model(return_keras_model=False, **config)
    bert.save_pretrained(str(saved))
    assert sorted(os.listdir(str(saved))) == ["config.json", "model.safetensors", "vocab.txt"]


@pytest.mark.parametrize("count", range(4))
def test_a_failure_leaves_the_old_files(count, saved, config, monkeypatch):
    bert = build_transformer_model(return_keras_model=False, **config)
    before, calls = files(saved), []

    def fail(*arguments):
        calls.append(arguments)
        if len(calls) > count:
            raise OSError("the disk is full")
        return write(*arguments)

    from b4k_models import huggingface

    write = huggingface.write_safetensors
    monkeypatch.setattr(huggingface, "write_safetensors", fail)
    with pytest.raises(OSError, match="the disk is full"):
        bert.save_pretrained(str(saved), max_shard_size="6KB")
    assert files(saved) == before


def test_what_a_crash_left_half_replaced_is_read_as_it_was(saved):
    old = _huggingface_files.located(str(saved), "config.json")
    wanted = read_config(str(saved))
    shutil.copy(old, old + ".previous")
    index = os.path.join(str(saved), "model.safetensors.index.json")
    shutil.copy(index, index + ".previous")
    with open(old, "w") as f:
        f.write("{}")
    assert read_config(str(saved)) == wanted
