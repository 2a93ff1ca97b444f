"""b4k-ops: write a layer once against `keras.ops` names, run it on every Keras from 2.3.1 on.

The Keras in use is chosen here, once per process:

- `TF_KERAS=1` means `tf.keras` (TensorFlow 1.15, 2.2, 2.15, or tf_keras under `TF_USE_LEGACY_KERAS=1`);
- otherwise the installed `keras`: 2.3.1 or 3, whose backend is chosen by `KERAS_BACKEND`.

Nothing outside this package is changed by importing it.
"""

import os

__version__ = "0.1.0"


def _choose_generation():
    """The name of the module that speaks to the Keras in use, or an ImportError that says what to install."""
    if os.environ.get("TF_KERAS", "0") not in ("", "0"):
        return "_tfkeras"
    try:
        import keras
    except ImportError as error:
        raise ImportError(
            "b4k found no usable Keras (%s). Keras 3 wants tensorflow unless KERAS_BACKEND is jax or torch; "
            "`pip install keras jax` installs one with a backend; TF_KERAS=1 uses TensorFlow's own"
            % error
        ) from error
    version = tuple(int(part) for part in keras.__version__.split(".")[:2])
    if version >= (3, 0):
        return "_keras3"
    if version == (2, 3):
        return "_keras2"
    raise ImportError(
        "b4k runs on keras 2.3.1 and keras>=3.15, and found keras %s: set TF_KERAS=1 to use the "
        "tf.keras it belongs to, or install another keras" % keras.__version__
    )


_generation = _choose_generation()
if _generation == "_keras3":
    from . import _keras3 as _engine
elif _generation == "_tfkeras":
    from . import _tfkeras as _engine
else:
    from . import _keras2 as _engine

GENERATION = _engine.GENERATION  # "keras2", "tfkeras" or "keras3"
BACKEND = _engine.BACKEND  # "tensorflow", "jax" or "torch"
keras = _engine.keras

Dropout = _engine.Dropout
Layer = _engine.Layer
Model = _engine.Model
TruncatedNormal = _engine.TruncatedNormal
register = _engine.register
get_values = _engine.get_values
set_values = _engine.set_values
check_ids = _engine.check_ids
device_scope = _engine.device_scope
get_available_gpus = _engine.get_available_gpus

from . import activations, ops, random  # noqa: E402 - they ask for the engine chosen above
from .activations import (  # noqa: E402
    gelu_erf,
    gelu_tanh,
    leaky_relu,
    root_mean_square,
    set_gelu,
    swish,
)
from .compiling import can_compile, compiled, compiled_loop, write_at  # noqa: E402
from .graph import evaluate, search_layer  # noqa: E402
from .kernels import (  # noqa: E402
    Dense,
    attention,
    layer_norm,
    root_mean_square_norm,
    scores_by_table,
)
from .losses import (  # noqa: E402
    multilabel_categorical_crossentropy,
    sparse_multilabel_categorical_crossentropy,
)
from .masking import (  # noqa: E402
    align,
    attention_normalize,
    batch_gather,
    flatten,
    reshape,
    sequence_masking,
)
from .merging import Add, Concatenate, all_masks, joined_masks  # noqa: E402
from .pooling import divisible_temporal_padding, pool1d  # noqa: E402
from .positions import (  # noqa: E402
    Sinusoidal,
    apply_rotary_position_embeddings,
    sinusoidal_embeddings,
)
from .precision import wide  # noqa: E402
from .recompute import recompute_grad, recompute_scope  # noqa: E402
from .schedules import piecewise_linear  # noqa: E402
from .shapes import integerize_shape, static_shape  # noqa: E402

__all__ = [
    "Add",
    "BACKEND",
    "Concatenate",
    "Dense",
    "Dropout",
    "GENERATION",
    "Layer",
    "Model",
    "Sinusoidal",
    "TruncatedNormal",
    "activations",
    "align",
    "all_masks",
    "apply_rotary_position_embeddings",
    "attention",
    "attention_normalize",
    "batch_gather",
    "can_compile",
    "check_ids",
    "compiled",
    "compiled_loop",
    "device_scope",
    "divisible_temporal_padding",
    "evaluate",
    "flatten",
    "gelu_erf",
    "gelu_tanh",
    "get_available_gpus",
    "get_values",
    "integerize_shape",
    "joined_masks",
    "keras",
    "layer_norm",
    "leaky_relu",
    "multilabel_categorical_crossentropy",
    "ops",
    "piecewise_linear",
    "pool1d",
    "random",
    "recompute_grad",
    "recompute_scope",
    "register",
    "reshape",
    "root_mean_square",
    "root_mean_square_norm",
    "scores_by_table",
    "search_layer",
    "sequence_masking",
    "set_gelu",
    "set_values",
    "sinusoidal_embeddings",
    "sparse_multilabel_categorical_crossentropy",
    "static_shape",
    "swish",
    "wide",
    "write_at",
]
