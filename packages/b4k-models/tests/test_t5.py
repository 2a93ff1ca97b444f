"""What only T5 has: an encoder, a decoder and both as one, versions, and flags for converted checkpoints."""

import numpy as np
import pytest
from b4k_models import (
    T5_Decoder,
    T5_Encoder,
    build_transformer_model,
    extend_with_language_model,
)
from b4k_ops import keras

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py

SOURCE = np.array([[7, 3, 11, 5, 1], [9, 1, 0, 0, 0]], "float32")
TARGET = np.array([[0, 4, 8], [0, 6, 0]], "float32")


@pytest.fixture
def t5(config):
    """Keywords of a tiny T5."""
    return dict(config, model="t5.1.1", hidden_act=["gelu", "linear"])


def build(config, **options):
    return build_transformer_model(return_keras_model=False, **dict(config, **options))


def with_weights(transformer, variables):
    transformer.load_weights_from_checkpoint(variables)
    return transformer


def predict(model, *inputs):
    return model.predict(list(inputs), verbose=0)


# --- one model, three models


def test_the_whole_is_its_parts(t5, random_variables):
    """The decoder alone knows nothing of the context's padding, so only the row without any agrees."""
    transformer = build(t5)
    with_weights(transformer, random_variables(transformer))
    context = predict(transformer.encoder, SOURCE)
    parts = predict(transformer.decoder, context, TARGET)
    whole = predict(transformer.model, SOURCE, TARGET)
    np.testing.assert_allclose(parts[0], whole[0], atol=1e-5)
    assert abs(parts[1] - whole[1]).max() > 1e-5


def test_parts_and_whole_share_their_layers(t5):
    transformer = build(t5, name="mT5")
    assert [m.name for m in (transformer.encoder, transformer.decoder)] == [
        "mT5_Encoder",
        "mT5_Decoder",
    ]
    table = transformer.encoder.get_layer("Embedding-Token")
    assert table is transformer.decoder.get_layer("Embedding-Token")
    assert table is transformer.model.get_layer("Embedding-Token")


def test_one_checkpoint_for_the_whole_and_its_parts(t5, random_variables):
    whole = build(t5)
    variables = random_variables(whole)
    with_weights(whole, variables)
    encoder = with_weights(build(t5, model="t5.1.1_encoder"), variables)
    assert isinstance(encoder, T5_Encoder)
    np.testing.assert_allclose(
        predict(encoder.model, SOURCE), predict(whole.encoder, SOURCE), atol=1e-5
    )


def test_padding_of_the_source_changes_nothing(t5, random_variables):
    transformer = build(t5)
    with_weights(transformer, random_variables(transformer))
    longer = np.pad(SOURCE, [(0, 0), (0, 3)])
    np.testing.assert_allclose(
        predict(transformer.model, longer, TARGET),
        predict(transformer.model, SOURCE, TARGET),
        atol=2e-5,
    )


def test_conditions_and_inputs_for_the_whole(t5, random_variables):
    """The original listed an additional input twice, which Keras refuses."""
    condition = keras.layers.Input((5,), name="Input-Condition")
    transformer = build(t5, layer_norm_cond=condition, additional_input_layers=condition)
    assert len(transformer.inputs) == 3
    with_weights(transformer, random_variables(transformer))
    name = "Decoder-Transformer-0-FeedForward-Norm"
    weights = transformer.layers[name].get_weights()
    transformer.layers[name].set_weights([w + 0.1 for w in weights])
    outputs = [
        predict(transformer.model, SOURCE, TARGET, np.full((2, 5), c, "float32")) for c in (0, 1)
    ]
    assert abs(outputs[0] - outputs[1]).max() > 1e-5


# --- versions and flags


def test_a_version_that_is_none(t5):
    with pytest.raises(ValueError, match=r"version must be one of .*'t5\.1\.2'"):
        build(t5, model="t5", version="t5.1.2")


