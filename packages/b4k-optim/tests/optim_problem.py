"""A tiny model, with an embedding and a Dense, that every lane trains on the same batches."""

import b4k_optim
import numpy as np
from b4k_ops import keras, optimizing

ROWS, DIM, LENGTH, BATCHES = 7, 4, 3, 24


def make_model(weights=None):
    """ids [b, 3] -> [b, 1], with the same weights everywhere unless some are given."""
    ids = keras.layers.Input((LENGTH,))
    x = keras.layers.Embedding(ROWS, DIM, name="embedding")(ids)
    x = keras.layers.Flatten()(x)
    model = keras.models.Model(ids, keras.layers.Dense(1, name="dense")(x))
    random = np.random.RandomState(0)
    drawn = [random.randn(*weight.shape).astype("f") for weight in model.get_weights()]
    model.set_weights(weights or drawn)
    return model


def make_dense_model():
    """The same without an embedding, whose gradients Keras's own optimizers see as slices."""
    x = inputs = keras.layers.Input((LENGTH,))
    for units in (DIM, 1):
        x = keras.layers.Dense(units)(x)
    model = keras.models.Model(inputs, x)
    random = np.random.RandomState(0)
    model.set_weights([random.randn(*weight.shape).astype("f") for weight in model.get_weights()])
    return model


def extended(base, extensions):
    """An optimizer class with extensions, from the inside out: "weight_decay" ..."""
    for extension in extensions:
        name = base.__name__ + extension.title().replace("_", "")
        base = getattr(b4k_optim, "extend_with_" + extension)(base, name=name)
    return base


def batches(count=BATCHES, size=4):
    """(ids, target) of each batch; later batches leave rows out."""
    random = np.random.RandomState(1)
    for step in range(count):
        limit = ROWS if step % 3 else ROWS - 2
        ids = random.randint(0, limit, (size, LENGTH))
        yield ids.astype("f"), random.randn(size, 1).astype("f")


def names(model):
    return [optimizing.name_of(weight) for weight in model.trainable_weights]


def gradients(weights, ids, target):
    """Of mean((f(ids) - target)^2) in numpy; `weights` {name: value} of embedding, kernel, bias."""
    (e, table), (k, kernel), (b, bias) = weights.items()
    ids = ids.astype(int)
    x = table[ids].reshape(len(ids), -1)
    delta = 2 * (x @ kernel + bias - target) / len(ids)
    to_table = np.zeros_like(table)
    np.add.at(to_table, ids, (delta @ kernel.T).reshape(len(ids), LENGTH, DIM))
    return {e: to_table, k: x.T @ delta, b: delta.sum(0)}


def train(model, optimizer, data, **options):
    """The weights after each batch, by Keras; options: of `compile`."""
    model.compile(optimizer, "mse", **options)
    history = []
    for ids, target in data:
        model.train_on_batch(ids, target)
        history.append(model.get_weights())
    return history


def train_numpy(model, loop, data):
    """The weights after each batch, by the numpy loop."""
    weights = dict(zip(names(model), [w.astype("float64") for w in model.get_weights()]))
    history = []
    for ids, target in data:
        loop.step(weights, gradients(weights, ids, target))
        history.append([weights[name].copy() for name in names(model)])
    return history


def assert_same(actual, expected, tolerance=2e-5):
    assert len(actual) == len(expected)
    for step, (got, wanted) in enumerate(zip(actual, expected)):
        for a, b in zip(got, wanted):
            np.testing.assert_allclose(a, b, rtol=2e-4, atol=tolerance, err_msg="step %d" % step)
