"""build_transformer_model: what it takes, what it refuses, and that models are made to be changed."""

import json

import numpy as np
import pytest
from b4k_models import BERT, build_transformer_model
from b4k_ops import keras

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py


def test_from_a_file_and_from_keywords(config, batch, tmp_path):
    path = tmp_path / "bert_config.json"
    path.write_text(json.dumps(dict(config, initializer_range=0.02, directionality="bidi")))
    model = build_transformer_model(str(path))
    assert [tensor.name.split(":")[0] for tensor in model.inputs] == [
        "Input-Token",
        "Input-Segment",
    ]
    assert model.predict(batch, verbose=0).shape == (3, 8, 16)
    assert build_transformer_model(**config).count_params() == model.count_params()


def test_keywords_win_over_the_file(config, tmp_path):
    path = tmp_path / "bert_config.json"
    path.write_text(json.dumps(config))
    transformer = build_transformer_model(str(path), num_hidden_layers=1, return_keras_model=False)
    assert "Transformer-0-FeedForward" in transformer.layers
    assert "Transformer-1-FeedForward" not in transformer.layers


@pytest.mark.parametrize(
    "keywords, words",
    [
        ({"with_mlmm": True}, "with_mlmm.*did you mean 'with_mlm'"),
        ({"hirarchical_position": True}, "did you mean 'hierarchical_position'"),
        ({"model": "brt"}, "model must be one of .*'brt'.*did you mean 'bert'"),
        ({"model": 3}, "model must be one of"),
        ({"application": "unilmm"}, "application must be one of .*did you mean 'unilm'"),
        ({"application": "unilm", "segment_vocab_size": 0}, "segment_vocab_size is 0"),
    ],
)
def test_what_is_not_known_is_refused(config, keywords, words):
    with pytest.raises(ValueError, match=words):
        build_transformer_model(**dict(config, **keywords))


@pytest.mark.parametrize("key", ["vocab_size", "hidden_size", "hidden_act", "num_attention_heads"])
def test_a_configuration_that_lacks_a_key(config, key, tmp_path):
    del config[key]
    path = tmp_path / "bert_config.json"
    path.write_text(json.dumps(config))
    with pytest.raises(ValueError, match="bert_config.json lacks %s" % key):
        build_transformer_model(str(path))


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "\x00\xff"])
def test_a_configuration_that_is_none(text, tmp_path):
    path = tmp_path / "bert_config.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match="bert_config.json"):
        build_transformer_model(str(path))


def test_a_configuration_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match="nowhere.json"):
        build_transformer_model(str(tmp_path / "nowhere.json"))


def test_a_directory_without_configuration(tmp_path):
    with pytest.raises(ValueError, match="config.json"):
        build_transformer_model(str(tmp_path))


def test_a_subclass_that_overrides_one_method(config, batch):
    class Shallow(BERT):
        def __init__(self, keep_layers, **kwargs):
            super().__init__(**kwargs)
            self.keep_layers = keep_layers

        def apply_main_layers(self, inputs, index):
            if index >= self.keep_layers:
                return inputs
            return super().apply_main_layers(inputs, index)

    transformer = build_transformer_model(
        model=Shallow, keep_layers=1, return_keras_model=False, **config
    )
    assert "Transformer-0-FeedForward" in transformer.layers
    assert "Transformer-1-FeedForward" not in transformer.layers
    assert transformer.model.predict(batch, verbose=0).shape == (3, 8, 16)


def test_layers_are_shared_by_name(config, batch):
    first = build_transformer_model(return_keras_model=False, **config)
    second = build_transformer_model(
        return_keras_model=False, with_pool=True, layers=first.layers, **config
    )
    assert second.layers["Embedding-Token"] is first.layers["Embedding-Token"]
    weights = first.layers["Embedding-Token"].get_weights()
    first.layers["Embedding-Token"].set_weights([weights[0] * 0])
    assert not second.layers["Embedding-Token"].get_weights()[0].any()
    assert second.model.predict(batch, verbose=0).shape == (3, 16)


def test_the_same_model_called_twice_keeps_its_masks_apart(config, batch):
    """Keras 2.3.1 writes one call's mask into the next one's arguments."""
    encoder = build_transformer_model(application="lm", with_mlm="linear", **config)
    inputs = [keras.layers.Input((None,)) for _ in range(4)]
    twins = keras.models.Model(inputs, [encoder(inputs[:2]), encoder(inputs[2:])])
    shuffled = [x[::-1] for x in batch]
    first, second = twins.predict(batch + shuffled, verbose=0)
    np.testing.assert_allclose(first, encoder.predict(batch, verbose=0), atol=1e-5)
    np.testing.assert_allclose(second, encoder.predict(shuffled, verbose=0), atol=1e-5)


def test_a_model_comes_back_from_its_configuration(config, batch):
    """Without custom_objects, and with the layers frozen that were."""
    model = build_transformer_model(application="unilm", **config)
    model.get_layer("Transformer-0-FeedForward").trainable = False
    again = keras.models.Model.from_config(model.get_config())
    again.set_weights(model.get_weights())
    assert len(again.trainable_weights) == len(model.trainable_weights) < len(model.weights)
    np.testing.assert_allclose(
        again.predict(batch, verbose=0), model.predict(batch, verbose=0), atol=1e-6
    )
