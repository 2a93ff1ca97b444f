"""A loss as a layer, for what `compile` can't say."""

from b4k_ops import Layer, integerize_shape, ops, register

__all__ = ["Loss"]


@register
class Loss(Layer):
    """Add `compute_loss` of the inputs to the model's loss, and pass all or some of them on.

    class CrossEntropy(Loss):
        def compute_loss(self, inputs, mask=None):
            y_true, y_pred = inputs
            return ops.sparse_categorical_crossentropy(y_true, y_pred)

    prediction = CrossEntropy(output_axis=1)([y_true, y_pred])
    model = keras.models.Model([x, y_true], prediction)
    model.compile(optimizer)
    model.fit([x, y_true], None)
    """

    def __init__(
        self,
        output_axis=None,  # which input is the output: a number, a list of them, or None for all
        dtype="float32",  # of the loss whatever the policy: half precision would round labels
        **kwargs,
    ):
        super().__init__(dtype=dtype, **kwargs)
        self.output_axis = output_axis

    def call(self, inputs, mask=None):
        self.add_loss(ops.mean(self.compute_loss(inputs, mask)), inputs=inputs)
        return self._select(inputs)

    def compute_loss(self, inputs, mask=None):
        """The inputs and their masks -> the loss; a tensor counts by its mean."""
        raise NotImplementedError("%s has no compute_loss" % type(self).__name__)

    def _select(self, items):
        """Those of the inputs (or shapes, or masks) that `output_axis` names."""
        if self.output_axis is None or items is None:
            return items
        if isinstance(self.output_axis, (list, tuple)):
            return [items[i] for i in self.output_axis]
        return items[self.output_axis]

    def compute_mask(self, inputs, mask=None):
        return self._select(mask)

    @integerize_shape
    def compute_output_shape(self, input_shape):
        return self._select(input_shape)

    def get_config(self):
        config = super().get_config()
        config.update(output_axis=self.output_axis)
        return config
