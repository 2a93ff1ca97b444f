"""`keras.ops` on TensorFlow, for Keras 2.3.1 and tf.keras: where each family is written."""

import types

import tensorflow.compat.v2 as tf

from . import (
    _tensorflow_arrays,
    _tensorflow_bits,
    _tensorflow_control,
    _tensorflow_conv,
    _tensorflow_core,
    _tensorflow_einops,
    _tensorflow_image,
    _tensorflow_linalg,
    _tensorflow_math,
    _tensorflow_nan,
    _tensorflow_nn,
    _tensorflow_numpy,
    _tensorflow_products,
    _tensorflow_reductions,
    _tensorflow_scatter,
)

op_modules = (  # where `b4k_ops.ops` looks a name up, in this order
    _tensorflow_core,
    _tensorflow_control,  # the core family, branches and loops
    _tensorflow_scatter,  # the core family, writing at indices
    _tensorflow_numpy,  # the numpy family, element by element
    _tensorflow_bits,  # the numpy family, bits and complex numbers
    _tensorflow_arrays,  # the numpy family, arrays as a whole
    _tensorflow_reductions,  # the numpy family, reducing and sorting
    _tensorflow_nan,  # the numpy family, ignoring NaN
    _tensorflow_products,  # the numpy family, vectors and matrices
    _tensorflow_math,
    _tensorflow_nn,  # the nn family but for
    _tensorflow_conv,  # convolution, pooling, patches
    _tensorflow_linalg,
    _tensorflow_einops,
)


def _family(*modules):
    """The public names of modules, as `ops.nn` and its like offer them."""
    return types.SimpleNamespace(**{n: getattr(m, n) for m in modules for n in m.__all__})


op_families = {  # what `keras.ops` has as a module of its own
    "image": _family(_tensorflow_image),  # these names are nowhere else
    "linalg": _family(_tensorflow_linalg),
    "nn": _family(_tensorflow_nn, _tensorflow_conv),
    "numpy": _family(
        _tensorflow_numpy,
        _tensorflow_bits,
        _tensorflow_arrays,
        _tensorflow_reductions,
        _tensorflow_nan,
        _tensorflow_products,
    ),
}


def inbound_layers(layer):
    """The layers whose outputs a layer was first called on; the first node of a model is itself."""
    found = [tf.nest.flatten(node.inbound_layers) for node in layer._inbound_nodes]
    return next(filter(None, found), [])


def get_available_gpus():
    """The names of the GPUs that TensorFlow sees."""
    return [device.name for device in tf.config.experimental.list_logical_devices("GPU")]


def device_scope(name):
    """What is built in this scope runs on the device called `name`, e.g. "/device:GPU:0"."""
    return tf.device(name)


__all__ = ["device_scope", "get_available_gpus", "inbound_layers", "op_families", "op_modules"]
