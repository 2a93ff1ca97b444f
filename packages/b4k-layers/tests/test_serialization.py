"""Every layer comes back from its configuration, and says no to what it doesn't know."""

import b4k_layers
import pytest

CONFIGS = {
    "Add": [{}],
    "AttentionBias": [{}],
    "BatchConcat": [{}],
    "BatchSplit": [{"parts": 3}, {"parts": [2, 1]}],
    "CachedAttentionMask": [{}],
    "Concatenate1D": [{}],
    "ConditionalRandomField": [{"lr_multiplier": 100}],
    "EfficientGlobalPointer": [
        {"heads": 2, "head_size": 4, "RoPE": False, "use_bias": False, "tril_mask": False}
    ],
    "Embedding": [
        {"input_dim": 5, "output_dim": 3, "mask_zero": True},
        {"input_dim": 5, "output_dim": 3, "pad_token_id": 1},
    ],
    "FeedForward": [{"units": 7, "activation": ["gelu_tanh", "linear"], "use_bias": False}],
    "FirstToken": [{}],
    "GatedAttentionUnit": [
        {
            "units": 8,
            "key_size": 4,
            "activation": "gelu_tanh",
            "use_bias": False,
            "normalization": "softmax_plus",
            "self_attention": False,
            "attention_scale": False,
            "attention_dropout": 0.2,
        }
    ],
    "GlobalAveragePooling1D": [{}, {"data_format": "channels_first", "keepdims": True}],
    "GlobalMaxPooling1D": [{}, {"data_format": "channels_first", "keepdims": True}],
    "GlobalPointer": [
        {"heads": 2, "head_size": 4, "RoPE": False, "use_bias": False, "tril_mask": False}
    ],
    "LanguageModelMask": [{}],
    "LayerNormalization": [
        {"zero_mean": False, "unit_variance": True, "epsilon": 1e-5, "offset": False},
        {"conditional": True, "hidden_units": 4, "hidden_activation": "swish"},
    ],
    "Loss": [{}, {"output_axis": [1, 0]}],
    "MaximumEntropyMarkovModel": [{"lr_multiplier": 100, "hidden_dim": 3}],
    "MultiHeadAttention": [
        {
            "heads": 2,
            "head_size": 4,
            "out_dim": 6,
            "key_size": 3,
            "use_bias": False,
            "normalization": "softmax_plus",
            "attention_scale": False,
            "attention_dropout": 0.2,
            "return_attention_scores": True,
        }
    ],
    "PositionEmbedding": [
        {"input_dim": 9, "output_dim": 4, "merge_mode": "mul", "hierarchical": 0.3},
        {"input_dim": 9, "output_dim": 4, "custom_position_ids": True},
    ],
    "RelativePositionEmbedding": [{"input_dim": 9, "output_dim": 4}],
    "RelativePositionEmbeddingT5": [
        {"input_dim": 8, "output_dim": 4, "max_distance": 16, "bidirectional": False}
    ],
    "ScaleOffset": [{"scale": 2.0, "offset": True}, {"conditional": True}],
    "SinusoidalPositionEmbedding": [{"output_dim": 4, "merge_mode": "zero"}],
    "UniLMMask": [{}],
}
CASES = [(name, config) for name in sorted(CONFIGS) for config in CONFIGS[name]]


def test_every_public_layer_is_here():
    assert sorted(CONFIGS) == sorted(b4k_layers.__all__)


@pytest.mark.parametrize("name, config", CASES)
def test_configuration_round_trip(name, config):
    layer_class = getattr(b4k_layers, name)
    layer = layer_class(name="some-name", **config)
    saved = layer.get_config()
    for key, value in config.items():
        assert saved[key] == value, key
    assert layer_class.from_config(saved).get_config() == saved


@pytest.mark.parametrize("name, config", CASES)
def test_a_misspelt_argument_is_refused(name, config):
    with pytest.raises((TypeError, ValueError)):
        getattr(b4k_layers, name)(head_sise=1, **config)
