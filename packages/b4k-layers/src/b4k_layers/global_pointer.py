"""Global pointers: every pair (start, end) of a sequence scored at once, for each kind of span."""

from b4k_ops import (
    Dense,
    Layer,
    apply_rotary_position_embeddings,
    integerize_shape,
    keras,
    ops,
    recompute_grad,
    register,
    sequence_masking,
    sinusoidal_embeddings,
)

__all__ = ["EfficientGlobalPointer", "GlobalPointer"]


@register
class GlobalPointer(Layer):
    """[batch, length, dim] -> logits [batch, heads, start, end], one head for each kind of span.

    Padding, and with `tril_mask` what ends before it starts, is -inf; for the multi-label losses of `b4k_ops`.
    https://kexue.fm/archives/8373
    """

    def __init__(
        self,
        heads,
        head_size,
        RoPE=True,  # rotary positions, without which a span does not know its length
        use_bias=True,
        tril_mask=True,
        kernel_initializer="lecun_normal",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.heads = heads
        self.head_size = head_size
        self.RoPE = RoPE
        self.use_bias = use_bias
        self.tril_mask = tril_mask
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    @integerize_shape
    def build(self, input_shape):
        self.dense = self._build_dense("dense", input_shape, 2 * self.heads * self.head_size)
        self.built = True

    def _build_dense(self, name, input_shape, units):
        return self.build_sublayer(
            Dense,
            input_shape,
            units=units,
            use_bias=self.use_bias,
            kernel_initializer=self.kernel_initializer,
            name=name,
        )

    @recompute_grad
    def call(self, inputs, mask=None):
        x = self.dense(inputs)  # [batch, length, heads * 2 * head_size]
        x = ops.reshape(x, tuple(ops.shape(x)[:2]) + (self.heads, 2 * self.head_size))
        q, k = ops.split(x, 2, axis=-1)  # [batch, length, heads, head_size]
        q, k = self.place(q, k)
        return self.hide(ops.einsum("bmhd,bnhd->bhmn", q, k), mask)

    def place(self, q, k):
        """q, divided by sqrt(head_size), and k [batch, length, ..., head_size], turned by their positions."""
        if self.RoPE:
            positions = ops.expand_dims(ops.arange(ops.shape(q)[1], dtype="float32"), 0)
            sinusoids = sinusoidal_embeddings(positions, self.head_size)  # [1, length, head_size]
            q, k = apply_rotary_position_embeddings(sinusoids, q, k)
        q = q / self.head_size**0.5  # before the product, which half precision can't always hold
        return q, k

    def hide(self, logits, mask):
        """Put -inf where a span can't be: [batch, heads, start, end]."""
        visible = None
        if self.tril_mask:
            steps = ops.arange(ops.shape(logits)[-1], dtype="int32")
            visible = ops.less_equal(ops.expand_dims(steps, 1), steps)  # [start, end]
        return sequence_masking(logits, mask, -float("inf"), [2, 3], visible)

    def compute_mask(self, inputs, mask=None):
        return None

    @integerize_shape
    def compute_output_shape(self, input_shape):
        batch, length = input_shape[:2]
        return (batch, self.heads, length, length)

    def get_config(self):
        config = super().get_config()
        config.update(
            heads=self.heads,
            head_size=self.head_size,
            RoPE=self.RoPE,
            use_bias=self.use_bias,
            tril_mask=self.tril_mask,
            kernel_initializer=keras.initializers.serialize(self.kernel_initializer),
        )
        return config


@register
class EfficientGlobalPointer(GlobalPointer):
    """The same with one score for all heads, and a bias of start and of end for each: https://kexue.fm/archives/8877."""

    @integerize_shape
    def build(self, input_shape):
        self.p_dense = self._build_dense("p_dense", input_shape, 2 * self.head_size)
        p_shape = input_shape[:-1] + (2 * self.head_size,)
        self.q_dense = self._build_dense("q_dense", p_shape, 2 * self.heads)
        self.built = True

    @recompute_grad
    def call(self, inputs, mask=None):
        x = self.p_dense(inputs)  # [batch, length, 2 * head_size]
        q, k = self.place(x[..., ::2], x[..., 1::2])
        logits = ops.expand_dims(ops.einsum("bmd,bnd->bmn", q, k), 1)  # [batch, 1, start, end]
        bias = ops.transpose(self.q_dense(x), (0, 2, 1)) / 2  # [batch, 2 * heads, length]
        end, start = ops.expand_dims(bias[:, ::2], 2), ops.expand_dims(bias[:, 1::2], 3)
        return self.hide(logits + end + start, mask)
