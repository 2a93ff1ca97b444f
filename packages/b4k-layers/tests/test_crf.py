"""CRF and MEMM against the enumeration of all sequences of labels, with masks of every kind."""

import itertools

import numpy as np
import pytest
from b4k_layers import ConditionalRandomField, MaximumEntropyMarkovModel
from b4k_ops import Model, evaluate, get_values, keras
from b4k_ops.testing import Judge, WithMask, engine

Input = keras.layers.Input

LABELS, LENGTH = 3, 5
RANDOM = np.random.RandomState(0)
MASK = np.array(
    [
        [1, 1, 1, 1, 1],
        [1, 1, 1, 0, 0],  # padded right
        [0, 0, 1, 1, 1],  # left
        [1, 0, 1, 1, 0],  # inside
        [0, 1, 0, 0, 1],
        [0, 0, 1, 0, 0],  # one step
        [0, 0, 0, 0, 0],  # none
    ],
    bool,
)
BATCH = len(MASK)
LOGITS = RANDOM.normal(0, 2, (BATCH, LENGTH, LABELS)).astype("float32")
GOLD = RANDOM.randint(0, LABELS, (BATCH, LENGTH)).astype("float32")
TRANS = RANDOM.normal(0, 1, (LABELS, LABELS)).astype("float32")


def run(layer, method, y_true=GOLD, mask=MASK, differentiate=True):
    """What a loss or metric gives, and the gradients of its sum by the weights and the logits."""
    inputs = [Input(x.shape[1:], dtype=x.dtype.name) for x in (LOGITS, mask, y_true)]
    y_pred = layer(WithMask()(inputs[:2]))
    model = keras.models.Model(inputs, Judge(getattr(layer, method))([inputs[2], y_pred]))
    layer.set_weights([TRANS / layer.lr_multiplier])
    size = [] if isinstance(layer, MaximumEntropyMarkovModel) else len(y_true)
    sources = (layer.weights, [0]) if differentiate else ([], [])
    ones = {0: np.ones(size, "float32")}
    outputs, gradients = engine.run_model(model, [LOGITS, mask, y_true], ones, *sources)
    return outputs[0], gradients


def score(logits, labels):
    """The score of one sequence, no step masked."""
    moves = sum(TRANS[i, j] for i, j in zip(labels[:-1], labels[1:]))
    return moves + sum(row[i] for row, i in zip(logits, labels))


def enumerated(logits, mask):
    """All sequences of the valid steps, and their probabilities."""
    logits = logits[mask].astype("float64")
    paths = list(itertools.product(range(LABELS), repeat=len(logits)))
    scores = np.array([score(logits, path) for path in paths])
    log_norm = np.log(np.exp(scores).sum())
    return paths, scores, log_norm


def counts(labels, mask):
    """How often each label stands at each step, and each move happens."""
    steps, moves = np.zeros((LENGTH, LABELS)), np.zeros((LABELS, LABELS))
    steps[np.nonzero(mask)[0], labels] = 1
    for i, j in zip(labels[:-1], labels[1:]):
        moves[i, j] += 1
    return steps, moves


def test_loss_and_gradients_of_every_mask():
    loss, (by_trans, by_logits) = run(ConditionalRandomField(), "sparse_loss")
    all_moves = np.zeros((LABELS, LABELS))
    for row in range(BATCH):
        mask = MASK[row]
        gold = GOLD[row][mask].astype(int)
        paths, scores, log_norm = enumerated(LOGITS[row], mask)
        np.testing.assert_allclose(loss[row], log_norm - score(LOGITS[row][mask], gold), atol=2e-5)
        steps, moves = counts(gold, mask)
        for path, probability in zip(paths, np.exp(scores - log_norm)):
            expected = counts(np.array(path, int), mask)
            steps, moves = steps - probability * expected[0], moves - probability * expected[1]
        np.testing.assert_allclose(by_logits[row], -steps, atol=2e-5)
        all_moves -= moves
    np.testing.assert_allclose(by_trans, all_moves, atol=1e-4)


def test_dense_and_sparse_losses_agree():
    sparse, _ = run(ConditionalRandomField(), "sparse_loss")
    one_hot = np.eye(LABELS, dtype="float32")[GOLD.astype(int)]
    dense, _ = run(ConditionalRandomField(), "dense_loss", one_hot)
    np.testing.assert_allclose(dense, sparse, atol=1e-6)


