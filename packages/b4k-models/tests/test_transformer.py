"""What the base class offers to every model: cached states, other sizes, shared and recalled layers."""

import numpy as np
import pytest
from b4k_models import (
    BERT,
    GPT,
    GPT2,
    CheckpointError,
    build_transformer_model,
    extend_with_language_model,
    orthogonally_resize,
)
from b4k_models.resizing import choose_rows
from b4k_ops import GENERATION, keras

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py

TOKENS = np.array([[7, 3, 11, 5, 1, 9], [2, 8, 4, 6, 12, 10]], "float32")
CACHED = 2  # tokens whose states are kept
FIRST = "Transformer-0-MultiHeadSelfAttention"


def build(config, **options):
    return build_transformer_model(return_keras_model=False, **dict(config, **options))


def loaded(transformer, variables):
    transformer.load_weights_from_checkpoint(variables)
    return transformer


def states(transformer, inputs):
    """What goes into the attention of each layer: [batch, length, hidden_size] each."""
    attentions = [n for n in transformer.layers if n.endswith("MultiHeadSelfAttention")]
    norms = [transformer.model.get_layer(name + "-Norm").output for name in attentions]
    return dict(
        zip(attentions, predict(keras.models.Model(transformer.model.inputs, norms), inputs))
    )


def predict(model, inputs):
    return model.predict(inputs, verbose=0)


# --- attention_caches


@pytest.mark.parametrize("residual", [False, True])
def test_cached_states_stand_for_the_tokens_before(config, random_variables, residual):
    """A language model that has the first tokens' states need not see the tokens: the original could not do this."""
    config.update(model="gpt2", final_activation="linear", custom_position_ids=True)
    config.update(residual_attention_scores=residual)
    whole = build(config)
    variables = random_variables(whole)
    loaded(whole, variables)
    positions = np.tile(np.arange(6, dtype="float32"), (2, 1))
    expected = predict(whole.model, [TOKENS, positions])[:, CACHED:]
    cached = states(whole, [TOKENS, positions])

    inputs = {name: keras.layers.Input((None, 16), name=name + "-Cache") for name in cached}
    rest = build(
        config,
        attention_caches={name: [x, x] for name, x in inputs.items()},
        additional_input_layers=list(inputs.values()),
    )
    loaded(rest, variables)
    arrays = [TOKENS[:, CACHED:], positions[:, CACHED:]]
    arrays += [cached[name][:, :CACHED] for name in inputs]
    np.testing.assert_allclose(predict(rest.model, arrays), expected, atol=2e-5)


@pytest.mark.parametrize("application", ["encoder", "lm", "unilm"])
def test_cached_states_are_seen_by_all(config, random_variables, application):
    """What a cache holds matters to each position, the padded ones aside."""
    caches = [keras.layers.Input((None, 16), name=name) for name in ("Cached-K", "Cached-V")]
    transformer = build(
        config,
        application=application,
        attention_caches={FIRST: caches},
        additional_input_layers=caches,
    )
    loaded(transformer, random_variables(transformer))
    cache = np.sin(np.arange(2 * 3 * 16, dtype="float32")).reshape(2, 3, 16)
    outputs = [
        predict(transformer.model, [TOKENS, TOKENS * 0, cache, c * cache]) for c in (0.5, 1.0)
    ]
    assert (abs(outputs[0] - outputs[1]).max(axis=-1) > 1e-5).all()


def test_a_cache_of_what_is_there_already_changes_nothing(config, random_variables):
    """Each key twice: the same average."""
    plain = build(config, num_hidden_layers=1)
    variables = random_variables(plain)
    loaded(plain, variables)
    embedded = keras.models.Model(
        plain.model.inputs, plain.model.get_layer("Embedding-Norm").output
    )
    arrays = [TOKENS, TOKENS * 0]
    cache = keras.layers.Input((None, 16), name="Cache")
    options = {"attention_caches": {FIRST: [cache, cache]}, "additional_input_layers": cache}
    doubled = loaded(build(config, num_hidden_layers=1, **options), variables)
    got = predict(doubled.model, arrays + [predict(embedded, arrays)])
    np.testing.assert_allclose(got, predict(plain.model, arrays), atol=2e-5)


