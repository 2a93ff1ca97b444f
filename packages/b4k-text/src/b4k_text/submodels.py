"""Models made of a model, by the Keras that it comes from."""

import sys

__all__ = ["last_token_model"]

KERASES = ("keras", "tensorflow", "tf_keras")


def last_token_model(model):
    """A model with the outputs of `model`, [batch, length, ...], at the last token only."""
    base = next(kind for kind in type(model).__mro__ if kind.__name__ == "Model" and _home(kind))
    home = sys.modules[_home(base)]
    keras = home.keras if home.__name__.startswith("tensorflow") else home
    outputs = [keras.layers.Lambda(lambda x: x[:, -1])(output) for output in model.outputs]
    return base(model.inputs, outputs if len(outputs) > 1 else outputs[0])


def _home(kind):
    """The package of Keras that a class is from; None for one that somebody derived from it."""
    package = kind.__module__.split(".")[0]
    return package if package in KERASES else None
