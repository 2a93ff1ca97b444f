"""Forward passes and gradients of Keras 3: jax.grad, torch.autograd or TensorFlow's tape."""

from . import BACKEND, keras, ops

POLICIES = ("mixed_float16", "mixed_bfloat16")  # of half precision, under which layers are tested


def fresh_session():
    """Nothing: Keras 3 keeps no graph, and clearing what it keeps takes longer than most tests."""


def under_policy(policy, function):
    """What a function gives while the dtype policy is this one."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return function()
    finally:
        keras.config.set_dtype_policy(before)


def run_model(model, arrays, cotangents, variables, by_inputs):
    """(outputs, gradients) of a model at inference, as in _keras2_testing."""

    def function(tensors):
        outputs = model(tensors if len(tensors) > 1 else tensors[0], training=False)
        return outputs if isinstance(outputs, (list, tuple)) else [outputs]

    return _run(function, arrays, cotangents, list(variables), by_inputs)


def run_function(function, arrays, shapes, cotangents, by_inputs):
    """The same for a function: list of tensors -> list of tensors or None."""
    return _run(function, arrays, cotangents, [], by_inputs)


def _run(function, arrays, cotangents, variables, by_inputs):
    tensors = [ops.convert_to_tensor(array) for array in arrays]
    cotangents = {i: ops.convert_to_tensor(array) for i, array in cotangents.items()}

    def loss_and_outputs(tensors):
        outputs = list(function(tensors))
        return sum(ops.sum(outputs[i] * c) for i, c in cotangents.items()), outputs

    outputs, gradients = ENGINES[BACKEND](loss_and_outputs, tensors, variables, by_inputs)
    to_array = ops.convert_to_numpy
    return [None if o is None else to_array(o) for o in outputs], [to_array(g) for g in gradients]


def _with_jax(loss_and_outputs, tensors, variables, by_inputs):
    import jax

    def of_sources(values, sources):
        given = dict(zip(by_inputs, sources))
        with keras.StatelessScope(state_mapping=list(zip(variables, values))):
            return loss_and_outputs([given.get(i, x) for i, x in enumerate(tensors)])

    values, sources = [v.value for v in variables], [tensors[i] for i in by_inputs]
    if not values + sources:
        return loss_and_outputs(tensors)[1], []
    # not under jax.jit, which takes three times as long
    gradient = jax.grad(of_sources, argnums=(0, 1), has_aux=True)
    gradients, outputs = gradient(values, sources)
    return outputs, gradients[0] + gradients[1]


def _with_torch(loss_and_outputs, tensors, variables, by_inputs):
    import torch

    sources = [v.value for v in variables] + [tensors[i].requires_grad_() for i in by_inputs]
    loss, outputs = loss_and_outputs(tensors)
    if not sources:
        return outputs, []
    gradients = torch.autograd.grad(loss, sources, allow_unused=True)
    return outputs, [torch.zeros_like(s) if g is None else g for g, s in zip(gradients, sources)]


def _with_tensorflow(loss_and_outputs, tensors, variables, by_inputs):
    import tensorflow as tf

    sources = [v.value for v in variables] + [tensors[i] for i in by_inputs]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        loss, outputs = loss_and_outputs(tensors)
    if not sources:
        return outputs, []
    gradients = tape.gradient(loss, sources, unconnected_gradients="zero")
    return outputs, [tf.convert_to_tensor(g) for g in gradients]


ENGINES = {"jax": _with_jax, "torch": _with_torch, "tensorflow": _with_tensorflow}
