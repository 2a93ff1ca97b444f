"""`keras.ops`, einops family, on TensorFlow."""

import re

import tensorflow.compat.v2 as tf

from ._tensorflow_core import convert_to_tensor
from ._tensorflow_core import shape as shape_of
from .shapes import product_of


def rearrange(tensor, pattern, **axes_lengths):
    """Reorder, split and join axes: `rearrange(x, "b (h s) c -> b h (s c)", s=2)`."""
    tensor = convert_to_tensor(tensor)
    sides = [_groups(side) for side in pattern.split("->")]
    names = [sum(side, []) for side in sides]  # in order
    if (
        len(sides) != 2
        or len(set(names[0])) < len(names[0])
        or sorted(names[0]) != sorted(names[1])
    ):
        raise ValueError(
            "rearrange needs a pattern with the same names on both sides, got %r" % (pattern,)
        )
    if len(sides[0]) != tensor.shape.rank:
        raise ValueError("rearrange got pattern %r for the shape %s" % (pattern, tensor.shape))
    sizes = {}
    for group, size in zip(sides[0], shape_of(tensor)):
        sizes.update(_split_sizes(group, size, axes_lengths))
    split = tf.reshape(tensor, [sizes[name] for name in names[0]])
    moved = tf.transpose(split, [names[0].index(name) for name in names[1]])
    return tf.reshape(moved, [product_of([sizes[name] for name in group]) for group in sides[1]])


def _groups(side):
    """One side of a pattern as lists of names: "b (h s)" -> [["b"], ["h", "s"]]."""
    return [group.split() or [name] for group, name in re.findall(r"\(([\w\s]+)\)|(\w+)", side)]


def _split_sizes(group, size, known):
    """{name: size} of the names that one axis of this size is split into; one may be unknown."""
    given = product_of([known[name] for name in group if name in known])
    unknown = [name for name in group if name not in known]
    fits = size == given if not unknown else len(unknown) == 1 and size % given == 0
    if not isinstance(size, int):
        fits = len(unknown) < 2  # the rest is seen when the model runs
    if not fits:
        raise ValueError(
            "rearrange can't split an axis of size %s into %s with the sizes %s"
            % (size, group, known)
        )
    return {name: known.get(name, size // given) for name in group}


__all__ = ["rearrange"]
