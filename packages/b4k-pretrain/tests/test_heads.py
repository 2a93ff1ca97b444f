"""Losses and metrics are their formulas; ELECTRA's generator and discriminator are put together as they should be."""

import json

import numpy as np
import pytest
from b4k_models import CheckpointError, build_transformer_model
from b4k_ops import Model, evaluate, ops
from b4k_ops.testing import fresh_session
from b4k_pretrain import heads, losses
from b4k_pretrain.electra import build_generator
from b4k_pretrain.layers import SampledTokens
from pretrain_problem import MODEL, VOCABULARY
from safetensors.numpy import save_file

RNG = np.random.RandomState(0)
SCORES = RNG.standard_normal((2, 5, 7)).astype("float32")
LABELS = RNG.randint(0, 7, (2, 5))
LOGS = SCORES - np.log(np.exp(SCORES).sum(-1, keepdims=True))
SOME = np.array([[1, 0, 1, 0, 0], [0, 1, 1, 1, 0]], "float32")


def value_of(function, y_true, y_pred):
    """What a loss or metric gives."""
    tensors = [ops.convert_to_tensor(np.asarray(array, "float32")) for array in (y_true, y_pred)]
    return np.ravel(evaluate(function(*tensors)))


def judged(function, weights):
    """What a loss or metric of tokens gives."""
    return value_of(function, losses.packed({"labels": LABELS, "weights": weights}), LOGS)[0]


@pytest.mark.parametrize("weights", [SOME, np.ones_like(SOME)])
def test_the_mean_over_weighted_positions(weights):
    chosen = np.take_along_axis(LOGS, LABELS[..., None], -1)[..., 0]
    expected = -(chosen * weights).sum() / weights.sum()
    assert abs(judged(losses.token_loss, weights) - expected) < 1e-6
    right = ((LOGS.argmax(-1) == LABELS) * weights).sum() / weights.sum()
    assert abs(judged(losses.accuracy, weights) - right) < 1e-6


def test_no_weights_no_loss():
    assert judged(losses.token_loss, np.zeros_like(SOME)) == 0
    assert judged(losses.accuracy, np.zeros_like(SOME)) == 0


def test_replaced_tokens_are_told_from_those_there():
    tokens = np.where(SOME > 0, 6 - LABELS, LABELS)  # some of them what they were
    there = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], "float32")
    scores, replaced = 3 * SCORES[..., 0], (tokens != LABELS).astype(float)
    told = 1 / (1 + np.exp(-scores))
    entropy = -replaced * np.log(told) - (1 - replaced) * np.log(1 - told)
    y_true = losses.packed({"labels": LABELS, "weights": SOME, "there": there})[1]
    y_pred = np.stack([scores, tokens], -1)
    found = value_of(losses.replaced_loss, y_true, y_pred)
    np.testing.assert_allclose(found, [50 * (entropy * there).sum() / 8], rtol=1e-5)
    right = (((told > 0.5) == (replaced > 0)) * there).sum() / 8
    assert abs(value_of(losses.replaced_accuracy, y_true, y_pred)[0] - right) < 1e-6


def test_similar_texts_are_neighbours():
    vectors = RNG.standard_normal((6, 4))
    vectors[1] = 2 * vectors[0]  # the most similar, both ways
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    expected, right = [], []
    for i, partner in enumerate([1, 0, 3, 2, 5, 4]):
        scores = {j: 30 * units[i] @ units[j] for j in range(6) if j != i}
        expected.append(np.log(np.exp(list(scores.values())).sum()) - scores[partner])
        right.append(float(max(scores, key=scores.get) == partner))
    ignored = np.zeros(6)
    found = value_of(losses.similarity_loss, ignored, vectors)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    assert value_of(losses.similarity_accuracy, ignored, vectors).tolist() == right


def test_unknown_objectives_are_refused():
    with pytest.raises(ValueError, match="'mlm'"):
        heads.head_options("mml", "bert")
    for objective, model in (("electra", "bert"), ("mlm", "electra")):
        with pytest.raises(ValueError, match="'%s' can't train .*'%s'" % (objective, model)):
            heads.head_options(objective, model)
    assert heads.head_options("electra", "electra") == {"with_discriminator": "linear"}
    assert heads.head_options("causal_lm", "gpt2") == {
        "application": "lm",
        "final_activation": "linear",
    }


# --- ELECTRA


def sampled(ids, logs, draws):
    """What SampledTokens gives; called as a layer, Keras 2.3.1 would make a graph without values."""
    arrays = [np.asarray(array, "float32") for array in (ids, logs, draws)]
    return evaluate(SampledTokens().call([ops.convert_to_tensor(array) for array in arrays]))


def test_a_draw_falls_on_a_token_by_its_probability():
    draws = np.where(SOME > 0, RNG.uniform(size=SOME.shape), -1)
    expected = LABELS.copy()
    for place in zip(*np.nonzero(SOME)):
        ends = np.cumsum(np.exp(LOGS[place])[1:])  # 0 is padding
        expected[place] = 1 + np.searchsorted(ends, draws[place] * ends[-1], "right")
    assert sampled(LABELS, LOGS, draws).tolist() == expected.tolist()
    even = (np.arange(4000) + 0.5).reshape(1, -1) / 4000
    found = sampled(np.ones_like(even), np.broadcast_to(LOGS[0, 0], (1, 4000, 7)), even)
    wanted = np.append(0, np.exp(LOGS[0, 0])[1:] / np.exp(LOGS[0, 0])[1:].sum())
    shares = np.bincount(found[0].astype(int), minlength=7) / 4000
    np.testing.assert_allclose(shares, wanted, atol=1e-3)


