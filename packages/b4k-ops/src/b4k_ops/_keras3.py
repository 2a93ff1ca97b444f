"""Keras 3, on jax, torch or tensorflow."""

import keras

from . import _keras3_initializers, _keras3_ops
from .recompute import Recomputing

GENERATION = "keras3"
BACKEND = keras.backend.backend()
random = keras.random
Dropout = keras.layers.Dropout
op_modules = (_keras3_ops, keras.ops)  # where `b4k_ops.ops` looks a name up, in this order
op_families = {name: getattr(keras.ops, name) for name in ("image", "linalg", "nn", "numpy")}

_Model, fused = keras.Model, {}  # what is not in `fused` is left to XLA and Grappler
if BACKEND == "jax":
    from ._keras3_jax import SeenByMetrics as _Model
    from ._keras3_jax import fused, programs
elif BACKEND == "torch":
    from . import _keras3_torch
    from ._keras3_torch import fused, programs
elif BACKEND == "tensorflow":
    from ._keras3_tensorflow import programs


# --- layers


def _clone_unseeded(value):
    """A copy of an initializer, because Keras 3 repeats the values of one that is used twice."""
    if isinstance(value, keras.initializers.Initializer):
        return value.__class__.from_config(value.get_config())
    return value


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
            self.autocast = False

    def build_sublayer(self, layer_class, input_shape, **config):
        """Create and build a sub-layer under its own name scope, with this layer's dtype policy."""
        config = {key: _clone_unseeded(value) for key, value in config.items()}
        layer = layer_class(dtype=self.dtype_policy, trainable=self.trainable, **config)
        layer.build(input_shape)
        return layer

    def get_build_config(self):
        """What Keras saves to build this layer by, with the places of the sub-layers that are quantized."""
        config, places = super().get_build_config(), self._quantized()
        return dict(config or {}, quantized=places) if places else config

    def build_from_config(self, config):
        """Build, and quantize what was, so that saved weights of 8 bits find their places."""
        super().build_from_config(config)
        layers = self._flatten_layers(include_self=False)
        modes = (config or {}).get("quantized", {})
        for place, layer in enumerate(list(layers)):
            if str(place) in modes:
                layer.quantize(modes[str(place)], type_check=False)

    def _quantized(self):
        """{place: mode} of the sub-layers that are quantized; the places are str, as in JSON."""
        modes = enumerate(
            layer.quantization_mode for layer in self._flatten_layers(include_self=False)
        )
        return {str(place): mode for place, mode in modes if mode}

    def add_loss(self, loss, inputs=None):
        """Add to the loss of this call; `inputs` is what Keras 2 wants to know."""
        super().add_loss(loss)

    def is_inference(self, training):
        """True only where it is certain, while tracing, that this call does not train."""
        return not training

    def compute_output_spec(self, *args, **kwargs):
        spec = super().compute_output_spec(*args, **kwargs)
        if self.output_dtype is None:
            return spec
        return keras.tree.map_structure(
            lambda output: keras.KerasTensor(output.shape, dtype=self.output_dtype), spec
        )


def register(target):
    """Decorate a class or function: Keras can save and load it without `custom_objects`."""
    return keras.saving.register_keras_serializable(package="b4k")(target)


# --- graphs


@register
class Model(_Model):
    """Keras's Model. On torch, without gradients, it keeps no tensor between the layers longer than needed; on jax its
    metrics may read its weights."""

    def _run_through_graph(self, inputs, operation_fn=lambda op: op, **options):
        flat = keras.tree.flatten(inputs)
        if BACKEND == "torch" and not options and _keras3_torch.forgets(flat):
            return _keras3_torch.run_through_graph(self, flat, operation_fn)
        return super()._run_through_graph(inputs, operation_fn=operation_fn, **options)


def inbound_layers(layer):
    """The layers (or operations) whose outputs a layer was first called on."""
    nodes = layer._inbound_nodes
    return [node.operation for node in nodes[0].parent_nodes] if nodes else []


def get_available_gpus():
    """The names of the GPUs that the backend sees."""
    if BACKEND == "torch":
        return _keras3_torch.get_available_gpus()
    return [name for name in keras.distribution.list_devices() if name.startswith("gpu")]


def device_scope(name):
    """Keras 3 has no graph whose parts could be put on devices."""
    instead = {
        "jax": "keras.distribution.set_distribution(keras.distribution.DataParallel()) before the model is built",
        "tensorflow": "the scope of a tf.distribute.MirroredStrategy around building and compiling the model",
        "torch": "torch.nn.parallel.DistributedDataParallel in your own train_step: keras.distribution does nothing",
    }
    message = "Keras 3 does not put the parts of a model on devices; on %s, use %s"
    raise NotImplementedError(message % (BACKEND, instead[BACKEND]))


TruncatedNormal = register(_keras3_initializers.TruncatedNormal)


# --- values


def evaluate_all(values):
    """The values of several tensors as numpy arrays."""
    return [keras.ops.convert_to_numpy(value) for value in values]


def get_values(variables):
    """The values of `variables` as numpy arrays."""
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def set_values(pairs):
    """Assign each numpy array to its variable; `pairs` may be a generator, read one at a time."""
    for variable, value in pairs:
        variable.assign(_keras3_torch.share(value) if BACKEND == "torch" else value)


def check_ids(ids, limit, name):
    """Raise a ValueError if a concrete tensor of ids has one outside [0, limit); traced ones pass."""
    if not _is_on_host(ids):
        return
    values = keras.ops.convert_to_numpy(ids)
    if values.size and not (0 <= values.min() and values.max() < limit):
        raise ValueError(
            "%s got an id outside its table: ids from %d to %d were given, 0 to %d are there"
            % (name, values.min(), values.max(), limit - 1)
        )


def _is_on_host(tensor):
    """Whether the values can be looked at without waiting for a device: neither traced nor on one."""
    if keras.backend.is_keras_tensor(tensor):
        return False
    if BACKEND == "torch":
        return tensor.device.type == "cpu"
    if BACKEND == "tensorflow":
        return hasattr(tensor, "numpy") and "CPU" in tensor.device
    import jax

    traced = isinstance(tensor, jax.core.Tracer)
    return not traced and all(device.platform == "cpu" for device in tensor.devices())


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
    "programs",
    "random",
    "register",
    "set_values",
]