def test_caches_that_have_no_meaning(config):
    cache = keras.layers.Input((None, 16))
    with pytest.raises(ValueError, match="attention_caches has .'Attention'.*Transformer-0-Multi"):
        build(config, attention_caches={"Attention": [cache, cache]})
    with pytest.raises(ValueError, match="p_bias='t5_relative' knows no positions"):
        caches = {"Encoder-" + FIRST: [cache, cache]}
        build(config, model="t5_encoder", attention_caches=caches)


# --- weights


def test_orthogonally_resize_keeps_the_norm_and_the_pairs():
    a = np.arange(1.0, 9.0).reshape(2, 4)
    larger = orthogonally_resize(a, (2, 8))
    assert larger.shape == (2, 8)
    np.testing.assert_allclose(np.linalg.norm(larger), np.linalg.norm(a))
    np.testing.assert_allclose(larger[:, [0, 1, 4, 5]], larger[:, [2, 3, 6, 7]])
    np.testing.assert_allclose(orthogonally_resize(a, (2, 4)), a)
    assert orthogonally_resize(a, (1, 3)).shape == (1, 3)
    with pytest.raises(ValueError, match="axis 1 has size 3, not a multiple of 2"):
        orthogonally_resize(np.ones((2, 3)), (2, 4))
    with pytest.raises(ValueError, match=r"shape \(8,\) can't be made of \(2, 4\)"):
        orthogonally_resize(a, (8,))


def test_orthogonally_resize_where_a_norm_is_zero_or_large():
    """The original divides zero by zero, and overflows where the squares are too much for float16."""
    assert not orthogonally_resize(np.zeros(4), (8,)).any()
    assert not orthogonally_resize(np.array([0.0, 0.0, 1.0]), (2,)).any()
    half = orthogonally_resize(np.ones((600, 300), "float16"), (600, 400))
    assert half.dtype == "float16"
    np.testing.assert_allclose(half, 0.75**0.5, rtol=1e-3)


@pytest.mark.parametrize(
    "options",
    [
        {"keep_tokens": [0, -1]},
        {"keep_tokens": [0, 30]},
        {"keep_tokens": [0.0, 1.5]},
        {"compound_tokens": [[1], []]},
        {"keep_tokens": [0, 1, 29], "compound_tokens": [[3]]},
    ],
)
def test_tokens_that_the_table_does_not_have(options):
    name = list(options)[-1]
    with pytest.raises(ValueError, match="%s: expected ids from 0 to" % name):
        choose_rows(np.ones((30, 2)), **options)


def test_autoresize_says_what_it_resized(config, random_variables):
    variables = random_variables(build(config))
    transformer = build(config, hidden_size=32, autoresize_weights=True)
    report = transformer.load_weights_from_checkpoint(variables)
    assert report.of("reshaped") and not report.of("missing")
    with pytest.raises(CheckpointError, match=r"word_embeddings has shape \(30, 16\)"):
        build(config, hidden_size=32).load_weights_from_checkpoint(variables)


def test_autoresize_of_zeros(config):
    """Biases as they are at first: the original makes NaN of them."""
    variables = {}
    small = build(config)
    for layer, names in small.variable_mapping().items():
        weights = small.layers[layer].get_weights() if layer in small.layers else []
        variables.update(zip(names, weights))
    large = loaded(build(config, hidden_size=32, autoresize_weights=True), variables)
    assert all(np.isfinite(w).all() for layer in large.model.layers for w in layer.get_weights())


def test_autoresize_of_what_can_not_be_resized(config, random_variables):
    variables = random_variables(build(config, hidden_size=6, intermediate_size=3))
    transformer = build(config, autoresize_weights=True, hidden_size=6)
    before = [w for layer in transformer.model.layers for w in layer.get_weights()]
    with pytest.raises(CheckpointError, match="weight 0 of layer Transformer-0-FeedForward"):
        transformer.load_weights_from_checkpoint(variables)
    after = [w for layer in transformer.model.layers for w in layer.get_weights()]
    assert all(map(np.array_equal, before, after))


