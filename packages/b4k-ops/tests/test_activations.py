"""Activations: their formulas, what a name means, and what a config holds."""

import json
import math

import numpy as np
import pytest
from b4k_ops import activations, keras, ops

X = np.array([-30.0, -3.0, -1.0, -0.1, 0.0, 0.1, 1.0, 3.0, 30.0], "float32")


@pytest.fixture(autouse=True)
def gelu_stays_erf():
    yield
    activations.set_gelu("erf")


def values(function):
    return ops.convert_to_numpy(function(ops.convert_to_tensor(X)))


def gelu(x):
    return 0.5 * x * (1 + np.array([math.erf(v / math.sqrt(2)) for v in x]))


def gelu_by_tanh(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


FORMULAS = {
    "gelu_erf": gelu,
    "gelu_tanh": gelu_by_tanh,
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "swish": lambda x: x / (1 + np.exp(-x)),
}


@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_formula(name):
    expected = FORMULAS[name](X.astype("float64"))
    np.testing.assert_allclose(values(activations.get(name)), expected, rtol=1e-5, atol=1e-6)


def test_leaky_relu_takes_its_slope():
    slope = values(lambda x: activations.leaky_relu(x, alpha=0.5))
    np.testing.assert_allclose(slope, np.where(X > 0, X, 0.5 * X))


@pytest.mark.parametrize("axis, keepdims", [(None, False), (-1, False), (0, True)])
def test_root_mean_square(axis, keepdims):
    x = np.random.RandomState(0).standard_normal((3, 4)).astype("float32")
    result = activations.root_mean_square(ops.convert_to_tensor(x), axis=axis, keepdims=keepdims)
    expected = np.sqrt((x.astype("float64") ** 2).mean(axis=axis, keepdims=keepdims))
    np.testing.assert_allclose(ops.convert_to_numpy(result), expected, rtol=1e-5)


def test_gelu_is_the_erf_form_until_set_otherwise():
    assert activations.get("gelu") is activations.gelu_erf
    activations.set_gelu("tanh")
    assert activations.get("gelu") is activations.gelu_tanh
    activations.set_gelu("ERF")
    assert activations.get("gelu") is activations.gelu_erf


def test_unknown_gelu_is_refused():
    with pytest.raises(ValueError, match="'sigmoid'.*'erf' or 'tanh'"):
        activations.set_gelu("sigmoid")
    with pytest.raises(ValueError, match="None, expected"):
        activations.set_gelu(None)


def test_names_of_keras_still_work():
    np.testing.assert_allclose(values(activations.get("relu")), np.maximum(X, 0))
    np.testing.assert_allclose(values(activations.get(None)), X)
    with pytest.raises(ValueError):
        activations.get("no_such_activation")


def test_functions_and_lists():
    def double(x):
        return x + x

    assert activations.get(double) is double
    assert activations.get(["gelu", double]) == [activations.gelu_erf, double]


NAMES = ["gelu", "gelu_tanh", "leaky_relu", "swish", "relu", "tanh", "linear", "softmax"]


@pytest.mark.parametrize("identifier", NAMES + [["gelu", "linear"], ["swish", "gelu_tanh"]])
def test_serialize_is_the_inverse_of_get(identifier):
    functions = activations.get(identifier)
    config = json.loads(json.dumps(activations.serialize(functions)))
    assert activations.get(config) == functions


def test_a_saved_gelu_keeps_its_version():
    config = activations.serialize(activations.get("gelu"))
    activations.set_gelu("tanh")
    assert activations.get(config) is activations.gelu_erf


def test_keras_layers_save_and_load_them():
    layer = keras.layers.Dense(3, activation=activations.gelu_tanh)
    copy = keras.layers.Dense.from_config(json.loads(json.dumps(layer.get_config())))
    assert copy.activation is activations.gelu_tanh
