"""Affine transformations and layer normalisation, both with an optional condition."""

from b4k_ops import (
    Dense,
    Layer,
    activations,
    align,
    integerize_shape,
    keras,
    layer_norm,
    ops,
    recompute_grad,
    register,
    root_mean_square_norm,
    wide,
)

__all__ = ["LayerNormalization", "ScaleOffset"]


def _is_on(part):
    """Whether `scale` or `offset` takes part: True to learn it, a number or array to use it as it is."""
    return part is not None and part is not False


@register
class ScaleOffset(Layer):
    """Multiply the last dimension by gamma, then add beta: [..., dim] -> [..., dim].

    With `conditional` the inputs are `[x, condition]`, condition [batch, any], and linear maps of the condition
    (zero at first) are added to gamma and beta: https://kexue.fm/archives/7124
    """

    def __init__(
        self,
        scale=True,  # True learns gamma, a number or array is used as it is, False or None leaves it out
        offset=True,  # the same for beta
        conditional=False,
        hidden_units=None,  # width of a Dense that the condition passes first
        hidden_activation="linear",
        hidden_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.scale = scale
        self.offset = offset
        self.conditional = conditional
        self.hidden_units = hidden_units
        self.hidden_activation = activations.get(hidden_activation)
        self.hidden_initializer = keras.initializers.get(hidden_initializer)

    @integerize_shape
    def build(self, input_shape):
        shape = input_shape[0] if self.conditional else input_shape
        dim = shape[-1]
        if self.offset is True:
            self.beta = self.add_weight(name="beta", shape=(dim,), initializer="zeros")
        if self.scale is True:
            self.gamma = self.add_weight(name="gamma", shape=(dim,), initializer="ones")
        if self.conditional:
            self._build_condition(dim, input_shape[1])
        self.built = True

    def _build_condition(self, dim, shape):
        """The maps condition [batch, any] -> hidden -> beta and gamma [batch, dim]."""
        if self.hidden_units is not None:
            self.hidden_dense = self.build_sublayer(
                Dense,
                shape,
                units=self.hidden_units,
                activation=self.hidden_activation,
                use_bias=False,
                kernel_initializer=self.hidden_initializer,
                name="hidden_dense",
            )
            shape = shape[:-1] + (self.hidden_units,)
        zeros = {"units": dim, "use_bias": False, "kernel_initializer": "zeros"}
        if _is_on(self.offset):
            self.beta_dense = self.build_sublayer(Dense, shape, name="beta_dense", **zeros)
        if _is_on(self.scale):
            self.gamma_dense = self.build_sublayer(Dense, shape, name="gamma_dense", **zeros)

    @recompute_grad
    def call(self, inputs):
        x, condition = self.split_condition(inputs)
        return self.affine(x, condition)

    def split_condition(self, inputs):
        """`inputs` -> x [batch, ..., dim] and the condition [batch, 1, ..., any], or None."""
        if not self.conditional:
            return inputs, None
        x, condition = inputs
        if self.hidden_units is not None:
            condition = self.hidden_dense(condition)
        return x, align(condition, [0, -1], len(x.shape))

    def affine(self, x, condition):
        """gamma * x + beta: [..., dim] -> [..., dim]."""
        if _is_on(self.scale):
            gamma = self.gamma if self.scale is True else _constant(self.scale, x)
            if condition is not None:
                gamma = gamma + self.gamma_dense(condition)
            x = x * gamma
        if _is_on(self.offset):
            beta = self.beta if self.offset is True else _constant(self.offset, x)
            if condition is not None:
                beta = beta + self.beta_dense(condition)
            x = x + beta
        return x

    def compute_mask(self, inputs, mask=None):
        if self.conditional:
            return None if mask is None else mask[0]
        return mask

    @integerize_shape
    def compute_output_shape(self, input_shape):
        return input_shape[0] if self.conditional else input_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            scale=_plain(self.scale),
            offset=_plain(self.offset),
            conditional=self.conditional,
            hidden_units=self.hidden_units,
            hidden_activation=activations.serialize(self.hidden_activation),
            hidden_initializer=keras.initializers.serialize(self.hidden_initializer),
        )
        return config


def _constant(part, x):
    """A number or array given instead of a weight, as a tensor of x's dtype."""
    return ops.convert_to_tensor(part, dtype=x.dtype)


def _plain(part):
    """A number or array as something JSON can hold."""
    return part.tolist() if hasattr(part, "tolist") else part


@register
class LayerNormalization(ScaleOffset):
    """(Conditional) layer normalisation over the last dimension: [..., dim] -> [..., dim].

    https://arxiv.org/abs/1607.06450; `zero_mean=False` is the RMS norm of https://arxiv.org/abs/1910.07467.
    """

    def __init__(
        self,
        zero_mean=True,  # subtract the mean
        unit_variance=True,  # divide by the root of mean square
        epsilon=None,  # added inside the root; None means keras.backend.epsilon()
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.zero_mean = zero_mean
        self.unit_variance = unit_variance
        self.epsilon = epsilon or keras.backend.epsilon()

    @recompute_grad
    def call(self, inputs):
        x, condition = self.split_condition(inputs)
        if self._is_plain(condition):
            return layer_norm(x, self.gamma, self.beta, self.epsilon)
        return self.affine(ops.cast(self._normalized(wide(x)), x.dtype), condition)

    def _normalized(self, x):
        """Zero mean and unit variance, as far as asked for: [..., dim] -> [..., dim]."""
        if self.zero_mean:
            x = x - ops.mean(x, axis=-1, keepdims=True)
        return root_mean_square_norm(x, self.epsilon) if self.unit_variance else x

    def _is_plain(self, condition):
        """Whether this is layer normalisation as everybody knows it, which backends have in one piece."""
        learned = self.scale is True and self.offset is True
        return learned and condition is None and self.zero_mean and self.unit_variance

    def get_config(self):
        config = super().get_config()
        config.update(
            zero_mean=self.zero_mean, unit_variance=self.unit_variance, epsilon=self.epsilon
        )
        return config
