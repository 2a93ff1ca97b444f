"""One step of each regulariser equals its formula on a model of two layers: softmax(mean(embeddings) kernel)."""

import types

import b4k_optim
import numpy as np
import pytest
from b4k_ops import get_values, keras, ops
from b4k_ops.testing import engine, fresh_session
from b4k_optim import regularizers

THERE = hasattr(keras.models.Model, "compute_loss")  # what can be changed
BATCH, LENGTH, VOCAB, DIM, CLASSES, RATE = 4, 5, 7, 3, 2, 0.5
RANDOM = np.random.RandomState(0)
IDS = RANDOM.randint(0, VOCAB, (BATCH, LENGTH))
SHARES = np.stack([np.bincount(row, minlength=VOCAB) for row in IDS]) / LENGTH  # [batch, vocab]
TARGET = np.eye(CLASSES)[RANDOM.randint(0, CLASSES, BATCH)]
E, W = RANDOM.normal(size=(VOCAB, DIM)), RANDOM.normal(size=(DIM, CLASSES))
START = RANDOM.normal(size=(VOCAB, DIM))


# --- by keras


def make_model(activation="softmax", loss="categorical_crossentropy", optimizer=None):
    fresh_session()
    ids = keras.layers.Input((LENGTH,), dtype="int32")
    x = keras.layers.Embedding(VOCAB, DIM, name="Embedding-Token")(ids)
    x = keras.layers.GlobalAveragePooling1D()(x)
    y = keras.layers.Dense(CLASSES, activation=activation, use_bias=False, dtype="float32")(x)
    model = keras.models.Model(ids, y)
    model.set_weights([E.astype("float32"), W.astype("float32")])
    model.compile(loss=loss, optimizer=optimizer or keras.optimizers.SGD(RATE))
    return model


def step(model, times=1):
    """The weights after training on the batch."""
    for _ in range(times):
        model.train_on_batch(IDS, TARGET)
    return [np.asarray(value) for value in get_values(model.weights)]


def assert_close(got, expected, tolerance=2e-6):
    for a, b, before in zip(got, expected, (E, W)):
        assert abs(a - b).max() <= tolerance
        assert abs(b - before).max() > 0.01  # it has moved


# --- by hand


def softmax(e, w):
    z = np.exp(SHARES @ e @ w)
    return z / z.sum(-1, keepdims=True)


def back(by_logits, e, w):
    """The gradients by both weights, given that by the logits [batch, classes]."""
    return SHARES.T @ by_logits @ w.T, (SHARES @ e).T @ by_logits


def gradients(e, w, target=TARGET):
    """Those of the cross entropy."""
    return back((softmax(e, w) - target) / BATCH, e, w)


def unit(x):
    return x / np.sqrt((x**2).sum())


def descend(*found):
    """The weights after a step of SGD by the sum of some gradients."""
    by_e, by_w = (sum(parts) for parts in zip(*found))
    return E - RATE * by_e, W - RATE * by_w


def adversarial(epsilon):
    return descend(gradients(E + epsilon * unit(gradients(E, W)[0]), W))


def projected(epsilon, alpha, steps):
    move = 0 * E
    for _ in range(steps):
        move = move + alpha * unit(gradients(E + move, W)[0])
        move = move * min(1, epsilon / np.sqrt((move**2).sum()))
    return descend(gradients(E + move, W))


def penalized(epsilon):
    """Of the mean squared error of the logits, whose second derivatives are short."""
    a, c = SHARES, 2 / (BATCH * CLASSES)
    r = a @ E @ W - TARGET
    g = c * a.T @ r @ W.T
    by_e = c * a.T @ a @ g @ W @ W.T
    by_w = c * (a.T @ a @ E).T @ g @ W + c * g.T @ a.T @ r
    return descend(back(c * r, E, W), (epsilon * by_e, epsilon * by_w))


def virtual(epsilon, xi):
    p, move = softmax(E, W), xi * unit(START)
    move = epsilon * unit(gradients(E + move, W, p)[0])
    return descend(gradients(E, W), gradients(E + move, W, p))


def drawn(monkeypatch):
    """Let VAT start from START."""
    fixed = types.SimpleNamespace(
        SeedGenerator=lambda: None,
        normal=lambda *_, **__: ops.convert_to_tensor(START.astype("float32")),
    )
    monkeypatch.setattr(regularizers, "random", fixed)


# --- tests

