"""`config.json` decides everything, and says so where it is wrong or asks for what b4k hasn't."""

import json
import os

import numpy as np
import pytest
from b4k_models import ALBERT, BERT, CheckpointError, HuggingFaceCheckpoint, build_transformer_model
from b4k_models._safetensors import SafetensorsFile, as_stored, write_safetensors
from b4k_models.huggingface import read_config

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py

HERE = os.path.dirname(os.path.abspath(__file__))


def golden(name):
    return os.path.join(HERE, "golden", "huggingface", name)


# --- directories and config.json


def test_a_directory_that_is_not_there():
    with pytest.raises(CheckpointError, match="nowhere: no such directory"):
        HuggingFaceCheckpoint("nowhere")


def test_a_directory_without_weights(copy):
    directory = copy("pretraining")
    os.remove(os.path.join(directory, "model.safetensors"))
    words = "pretraining: no weights, expected model.safetensors or .*it holds config.json"
    with pytest.raises(CheckpointError, match=words):
        build_transformer_model(directory)


def test_a_directory_without_config(copy):
    directory = copy("pretraining")
    os.remove(os.path.join(directory, "config.json"))
    with pytest.raises(CheckpointError, match="config.json"):
        build_transformer_model(directory)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100000])
def test_a_config_that_is_no_json_object(content, copy):
    directory = copy("pretraining")
    with open(os.path.join(directory, "config.json"), "wb") as f:
        f.write(content)
    with pytest.raises(CheckpointError, match="config.json"):
        read_config(directory)


def change_config(directory, **changes):
    """Changes keys of config.json; None removes one."""
    path = os.path.join(directory, "config.json")
    with open(path) as f:
        values = dict(json.load(f), **changes)
    with open(path, "w") as f:
        json.dump({key: value for key, value in values.items() if value is not None}, f)
    return directory


def test_config_of_a_directory():
    assert read_config(golden("masked_lm")) == {
        "vocab_size": 40,
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "hidden_act": "gelu_tanh",
        "layer_norm_epsilon": 1e-5,
        "segment_vocab_size": 4,
        "max_position": 12,
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "pad_token_id": 0,
    }
    assert HuggingFaceCheckpoint(golden("encoder")).config["hidden_act"] == "relu"


def test_config_of_2018_has_defaults_for_what_it_lacks(copy):
    directory = copy("pretraining")
    change_config(directory, model_type=None, layer_norm_eps=None, type_vocab_size=None)
    assert read_config(directory) == read_config(golden("pretraining"))


REQUIRED = [
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "hidden_act",
]


@pytest.mark.parametrize("key", REQUIRED)
def test_config_lacks_a_key(key, copy):
    with pytest.raises(CheckpointError, match="config.json: the key '%s' is missing" % key):
        read_config(change_config(copy("pretraining"), **{key: None}))


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"model_type": "llama"}, "model_type is 'llama', expected one of albert, bert,"),
        ({"position_embedding_type": "relative_key"}, "relative positions are not BERT's"),
        ({"is_decoder": True}, "application='lm'"),
        ({"add_cross_attention": True}, "no cross-attention"),
        ({"tie_word_embeddings": False}, "tie_word_embeddings is False"),
        ({"pruned_heads": {"0": [1]}}, "all its heads"),
        ({"hidden_act": "quick_gelu"}, "hidden_act is 'quick_gelu', expected one of gelu,"),
        ({"hidden_size": "16"}, "hidden_size is '16', expected a positive int"),
        ({"vocab_size": True}, "vocab_size is True, expected a positive int"),
        ({"hidden_size": 0}, "hidden_size is 0, expected a positive int"),
        ({"num_hidden_layers": -1}, "num_hidden_layers is -1, expected a positive int"),
        ({"num_attention_heads": 3}, "a hidden size of 16 can't be shared among 3 heads"),
        ({"pad_token_id": -1}, "pad_token_id is -1, expected an int, not negative"),
        ({"layer_norm_eps": float("nan")}, "layer_norm_eps is nan, expected a float between"),
        ({"hidden_dropout_prob": 1}, "hidden_dropout_prob is 1.0, expected a float from 0"),
        ({"hidden_dropout_prob": "much"}, "hidden_dropout_prob is 'much', expected a float"),
    ],
)
def test_config_asks_for_what_is_no_bert(changes, words, copy):
    with pytest.raises(CheckpointError, match="config.json: .*" + words):
        read_config(change_config(copy("pretraining"), **changes))


