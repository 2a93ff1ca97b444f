"""Forward passes and gradients in a graph: Keras 2.3.1, and tf.keras of TensorFlow 1.15."""

import numpy as np
import tensorflow as tf

from . import keras
from ._keras2_training import set_random_seed as seed_all  # noqa: F401 - the tests seed with it

K = keras.backend
# on TensorFlow 2 Keras 2.3.1 builds in a graph of its own
_in_keras_graph = getattr(K, "symbolic", lambda function: function)

POLICIES = TRAINING_POLICIES = ()  # of half precision, under which layers are tested

COMPILATIONS = ({},)  # ways to compile a model besides the default, if there are
UNREPEATABLE = ()  # and such that draw other numbers in every run


def fresh_session():
    """An empty graph: Keras 2 grows slower with every tensor that one session has seen."""
    K.clear_session()


loss_scaled = None  # Keras 2.3.1 has no mixed precision


def train_on_two_devices(build, ids, targets, batch_size):
    """The weights after one pass of the compiled model that `build()` gives: Keras 2.3.1 trains on one device."""
    model = build()
    model.fit(ids, targets, batch_size=batch_size, epochs=1, shuffle=False, verbose=0)
    return model.get_weights()


def run_model(model, arrays, cotangents, variables, by_inputs):
    """(outputs, gradients) of a model at inference.

    cotangents: {i: array}; the gradients are those of sum(output i * cotangent i), by `variables`
    and then by the inputs numbered in `by_inputs`.
    """
    sources = list(variables) + [model.inputs[i] for i in by_inputs]
    return _run(model.inputs, arrays, model.outputs, cotangents, sources)


def run_function(function, arrays, shapes, cotangents, by_inputs):
    """The same for a function: list of tensors -> list of tensors or None. shapes: as declared."""
    tensors = [K.placeholder(tuple(s), dtype=a.dtype.name) for s, a in zip(shapes, arrays)]
    outputs = _in_keras_graph(function)(tensors)
    return _run(tensors, arrays, outputs, cotangents, [tensors[i] for i in by_inputs])


def run_traced(function, arrays):
    """The outputs of a function of tensors whose values are not there while it runs, as arrays."""
    shapes = [array.shape for array in arrays]
    return run_function(function, arrays, shapes, {}, [])[0]


def _run(tensors, arrays, outputs, cotangents, sources):
    there, gradients = _differentiate(outputs, cotangents, sources)
    results = K.function(tensors, list(there.values()) + gradients)(arrays)
    results = [np.asarray(result) for result in results]
    found = dict(zip(there, results))
    return [found.get(i) for i in range(len(outputs))], results[len(there) :]


@_in_keras_graph
def _differentiate(outputs, cotangents, sources):
    """({i: output that is not None}, gradients) as tensors to be fetched."""
    there = {i: tf.identity(o) for i, o in enumerate(outputs) if o is not None}
    if not sources:
        return there, []
    loss = tf.add_n([K.sum(there[i] * c) for i, c in cotangents.items()])
    return there, [_dense(g, x) for g, x in zip(K.gradients(loss, sources), sources)]


def _dense(gradient, source):
    """The gradient as one tensor: zeros if there is none, summed up if it comes as slices."""
    return K.zeros_like(source) if gradient is None else tf.convert_to_tensor(gradient)


# --- what is kept for the gradient


def kept_bytes(model, array):
    """The bytes of all that a training call keeps for its backward pass, without what was there before."""

    def loss():
        outputs = model(tf.constant(array, "int32"))
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        return tf.add_n([tf.reduce_mean(tf.square(y)) for y in outputs])

    K.set_learning_phase(1)
    try:
        return _in_keras_graph(bytes_between)(loss, model.trainable_weights)
    finally:
        K.set_learning_phase(0)


def bytes_between(make_loss, variables):
    """The bytes of the tensors of a loss's graph that its gradient's graph reads, in a graph of their own if eager."""
    if tf.executing_eagerly():
        found = []
        tf.function(
            lambda: found.append(bytes_between(make_loss, variables))
        ).get_concrete_function()
        return found[0]
    graph = tf.compat.v1.get_default_graph()
    loss = make_loss()
    before = set(graph.get_operations())
    tf.gradients(loss, variables)
    added = [op for op in graph.get_operations() if op not in before]
    read = {(x.op, x.value_index): x for op in added for x in op.inputs if x.op in before}
    sources = ("Const", "ReadVariableOp", "Placeholder", "VarHandleOp")
    return sum(_size(x) for x in read.values() if x.op.type not in sources)


def _size(x):
    return (x.shape.num_elements() or 0) * (x.dtype.size or 0)
