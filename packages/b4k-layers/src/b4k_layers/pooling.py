"""From a sequence to one vector, and from several sequences to one."""

from b4k_ops import Layer, align, integerize_shape, joined_masks, ops, register

__all__ = ["Concatenate1D", "FirstToken", "GlobalAveragePooling1D", "GlobalMaxPooling1D"]


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


class _GlobalPooling1D(Layer):
    """What pools over the valid steps share: [batch, length, dim] -> [batch, dim], 0 where none is valid."""

    def __init__(
        self,
        data_format="channels_last",  # or "channels_first": [batch, dim, length]
        keepdims=False,  # keep the length, as 1
        **kwargs,
    ):
        super().__init__(**kwargs)
        if data_format not in ("channels_last", "channels_first"):
            raise ValueError(
                "%s: data_format must be channels_last or channels_first, not %r"
                % (self.name, data_format)
            )
        self.data_format = data_format
        self.keepdims = keepdims
        self.axis = 1 if data_format == "channels_last" else 2  # the length's

    def call(self, inputs, mask=None):
        if mask is not None:
            mask = align(ops.cast(mask, "bool"), [0, self.axis], 3)  # [batch, length, 1]
        return self.pool(inputs, mask)

    def pool(self, x, mask):
        """x and a mask that broadcasts to it, or None -> the vector."""
        raise NotImplementedError("%s has no pool" % type(self).__name__)

    def compute_mask(self, inputs, mask=None):
        return None

    @integerize_shape
    def compute_output_shape(self, input_shape):
        kept = (1,) if self.keepdims else ()
        return input_shape[: self.axis] + kept + input_shape[self.axis + 1 :]

    def get_config(self):
        config = super().get_config()
        config.update(data_format=self.data_format, keepdims=self.keepdims)
        return config


@register
class GlobalAveragePooling1D(_GlobalPooling1D):
    """The mean of the valid steps: [batch, length, dim] -> [batch, dim]."""

    def pool(self, x, mask):
        if mask is None:
            return ops.mean(x, axis=self.axis, keepdims=self.keepdims)
        weights = ops.cast(mask, x.dtype)
        weights = ops.divide_no_nan(weights, ops.sum(weights, axis=self.axis, keepdims=True))
        return ops.sum(ops.where(mask, x, 0.0) * weights, axis=self.axis, keepdims=self.keepdims)


@register
class GlobalMaxPooling1D(_GlobalPooling1D):
    """The largest value among the valid steps, for each dimension: [batch, length, dim] -> [batch, dim]."""

    def pool(self, x, mask):
        if mask is None:
            return ops.max(x, axis=self.axis, keepdims=self.keepdims)
        alive = ops.any(mask, axis=self.axis, keepdims=self.keepdims)
        x = ops.where(mask, x, -float("inf"))
        return ops.where(alive, ops.max(x, axis=self.axis, keepdims=self.keepdims), 0.0)


@register
class Concatenate1D(Layer):
    """Sequences [batch, length_i, dim] end to end; one without a mask is valid throughout."""

    def call(self, inputs):
        return ops.concatenate(inputs, axis=1)

    def compute_mask(self, inputs, mask=None):
        return joined_masks(inputs, mask, axis=1)

    @integerize_shape
    def compute_output_shape(self, input_shape):
        lengths = [shape[1] for shape in input_shape]
        length = None if None in lengths else sum(lengths)
        return input_shape[0][:1] + (length,) + input_shape[0][2:]
