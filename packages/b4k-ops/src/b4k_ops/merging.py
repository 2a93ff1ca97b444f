"""Merge layers whose masks mean the same on every Keras."""

import functools

from . import _engine, ops

keras = _engine.keras


def all_masks(masks):
    """The AND of the different masks that exist; None if none does.

    Keras 2 merges masks so. Keras 3 takes their OR, and drops them all if one is missing, which loses the padding
    mask of `token + segment`.
    """
    masks = {id(mask): mask for mask in masks or [] if mask is not None}  # a residual's come twice
    return functools.reduce(ops.logical_and, masks.values()) if masks else None


def joined_masks(inputs, masks, axis):
    """The masks of inputs [batch, length, ...] joined along axis 0 or 1; None if there is none."""
    if masks is None or all(mask is None for mask in masks):
        return None
    there = [_valid(x) if m is None else ops.cast(m, "bool") for x, m in zip(inputs, masks)]
    return ops.concatenate(there, axis=axis)


def _valid(x):
    """The mask of x [batch, length, ...] that hides nothing, [batch, length]."""
    first = x[(slice(None), slice(None)) + (0,) * (len(x.shape) - 2)]  # [batch, length]
    return ops.ones_like(first, dtype="bool")


@_engine.register
class Add(keras.layers.Add):
    """The sum of a list of tensors; a position is valid where every mask that exists says so."""

    def compute_mask(self, inputs, mask=None):
        return all_masks(mask)


@_engine.register
class Concatenate(keras.layers.Concatenate):
    """The tensors of a list joined along an axis (the last by default), and their masks with them.

    Joined along axis 1, the length, each brings its own mask, and one without mask is all valid. Along a later axis a
    position is valid where every mask that exists says so.
    """

    def compute_mask(self, inputs, mask=None):
        axis = self.axis % len(inputs[0].shape)
        return all_masks(mask) if axis > 1 else joined_masks(inputs, mask, axis)


__all__ = ["Add", "Concatenate", "all_masks", "joined_masks"]
