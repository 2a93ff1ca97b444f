"""A batch in parts, and parts as one batch."""

from itertools import accumulate

from b4k_ops import Layer, integerize_shape, joined_masks, keras, ops, register

__all__ = ["BatchConcat", "BatchSplit"]


@register
class BatchSplit(Layer):
    """Tensors [batch, ...] cut along the batch: the parts of the first input come first, then those of the next.

    parts: their number, the last one being the smallest, or a list of weights, e.g. `[2, 1, 1]`.
    """

    cast_inputs = False

    def __init__(self, parts, **kwargs):
        super().__init__(**kwargs)
        weights = list(parts) if isinstance(parts, (list, tuple)) else [1] * parts
        if not weights or min(weights) < 0 or sum(weights) == 0:
            raise ValueError(
                "%s: parts must be a number above 0 or weights of 0 and more, not all 0, got %r"
                % (self.name, parts)
            )
        self.parts = weights if isinstance(parts, (list, tuple)) else parts
        self.count = len(weights)

    def call(self, inputs):
        if isinstance(inputs, (list, tuple)):
            return sum([self._split(x) for x in inputs], [])
        return self._split(inputs)

    def _split(self, x):
        """[batch, ...] -> the list of its parts."""
        if x is None:
            return [None] * self.count
        if ops.shape(x)[0] is None:  # a mask, whose parts must be layers as its input's are
            return BatchSplit(self.parts)(x)
        ends = self._ends(ops.shape(x)[0])
        return [x[start:end] for start, end in zip([0] + ends, ends + [None])]

    def _ends(self, batch):
        """Where all parts but the last one end."""
        if isinstance(self.parts, list):
            weights = list(accumulate(self.parts))
            return [_share(batch, weight, weights[-1]) for weight in weights[:-1]]
        size = -(-batch // self.parts)  # rounded up
        return [size * (i + 1) for i in range(self.parts - 1)]

    def compute_mask(self, inputs, mask=None):
        if isinstance(mask, (list, tuple)):
            return sum([self._split(m) for m in mask], [])
        return self._split(mask)

    @integerize_shape
    def compute_output_shape(self, input_shape):
        shapes = input_shape if isinstance(input_shape, list) else [input_shape]
        return sum([[(None,) + shape[1:]] * self.count for shape in shapes], [])

    def compute_output_spec(self, inputs):
        """What Keras 3 asks instead of `compute_output_shape`."""
        tensors = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        dtypes = sum([[x.dtype] * self.count for x in tensors], [])
        shapes = self.compute_output_shape([x.shape for x in tensors])
        return [keras.KerasTensor(shape, dtype) for shape, dtype in zip(shapes, dtypes)]

    def get_config(self):
        config = super().get_config()
        config.update(parts=self.parts)
        return config


def _share(batch, weight, total):
    """weight / total of the batch, rounded down; an int if the batch is one."""
    if isinstance(batch, int):
        return int(weight * batch / total)
    return ops.cast(ops.cast(batch, "float64") * weight / total, "int32")


@register
class BatchConcat(Layer):
    """Tensors [batch_i, ...] joined along the batch; one without a mask is valid throughout."""

    cast_inputs = False

    def call(self, inputs):
        return ops.concatenate(inputs, axis=0)

    def compute_mask(self, inputs, mask=None):
        return joined_masks(inputs, mask, axis=0)

    @integerize_shape
    def compute_output_shape(self, input_shape):
        return (None,) + input_shape[0][1:]

    def compute_output_spec(self, inputs):
        """What Keras 3 asks instead of `compute_output_shape`."""
        shape = self.compute_output_shape([x.shape for x in inputs])
        return keras.KerasTensor(shape, dtype=inputs[0].dtype)
