"""Forward passes and gradients of tf.keras: by tape if TensorFlow runs eagerly, else in a graph."""

import tensorflow as tf

from . import _keras2_testing as graph

fresh_session = graph.fresh_session

POLICIES = ()  # of half precision, under which layers are tested


def run_model(model, arrays, cotangents, variables, by_inputs):
    """(outputs, gradients) of a model at inference, as in _keras2_testing."""
    if not tf.executing_eagerly():
        return graph.run_model(model, arrays, cotangents, variables, by_inputs)

    def function(tensors):
        outputs = model(tensors if len(tensors) > 1 else tensors[0], training=False)
        return outputs if isinstance(outputs, (list, tuple)) else [outputs]

    return _run(function, arrays, cotangents, variables, by_inputs)


def run_function(function, arrays, shapes, cotangents, by_inputs):
    """The same for a function: list of tensors -> list of tensors or None."""
    if not tf.executing_eagerly():
        return graph.run_function(function, arrays, shapes, cotangents, by_inputs)
    return _run(function, arrays, cotangents, [], by_inputs)


def run_traced(function, arrays):
    """The outputs of a function of tensors whose values are not there while it runs, as arrays."""
    if not tf.executing_eagerly():
        return graph.run_traced(function, arrays)
    outputs = tf.function(lambda *tensors: function(list(tensors)))(*map(tf.constant, arrays))
    return [output.numpy() for output in outputs]


def _run(function, arrays, cotangents, variables, by_inputs):
    tensors = [tf.constant(array) for array in arrays]
    sources = list(variables) + [tensors[i] for i in by_inputs]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        outputs = function(tensors)
        loss = sum(tf.reduce_sum(outputs[i] * c) for i, c in cotangents.items())
    gradients = []
    if sources:
        gradients = tape.gradient(loss, sources, unconnected_gradients="zero")
    dense = [tf.convert_to_tensor(g).numpy() for g in gradients]
    return [None if o is None else o.numpy() for o in outputs], dense
