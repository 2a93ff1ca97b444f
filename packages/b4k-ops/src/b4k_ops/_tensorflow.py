"""`keras.ops` on TensorFlow, for Keras 2.3.1 and tf.keras: where each family is written."""

from . import (
    _tensorflow_arrays,
    _tensorflow_core,
    _tensorflow_math,
    _tensorflow_nn,
    _tensorflow_numpy,
)

op_modules = (  # where `b4k_ops.ops` looks a name up, in this order
    _tensorflow_core,
    _tensorflow_numpy,  # the numpy family, element by element
    _tensorflow_arrays,  # the numpy family, arrays as a whole
    _tensorflow_math,
    _tensorflow_nn,
)

__all__ = ["op_modules"]
