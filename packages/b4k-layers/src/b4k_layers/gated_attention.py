"""Attention and feed forward in one: the gated attention unit."""

from b4k_ops import activations, all_masks, integerize_shape, ops, recompute_grad, register

from .attention import Attention
from .norm import ScaleOffset

__all__ = ["GatedAttentionUnit"]


@register
class GatedAttentionUnit(Attention):
    """A gated linear unit whose values pay attention with one head (https://arxiv.org/abs/2202.10447).

    The input is x [batch, length, dim], or a list of x and what `a_bias` and `p_bias` announce, as in
    `MultiHeadAttention`: a bias, a position tensor. With `self_attention=False` it starts with
    `[q, k, v]`, q [batch, q_length, dim], k and v [batch, k_length, any]. The output is [batch, q_length, dim].

    The mask of x (else those of k and v) hides padding; the mask of x (else of q) is passed on. To change how
    attention is paid, override `pay_attention_to`, where all this is one head. A `cache` is as in
    `MultiHeadAttention`, for self-attention. https://kexue.fm/archives/8934
    """

    def __init__(
        self,
        units,  # size of the gate and of v
        key_size,  # size of q and k
        activation="swish",
        use_bias=True,
        normalization="squared_relu",  # or "softmax", "softmax_plus"
        self_attention=True,
        attention_scale=True,  # divide the scores by sqrt(key_size)
        attention_dropout=None,  # rate
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(
            units,
            key_size,
            use_bias,
            normalization,
            attention_scale,
            attention_dropout,
            kernel_initializer,
            **kwargs,
        )
        self.units = units
        self.activation = activations.get(activation)
        self.self_attention = self_attention

    @integerize_shape
    def build(self, input_shape):
        shapes = input_shape if isinstance(input_shape, list) else [input_shape]
        q_shape = shapes[0]
        k_shape, v_shape = (q_shape, q_shape) if self.self_attention else shapes[1:3]
        if self.self_attention:
            self._build_self_attention(q_shape)
        else:
            self._build_cross_attention(q_shape, k_shape, v_shape)
        self.o_dense = self.build_dense("o_dense", q_shape[:-1] + (self.units,), q_shape[-1])
        self.build_dropout((q_shape[0], 1, q_shape[1], k_shape[1]))
        self.built = True

    def _build_self_attention(self, shape):
        """One Dense for gate, v and what both q and k are scaled from."""
        units = 2 * self.units + self.key_size
        self.i_dense = self.build_dense("i_dense", shape, units, self.activation)
        z_shape = shape[:-1] + (self.key_size,)
        self.q_scaleoffset, self.k_scaleoffset = [
            self.build_sublayer(ScaleOffset, z_shape, offset=self.use_bias, name=name)
            for name in ("q_scaleoffset", "k_scaleoffset")
        ]

    def _build_cross_attention(self, q_shape, k_shape, v_shape):
        """One Dense for gate and q, one for k, one for v."""
        units = self.units + self.key_size
        self.uq_dense = self.build_dense("uq_dense", q_shape, units, self.activation)
        self.k_dense = self.build_dense("k_dense", k_shape, self.key_size, self.activation)
        self.v_dense = self.build_dense("v_dense", v_shape, self.units, self.activation)

    @recompute_grad
    def call(self, inputs, mask=None, a_bias=None, p_bias=None, training=None, cache=None):
        inputs, masks = _as_list(inputs), _as_list(mask)
        if self.self_attention:
            (u, q, k, v), extras = self._project_self(inputs[0]), inputs[1:]
        else:
            (u, q, k, v), extras = self._project_cross(*inputs[:3]), inputs[3:]
        heads = [ops.expand_dims(x, 2) for x in (q, k, v)] + extras  # [batch, length, 1, size]
        masks = [masks[0], self._key_mask(masks)]
        o, _ = self.attend(heads, masks, a_bias, p_bias, training, cache)
        return self.o_dense(u * ops.squeeze(o, 2))  # [batch, q_length, dim]

    def _project_self(self, x):
        """x [batch, length, dim] -> gate, q, k, v."""
        sizes = [self.units, 2 * self.units]
        u, v, z = ops.split(self.i_dense(x), sizes, axis=-1)
        return u, self.q_scaleoffset(z), self.k_scaleoffset(z), v

    def _project_cross(self, q, k, v):
        """q, k, v -> gate, q, k, v."""
        u, q = ops.split(self.uq_dense(q), [self.units], axis=-1)
        return u, q, self.k_dense(k), self.v_dense(v)

    def _key_mask(self, masks):
        """Which keys are valid, [batch, k_length] or None."""
        return masks[0] if self.self_attention else all_masks(masks[1:3])

    def compute_mask(self, inputs, mask=None):
        return _as_list(mask)[0]

    @integerize_shape
    def compute_output_shape(self, input_shape):
        return input_shape[0] if isinstance(input_shape, list) else input_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            units=self.units,
            activation=activations.serialize(self.activation),
            self_attention=self.self_attention,
        )
        return config


def _as_list(items):
    """One item (or None) or several -> a list."""
    return list(items) if isinstance(items, (list, tuple)) else [items]