if THERE:

    def test_adversarial_training():
        model = b4k_optim.adversarial_training(make_model(), "Embedding-Token", 0.7)
        assert_close(step(model), adversarial(0.7))
        assert b4k_optim.FGM is b4k_optim.adversarial_training

    def test_projected_gradient_descent():
        model = b4k_optim.PGD(make_model(), "Embedding-Token", 0.5, alpha=0.3, steps=3)
        assert_close(step(model), projected(0.5, 0.3, 3))

    def test_gradient_penalty():
        model = make_model("linear", "mse")
        b4k_optim.gradient_penalty(model, "Embedding-Token", 0.8)
        assert_close(step(model), penalized(0.8))

    def test_virtual_adversarial_training(monkeypatch):
        drawn(monkeypatch)
        model = b4k_optim.VAT(make_model(), "Embedding-Token", 2.0, xi=3.0)
        assert_close(step(model), virtual(2.0, 3.0))

    def test_directions_are_others_at_each_step():
        model, found = b4k_optim.VAT(make_model(), "Embedding-Token", 2.0, xi=3.0), []
        for _ in range(2):
            model.set_weights([E.astype("float32"), W.astype("float32")])
            found.append(step(model))
        assert min(abs(a - b).max() for a, b in zip(*found)) > 1e-4

    def test_strength_zero_is_the_plain_step():
        plain, name = step(make_model()), "Embedding-Token"
        for model in (
            b4k_optim.FGM(make_model(), name, 0),
            b4k_optim.PGD(make_model(), name, 0),
            b4k_optim.VAT(make_model(), name, 0),
            b4k_optim.gradient_penalty(make_model(), name, 0),
            b4k_optim.r_drop(make_model(), 0),
        ):
            for a, b in zip(step(model), plain):
                np.testing.assert_array_equal(a, b)
        nearly = step(b4k_optim.FGM(make_model(), name, 1e-9))
        assert_close(nearly, plain)

    def test_accumulation_and_evaluation():
        """Two batches are one step, of the adversarial gradient; `evaluate` gives the plain loss."""
        accumulating = b4k_optim.extend_with_gradient_accumulation(keras.optimizers.SGD)
        model = make_model(optimizer=accumulating(RATE, grad_accum_steps=2))
        b4k_optim.adversarial_training(model, "Embedding-Token", 0.7)
        loss = np.ravel(model.evaluate(IDS, TARGET, verbose=0))[0]
        assert abs(loss + np.log((softmax(E, W) * TARGET).sum(-1)).mean()) < 1e-6
        assert_close(step(model, 2), adversarial(0.7))

    def test_mixed_precision():
        for policy in engine.POLICIES:
            model = engine.under_policy(policy, make_model)
            b4k_optim.adversarial_training(model, "Embedding-Token", 0.7)
            assert_close(step(model), adversarial(0.7), 0.01)

    def test_r_drop_trains():
        """Without dropout both passes are the same, and so is the step."""
        assert_close(step(b4k_optim.r_drop(make_model())), descend(gradients(E, W)))

else:

    @pytest.mark.parametrize("name", ["FGM", "PGD", "VAT", "gradient_penalty"])
    def test_refused_where_there_is_no_step_to_change(name):
        with pytest.raises(NotImplementedError, match="to change"):
            getattr(b4k_optim, name)(make_model(), "Embedding-Token", 0.5)


def test_formula_of_r_drop(monkeypatch):
    """Of two passes that differ: CE + CE over 2, plus alpha / 4 of both divergences."""
    found = []
    monkeypatch.setattr(regularizers.training, "change_loss", lambda model, f: found.append(f))
    regularizers.r_drop(None, 3.0)
    p, q = softmax(E, W), softmax(E + START, W)
    p_tensor, q_tensor = (ops.convert_to_tensor(x.astype("float32")) for x in (p, q))
    got = found[0](lambda y: ops.mean(y[:, 0]), lambda: q_tensor, p_tensor)
    apart = ((p - q) * np.log(p / q)).sum(-1).mean()
    expected = (p[:, 0].mean() + q[:, 0].mean()) / 2 + 3.0 / 4 * apart
    assert abs(float(ops.convert_to_numpy(got)) - expected) < 1e-6


def test_bad_arguments():
    model = make_model()
    with pytest.raises(ValueError, match="no embedding layer called 'Embedding'.*Embedding-Token"):
        b4k_optim.adversarial_training(model, "Embedding", 0.5)
    for value in (-1, float("nan"), float("inf"), "1", True):
        with pytest.raises(ValueError, match="epsilon must be a number from 0 on"):
            b4k_optim.adversarial_training(model, "Embedding-Token", value)
    with pytest.raises(ValueError, match="steps must be a whole number from 1 on, got 0"):
        b4k_optim.PGD(model, "Embedding-Token", steps=0)
    with pytest.raises(ValueError, match="alpha must be a number from 0 on"):
        b4k_optim.r_drop(model, None)
