"""TruncatedNormal has the distribution of Keras's own, on every Keras."""

import numpy as np
import pytest
from b4k_ops import TruncatedNormal, evaluate, keras, ops

STDDEV = 0.8796257  # of the standard normal distribution cut off at two


@pytest.mark.parametrize("mean, stddev", [(0.0, 1.0), (3.0, 0.02)])
def test_distribution(mean, stddev):
    values = evaluate(ops.convert_to_tensor(TruncatedNormal(mean, stddev)((1000, 301))))
    assert values.shape == (1000, 301) and values.dtype == "float32"
    scaled = (values - mean) / stddev
    assert abs(scaled).max() < 2.0001
    assert abs(scaled.mean()) < 0.01 and abs(scaled.std() - STDDEV) < 0.01
    assert abs((abs(scaled) < 1).mean() - 0.6826895 / 0.9544997) < 0.01
    assert abs(np.corrcoef(scaled[:-1].ravel(), scaled[1:].ravel())[0, 1]) < 0.01


@pytest.mark.parametrize("shape", [(), (3,), (0, 4), (2, 3, 5)])
def test_shapes(shape):
    assert evaluate(ops.convert_to_tensor(TruncatedNormal()(shape))).shape == shape


def test_without_a_seed_each_is_another():
    first, second = (evaluate(ops.convert_to_tensor(TruncatedNormal()((5, 3)))) for _ in range(2))
    assert (first != second).any()


if (
    TruncatedNormal is not keras.initializers.TruncatedNormal
):  # whose seed is the start of a stream on TensorFlow 2.2

    def test_seeds():
        first, second = (evaluate(TruncatedNormal(seed=7)((5, 3))) for _ in range(2))
        assert (first == second).all()


def test_a_layer_keeps_it():
    initializer = TruncatedNormal(stddev=0.02, seed=3)
    layer = keras.layers.Dense(4, kernel_initializer=initializer)
    again = type(layer).from_config(layer.get_config())
    assert again.kernel_initializer.get_config() == initializer.get_config()
    assert type(again.kernel_initializer) is type(initializer)
