"""Merge layers whose masks mean the same on every Keras."""

from . import _engine, ops

keras = _engine.keras


def all_masks(masks):
    """The AND of the masks that exist; None if none does.

    Keras 2 merges masks so. Keras 3 takes their OR, and drops them all if one is missing, which loses the padding
    mask of `token + segment`.
    """
    masks = [mask for mask in masks or [] if mask is not None]
    if not masks:
        return None
    result = masks[0]
    for mask in masks[1:]:
        result = ops.logical_and(result, mask)
    return result


@_engine.register
class Add(keras.layers.Add):
    """The sum of a list of tensors; a position is valid where every mask that exists says so."""

    def compute_mask(self, inputs, mask=None):
        return all_masks(mask)


__all__ = ["Add", "all_masks"]
