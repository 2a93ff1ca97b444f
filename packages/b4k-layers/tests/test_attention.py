"""Attention: the fused path never changes the answer, and masks hide exactly what they should."""

import numpy as np
import pytest
from b4k_layers import Embedding, LanguageModelMask, MultiHeadAttention, UniLMMask
from b4k_ops import keras
from b4k_ops.testing import engine

BATCH, LENGTH, VOCAB, DIM = 3, 6, 11, 8
Input = keras.layers.Input

IDS = np.array([[3, 1, 4, 1, 5, 9], [2, 7, 1, 8, 0, 0], [0, 5, 6, 0, 0, 0]], "float32")
SEGMENTS = np.array([[0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 0, 0], [0, 1, 1, 0, 0, 0]], "float32")


def attention_model(application, scores, pad=True, **config):
    """ids, segments -> the output of one attention layer, under the named mask."""
    ids = Input((None,), name="ids")
    segments = Input((None,), name="segments")
    x = Embedding(VOCAB, DIM, mask_zero=pad, embeddings_initializer="normal", name="embedding")(ids)
    inputs, arguments = [x, x, x], {}
    if application == "lm":
        inputs.append(LanguageModelMask(name="mask")(ids))
    if application == "unilm":
        inputs.append(UniLMMask(name="mask")(segments))
    if len(inputs) > 3:
        arguments["a_bias"] = True
    layer = MultiHeadAttention(2, 4, name="attention", return_attention_scores=scores, **config)
    output = layer(inputs, **arguments)
    return keras.models.Model([ids, segments], output[0] if scores else output)


def randomize(model, seed=0):
    """Give every weight a random value, the same in every model of the same shapes."""
    random = np.random.RandomState(seed)
    model.set_weights(
        [random.normal(0, 0.5, w.shape).astype("float32") for w in model.get_weights()]
    )
    return model


def predict(model, ids=IDS, segments=SEGMENTS):
    return np.asarray(model.predict([ids, segments], verbose=0))


@pytest.mark.parametrize("pad", [True, False])
@pytest.mark.parametrize("application", ["encoder", "lm", "unilm"])
def test_the_fused_path_equals_the_explicit_one(application, pad):
    fused = randomize(attention_model(application, scores=False, pad=pad))
    explicit = randomize(attention_model(application, scores=True, pad=pad))
    expected = predict(explicit)
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(predict(fused), expected, atol=2e-6)


@pytest.mark.parametrize("arguments", [{}, {"a_bias": True, "p_bias": "rotary"}])
def test_inputs_that_the_arguments_do_not_call_for(arguments):
    """One more was left out, as a mask whose a_bias=True was forgotten; of one less, a list said that it was empty."""
    layer, shapes = MultiHeadAttention(2, 4), [(1, 3, 8)] * 3 + [(1, 3, 3)]
    arrays = [np.ones(shape, "float32") for shape in shapes]
    expected = "call for %d inputs after q, k and v, got 1" % len(arguments)
    with pytest.raises(Exception, match=expected):
        engine.run_function(lambda x: [layer(x, **arguments)], arrays, shapes, {}, [])


def test_attention_dropout_does_nothing_at_inference():
    plain = randomize(attention_model("encoder", scores=False))
    dropped = randomize(attention_model("encoder", scores=False, attention_dropout=0.5))
    np.testing.assert_allclose(predict(dropped), predict(plain), atol=2e-6)


VISIBLE = {  # who sees token j of a sequence of n in which the last s are of segment 1
    "encoder": lambda n, s: np.ones((n, n), bool),
    "lm": lambda n, s: np.tril(np.ones((n, n), bool)),
    "unilm": lambda n, s: np.tril(np.ones((n, n), bool)) | (np.arange(n) < n - s),
}


@pytest.mark.parametrize("scores", [False, True])
@pytest.mark.parametrize("application", sorted(VISIBLE))
def test_changing_a_token_changes_just_who_sees_it(application, scores):
    model = randomize(attention_model(application, scores))
    ids, segments = IDS[:1], SEGMENTS[:1]
    before = predict(model, ids, segments)
    visible = VISIBLE[application](LENGTH, 3)
    for j in range(LENGTH):
        changed = ids.copy()
        changed[0, j] = 10
        moved = np.abs(predict(model, changed, segments) - before).max(-1)[0] > 1e-6
        expected = visible[:, j].copy()
        expected[j] = True  # its own query changes too
        assert moved.tolist() == expected.tolist(), j


@pytest.mark.parametrize("application", ["encoder", "lm", "unilm"])
def test_padding_changes_nothing(application):
    model = randomize(attention_model(application, scores=False))
    ids, segments = IDS[1:2, :4], SEGMENTS[1:2, :4]
    padded = [np.pad(x, [(0, 0), (0, 5)], mode="constant") for x in (ids, segments)]
    np.testing.assert_allclose(
        predict(model, *padded)[:, :4], predict(model, ids, segments), atol=2e-6
    )


def test_a_row_that_sees_nothing_gets_the_bias_alone():
    """The original gives NaN here."""
    x = Input((LENGTH, DIM), name="x")
    bias = Input((LENGTH, LENGTH), name="bias", dtype="bool")
    outputs = []
    for scores in (False, True):
        layer = MultiHeadAttention(2, 4, name="a%d" % scores, return_attention_scores=scores)
        output = layer([x, x, x, bias], a_bias=True)
        outputs.append(output[0] if scores else output)
    model = randomize(keras.models.Model([x, bias], outputs))
    visible = np.ones((BATCH, LENGTH, LENGTH), bool)
    visible[0, 2] = False
    vectors = np.random.RandomState(1).normal(size=(BATCH, LENGTH, DIM)).astype("float32")
    for name, output in zip(("a0", "a1"), model.predict([vectors, visible], verbose=0)):
        assert np.isfinite(output).all()
        o_bias = model.get_layer(name).get_weights()[-1]
        np.testing.assert_allclose(output[0, 2], o_bias, atol=1e-6)


def test_unknown_position_bias_is_refused():
    x = Input((LENGTH, DIM))
    with pytest.raises(ValueError, match="p_bias must be one of .*rotary.*not 'rotory'"):
        layer = MultiHeadAttention(2, 4)
        layer.build([(None, LENGTH, DIM)] * 3)
        layer.pay_attention_to([x, x, x], p_bias="rotory")


def test_attention_bias_of_a_strange_rank_is_refused():
    layer = MultiHeadAttention(2, 4, name="attention")
    bias = Input((2, LENGTH, LENGTH, 1))
    with pytest.raises(ValueError, match="attention: the attention bias must have rank 2, 3 or 4"):
        layer.pay_attention_to([bias, bias, bias, bias], a_bias=True)
