"""What only one family of encoders has: ALBERT's one block, NEZHA's table, RoFormerV2's initializer, ELECTRA's head."""

import numpy as np
import pytest
from b4k_models import (
    ELECTRA,
    CheckpointError,
    TFCheckpoint,
    build_transformer_model,
    extend_with_language_model,
)
from b4k_models.roformer import DepthScaledNormal
from b4k_ops import evaluate, keras, sinusoidal_embeddings

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py


def build(config, **options):
    return build_transformer_model(return_keras_model=False, **dict(config, **options))


# --- what a family cannot take


@pytest.mark.parametrize(
    "options, words",
    [
        (
            {"model": "electra", "with_pool": True},
            "ELECTRA has no use for with_pool and got with_pool=True",
        ),
        ({"model": "electra", "with_mlm": "linear"}, "ELECTRA has no use for with_mlm.*'linear'"),
        ({"model": "electra", "application": "lm"}, "ELECTRA.*application='lm', only as 'encoder'"),
        ({"model": "electra", "application": "unilm"}, "ELECTRA.*application='unilm'"),
        (
            {"model": "nezha", "custom_position_ids": True},
            "NEZHA has no use for custom_position_ids",
        ),
        (
            {"model": "nezha", "attention_key_size": 6},
            "NEZHA.*must be attention_head_size: got 6 and 8",
        ),
        (
            {"model": "roformer", "hierarchical_position": 0.4},
            "RoFormer has no use for hierarchical",
        ),
        ({"model": "roformer_v2", "with_nsp": True}, "RoFormerV2 has no use for with_nsp"),
        ({"model": "gau", "residual_attention_scores": True}, "GAU_alpha has no use for residual"),
    ],
)
def test_what_has_no_meaning_is_refused(config, options, words):
    with pytest.raises(ValueError, match=words):
        build(config, **options)


def test_a_condition_is_refused_where_norms_have_no_weights(config):
    condition = keras.layers.Input((5,), name="Input-Condition")
    with pytest.raises(ValueError, match="RoFormerV2 has no use for layer_norm_cond"):
        build(config, model="roformer_v2", layer_norm_cond=condition)


def test_electra_is_no_language_model_by_hand_either():
    with pytest.raises(ValueError, match="ELECTRA has no meaning as application='lm'"):
        extend_with_language_model(ELECTRA)


def test_off_is_not_set(config):
    assert build(config, model="electra", with_pool=False, with_mlm=False)


# --- ALBERT


def test_albert_has_one_block_however_many_layers(config, random_variables):
    transformer = build(config, model="albert", num_hidden_layers=4)
    assert transformer.model.count_params() == build(config, model="albert").model.count_params()
    report = transformer.load_weights_from_checkpoint(random_variables(transformer))
    assert len(report.of("loaded")) == len(transformer.model.weights)


@pytest.mark.parametrize("application", ["lm", "unilm"])
def test_albert_adds_scores_in_all_its_layers(config, application):
    """The layer that adds them has one name: the original could not apply it twice."""
    options = {"residual_attention_scores": True, "num_hidden_layers": 4, "prefix": "A-"}
    names = build(config, model="albert", application=application, **options).layers
    assert "A-Transformer-MultiHeadSelfAttention-Attention-Bias" in names


def test_unshared_layers_start_equal_and_are_saved_while_they_are(
    config, random_variables, tmp_path
):
    transformer = build(config, model="albert_unshared")
    variables = random_variables(transformer)
    transformer.load_weights_from_checkpoint(variables)
    first, second = [transformer.layers["Transformer-%d-FeedForward" % index] for index in range(2)]
    assert first is not second
    assert all(map(np.array_equal, first.get_weights(), second.get_weights()))
    path = str(tmp_path / "albert")
    transformer.save_weights_as_checkpoint(path)
    assert sorted(TFCheckpoint(path)) == sorted(variables)
    second.set_weights([weight + 1 for weight in second.get_weights()])
    with pytest.raises(CheckpointError, match="one bert.*ffn_1.*Transformer-1-FeedForward"):
        transformer.save_weights_as_checkpoint(str(tmp_path / "other"))
    mapping = {"Transformer-1-FeedForward": ["a", "b", "c", "d"]}
    transformer.save_weights_as_checkpoint(str(tmp_path / "other"), mapping)
    assert sorted(TFCheckpoint(str(tmp_path / "other"))) == ["a", "b", "c", "d"]


# --- NEZHA


def test_nezhas_table_is_of_sinusoids_frozen_and_in_no_checkpoint(config, random_variables):
    transformer = build(config, model="nezha")
    layer = transformer.layers["Embedding-Relative-Position"]
    expected = evaluate(sinusoidal_embeddings(np.arange(129, dtype="float32"), 8))
    assert not layer.trainable_weights
    np.testing.assert_allclose(layer.get_weights()[0], expected, atol=1e-6)
    report = transformer.load_weights_from_checkpoint(random_variables(transformer))
    assert not report.of("missing")
    np.testing.assert_allclose(layer.get_weights()[0], expected, atol=1e-6)


# --- RoFormerV2 and GAU


@pytest.mark.parametrize("model, order", [("roformer_v2", 2), ("gau", 3)])
def test_the_initializer_knows_depth_and_width(config, model, order):
    config.update(hidden_size=256, vocab_size=20000, num_hidden_layers=1)
    layers = build(config, model=model).layers
    table = layers["Embedding-Token"].get_weights()[0]  # 20000 rows are no width
    segments = layers["Embedding-Segment"].get_weights()[0]  # nor are two
    for weights in (table, segments):
        np.testing.assert_allclose(weights.std(), 1 / 16, rtol=0.15)
    initializer = DepthScaledNormal(8, order)
    again = keras.initializers.deserialize(keras.initializers.serialize(initializer))
    assert again.get_config() == {"num_layers": 8, "order": order}
    kernel = keras.layers.Dense(400, kernel_initializer=again)
    kernel.build((None, 400))
    expected = 1 / 20 * 8 ** (-1 / order)
    np.testing.assert_allclose(kernel.get_weights()[0].std(), expected, rtol=0.02)


def test_a_head_without_weights_in_any_checkpoint_is_told(config, random_variables):
    plain = build(config, model="roformer_v2", embedding_size=12)
    transformer = build(config, model="roformer_v2", embedding_size=12, with_mlm=True)
    with pytest.warns(UserWarning, match="output_mapping"):
        transformer.load_weights_from_checkpoint(random_variables(plain))