def test_the_discriminator_judges_what_the_generator_draws():
    fresh_session()
    options = dict(MODEL, vocab_size=VOCABULARY, embedding_size=12, with_discriminator="linear")
    electra = build_transformer_model(model="electra", return_keras_model=False, **options)
    model = heads.training_model(electra, generator={"hidden_size": 8, "num_attention_heads": 1})
    ids = RNG.randint(5, VOCABULARY, (3, 6))
    ids[1, 4:] = 0
    draws = np.full((3, 6), -1.0)
    draws[:, 1:3] = RNG.uniform(size=(3, 2))
    inputs = [np.asarray(array, "float32") for array in (ids, draws, np.zeros((3, 6)))]
    logs, judged = model.predict(inputs, verbose=0)
    np.testing.assert_allclose(np.exp(logs).sum(-1), 1, atol=1e-5)
    assert judged[..., 1].tolist() == sampled(ids, logs, draws).tolist()
    scores = electra.model.predict([judged[..., 1], inputs[2]], verbose=0)
    np.testing.assert_allclose(judged[..., :1], scores, atol=1e-5)
    tables = [w for w in model.trainable_weights if tuple(w.shape) == (VOCABULARY, 12)]
    assert len(tables) == 1  # of both
    with pytest.raises(TypeError, match="model.generator has no option 'hidden'"):
        heads.training_model(electra, generator={"hidden": 8})


GENERATOR = {"hidden_size": 8, "num_attention_heads": 1, "num_hidden_layers": 1}
KERNELS = {  # Google's name of each in a generator: (Hugging Face's, the layer that has it, its place, its shape)
    "generator/embeddings_project": ("electra.embeddings_project", "Embedding-Mapping", 0, (12, 8)),
    "generator_predictions/dense": ("generator_predictions.dense", "MLM-Dense", 0, (8, 12)),
}
for _place, _name in enumerate(["self/query", "self/key", "self/value", "output/dense"]):
    KERNELS["generator/encoder/layer_0/attention/" + _name] = (
        "electra.encoder.layer.0.attention." + _name.replace("/", "."),
        "Transformer-0-MultiHeadSelfAttention",
        2 * _place,
        (8, 8),
    )
for _place, (_name, _shape) in enumerate([("intermediate", (8, 6)), ("output", (6, 8))]):
    KERNELS["generator/encoder/layer_0/%s/dense" % _name] = (
        "electra.encoder.layer.0.%s.dense" % _name,
        "Transformer-0-FeedForward",
        2 * _place,
        _shape,
    )
NORMS = {
    "generator/encoder/layer_0/attention/output/LayerNorm": (
        "electra.encoder.layer.0.attention.output.LayerNorm",
        "Transformer-0-MultiHeadSelfAttention-Norm",
        8,
    ),
    "generator/encoder/layer_0/output/LayerNorm": (
        "electra.encoder.layer.0.output.LayerNorm",
        "Transformer-0-FeedForward-Norm",
        8,
    ),
    "generator_predictions/LayerNorm": ("generator_predictions.LayerNorm", "MLM-Norm", 12),
}


def generator_weights():
    """(Google's variables, Hugging Face's tensors, {layer: [(place, value)]}) of a generator of random numbers."""
    google, hugging_face, layers = {}, {}, {}

    def add(variable, tensor, layer, place, shape):
        value = google[variable] = RNG.standard_normal(shape).astype("float32")
        hugging_face[tensor] = np.ascontiguousarray(value.T)
        layers.setdefault("Generator-" + layer, []).append((place, value))

    for scope, (module, layer, place, shape) in KERNELS.items():
        add(scope + "/kernel", module + ".weight", layer, place, shape)
        add(scope + "/bias", module + ".bias", layer, place + 1, shape[1:])
    for scope, (module, layer, size) in NORMS.items():
        add(scope + "/beta", module + ".bias", layer, 0, (size,))
        add(scope + "/gamma", module + ".weight", layer, 1, (size,))
    add("generator_predictions/output_bias", "generator_lm_head.bias", "MLM-Bias", 0, (VOCABULARY,))
    return google, hugging_face, layers


def test_a_generator_begins_with_a_checkpoint(tmp_path):
    fresh_session()
    options = dict(MODEL, vocab_size=VOCABULARY, embedding_size=12, with_discriminator="linear")
    google, hugging_face, layers = generator_weights()
    save_file(hugging_face, str(tmp_path / "model.safetensors"))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "electra"}))
    electra = build_transformer_model(model="electra", return_keras_model=False, **options)
    before = electra.layers["Embedding-Token"].get_weights()
    for checkpoint in (google, str(tmp_path)):
        generator = build_generator(electra, GENERATOR, checkpoint)
        for name, weights in layers.items():
            found = generator.layers[name].get_weights()
            assert len(found) == len(weights)
            for place, value in weights:
                np.testing.assert_array_equal(found[place], value)
        np.testing.assert_array_equal(electra.layers["Embedding-Token"].get_weights(), before)
    del google["generator_predictions/output_bias"]
    with pytest.raises(CheckpointError, match="lacks generator_predictions/output_bias"):
        heads.training_model(electra, Model, GENERATOR, google)
