"""The ops that Keras 3 itself gets wrong on some backend, mended; all others are `keras.ops` as they are."""

__all__ = []