def test_weights_of_another_size(copy):
    directory = change_config(copy("pretraining"), vocab_size=39)
    words = r"bert/embeddings/word_embeddings.*\(40, 16\).*\(39, 16\)"
    with pytest.raises(CheckpointError, match="pretraining.*" + words):
        build_transformer_model(directory)


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"vocab_size": 10**15}, "vocab_size is 1000000000000000, but no axis .* longer than 40"),
        ({"num_hidden_layers": 10**9}, "num_hidden_layers is .* too few for more than 100"),
    ],
)
def test_a_size_that_no_tensor_can_have_is_refused_before_a_model_is_made(changes, words, copy):
    with pytest.raises(CheckpointError, match="config.json: " + words):
        build_transformer_model(change_config(copy("pretraining"), **changes))


# --- the other families


@pytest.mark.parametrize(
    "name, config",
    [
        ("roberta", {"max_position": 12, "pad_token_id": 1, "segment_vocab_size": 1}),
        ("albert", {"embedding_size": 8, "hidden_act": "gelu_tanh"}),
        ("electra", {"embedding_size": 8, "hidden_act": "gelu_erf"}),
        ("roformer", {"embedding_size": 8, "layer_norm_epsilon": 1e-5, "max_position": 14}),
        ("gpt2", {"pad_token_id": None, "intermediate_size": 64, "hidden_act": "gelu_tanh"}),
        ("gpt2_old", {"pad_token_id": None, "intermediate_size": 24, "hidden_act": "relu"}),
        ("openai_gpt", {"segment_vocab_size": 0, "hidden_act": "gelu_tanh"}),
        ("t5", {"version": "t5.1.0", "logit_scale": True, "hidden_act": "relu"}),
        ("t5", {"attention_head_size": 6, "cross_position_bias": False, "num_decoder_layers": 2}),
        ("t5_v1_1", {"num_hidden_layers": 2, "num_decoder_layers": 1}),
        ("t5_v1_1", {"version": "t5.1.1", "logit_scale": False}),
        (
            "mt5",
            {"version": "mt5.1.1", "logit_scale": False, "hidden_act": ["gelu_tanh", "linear"]},
        ),
    ],
)
def test_config_of_other_families(name, config):
    found = read_config(golden(name))
    assert {key: found[key] for key in config} == config


@pytest.mark.parametrize(
    "name, changes, words",
    [
        ("roberta", {"hidden_act": "relu"}, "hidden_act is 'relu', expected one of gelu,"),
        ("roberta", {"pad_token_id": 20}, "leaves no position after that of padding, 20"),
        ("albert", {"num_hidden_groups": 2}, "num_hidden_groups is 2, expected 1: all layers"),
        ("albert", {"embedding_size": 16}, "embedding_size is hidden_size, 16, and only other"),
        ("roformer", {"rotary_value": True}, "values are not rotated"),
        ("gpt2", {"scale_attn_by_inverse_layer_idx": True}, "all layers scale their scores alike"),
        ("gpt2", {"n_head": 3}, "a hidden size of 16 can't be shared among 3 heads"),
        ("gpt2", {"activation_function": "mish"}, "activation_function is 'mish', expected one of"),
        ("openai_gpt", {"afn": "tanh"}, "afn is 'tanh', expected one of gelu, gelu_new"),
        ("t5", {"relative_attention_num_buckets": 16}, "is 16, expected 32: T5 has 32 of them"),
        ("t5", {"scale_decoder_outputs": 0}, "scale_decoder_outputs is 0, expected true or false"),
        ("t5", {"feed_forward_proj": "gated-mish"}, "feed_forward_proj is 'gated-mish'"),
    ],
)
def test_config_asks_for_what_its_family_is_not(name, changes, words, copy):
    with pytest.raises(CheckpointError, match="config.json: .*" + words):
        read_config(change_config(copy(name), **changes))


