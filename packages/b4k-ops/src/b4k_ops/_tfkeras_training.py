"""Training a model of tf.keras: changing what it minimises, its state, its seeds."""

import contextlib

import tensorflow.compat.v2 as tf

from . import _keras2_training as graph
from . import _tensorflow_recomputing, keras

# tf.keras of TensorFlow 2.7 and newer draws the seeds of its initializers itself
set_random_seed = getattr(keras.utils, "set_random_seed", graph.set_random_seed)

# mixed_float16 puts an optimizer around the model's, whose scale of the loss can't be saved
PRECISIONS = graph.PRECISIONS
if hasattr(getattr(keras, "mixed_precision", None), "set_global_policy"):
    PRECISIONS += ("mixed_bfloat16",)


def change_loss(model, change):
    """Let training minimise `change(loss_of, predict, y_pred)` instead of `loss_of(y_pred)`; evaluation stays."""
    if not hasattr(keras.Model, "compute_loss"):
        raise NotImplementedError(
            "tf.keras of TensorFlow %s has no compute_loss to change: TensorFlow 2.9 and later have"
            % tf.__version__
        )
    plain, plain_step, trains = model.compute_loss, model.train_step, []

    def train_step(data):
        trains.append(True)
        try:
            return plain_step(data)
        finally:
            trains.pop()

    def compute_loss(x=None, y=None, y_pred=None, sample_weight=None):
        def loss_of(y_pred):
            return plain(x, y, y_pred, sample_weight)

        if not trains:
            return loss_of(y_pred)
        return change(loss_of, lambda: model(x, training=True), y_pred)

    model.train_step, model.compute_loss, model.train_function = train_step, compute_loss, None


def gradient(function, variable, model, keep=False):
    """The gradient of the scalar `function()` by a variable, dense; `keep` it differentiable."""
    with tf.GradientTape() as tape:
        value = function()
    return tf.convert_to_tensor(tape.gradient(value, variable))


@contextlib.contextmanager
def moved(variable, step, model):
    """In this context the variable is what it was plus a step."""
    before = tf.identity(variable)
    variable.assign_add(tf.cast(step, variable.dtype))
    _tensorflow_recomputing.moved.append(variable)
    try:
        yield
    finally:
        _tensorflow_recomputing.moved.pop()
        variable.assign(before)


# --- a whole training


def state_of(model):
    """The variables that training changes: the model's and those of its optimizer, one that b4k_optim extended."""
    model.optimizer.make_variables(model.trainable_weights)
    return list(model.weights) + list(model.optimizer.state())


def evaluate(model, batches, steps):
    """{name: value} of the loss and the metrics over so many batches of a generator."""
    return graph.by_name(model, model.evaluate(batches, steps=steps, verbose=0))


__all__ = [
    "PRECISIONS",
    "change_loss",
    "evaluate",
    "gradient",
    "moved",
    "set_random_seed",
    "state_of",
]
