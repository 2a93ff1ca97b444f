"""Keras 2, tf.keras too, is what old scripts were written for."""

__all__ = ["FUNCTIONS", "REPLACED", "renewed"]

FUNCTIONS = {}
REPLACED = {}


def renewed(model):
    """The model as it is."""
    return model