@pytest.mark.parametrize("masked", ["by the layer", "by the argument"])
def test_viterbi_finds_the_best_of_all(masked):
    crf = ConditionalRandomField(lr_multiplier=10)
    crf.build((None, None, LABELS))
    crf.set_weights([TRANS / 10])
    if masked == "by the layer":
        labels = crf.decode(np.where(MASK[..., None], LOGITS, -np.inf).astype("float32"))
    else:
        labels = crf.decode(LOGITS, MASK)
    (labels,) = [evaluate(labels)]
    for row, mask in enumerate(MASK):
        paths, scores, _ = enumerated(LOGITS[row], mask)
        assert tuple(labels[row][mask]) == paths[np.argmax(scores)]
        assert not labels[row][~mask].any()


def test_labels_of_padding_do_not_matter():
    strange = np.where(MASK, GOLD, -100).astype("float32")
    for layer_class in (ConditionalRandomField, MaximumEntropyMarkovModel):
        expected, _ = run(layer_class(), "sparse_loss")
        given, gradients = run(layer_class(), "sparse_loss", strange)
        np.testing.assert_allclose(given, expected, atol=1e-6)
        assert all(np.isfinite(gradient).all() for gradient in gradients)


def numpy_memm(logits, gold, mask):
    """Loss, and accuracy, summed over one sequence and both directions."""
    logits, gold = logits[mask].astype("float64"), gold[mask].astype(int)
    loss = right = 0
    for trans, step in ((TRANS, -1), (TRANS.T, 1)):
        for i, label in enumerate(gold):
            inside = 0 <= i + step < len(gold)
            mean = (logits[i] + (trans[gold[i + step]] if inside else logits[i])) / 2
            loss += np.log(np.exp(mean).sum()) - mean[label]
            right += np.argmax(mean) == label
    return loss / 2, right / 2


def test_memm_of_every_mask():
    expected = np.sum([numpy_memm(*row) for row in zip(LOGITS, GOLD, MASK)], axis=0) / MASK.sum()
    loss, _ = run(MaximumEntropyMarkovModel(), "sparse_loss")
    accuracy, _ = run(MaximumEntropyMarkovModel(), "sparse_accuracy", differentiate=False)
    np.testing.assert_allclose([loss, accuracy], expected, atol=1e-5)


def test_memm_where_all_is_masked():
    loss, gradients = run(MaximumEntropyMarkovModel(), "sparse_loss", mask=np.zeros_like(MASK))
    assert loss == 0 and not any(gradient.any() for gradient in gradients)


def tagger(layer_class, **config):
    """x [batch, length, 4] -> logits of a chain, compiled with its own loss and metric."""
    x = Input((LENGTH, 4), name="x")
    logits = keras.layers.Dense(LABELS, name="logits")(x)
    layer = layer_class(name="chain", **config)
    model = Model(x, layer(logits))
    return compiled(model)


def compiled(model):
    layer = model.get_layer("chain")
    optimizer = keras.optimizers.SGD(0.02)
    model.compile(loss=layer.sparse_loss, optimizer=optimizer, metrics=[layer.sparse_accuracy])
    return model


@pytest.mark.parametrize("layer_class", [ConditionalRandomField, MaximumEntropyMarkovModel])
def test_trained_saved_loaded_and_trained_on(layer_class, tmp_path):
    x = RANDOM.normal(size=(BATCH, LENGTH, 4)).astype("float32")
    model = tagger(layer_class, lr_multiplier=5)
    before = get_values(model.get_layer("chain").weights)[0]
    first = model.evaluate(x, GOLD, verbose=0)
    model.fit(x, GOLD, epochs=8, verbose=0)
    after = get_values(model.get_layer("chain").weights)[0]
    last = model.evaluate(x, GOLD, verbose=0)
    assert last[0] < first[0] and 0 <= last[1] <= 1 and abs(after - before).max() > 1e-3

    path = str(tmp_path / "model.h5")
    model.save(path)
    loaded = keras.models.load_model(path, compile=False)
    loaded = compiled(Model(loaded.inputs, loaded.outputs))
    np.testing.assert_allclose(loaded.evaluate(x, GOLD, verbose=0), last, rtol=1e-4)


@pytest.mark.parametrize("lr_multiplier", [1, 100])
def test_the_multiplier_does_not_change_the_start(lr_multiplier):
    """glorot_uniform of (50, 50) reaches sqrt(6 / 100)."""
    crf = ConditionalRandomField(lr_multiplier=lr_multiplier)
    crf.build((None, None, 50))
    limit = np.sqrt(6 / 100)
    assert 0.9 * limit < np.abs(evaluate(crf.trans)).max() <= limit
    stored = np.abs(get_values(crf.weights)[0]).max()
    assert 0.9 * limit < stored * lr_multiplier <= limit * (1 + 1e-6)
