"""`keras.ops`, linalg family, on TensorFlow."""

__all__ = []