@pytest.mark.parametrize("model", ["t5", "t5.1.1", "mt5.1.1"])
def test_the_version_is_in_the_name(t5, model):
    names = build(t5, model=model).variable_mapping()["Encoder-Transformer-0-FeedForward"]
    assert len(names) == (2 if model == "t5" else 3)
    norm = build(t5, model=model).variable_mapping()["Decoder-Output-Norm"]
    assert norm == ["decoder/%s/scale" % ("rms_norm" if model == "mt5.1.1" else "final_layer_norm")]


def test_the_logit_scale_divides_by_the_root_of_the_size(t5, random_variables):
    t5.update(with_lm="linear")
    scaled, plain = build(t5), build(t5, logit_scale=False)
    variables = random_variables(scaled)
    for transformer in (scaled, plain):
        with_weights(transformer, variables)
    np.testing.assert_allclose(
        predict(scaled.model, SOURCE, TARGET) * 4.0,
        predict(plain.model, SOURCE, TARGET),
        rtol=1e-4,
        atol=1e-4,
    )


def test_without_cross_position_bias_the_context_has_no_order(t5, random_variables):
    """Its vectors may come in any order; with the bias they may not."""
    context = np.sin(np.arange(2 * 5 * 16, dtype="float32")).reshape(2, 5, 16)
    for cross in (False, True):
        options = {"cross_position_bias": cross, "with_lm": "linear"}
        decoder = build(t5, model="t5.1.1_decoder", **options)
        with_weights(decoder, random_variables(decoder))
        first = predict(decoder.model, context, TARGET)
        second = predict(decoder.model, context[:, ::-1], TARGET)
        assert (abs(first - second).max() > 1e-4) == cross


@pytest.mark.parametrize("options", [{"keep_tokens": [0, 5, 3]}, {"compound_tokens": [[1, 2]]}])
def test_a_vocabulary_chosen_for_the_table_and_the_output(t5, random_variables, options):
    """The output matrix of t5.1.1 has a column for each token."""
    variables = random_variables(build(t5))
    transformer = with_weights(build(t5, **options), variables)
    rows = options.get("keep_tokens", list(range(30)))
    kernel = transformer.layers["Decoder-Output-LM"].get_weights()[0]
    expected = variables["decoder/logits/kernel"]
    np.testing.assert_array_equal(kernel[:, : len(rows)], expected[:, rows])
    if "compound_tokens" in options:
        np.testing.assert_allclose(kernel[:, -1], expected[:, 1:3].mean(axis=1), rtol=1e-6)


# --- applications and RealFormer


@pytest.mark.parametrize("model", ["t5", "t5_encoder", "mt5.1.1", "t5.1.0_encoder"])
@pytest.mark.parametrize("application", ["lm", "unilm"])
def test_t5_is_no_other_application(t5, model, application):
    with pytest.raises(ValueError, match="has no meaning as application='%s'" % application):
        build(t5, model=model, application=application)


def test_the_decoder_is_a_language_model_already(t5):
    assert extend_with_language_model(T5_Decoder) is T5_Decoder
    decoder = build(t5, model="t5.1.1_decoder", application="lm")
    assert type(decoder) is T5_Decoder
    with pytest.raises(ValueError, match="T5_Decoder has no meaning as application='unilm'"):
        build(t5, model="t5.1.1_decoder", application="unilm")


def test_scores_go_to_the_next_attention_of_their_kind(t5):
    """Self-attention's are [n, n], cross attention's [n, c]: the original mixed them up."""
    transformer = build(t5, residual_attention_scores=True)
    assert predict(transformer.model, SOURCE, TARGET).shape == (2, 3, 30)
    context = predict(transformer.encoder, SOURCE)
    np.testing.assert_allclose(
        predict(transformer.decoder, context, TARGET)[0],
        predict(transformer.model, SOURCE, TARGET)[0],
        atol=1e-5,
    )
