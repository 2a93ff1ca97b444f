"""The part of make_optimizers.py that runs with TF_KERAS=1: `_optimizers_tf_keras.py CASES FOLDER`.

Trains the model of each case in the original; where that is mended, helped by what is said there under `helped`.
"""

import json
import os
import sys

import numpy as np
from bert4keras import optimizers
from bert4keras.backend import K, is_tf_keras, keras

if not is_tf_keras:
    raise RuntimeError("the optimizers' oracle is tf.keras: set TF_KERAS=1")

UPDATE = K.update  # which the extensions replace while they run


def make_model(weights):
    """ids [b, length] -> [b, 1]"""
    (rows, dim), inputs = weights[0].shape, len(weights[1])
    ids = keras.layers.Input((inputs // dim,))
    x = keras.layers.Embedding(rows, dim, name="embedding")(ids)
    x = keras.layers.Flatten()(x)
    model = keras.models.Model(ids, keras.layers.Dense(1, name="dense")(x))
    model.set_weights(weights)
    return model


def make_optimizer(name, extensions, config):
    """An optimizer of the original with its extensions, from the inside out."""
    optimizer_class = getattr(optimizers, name)
    for extension in extensions:
        extend = getattr(optimizers, "extend_with_" + extension)
        optimizer_class = extend(optimizer_class, name="Extended")
    return optimizer_class(**config)


def train(optimizer, weights, ids, targets, after_step=lambda model, step: None):
    """[steps] of the model's weights after each batch."""
    model = make_model(weights)
    model.compile(optimizer, "mse")
    history = []
    for step, batch in enumerate(zip(ids, targets)):
        model.train_on_batch(*batch)
        after_step(model, step)
        history.append(model.get_weights())
    return history


# --- (the weights after each step, what else there is)


def as_it_is(name, extensions, config, weights, ids, targets):
    """The original, not helped."""
    return train(make_optimizer(name, extensions, config), weights, ids, targets), {}


def larger_batches(name, extensions, config, weights, ids, targets):
    """Accumulation over k batches is one batch k times as large: its definition."""
    k = config.pop("grad_accum_steps", 2)
    if "lr_schedule" in config:
        config["lr_schedule"] = {int(step) // k: v for step, v in config["lr_schedule"].items()}
    extensions.remove("gradient_accumulation")
    ids, targets = [x.reshape((-1, k * x.shape[1]) + x.shape[2:]) for x in (ids, targets)]
    moved, _ = as_it_is(name, extensions, config, weights, ids, targets)
    return [([weights] + moved)[(step + 1) // k] for step in range(k * len(moved))], {}


def slow_weights(name, extensions, config, weights, ids, targets):
    """The slow weights of the paper, on the fast ones of the original."""
    k, alpha = config.pop("steps_per_slow_update", 5), config.pop("slow_step_size", 0.5)
    extensions.remove("lookahead")
    slow = list(weights)

    def after_step(model, step):
        if (step + 1) % k == 0:
            slow[:] = [q + np.float32(alpha) * (p - q) for p, q in zip(model.get_weights(), slow)]
            model.set_weights(slow)

    optimizer = make_optimizer(name, extensions, config)
    return train(optimizer, weights, ids, targets, after_step), {}


def one_average(name, extensions, config, weights, ids, targets):
    """The averages of the original's weights, of which it counts those of embeddings twice."""
    optimizer = make_optimizer(name, extensions, config)
    history, momentum = train(optimizer, weights, ids, targets), config["ema_momentum"]
    averages = [np.zeros(w.shape) for w in weights]
    for step in history:
        averages = [momentum * a + (1 - momentum) * w for a, w in zip(averages, step)]
    averages = [a / (1 - momentum ** len(history)) for a in averages]
    optimizer.apply_ema_weights()
    for variable, average in zip(optimizer.model_weights, averages):
        if "embedding" not in variable.name:
            np.testing.assert_allclose(K.get_value(variable), average, atol=1e-6)
    return history, {"average/%d" % i: a for i, a in enumerate(averages)}


HELPED = {
    None: as_it_is,
    "larger_batches": larger_batches,
    "slow_weights": slow_weights,
    "one_average": one_average,
}


def main(cases, folder):
    """Write `<case>.out.npz` beside each `<case>.in.npz`."""
    for name, case in json.loads(cases).items():
        K.clear_session()
        with np.load(os.path.join(folder, name + ".in.npz")) as given:
            weights = [given["weight/%d" % i] for i in range(3)]
            data = given["input/0"], given["target/0"]
        row = case["optimizer"], case["extensions"], case["config"], weights
        history, more = HELPED[case["helped"]](*(row + data))
        if K.update is not UPDATE:
            raise RuntimeError("%s left K.update replaced" % name)
        outputs = {"output/%d" % i: np.array(each) for i, each in enumerate(zip(*history))}
        outputs.update(("output/" + key, value) for key, value in more.items())
        outputs = {key: value.astype("float32") for key, value in outputs.items()}
        np.savez(os.path.join(folder, name + ".out.npz"), **outputs)


if __name__ == "__main__":
    main(*sys.argv[1:])
