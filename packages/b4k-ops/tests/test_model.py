"""`Model` gives what its layers give, whatever it forgets on the way."""

import numpy as np
from b4k_ops import Layer, Model, keras, register


@register
class Halves(Layer):
    """x [batch, 2n] -> its two halves."""

    def call(self, inputs):
        size = inputs.shape[-1] // 2
        return [inputs[:, :size], inputs[:, size:]]

    def compute_output_shape(self, input_shape):
        half = (input_shape[0], input_shape[-1] // 2)
        return [half, half]

    def compute_mask(self, inputs, mask=None):
        return [None, None]


def build():
    """A model with a tensor used twice and late, an unused one, and an output that other layers go on with."""
    x = keras.layers.Input((6,))
    left, right = Halves()(x)
    twice = keras.layers.Add()([left, left])
    late = keras.layers.Concatenate()([keras.layers.Activation("relu")(twice), left])
    unused, kept = Halves()(x)
    return Model(x, [twice, late, kept])


X = np.arange(12, dtype="float32").reshape(2, 6) - 5


def check(outputs):
    left, right = X[:, :3], X[:, 3:]
    expected = [2 * left, np.concatenate([np.maximum(2 * left, 0), left], 1), right]
    assert len(outputs) == 3
    for output, array in zip(outputs, expected):
        np.testing.assert_array_equal(np.asarray(output), array)


def test_predict_is_the_layers_composed():
    model = build()
    check(model.predict(X, verbose=0))
    check(model.predict(X, verbose=0))  # nothing is used up


def test_model_in_a_model():
    x = keras.layers.Input((6,))
    check(Model(x, build()(x)).predict(X, verbose=0))
    check(keras.models.Model(x, build()(x)).predict(X, verbose=0))


def test_config_round_trip():
    model = build()
    check(model.__class__.from_config(model.get_config()).predict(X, verbose=0))


def test_trained_like_any_other():
    x = keras.layers.Input((6,))
    model = Model(x, keras.layers.Dense(1)(keras.layers.Dense(4, activation="tanh")(x)))
    model.compile(loss="mse", optimizer="sgd")
    before = model.get_weights()
    model.fit(X, np.ones((2, 1), "float32"), epochs=1, verbose=0)
    assert all((a != b).any() for a, b in zip(before, model.get_weights()))
