"""tf.keras: TensorFlow 1.15, 2.2 and 2.15, and tf_keras under TF_USE_LEGACY_KERAS=1."""

try:
    import tensorflow as tf
except ImportError as error:
    raise ImportError(
        "TF_KERAS=1 asks for tf.keras and TensorFlow can't be imported (%s): install tensorflow, "
        "or unset TF_KERAS to use the installed keras" % error
    ) from error

from . import _tensorflow
from . import _tensorflow_random as random
from ._tensorflow import get_available_gpus, inbound_layers, op_families, op_modules
from ._tensorflow_core import evaluate_all
from .recompute import Recomputing

keras = tf.keras
if getattr(keras, "__version__", "2").split(".")[0] == "3":  # the 2.15 one has none
    raise ImportError(
        "TF_KERAS=1 found Keras %s inside TensorFlow %s: unset TF_KERAS to use it as Keras 3, or install "
        "tf_keras and set TF_USE_LEGACY_KERAS=1" % (keras.__version__, tf.__version__)
    )

GENERATION = "tfkeras"
BACKEND = "tensorflow"

TruncatedNormal = keras.initializers.TruncatedNormal  # an op of the graph
Model = keras.Model
fused = {}  # XLA and Grappler fuse what they find


# --- layers


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
        if not self.cast_inputs:
            self._autocast = False

    @tf.autograph.experimental.do_not_convert
    def __call__(self, *args, **kwargs):
        """Keras would rewrite `call` for Python's `if` and `for` on tensors, which other Keras don't have."""
        return super().__call__(*args, **kwargs)

    def build_sublayer(self, layer_class, input_shape, **config):
        """Create and build a sub-layer under its own name scope, with this layer's dtype policy."""
        layer = layer_class(dtype=getattr(self, "_dtype_policy", None), **config)
        with tf.name_scope(layer.name):
            layer.build(input_shape)
        return layer

    def is_inference(self, training):
        """True only where it is certain, while tracing, that this call does not train."""
        return training is not None and not tf.is_tensor(training) and not training


def register(target):
    """Decorate a class or function: Keras can save and load it without `custom_objects`."""
    if hasattr(keras.utils, "register_keras_serializable"):
        return keras.utils.register_keras_serializable(package="b4k")(target)
    keras.utils.get_custom_objects()[target.__name__] = target  # TensorFlow 1.15
    return target


@register
class Dropout(random.Dropout, keras.layers.Dropout):
    """Keras's Dropout, which a layer that recomputes may hold."""


# --- values


def get_values(variables):
    """The values of `variables` as numpy arrays."""
    return keras.backend.batch_get_value(list(variables))


def set_values(pairs):
    """Assign each numpy array to its variable."""
    keras.backend.batch_set_value(list(pairs))


def check_ids(ids, limit, name):
    """Nothing: TensorFlow's own gather names the id and the limit."""


def device_scope(name):
    """What is built in this scope runs on the device called `name`; TensorFlow 2 forgets it for layers."""
    if tf.executing_eagerly():
        raise NotImplementedError(
            "tf.keras of TensorFlow 2 calls layers anew on the default device: build and compile the model in the "
            "scope of a tf.distribute.MirroredStrategy instead"
        )
    return _tensorflow.device_scope(name)


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
