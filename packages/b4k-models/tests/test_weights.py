"""Weights: strict loading, a report of every tensor, and a way back that keeps every bit."""

import numpy as np
import pytest
from b4k_models import CheckpointError, TFCheckpoint, build_transformer_model, write_tf_checkpoint

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py


@pytest.fixture
def bert(config):
    return build_transformer_model(
        with_nsp=True, with_mlm=True, return_keras_model=False, prefix="A-", **config
    )


def values(transformer):
    return [w for layer in transformer.model.layers for w in layer.get_weights()]


def same(left, right):
    return len(left) == len(right) and all(np.array_equal(x, y) for x, y in zip(left, right))


def test_every_tensor_is_in_the_report(bert, random_variables):
    variables = random_variables(bert)
    variables["bert/pooler/dense/kernel/adam_m"] = np.zeros((16, 16), "float32")
    report = bert.load_weights_from_checkpoint(variables)
    assert len(report.of("loaded")) == len(variables) - 2
    assert [row.variable for row in report.of("reshaped")] == [
        "cls/seq_relationship/output_weights"
    ]
    assert [row.variable for row in report.of("unused")] == ["bert/pooler/dense/kernel/adam_m"]
    assert not report.of("missing")
    assert "bert/pooler/dense/kernel/adam_m" in str(report)
    assert "1 reshaped, 0 missing, 1 unused" in report.summary()
    assert bert.load_report is report


def test_tensors_without_a_google_name_are_in_the_report_too(bert, random_variables):
    class Foreign(dict):
        unrecognised = ["classifier.bias"]

    report = bert.load_weights_from_checkpoint(Foreign(random_variables(bert)))
    assert [row.variable for row in report.of("unused")] == ["classifier.bias"]


def test_checkpoint_to_model_to_checkpoint_keeps_every_bit(bert, tmp_path, random_variables):
    variables = random_variables(bert)
    bert.load_weights_from_checkpoint(variables)
    prefix = str(tmp_path / "bert_model.ckpt")
    bert.save_weights_as_checkpoint(prefix)
    written = TFCheckpoint(prefix)
    assert sorted(written) == sorted(variables)
    for name, value in variables.items():
        assert written[name].dtype == value.dtype
        assert np.array_equal(written[name], value), name


def test_build_with_a_checkpoint(bert, config, batch, tmp_path, random_variables):
    bert.load_weights_from_checkpoint(random_variables(bert))
    prefix = str(tmp_path / "bert_model.ckpt")
    bert.save_weights_as_checkpoint(prefix)
    model = build_transformer_model(checkpoint_path=prefix, with_nsp=True, with_mlm=True, **config)
    for left, right in zip(model.predict(batch, verbose=0), bert.model.predict(batch, verbose=0)):
        np.testing.assert_allclose(left, right, atol=1e-6)


def test_frozen_layers_load_too(config, random_variables):
    transformer = build_transformer_model(return_keras_model=False, **config)
    variables = random_variables(transformer)
    for layer in transformer.layers.values():
        layer.trainable = False
    transformer.load_weights_from_checkpoint(variables)
    table = transformer.layers["Embedding-Token"].get_weights()[0]
    assert np.array_equal(table, variables["bert/embeddings/word_embeddings"])


def refused(transformer, checkpoint):
    """The message of the error, after making sure that nothing was changed."""
    before = values(transformer)
    with pytest.raises(CheckpointError) as error:
        transformer.load_weights_from_checkpoint(checkpoint)
    assert same(values(transformer), before)
    return str(error.value)


def test_a_missing_core_weight(bert, random_variables):
    variables = random_variables(bert)
    del variables["bert/encoder/layer_1/output/dense/kernel"]
    message = refused(bert, variables)
    assert "lacks bert/encoder/layer_1/output/dense/kernel" in message
    assert "A-Transformer-1-FeedForward" in message and "(24, 16)" in message


def test_a_missing_core_weight_may_be_ignored(config, random_variables):
    transformer = build_transformer_model(
        ignore_invalid_weights=True, return_keras_model=False, **config
    )
    variables = random_variables(transformer)
    del variables["bert/encoder/layer_1/output/dense/kernel"]
    with pytest.warns(UserWarning, match="layer_1/output/dense/kernel"):
        report = transformer.load_weights_from_checkpoint(variables)
    assert len(report.of("missing")) == 1


def test_a_missing_head_is_a_warning(bert, random_variables):
    variables = {k: v for k, v in random_variables(bert).items() if not k.startswith("cls/")}
    with pytest.warns(UserWarning, match="cls/predictions/output_bias"):
        report = bert.load_weights_from_checkpoint(variables)
    assert {row.layer.split("-")[0] for row in report.of("missing")} == {"NSP", "MLM"}


def test_another_size(bert, config, tmp_path, random_variables):
    other = build_transformer_model(return_keras_model=False, **dict(config, hidden_size=32))
    prefix = str(tmp_path / "wide.ckpt")
    write_tf_checkpoint(prefix, random_variables(other))
    message = refused(bert, prefix)
    for part in ("wide.ckpt", "bert/embeddings/word_embeddings", "(30, 32)", "(30, 16)"):
        assert part in message


def test_fewer_layers_than_the_model_has(bert, config, random_variables):
    other = build_transformer_model(return_keras_model=False, **dict(config, num_hidden_layers=1))
    assert "bert/encoder/layer_1/" in refused(bert, random_variables(other))


def test_a_checkpoint_of_something_else(bert):
    bert.ignore_invalid_weights = True
    assert "has none of the model's variables" in refused(bert, {"resnet/conv/kernel": np.ones(3)})


@pytest.mark.parametrize("content", [b"", b"\x00" * 48, b"checkpoint" * 50])
def test_files_that_are_no_checkpoint(bert, content, tmp_path):
    (tmp_path / "bert_model.ckpt.index").write_bytes(content)
    (tmp_path / "bert_model.ckpt.data-00000-of-00001").write_bytes(content)
    assert "bert_model.ckpt" in refused(bert, str(tmp_path / "bert_model.ckpt"))


def test_truncated_data(bert, tmp_path, random_variables):
    prefix = tmp_path / "bert_model.ckpt"
    write_tf_checkpoint(str(prefix), random_variables(bert))
    data = tmp_path / "bert_model.ckpt.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:-100])
    assert "bert_model.ckpt.data-00000-of-00001" in refused(bert, str(prefix))


def test_one_damaged_byte_at_the_very_end(bert, tmp_path, random_variables):
    prefix = tmp_path / "bert_model.ckpt"
    write_tf_checkpoint(str(prefix), random_variables(bert))
    data = tmp_path / "bert_model.ckpt.data-00000-of-00001"
    content = data.read_bytes()
    data.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    message = refused(bert, str(prefix))
    assert "the checksum of cls/seq_relationship/output_weights does not match" in message


def test_a_directory_without_weights(config, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ValueError, match=str(tmp_path.name)):
        build_transformer_model(str(tmp_path))
    assert "nowhere" in refused(
        build_transformer_model(return_keras_model=False, **config), str(tmp_path / "nowhere")
    )
