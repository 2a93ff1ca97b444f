"""Recomputing in TensorFlow's graphs and functions."""

import warnings

import tensorflow.compat.v2 as tf

from ._tensorflow_random import Draws, is_drawn

HARMLESS = (  # operations that TensorFlow calls stateful, and that give the same when they run again
    "Assert",
    "Placeholder",
    "ReadVariableOp",
    "ResourceGather",
    "ResourceGatherNd",
    "VarHandleOp",
    "VarIsInitializedOp",
)


moved = []  # variables that will have another value when gradients are taken


class NotRepeatable(Exception):
    """Raised with the outputs of a computation that would not do the same again, and with the operations to blame."""

    def __init__(self, outputs, blamed):
        super().__init__(outputs, blamed)
        self.outputs, self.blamed = outputs, blamed


def pays():
    """Whether recomputing saves memory: an eager tape keeps all values anyway."""
    return not tf.executing_eagerly()


def recompute(layer, function, args, kwargs, surroundings):
    """`function(*args, **kwargs)`, of whose tensors only those that come in are kept for the gradient.

    surroundings: a function that makes the context in which the layer is called again.
    """
    flat = tf.nest.flatten((list(args), kwargs))

    def run(*_):  # on the arguments themselves, for what Keras has written on them
        with surroundings():
            return function(*args, **kwargs)

    try:
        return checkpoint(run, [x for x in flat if _is_float_tensor(x)])
    except NotRepeatable as error:
        warnings.warn(
            "%s is not recomputed, because something in it would not do the same again (%s): b4k_ops has a Dropout "
            "and random numbers that would" % (layer.name, ", ".join(error.blamed)),
            stacklevel=2,
        )
        return error.outputs


def checkpoint(function, tensors):
    """`function(*tensors)` of float tensors, whatever the nest of its outputs; NotRepeatable if it draws or counts."""
    draws, first = Draws(), {}
    # Of what comes in twice, the gradient is there once
    sources = list({id(x): x for x in tensors}.values())

    def run():
        with draws:
            outputs = function(*tensors)
        return outputs, [x for x in tf.nest.flatten(outputs) if _is_float_tensor(x)]

    @tf.custom_gradient
    def computed(*_):
        with _Watched() as watched:
            first["outputs"], floats = run()
        if watched.blamed:
            raise NotRepeatable(first["outputs"], watched.blamed)

        def gradient(*upstream, **options):
            # TensorFlow 1 wants no keyword argument of that name
            variables = options.get("variables", ())
            # Not before the gradient is there
            with tf.control_dependencies([x.op for x in upstream]):
                _, again = run()
            xs = sources + list(variables)
            found = tf.gradients(again, xs, list(upstream), stop_gradients=sources)
            found = [None if g is None else tf.convert_to_tensor(g) for g in found]
            n = len(sources)
            return (found[:n], found[n:]) if variables else found

        return floats, gradient

    # TensorFlow 1 asks for resources, even of no variable at all
    around = tf.compat.v1.get_variable_scope()
    with tf.compat.v1.variable_scope(around, use_resource=True, auxiliary_name_scope=False):
        results = iter(computed(*sources))
    outputs = first["outputs"]
    flat = [next(results) if _is_float_tensor(x) else x for x in tf.nest.flatten(outputs)]
    return tf.nest.pack_sequence_as(outputs, flat)


class _Watched:
    """Sees which operations a computation adds to the graph; `blamed` are those that would not do the same again."""

    def __enter__(self):
        self.graph = tf.compat.v1.get_default_graph()
        self.count = len(self.graph.get_operations())
        return self

    def __exit__(self, *error):
        added = self.graph.get_operations()[self.count :]
        self.blamed = sorted({op.type for op in added if not _is_repeatable(op)})


def _is_repeatable(op):
    stateful = op.op_def is None or op.op_def.is_stateful
    return not stateful or op.type in HARMLESS or is_drawn(op)


def _is_float_tensor(x):
    return tf.is_tensor(x) and x.dtype.is_floating


__all__ = ["NotRepeatable", "checkpoint", "moved", "pays", "recompute"]
