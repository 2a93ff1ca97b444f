"""Layers as a stranger writes them, on `keras.ops` names alone: what three of Keras's own layers do, on every Keras."""

import numpy as np
import pytest
from b4k_ops import Layer, get_values, keras, ops

X = np.random.RandomState(0).standard_normal((4, 6, 8)).astype("float32")


class GroupNormalization(Layer):
    """Zero mean and unit variance over groups of channels (https://arxiv.org/abs/1803.08494)."""

    def __init__(self, groups, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.groups, self.epsilon = groups, epsilon

    def build(self, input_shape):
        size = int(input_shape[-1])
        self.gamma = self.add_weight(name="gamma", shape=(size,), initializer="ones")
        self.beta = self.add_weight(name="beta", shape=(size,), initializer="zeros")
        self.built = True

    def call(self, inputs):
        batch, length, size = ops.shape(inputs)
        x = ops.reshape(inputs, (batch, length, self.groups, size // self.groups))
        mean, variance = ops.moments(x, axes=(1, 3), keepdims=True)
        x = (x - mean) * ops.rsqrt(variance + self.epsilon)
        return ops.reshape(x, (batch, length, size)) * self.gamma + self.beta


def group_normalization(x, gamma, beta):
    groups = x.reshape(4, 6, 2, 4)
    mean, variance = groups.mean((1, 3), keepdims=True), groups.var((1, 3), keepdims=True)
    return ((groups - mean) / np.sqrt(variance + 1e-3)).reshape(x.shape) * gamma + beta


class AdditiveAttention(Layer):
    """Attention to itself by tanh of sums (https://arxiv.org/abs/1409.0473), not to what is masked."""

    def build(self, input_shape):
        size = int(input_shape[-1])
        self.scale = self.add_weight(name="scale", shape=(size,), initializer="glorot_uniform")
        self.built = True

    def call(self, inputs, mask=None):
        pairs = ops.expand_dims(inputs, 2) + ops.expand_dims(inputs, 1)  # [batch, T, T, size]
        scores = ops.sum(self.scale * ops.tanh(pairs), axis=-1)  # [batch, T, T]
        if mask is not None:
            padding = ops.logical_not(ops.expand_dims(mask, 1))
            scores = scores - 1e9 * ops.cast(padding, scores.dtype)
        return ops.einsum("bts,bsd->btd", ops.softmax(scores), inputs)


def additive_attention(x, scale):
    scores = (scale * np.tanh(x[:, :, None] + x[:, None])).sum(-1)
    scores = np.exp(np.where(MASK[:, None], scores, -np.inf))
    return scores / scores.sum(-1, keepdims=True) @ x


class ConvolutionAndPooling(Layer):
    """A convolution over time, relu, the largest of each window of two, and its running sum."""

    def build(self, input_shape):
        size = int(input_shape[-1])
        self.kernel = self.add_weight(
            name="kernel", shape=(3, size, 5), initializer="glorot_uniform"
        )
        self.built = True

    def call(self, inputs):
        x = ops.relu(ops.conv(inputs, self.kernel, padding="same"))  # [batch, T, 5]
        x = ops.max_pool(x, 2, strides=2)  # [batch, T // 2, 5]
        return ops.cumsum(ops.flip(x, axis=1), axis=1)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        batch, length, _ = input_shape
        return (batch, length and length // 2, 5)


def convolution_and_pooling(x, kernel):
    padded = np.pad(x, ((0, 0), (1, 1), (0, 0)))
    y = sum(padded[:, i : i + 6] @ kernel[i] for i in range(3))
    return np.maximum(y, 0).reshape(4, 3, 2, 5).max(2)[:, ::-1].cumsum(1)


MASK = np.arange(6) < np.array([[6], [4], [1], [3]])
FULL = X * MASK[..., None]  # Masking takes a step of zeros for padding
CASES = [
    (lambda: GroupNormalization(2), group_normalization),
    (AdditiveAttention, additive_attention),
    (ConvolutionAndPooling, convolution_and_pooling),
]


@pytest.mark.parametrize("make, formula", CASES, ids=["normalize", "attend", "convolve"])
def test_layer_of_unknown_length_gives_the_numbers_of_its_formula(make, formula):
    x, layer = keras.layers.Input((None, 8)), make()
    model = keras.models.Model(x, layer(keras.layers.Masking()(x)))
    expected = formula(FULL, *get_values(layer.weights))
    np.testing.assert_allclose(model.predict(FULL, verbose=0), expected, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("make, formula", CASES, ids=["normalize", "attend", "convolve"])
def test_layer_learns(make, formula):
    x, layer = keras.layers.Input((None, 8)), make()
    model = keras.models.Model(x, layer(keras.layers.Masking()(x)))
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.01))
    before = get_values(layer.weights)
    model.fit(FULL, np.zeros_like(model.predict(FULL, verbose=0)), epochs=1, verbose=0)
    assert all((a != b).any() for a, b in zip(before, get_values(layer.weights)))
