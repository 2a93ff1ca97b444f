"""Sinusoidal and rotary positions, computed in float32 whatever the floatx or the compute dtype is."""

import numpy as np

from . import _engine, ops
from .masking import align, flatten
from .shapes import static_shape

keras = _engine.keras


def sinusoidal_embeddings(pos, dim, base=10000):
    """Positions [...] -> [..., dim]: sin 0, cos 0, sin 1, cos 1, ... of frequencies base^(-2i/dim), in floatx.

    https://arxiv.org/abs/1706.03762
    """
    if dim % 2:
        raise ValueError("sinusoidal_embeddings needs an even dim, got %d" % dim)
    return ops.cast(_sinusoidal(pos, dim, base), keras.backend.floatx())


def _sinusoidal(pos, dim, base):
    """The same in float32."""
    exponents = ops.arange(0, dim // 2, dtype="float32") * (-2.0 / dim)  # [dim / 2]
    frequencies = ops.power(float(base), exponents)
    angles = ops.expand_dims(ops.cast(pos, "float32"), -1) * frequencies  # [..., dim / 2]
    pairs = ops.stack([ops.sin(angles), ops.cos(angles)], axis=-1)  # [..., dim / 2, 2]
    return flatten(pairs, -2)  # [..., dim]


@_engine.register
class Sinusoidal(keras.initializers.Initializer):
    """Initializes a table [positions, dim] with `sinusoidal_embeddings` of 0, 1, 2, ..."""

    def __call__(self, shape, dtype=None):
        size, dim = shape
        frequencies = 10000.0 ** (-2.0 / dim * np.arange(dim // 2))  # [dim / 2]
        angles = np.arange(size)[:, None] * frequencies  # [size, dim / 2]
        table = np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(shape)
        # Keras's own constants also start variables where Keras 2.3.1 builds graphs on TensorFlow 2
        return keras.initializers.Constant(table)(shape, dtype or "float32")


def apply_rotary_position_embeddings(sinusoidal, *tensors):
    """Turn each adjacent pair (2i, 2i + 1) of the last axis by its position's angle.

    sinusoidal [b or 1, n, d], as `sinusoidal_embeddings` gives it; tensors [b, n, ..., d], all of one shape.
    One tensor gives a tensor, several a list. https://arxiv.org/abs/2104.09864, https://kexue.fm/archives/8265
    """
    shapes = [static_shape(tensor.shape) for tensor in tensors]
    if not tensors or any(shape != shapes[0] for shape in shapes):
        raise ValueError(
            "apply_rotary_position_embeddings needs tensors of one shape, got %s" % (shapes,)
        )
    sinusoidal = align(
        ops.cast(sinusoidal, "float32"), [0, 1, -1], len(shapes[0])
    )  # [b, n, 1.., d]
    sin, cos = sinusoidal[..., ::2], sinusoidal[..., 1::2]  # [b, n, 1.., d / 2]
    outputs = [_rotate(tensor, sin, cos) for tensor in tensors]
    return outputs[0] if len(outputs) == 1 else outputs


def _rotate(tensor, sin, cos):
    """The pairs of one tensor [b, n, ..., d], turned."""
    wide = ops.cast(tensor, "float32")
    x, y = wide[..., ::2], wide[..., 1::2]  # [b, n, ..., d / 2]
    pairs = ops.stack([x * cos - y * sin, y * cos + x * sin], axis=-1)  # [b, n, ..., d / 2, 2]
    return ops.cast(ops.reshape(pairs, ops.shape(tensor)), tensor.dtype)


__all__ = ["Sinusoidal", "apply_rotary_position_embeddings", "sinusoidal_embeddings"]
