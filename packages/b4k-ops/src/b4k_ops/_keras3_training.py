"""Training a model of Keras 3: changing what it minimises, its state, its seeds."""

import contextlib

import keras

from ._keras3_recomputing import scope_like, states_of

BACKEND = keras.backend.backend()


def change_loss(model, change):
    """Let training minimise `change(loss_of, predict, y_pred)` instead of `loss_of(y_pred)`; evaluation stays."""
    plain = model.compute_loss

    def compute_loss(x=None, y=None, y_pred=None, sample_weight=None, training=True):
        def loss_of(y_pred):
            return plain(x, y, y_pred, sample_weight, training=training)

        if not training:
            return loss_of(y_pred)
        return change(loss_of, lambda: model(x, training=True), y_pred)

    model.compute_loss, model.train_function = compute_loss, None


def gradient(function, variable, model, keep=False):
    """The gradient of the scalar `function()` by a variable; `keep` it differentiable."""
    states = states_of(model)

    def pure(value):
        with scope_like([variable], [value]) as scope:
            found = function()
        return found, [scope.get_current_value(state) for state in states]

    found, after = _DIFFERENTIATE[BACKEND](pure, _value(variable), keep)
    _assign(states, after)
    return found


@contextlib.contextmanager
def moved(variable, step, model):
    """In this context the variable reads as what it is plus a step."""
    with scope_like([variable], [_value(variable) + step]) as scope:
        yield
    states = states_of(model)
    _assign(states, [scope.get_current_value(state) for state in states])


def _value(variable):
    """What a variable is now, in its own dtype."""
    return keras.ops.convert_to_tensor(variable.value) * 1


def _assign(states, values):
    for state, value in zip(states, values):
        if value is not None:
            state.assign(value)


def _by_jax(pure, value, keep):
    import jax

    return jax.grad(pure, has_aux=True)(value)


def _by_torch(pure, value, keep):
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel

    # the fused kernels have no second derivative
    kernel = sdpa_kernel([SDPBackend.MATH]) if keep else contextlib.nullcontext()
    with torch.enable_grad(), kernel:
        value = value if value.requires_grad else value.requires_grad_()
        result, after = pure(value)
        return torch.autograd.grad(result, value, create_graph=keep)[0], after


def _by_tensorflow(pure, value, keep):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(value)
        result, after = pure(value)
    return tf.convert_to_tensor(tape.gradient(result, value)), after


_DIFFERENTIATE = {"jax": _by_jax, "torch": _by_torch, "tensorflow": _by_tensorflow}


# --- a whole training


def state_of(model):
    """The variables that training changes: the model's, its seeds among them, and the optimizer's."""
    model.optimizer.build(model.trainable_variables)
    return list(model.variables) + list(model.optimizer.variables)


def evaluate(model, batches, steps):
    """{name: value} of the loss and the metrics over so many batches of a generator."""
    return model.evaluate(batches, steps=steps, verbose=0, return_dict=True)


set_random_seed = keras.utils.set_random_seed
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")

__all__ = [
    "PRECISIONS",
    "change_loss",
    "evaluate",
    "gradient",
    "moved",
    "set_random_seed",
    "state_of",
]
