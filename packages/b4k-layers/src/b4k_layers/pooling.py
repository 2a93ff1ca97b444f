"""From a sequence to one vector, and from several sequences to one."""

from b4k_ops import Layer, integerize_shape, ops, register

__all__ = ["Concatenate1D", "FirstToken"]


@register
class FirstToken(Layer):
    """The vector of position 0, which BERT keeps for the sentence: [batch, length, dim] -> [batch, dim]."""

    def call(self, inputs):
        return inputs[:, 0]

    def compute_mask(self, inputs, mask=None):
        return None

    @integerize_shape
    def compute_output_shape(self, input_shape):
        return input_shape[:1] + input_shape[2:]


@register
class Concatenate1D(Layer):
    """Sequences [batch, length_i, dim] end to end; one without a mask counts as all valid."""

    def call(self, inputs):
        return ops.concatenate(inputs, axis=1)

    def compute_mask(self, inputs, mask=None):
        if mask is None or all(m is None for m in mask):
            return None
        masks = [
            ops.ones_like(x[..., 0], dtype="bool") if m is None else m for x, m in zip(inputs, mask)
        ]
        return ops.concatenate(masks, axis=1)

    @integerize_shape
    def compute_output_shape(self, input_shape):
        lengths = [shape[1] for shape in input_shape]
        length = None if None in lengths else sum(lengths)
        return input_shape[0][:1] + (length,) + input_shape[0][2:]
