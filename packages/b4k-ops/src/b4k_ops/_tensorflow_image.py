"""`keras.ops`, image family, on TensorFlow."""

__all__ = []