# --- which model


class Other(BERT):
    """A user's own."""


@pytest.mark.parametrize("model", [None, "bert", "RoBERTa", BERT, Other])
def test_models_that_a_directory_can_be(model):
    made = build_transformer_model(golden("roberta"), model=model, return_keras_model=False)
    assert isinstance(made, model if isinstance(model, type) else BERT)


@pytest.mark.parametrize(
    "name, model, version",
    [
        ("t5", "t5_encoder", "t5.1.0"),
        ("t5_v1_1", "t5", "t5.1.1"),
        ("t5_v1_1", "t5.1.1_decoder", "t5.1.1"),
        ("mt5", None, "mt5.1.1"),
    ],
)
def test_parts_and_versions_of_t5(name, model, version):
    made = build_transformer_model(golden(name), model=model, return_keras_model=False)
    assert made.version == version
    assert made.load_report.of("missing") == []


@pytest.mark.parametrize(
    "name, model, words",
    [
        ("roberta", "gpt2", "model='gpt2' .*roberta holds .* type 'roberta', .* model='roberta'"),
        ("roberta", "albert", "model='albert' .*roberta holds .* type 'roberta'"),
        ("roberta", ALBERT, "model=.*ALBERT.*roberta holds .* type 'roberta'"),
        ("t5", "t5.1.1", "model='t5.1.1' .* type 't5', which is model='t5'"),
        ("t5_v1_1", "t5.1.0_encoder", "model='t5.1.0_encoder' .* type 't5', which is .*'t5.1.1'"),
        ("mt5", "t5.1.1", "model='t5.1.1' .* type 'mt5', which is model='mt5.1.1'"),
        ("gpt2", "gpt", "model='gpt' .* type 'gpt2', which is model='gpt2'"),
        ("gpt2", 3, "model=3 .* type 'gpt2', which is model='gpt2'"),
    ],
)
def test_a_model_that_contradicts_the_directory(name, model, words):
    with pytest.raises(CheckpointError, match=words):
        build_transformer_model(golden(name), model=model)


# --- a directory that doesn't fit changes nothing


def weights_of(transformer):
    return [weight.copy() for weight in transformer.model.get_weights()]


@pytest.mark.parametrize(
    "name, lost, shape",
    [
        ("roberta", "roberta.embeddings.position_embeddings.weight", (13, 16)),
        ("albert", "albert.encoder.embedding_hidden_mapping_in.weight", (16, 7)),
        ("electra", "electra.embeddings_project.bias", (17,)),
        ("roformer", "roformer.encoder.layer.1.output.LayerNorm.weight", (15,)),
        ("gpt2", "transformer.h.1.attn.c_attn.weight", (16, 49)),
        ("openai_gpt", "transformer.h.0.attn.c_attn.bias", ()),
        ("t5", "decoder.block.1.layer.1.EncDecAttention.k.weight", (12, 15)),
    ],
)
def test_a_tensor_that_is_missing_or_of_another_shape(name, lost, shape, copy):
    directory = copy(name)
    transformer = build_transformer_model(directory, return_keras_model=False)
    before, path = weights_of(transformer), os.path.join(directory, "model.safetensors")
    file = SafetensorsFile(path)
    tensors = {key: as_stored(file.read(key) + 1) for key in file.shapes}
    del file, tensors[lost]
    for there in ({}, {lost: as_stored(np.ones(shape, "float32"))}):
        with open(path, "wb") as f:
            write_safetensors(f, dict(tensors, **there))
        with pytest.raises(CheckpointError, match=name):
            transformer.load_weights_from_checkpoint(directory)
        for old, new in zip(before, weights_of(transformer)):
            np.testing.assert_array_equal(new, old)


def test_a_directory_of_another_family_does_not_load():
    bert = build_transformer_model(golden("pretraining"), return_keras_model=False)
    before = weights_of(bert)
    with pytest.raises(CheckpointError, match="gpt2 lacks bert/embeddings/word_embeddings"):
        bert.load_weights_from_checkpoint(golden("gpt2"))
    for old, new in zip(before, weights_of(bert)):
        np.testing.assert_array_equal(new, old)
