"""Recomputed layers under extended optimizers and regularisers, in every way that a model is compiled."""

import warnings

import b4k_optim
import numpy as np
from b4k_ops import (
    GENERATION,
    Layer,
    get_values,
    keras,
    ops,
    recompute_grad,
    recompute_scope,
    register,
    training,
)
from b4k_ops.testing import engine, fresh_session
from optim_problem import DIM, LENGTH, ROWS, assert_same, batches, extended, train

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py

COMPILATIONS = [{}, *engine.COMPILATIONS]
if GENERATION != "keras3" and hasattr(keras.models.Model, "jit_compile"):
    COMPILATIONS.append({"jit_compile": True})
THERE = hasattr(keras.models.Model, "compute_loss")  # what regularisers change
STACK = [
    "weight_decay",
    "layer_adaptation",
    "piecewise_linear_lr",
    "gradient_accumulation",
    "lazy_optimization",
    "lookahead",
    "exponential_moving_average",
]


@register
class Squashed(Layer):
    """tanh of a Dense: [batch, length, dim] -> the same."""

    def build(self, input_shape):
        self.dense = self.build_sublayer(keras.layers.Dense, tuple(input_shape), units=DIM)
        self.built = True

    @recompute_grad
    def call(self, inputs):
        return ops.tanh(self.dense(inputs))

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


def make(recompute):
    """ids [b, 3] -> [b, 1], with the same weights each time."""
    fresh_session()
    ids = keras.layers.Input((LENGTH,), dtype="int32")
    x = keras.layers.Embedding(ROWS, DIM, name="Embedding-Token")(ids)
    with recompute_scope(recompute):
        x = Squashed(name="squashed")(x)
    y = keras.layers.Dense(1, dtype="float32")(keras.layers.Flatten()(x))
    model = keras.models.Model(ids, y)
    random = np.random.RandomState(0)
    model.set_weights([random.randn(*weight.shape).astype("f") for weight in model.get_weights()])
    return model


def optimizer():
    return extended(b4k_optim.Adam, STACK)(learning_rate=0.01, include_in_lazy_optimization=["mb"])


def sgd():
    return keras.optimizers.SGD(0.01)


def test_compiled_in_every_way():
    data = list(batches(6))
    expected = train(make(False), optimizer(), data)
    for options in COMPILATIONS:
        assert_same(train(make(True), optimizer(), data, **options), expected)


def test_half_precision():
    data = [(ids, targets / 10) for ids, targets in batches(6)]
    for policy in engine.TRAINING_POLICIES[:1]:
        plain, recomputed = (
            engine.under_policy(policy, lambda on=on: train(make(on), sgd(), data)[-1])
            for on in (False, True)
        )
        for a, b, before in zip(recomputed, plain, make(False).get_weights()):
            assert abs(a - b).max() < 0.01 * abs(b - before).max()


def moved_weights(recompute, layer_name):
    """(the warnings, the weights) after a step whose loss is that with a layer's first weight moved."""
    model = make(recompute)
    model.compile(keras.optimizers.SGD(0.5), "mse")
    weight = model.get_layer(layer_name).trainable_weights[0]

    def change(loss_of, predict, y_pred):
        with training.moved(weight, 0.5 * ops.ones_like(ops.convert_to_tensor(weight)), model):
            return loss_of(predict())

    training.change_loss(model, change)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.train_on_batch(*next(batches()))
    refused = [w for w in caught if "squashed is not recomputed" in str(w.message)]
    return refused, get_values(model.trainable_weights)


if THERE:

    def test_moved_weights_have_the_same_gradients():
        """Also where it is a weight of the recomputed layer itself, which tf.keras then does not recompute."""
        for layer_name in ("Embedding-Token", "squashed"):
            _, plain = moved_weights(False, layer_name)
            refused, recomputed = moved_weights(True, layer_name)
            for a, b, before in zip(recomputed, plain, make(False).get_weights()):
                assert abs(np.asarray(a) - b).max() < 1e-6 < 0.001 < abs(before - b).max()
            assert bool(refused) == (GENERATION != "keras3" and layer_name == "squashed")

    def test_regularisers_of_recomputed_models():
        found = []
        for recompute in (False, True):
            model = make(recompute)
            model.compile(keras.optimizers.SGD(0.1), "mse")
            b4k_optim.gradient_penalty(
                b4k_optim.FGM(model, "Embedding-Token", 0.7), "Embedding-Token", 0.5
            )
            model.train_on_batch(*next(batches()))
            found.append(model.get_weights())
        assert_same(found[1:], found[:1])
