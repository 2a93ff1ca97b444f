"""Recomputing on tf.keras, in graphs and functions."""

import contextlib
import sys
import warnings

import tensorflow.compat.v2 as tf

from . import _tensorflow_recomputing, keras

_base_layer = sys.modules[
    keras.layers.Layer.__module__
]  # where tf.keras says which layer is called


@tf.autograph.experimental.do_not_convert
def recompute(layer, function, args, kwargs):
    """`function(*args, **kwargs)`, of whose tensors only those that come in are kept for the gradient."""
    if not _tensorflow_recomputing.pays():
        return function(*args, **kwargs)
    if any(weight is moved for weight in layer.weights for moved in _tensorflow_recomputing.moved):
        warnings.warn("%s is not recomputed where its weights are moved" % layer.name, stacklevel=2)
        return function(*args, **kwargs)
    return _tensorflow_recomputing.recompute(layer, function, args, kwargs, _surroundings(layer))


def _surroundings(layer):
    """Makes a context that sets again what layers look at now: whether this is training, the dtype to compute in."""
    context = _base_layer.base_layer_utils.call_context()
    inputs = context.inputs
    training = getattr(context, "call_context_args", context.training)  # a dict in tf_keras

    @contextlib.contextmanager
    def surroundings():
        with context.enter(layer, inputs, True, training), _in_dtype_of(layer):
            yield

    return surroundings


def _in_dtype_of(layer):
    """A context where the variables of a layer are read in the dtype that it computes in."""
    casting = getattr(_base_layer, "autocast_variable", None)
    if not hasattr(casting, "enable_auto_cast_variables"):  # before TensorFlow 2.3
        return contextlib.nullcontext()
    return casting.enable_auto_cast_variables(layer._compute_dtype_object)


__all__ = ["recompute"]
