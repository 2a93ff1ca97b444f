"""Training a model of Keras 2.3.1, which has no training step that could be changed."""

import numpy as np
import tensorflow.compat.v2 as tf

PRECISIONS = ("float32",)


def change_loss(model, change):
    raise NotImplementedError(
        "Keras 2.3.1 has no train_step to change: use Keras 3, or tf.keras of TensorFlow 2.9 or later (TF_KERAS=1)"
    )


gradient = moved = change_loss


def state_of(model):
    """The variables that training changes: the model's and those of its optimizer."""
    model._make_train_function()
    return list(model.weights) + list(model.optimizer.weights)


def evaluate(model, batches, steps):
    """{name: value} of the loss and the metrics over so many batches of a generator."""
    return by_name(model, model.evaluate_generator(batches, steps=steps))


def by_name(model, found):
    """{name: value} of what a model's evaluation gives."""
    return dict(zip(model.metrics_names, found if isinstance(found, list) else [found]))


def set_random_seed(seed):
    """Start the random numbers of what is built from now on."""
    np.random.seed(seed)
    tf.random.set_seed(seed)


__all__ = [
    "PRECISIONS",
    "by_name",
    "change_loss",
    "evaluate",
    "gradient",
    "moved",
    "set_random_seed",
    "state_of",
]