def test_ignore_invalid_weights_leaves_single_weights_as_they_are(config, random_variables):
    """The original stopped with an AttributeError."""
    transformer = build(config, ignore_invalid_weights=True)
    variables = random_variables(transformer)
    missing = "bert/encoder/layer_0/intermediate/dense/bias"
    del variables[missing]
    with pytest.warns(UserWarning, match=missing):
        report = transformer.load_weights_from_checkpoint(variables)
    assert [row.variable for row in report.of("missing")] == [missing]
    kernel, bias = transformer.layers["Transformer-0-FeedForward"].get_weights()[:2]
    scope = "bert/encoder/layer_0/intermediate/dense/"
    np.testing.assert_array_equal(kernel, variables[scope + "kernel"])
    assert not bias.any()


# --- padding


@pytest.mark.parametrize("pad", [None, 0, 1])
def test_the_id_of_padding(config, random_variables, pad):
    """What stands at a padded position changes no other one; without padding id 0 is a token."""
    config.update(max_position=12)
    transformer = build(config, pad_token_id=pad)
    loaded(transformer, random_variables(transformer))
    tokens = np.array([[5, 0, 7, 0], [5, 1, 7, 1]], "float32")
    longer = np.array([[5, 0, 7, 0, 0], [5, 1, 7, 1, 1]], "float32")
    short = predict(transformer.model, [tokens, tokens * 0])
    long = predict(transformer.model, [longer, longer * 0])[:, :4]
    same = abs(short - long).max(axis=(1, 2)) < 2e-5
    assert same.tolist() == [pad == 0, pad == 1]


# --- applications


def test_a_language_model_as_a_language_model_is_itself(config):
    """The original raised a TypeError."""
    for model in (GPT, GPT2):
        assert extend_with_language_model(model) is model
    assert type(build(config, model="gpt2", application="lm")) is GPT2


def test_what_a_gpt_has_no_use_for(config):
    with pytest.raises(ValueError, match="GPT has no use for with_mlm"):
        build(config, model="gpt", with_mlm=True)
    with pytest.raises(ValueError, match="GPT2 has no meaning as application='unilm'"):
        build(config, model="gpt2", application="unilm")


# --- layers used again


def test_two_models_mixed_layer_by_layer(config, random_variables):
    """BERT-of-Theseus: apply_* of models that are built already, with any layer between."""
    first, second = build(config, prefix="A-"), build(config, prefix="B-")
    variables = random_variables(first)
    for transformer in (first, second):
        loaded(transformer, variables)
    x = first.apply_embeddings(first.inputs)
    for index in range(config["num_hidden_layers"]):
        blocks = [t.apply_main_layers(x, index) for t in (first, second)]
        x = keras.layers.Average(name="Mixed-%d" % index)(blocks)
    model = keras.models.Model(first.inputs, first.apply_final_layers(x))
    arrays = [TOKENS, TOKENS * 0]
    np.testing.assert_allclose(predict(model, arrays), predict(first.model, arrays), atol=2e-5)


def test_a_built_model_is_not_built_again(config):
    transformer = build(config, model="t5")
    model = transformer.model
    transformer.build()
    assert transformer.model is model


def test_a_subclass_of_a_subclass(config, random_variables):
    class Wide(GPT2):
        def apply_feed_forward(self, inputs, name):
            return super().apply_feed_forward(super().apply_feed_forward(inputs, name), name)

    plain, wide = build(config, model="gpt2"), build(config, model=Wide)
    variables = random_variables(plain)
    outputs = [predict(loaded(t, variables).model, TOKENS) for t in (plain, wide)]
    assert sorted(plain.layers) == sorted(wide.layers)
    assert abs(outputs[0] - outputs[1]).max() > 1e-5
    assert issubclass(GPT, BERT)


def test_an_encoder_generates_nothing(config):
    """Neither does Keras 2 from any model, and says what does."""
    bert = build_transformer_model(return_keras_model=False, with_mlm=True, **config)
    on_keras_3 = (ValueError, "application='lm'")
    on_keras_2 = (NotImplementedError, "AutoRegressiveDecoder")
    error, message = on_keras_3 if GENERATION == "keras3" else on_keras_2
    with pytest.raises(error, match=message):
        bert.generate([[1, 2]], 2)
