"""Aligning, reshaping and masking tensors, as bert4keras's layers do it. Written once, on ops."""

import functools
import math

from . import ops
from .shapes import product_of


def align(tensor, axes, ndim=None):
    """Spread a tensor over more axes: its i-th one becomes axes[i] of `ndim`, the others have size 1.

    `align(mask, [0, -1], 4)`: [batch, length] -> [batch, 1, 1, length]. Axes increase; negative ones need ndim.
    """
    if ndim is None and min(axes) < 0:
        raise ValueError("align needs ndim to place the negative axes in %s" % (list(axes),))
    ndim = ndim or max(axes) + 1
    targets = [axis % ndim for axis in axes]
    if len(axes) != len(tensor.shape) or targets != sorted(set(targets)):
        raise ValueError(
            "align needs one increasing axis for each axis of the tensor, got axes %s for shape %s"
            % (list(axes), tensor.shape)
        )
    return ops.expand_dims(tensor, [i for i in range(ndim) if i not in targets])


def reshape(tensor, *args):
    """Reshape whole, or single axes: `reshape(x, (heads, -1), 2)` splits axis 2, and leaves the others.

    The arguments are one shape, or pairs (shape, axis); each shape may have one -1.
    """
    if len(args) == 1:
        return ops.reshape(tensor, args[0])
    if len(args) % 2:
        raise ValueError(
            "reshape takes one shape or pairs (shape, axis), got %d arguments" % len(args)
        )
    sizes = [[size] for size in ops.shape(tensor)]
    for shape, axis in zip(args[::2], args[1::2]):
        sizes[axis] = _split_size(sizes[axis][0], list(shape))
    return ops.reshape(tensor, sum(sizes, []))


def _split_size(size, shape):
    """The shape with its -1, if any, worked out so that the sizes multiply to `size`."""
    if shape.count(-1) > 1:
        raise ValueError("reshape can work out one -1 for each axis, got shape %s" % (shape,))
    if -1 in shape:
        shape[shape.index(-1)] = size // -product_of(shape)
    return shape


def flatten(tensor, start=None, end=None):
    """Merge the axes from `start` up to, not including, `end` into one; all axes without them."""
    sizes = list(ops.shape(tensor))
    start, end = start or 0, end or len(sizes)
    return ops.reshape(tensor, sizes[:start] + [product_of(sizes[start:end])] + sizes[end:])


def sequence_masking(x, mask=None, value=0, axis=None, bias=None, return_mask=False):
    """Put `value` wherever a position of a sequence is masked.

    mask: [batch, length], true where valid;
    value: may be infinite;
    axis: where x has the length, an int or several; 1 by default;
    bias: broadcastable to x, either bool (one more mask) or a number to add;
    return_mask: also return the bool mask in effect, broadcastable to x, None if there is none.
    """
    mask = _mask_in_effect(x, mask, axis, bias)
    if _is_added(bias):
        x = ops.add(x, bias)
    if mask is not None:
        x = ops.where(mask, x, value)
    return (x, mask) if return_mask else x


def _is_added(bias):
    """Whether a bias is there and is a number to add, not a mask."""
    return bias is not None and ops.dtype(bias) != "bool"


def _mask_in_effect(x, mask, axis, bias):
    """The mask along every axis given AND a bool bias, broadcastable to x; None if there is neither."""
    masks = [] if bias is None or _is_added(bias) else [bias]
    if mask is not None:
        axes = axis if isinstance(axis, (list, tuple)) else [1 if axis is None else axis]
        mask = ops.cast(mask, "bool")
        masks += [align(mask, [0, i], len(x.shape)) for i in axes]
    return functools.reduce(ops.logical_and, masks) if masks else None


def attention_normalize(a, mask=None, axis=-1, method="softmax", bias=None):
    """Attention scores -> weights over the keys on `axis`; a row with everything masked gets zeros.

    mask and bias are those of `sequence_masking`. Methods: softmax;
    squared_relu, https://arxiv.org/abs/2202.10447; softmax_plus, https://kexue.fm/archives/8823;
    with any other one the masked scores are returned as they are.
    """
    mask = visible = _mask_in_effect(a, mask, axis, bias)
    if _is_added(bias):
        finite = ops.greater(bias, -math.inf)  # -inf masks too, but is counted as a key
        a = ops.add(a, ops.where(finite, bias, 0.0))
        visible = finite if mask is None else ops.logical_and(mask, finite)
    if method not in _METHODS:
        return a if visible is None else ops.where(visible, a, -math.inf)
    return _METHODS[method](a, mask, visible, axis)


def _count_keys(a, mask, axis):
    """How many keys each row may look at."""
    if mask is None:
        return ops.cast(ops.shape(a)[-1], a.dtype)
    return ops.sum(ops.cast(mask, a.dtype), axis=axis, keepdims=True)


def _softmax(a, mask, visible, axis):
    """exp(a) over its sum."""
    if visible is None:
        return ops.softmax(a, axis=axis)
    # a row that sees nothing is computed as if it saw all: its gradient is finite, then it is zeroed
    alive = ops.any(visible, axis=axis, keepdims=True)
    shown = ops.logical_or(visible, ops.logical_not(alive))
    weights = ops.softmax(ops.where(shown, a, -math.inf), axis=axis)
    return ops.where(alive, weights, 0.0)


def _squared_relu(a, mask, visible, axis):
    """relu(a)^2 over the number of keys."""
    if visible is not None:
        a = ops.where(visible, a, 0.0)
    return ops.divide_no_nan(ops.square(ops.relu(a)), _count_keys(a, mask, axis))


def _softmax_plus(a, mask, visible, axis):
    """softmax, sharper the more keys there are: log(count) / log(512) times the scores."""
    count = ops.maximum(_count_keys(a, mask, axis), 16.0)  # very short rows aren't flattened
    return _softmax(a * ops.log(count) / math.log(512), mask, visible, axis)


_METHODS = {"softmax": _softmax, "squared_relu": _squared_relu, "softmax_plus": _softmax_plus}


def batch_gather(params, indices):
    """Pick per batch: params [b, length, ...], indices [b, n] -> [b, n, ...]; the batch may have more axes."""
    if "int" not in ops.dtype(indices):
        indices = ops.cast(indices, "int32")
    axis = len(indices.shape) - 1
    for _ in range(len(params.shape) - len(indices.shape)):
        indices = ops.expand_dims(indices, -1)  # [b, n, 1, ...]
    return ops.take_along_axis(params, indices, axis=axis)


__all__ = [
    "align",
    "attention_normalize",
    "batch_gather",
    "flatten",
    "reshape",
    "sequence_masking",
]
