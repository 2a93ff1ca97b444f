"""Layers that say who may see whom: language model and UniLM masks."""

from b4k_ops import Layer, align, integerize_shape, keras, ops, register

__all__ = ["AttentionBias", "CachedAttentionMask", "LanguageModelMask", "UniLMMask"]


@register
class LanguageModelMask(Layer):
    """A position sees itself and what comes before: any [batch, n, ...] -> bool [n, n]."""

    output_dtype = "bool"

    def call(self, inputs):
        ids = ops.arange(ops.shape(inputs)[1])
        return ops.less_equal(ops.expand_dims(ids, 0), ops.expand_dims(ids, 1))

    def compute_mask(self, inputs, mask=None):
        return None

    @integerize_shape
    def compute_output_shape(self, input_shape):
        return (input_shape[1], input_shape[1])


@register
class UniLMMask(Layer):
    """Segment ids [batch, n] -> bool [batch, n, n]: the 0s see all 0s, a 1 sees what comes before it and itself.

    https://arxiv.org/abs/1905.03197
    """

    output_dtype = "bool"
    cast_inputs = False

    def call(self, inputs):
        ids = ops.cumsum(ops.cast(inputs, "int32"), axis=1)  # [batch, n]
        return ops.less_equal(ops.expand_dims(ids, 1), ops.expand_dims(ids, 2))

    def compute_mask(self, inputs, mask=None):
        return None

    @integerize_shape
    def compute_output_shape(self, input_shape):
        return input_shape[:2] + (input_shape[1],)


@register
class AttentionBias(Layer):
    """A mask or bias, and scores to add: `[bias, scores]` -> what `MultiHeadAttention` takes as float `a_bias`.

    A bool bias of rank 2 or 3 hides scores [batch, heads, n, n] behind -inf; a float one is added.
    """

    def call(self, inputs):
        bias, scores = inputs
        axes = [-2, -1] if len(bias.shape) == 2 else [0, -2, -1]
        if len(bias.shape) < 4:
            bias = align(bias, axes, 4)  # [1 or batch, 1, n, n]
        if "bool" in str(bias.dtype):
            return ops.where(bias, scores, ops.full_like(scores, -float("inf")))
        return bias + scores

    def compute_mask(self, inputs, mask=None):
        return None

    @integerize_shape
    def compute_output_shape(self, input_shape):
        return input_shape[1]


@register
class CachedAttentionMask(Layer):
    """`[mask, k]`: a mask or bias of attention [..., q, n], widened to the c + n keys [batch, c + n, dim].

    The first c keys are cached: all see them (bool), or nothing is added to their scores (float).
    """

    def call(self, inputs):
        mask, k = inputs
        cached = ops.shape(k)[1] - ops.shape(mask)[-1]
        shape = tuple(ops.shape(mask)[:-1]) + (cached,)
        seen = (
            ops.ones(shape, "bool") if "bool" in str(mask.dtype) else ops.zeros(shape, mask.dtype)
        )
        return ops.concatenate([seen, mask], axis=-1)  # [..., q, c + n]

    def compute_mask(self, inputs, mask=None):
        return None

    @integerize_shape
    def compute_output_shape(self, input_shape):
        return input_shape[0][:-1] + (input_shape[1][1],)

    def compute_output_spec(self, inputs):
        """What Keras 3 asks instead of `compute_output_shape`."""
        shape = self.compute_output_shape([x.shape for x in inputs])
        return keras.KerasTensor(shape, dtype=inputs[0].dtype)
