"""Keras 2.3.1 on TensorFlow 1.15 or 2.2."""

import inspect

import keras
from keras import backend as K
from keras.engine.base_layer import Node

from . import _tensorflow_random as random
from ._tensorflow import device_scope, get_available_gpus, inbound_layers, op_families, op_modules
from ._tensorflow_core import evaluate_all
from .recompute import Recomputing

GENERATION = "keras2"
BACKEND = "tensorflow"

TruncatedNormal = keras.initializers.TruncatedNormal  # an op of the graph
Model = keras.models.Model
fused = {}  # XLA and Grappler fuse what they find


# --- layers


class _Node(Node):
    """A node that hands out copies of its call arguments.

    Keras 2.3.1 writes the mask of one model call into them, where the next call finds it again.
    """

    @property
    def arguments(self):
        return dict(self.__dict__["arguments"] or {})


class Layer(Recomputing, keras.layers.Layer):
    """A Keras layer that passes masks on, and builds sub-layers the same way on every Keras.

    `output_dtype`: the dtype of all outputs if it isn't the compute dtype, e.g. "bool".
    `cast_inputs`: False where float inputs may be ids, which half precision would round.
    """

    output_dtype = None
    cast_inputs = True

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build_sublayer(self, layer_class, input_shape, **config):
        """Create and build a sub-layer under its own name scope."""
        layer = layer_class(**config)
        with K.name_scope(layer.name):
            layer.build(input_shape)
        layer.built = True
        if "training" in inspect.signature(layer.call).parameters:
            self.uses_learning_phase = (
                True  # else Keras 2.3.1 may not tell the model that it trains
            )
        return layer

    def is_inference(self, training):
        """True only where it is certain, while tracing, that this call does not train."""
        return training is not None and not K.is_tensor(training) and not training

    def _add_inbound_node(self, *args, **kwargs):
        super()._add_inbound_node(*args, **kwargs)
        self._inbound_nodes[-1].__class__ = _Node


def register(target):
    """Decorate a class or function: Keras can save and load it without `custom_objects`."""
    keras.utils.get_custom_objects()[target.__name__] = target
    return target


@register
class Dropout(random.Dropout, keras.layers.Dropout):
    """Keras's Dropout, which a layer that recomputes may hold."""


# --- values


def get_values(variables):
    """The values of `variables` as numpy arrays."""
    return K.batch_get_value(list(variables))


def set_values(pairs):
    """Assign each numpy array to its variable."""
    K.batch_set_value(list(pairs))


def check_ids(ids, limit, name):
    """Nothing: the graph's own gather names the id and the limit."""


__all__ = [
    "BACKEND",
    "Dropout",
    "GENERATION",
    "Layer",
    "Model",
    "TruncatedNormal",
    "check_ids",
    "device_scope",
    "evaluate_all",
    "fused",
    "get_available_gpus",
    "get_values",
    "inbound_layers",
    "keras",
    "op_families",
    "op_modules",
    "random",
    "register",
    "set_values",
]
