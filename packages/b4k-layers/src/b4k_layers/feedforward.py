"""The feed-forward part of a Transformer block."""

from b4k_ops import Dense, Layer, activations, integerize_shape, keras, recompute_grad, register

__all__ = ["FeedForward"]


@register
class FeedForward(Layer):
    """Dense, activation, Dense: [..., dim] -> [..., dim].

    A list of activations makes a gated linear unit: one Dense for each, their outputs multiplied, e.g.
    `["gelu", "linear"]` (https://arxiv.org/abs/2002.05202).
    """

    def __init__(
        self,
        units,  # width of the hidden layer
        activation="relu",  # a name, a function, or a list of them
        use_bias=True,
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = units
        names = activation if isinstance(activation, (list, tuple)) else [activation]
        if not names:
            raise ValueError("%s: activation is an empty list" % self.name)
        self.activation = [activations.get(name) for name in names]
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    @integerize_shape
    def build(self, input_shape):
        for i, activation in enumerate(self.activation):
            self._build_dense("i%d_dense" % i, input_shape, self.units, activation)
        hidden_shape = input_shape[:-1] + (self.units,)
        self._build_dense("o_dense", hidden_shape, input_shape[-1], None)
        self.built = True

    def _build_dense(self, name, input_shape, units, activation):
        dense = self.build_sublayer(
            Dense,
            input_shape,
            units=units,
            activation=activation,
            use_bias=self.use_bias,
            kernel_initializer=self.kernel_initializer,
            name=name,
        )
        setattr(self, name, dense)

    @recompute_grad
    def call(self, inputs):
        x = self.i0_dense(inputs)  # [..., units]
        for i in range(1, len(self.activation)):
            x = x * getattr(self, "i%d_dense" % i)(inputs)
        return self.o_dense(x)  # [..., dim]

    @integerize_shape
    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            units=self.units,
            activation=[activations.serialize(function) for function in self.activation],
            use_bias=self.use_bias,
            kernel_initializer=keras.initializers.serialize(self.kernel_initializer),
        )
        return config
