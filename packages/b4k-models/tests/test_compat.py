"""The modules and functions that old scripts import; b4k-pretrain's tests run whole scripts."""

import numpy as np
import pytest
from b4k_models.compat.finding import MODULES, borrow
from b4k_models.compat.functions import OTHERWISE, K
from b4k_models.compat.running import switches
from b4k_ops import BACKEND, GENERATION, evaluate, keras, ops


def test_switches():
    lines = [
        "# os.environ['RECOMPUTE'] = '1'",
        "os.environ['TF_KERAS'] = '1'",
        "x['RECOMPUTE'] = '1'",
    ]
    lines += ["os.environ['HOME'] = 'x'", 'os.environ["KERAS_BACKEND"]="jax"']
    assert switches("\n".join(lines)) == {"TF_KERAS": "1", "KERAS_BACKEND": "jax"}


def test_every_module_is_there():
    for name, sources in MODULES.items():
        if not any(source.startswith(("b4k_text", "b4k_optim")) for source in sources):
            assert all(borrow(source) is not None for source in sources), name


def test_what_is_not_installed_is_named():
    with pytest.raises(
        ImportError, match="bert4keras.snippets needs b4k-nothing: pip install b4k-nothing"
    ):
        borrow("b4k_nothing.snippets", "bert4keras.snippets")


# --- K, where Keras has none: by numpy

X = np.random.RandomState(0).normal(size=(2, 3, 4)).astype("float32")
Y = np.random.RandomState(1).normal(size=(2, 5, 4)).astype("float32")

FUNCTIONS = {
    "batch_dot": (lambda f: f(X, Y, axes=(2, 2)), np.einsum("bik,bjk->bij", X, Y)),
    "batch_dot, rank 2": (
        lambda f: f(X[:, 0], X[:, 1], axes=1),
        (X[:, 0] * X[:, 1]).sum(1, keepdims=True),
    ),
    "batch_dot, axes by itself": (
        lambda f: f(X, np.swapaxes(Y, 1, 2)),
        np.einsum("bik,bjk->bij", X, Y),
    ),
    "batch_flatten": (lambda f: f(X), X.reshape(2, 12)),
    "concatenate": (lambda f: f([X, X]), np.concatenate([X, X], -1)),
    "expand_dims": (lambda f: f(X), X[..., None]),
    "gather": (lambda f: f(X[0], np.array([2.0, 0.0], "float32")), X[0][[2, 0]]),
    "hard_sigmoid": (lambda f: f(4 * X), np.clip(0.8 * X + 0.5, 0, 1)),
    "in_top_k": (lambda f: f(X[0], np.array([0, 1, 2]), 4), np.array([True] * 3)),
    "l2_normalize": (lambda f: f(X, -1), X / np.sqrt((X**2).sum(-1, keepdims=True))),
    "permute_dimensions": (lambda f: f(X, (1, 0, 2)), X.transpose(1, 0, 2)),
    "relu": (
        lambda f: f(X, alpha=0.1, max_value=0.5),
        np.minimum(np.where(X >= 0, X, 0.1 * X), 0.5),
    ),
    "repeat": (lambda f: f(X[:, 0], 3), np.repeat(X[:, :1], 3, 1)),
    "repeat_elements": (lambda f: f(X, 2, 1), np.repeat(X, 2, 1)),
    "reverse": (lambda f: f(X, 1), X[:, ::-1]),
    "sqrt": (lambda f: f(X), np.sqrt(np.maximum(X, 0))),
    "switch": (lambda f: f(X[:, 0, 0] > 0, X, -X), np.where(X[:, :1, :1] > 0, X, -X)),
}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_function(name):
    def by_tensors(*args, **kwargs):
        tensors = [_as_tensor(arg) for arg in args]
        return OTHERWISE[name.split(",")[0]](*tensors, **kwargs)

    call, expected = FUNCTIONS[name]
    result = evaluate(call(by_tensors))
    assert result.shape == expected.shape and np.allclose(result, expected, atol=1e-5)


def _as_tensor(value):
    if isinstance(value, list):
        return [_as_tensor(item) for item in value]
    return ops.convert_to_tensor(value) if isinstance(value, np.ndarray) else value


def test_sizes_are_numbers():
    x = ops.convert_to_tensor(X)
    assert OTHERWISE["prod"](list(X.shape[1:])) == 12 and OTHERWISE["int_shape"](x) == (2, 3, 4)
    assert evaluate(K.reshape(x, (2, -1, OTHERWISE["prod"]([3, 4])))).shape == (2, 1, 12)


def test_what_k_lacks_is_said():
    with pytest.raises(AttributeError, match="K.no_such_function.*b4k_ops.ops"):
        K.no_such_function  # noqa: B018
    assert K.epsilon() == keras.backend.epsilon()


class Gradient(keras.layers.Layer):
    """Of the second input by the first."""

    def call(self, inputs):
        x, y = inputs
        return K.gradients(y, [x])[0]

    def compute_output_shape(self, input_shape):
        return input_shape[0]


if GENERATION == "keras3":  # Keras 2 has the function itself

    def test_gradients_between_inputs_of_a_layer():
        inputs = keras.layers.Input((4,))
        x = keras.layers.Activation("relu")(inputs)
        model = keras.models.Model(inputs, Gradient()([x, keras.layers.Multiply()([x, x])]))
        if BACKEND == "tensorflow":
            assert np.allclose(model.predict(X[0]), 2 * np.maximum(X[0], 0), atol=1e-6)
        else:
            with pytest.raises(NotImplementedError, match="K.gradients.*b4k_optim"):
                model.predict(X[0])
