"""What an old script sees replaced in the Keras in use: much in Keras 3, next to nothing in Keras 2."""

import os

from b4k_layers import GlobalAveragePooling1D, GlobalMaxPooling1D
from b4k_ops import BACKEND, GENERATION, keras

if GENERATION == "keras3":
    from . import _keras3 as engine
else:
    from . import _keras2 as engine

__all__ = ["FUNCTIONS", "REPLACED", "fulfils", "is_tf_keras", "renewed"]

FUNCTIONS = engine.FUNCTIONS  # {name: function} of `K`, where it needs more than `ops`
REPLACED = dict(engine.REPLACED)  # {module: {name: what a script gets}}
REPLACED["keras.layers"] = {  # bert4keras put its own there, which heed masks
    "GlobalAveragePooling1D": GlobalAveragePooling1D,
    "GlobalMaxPooling1D": GlobalMaxPooling1D,
    **REPLACED.get("keras.layers", {}),
}
renewed = engine.renewed  # a model -> the same as a script wants it
is_tf_keras = GENERATION == "tfkeras"


def fulfils(name, value):
    """Whether an environment variable has its effect already: this Keras 3 may be the one that TF_KERAS=1 means."""
    if (name, value) == ("TF_KERAS", "1") and GENERATION == "keras3" and BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.keras.__version__ == keras.__version__
    return os.environ.get(name) == value
