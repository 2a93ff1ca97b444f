"""Multi-head attention with every mask and position bias of the family."""

from b4k_ops import (
    Dense,
    Dropout,
    Layer,
    align,
    apply_rotary_position_embeddings,
    attention,
    attention_normalize,
    integerize_shape,
    keras,
    ops,
    recompute_grad,
    register,
)

__all__ = ["MultiHeadAttention"]

POSITION_BIASES = (None, "rotary", "typical_relative", "t5_relative")


class Attention(Layer):
    """What attention layers share: their options, and how attention is paid, head by head."""

    return_attention_scores = False
    cast_inputs = False  # rotary positions stay in float32, the rest is cast below

    def __init__(
        self,
        head_size,  # size of each head of v
        key_size,  # size of each head of q and k
        use_bias=True,
        normalization="softmax",  # or "squared_relu", "softmax_plus"
        attention_scale=True,  # divide the scores by sqrt(key_size)
        attention_dropout=None,  # rate
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.head_size = head_size
        self.key_size = key_size
        self.use_bias = use_bias
        self.normalization = normalization
        self.attention_scale = attention_scale
        self.attention_dropout = attention_dropout
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build_dense(self, name, input_shape, units, activation=None):
        """A Dense with this layer's options."""
        return self.build_sublayer(
            Dense,
            input_shape,
            units=units,
            activation=activation,
            use_bias=self.use_bias,
            kernel_initializer=self.kernel_initializer,
            name=name,
        )

    def build_dropout(self, score_shape):
        """The dropout of the weights [batch, heads, q_length, k_length], if there is any."""
        if self.attention_dropout:
            self.dropout = self.build_sublayer(
                Dropout, score_shape, rate=self.attention_dropout, name="dropout"
            )

    def attend(self, inputs, mask, a_bias, p_bias, training, cache):
        """`pay_attention_to`; with a cache also to the keys and values that it holds."""
        if cache is not None:
            if p_bias == "rotary":  # the cache keeps rotated keys
                *inputs, position = inputs
                inputs[:2] = apply_rotary_position_embeddings(position, *inputs[:2])
                p_bias = None
            k, v, v_mask = cache.extend(inputs[1], inputs[2])
            inputs, mask = [inputs[0], k, v] + list(inputs[3:]), [None, v_mask]
        return self.pay_attention_to(inputs, mask, a_bias=a_bias, p_bias=p_bias, training=training)

    def pay_attention_to(self, inputs, mask=None, a_bias=None, p_bias=None, training=None):
        """`[q, k, v, ...]` in heads -> output [batch, q_length, heads, head_size] and scores (or None).

        q [batch, q_length, heads, key_size], k [batch, k_length, heads, key_size],
        v [batch, k_length, heads, head_size]; mask: `[q_mask, v_mask]`, each [batch, length] or None;
        a_bias and p_bias say what follows v in `inputs`, as in the class.
        """
        (q, k, v), a_bias, position = self._split_inputs(inputs, a_bias, p_bias)
        v_mask = mask[1] if mask else None
        if p_bias == "rotary":
            q, k = apply_rotary_position_embeddings(position, q, k)
        elif p_bias:
            position = ops.cast(position, q.dtype)
        if self._may_fuse(a_bias, p_bias, training):
            return self._fused_attention(q, k, v, v_mask, a_bias), None

        a = ops.einsum("bjhd,bkhd->bhjk", q, k)  # [batch, heads, q_length, k_length]
        if p_bias == "typical_relative":
            a = a + ops.einsum("bjhd,jkd->bhjk", q, position)
        elif p_bias == "t5_relative":
            a = a + ops.transpose(position, (2, 0, 1))
        if self.attention_scale:
            a = a / self.key_size**0.5
        weights = attention_normalize(a, v_mask, -1, self.normalization, a_bias)
        if self.attention_dropout:
            weights = self.dropout(weights, training=training)
        o = ops.einsum("bhjk,bkhd->bjhd", weights, v)  # [batch, q_length, heads, head_size]
        if p_bias == "typical_relative":
            o = o + ops.einsum("bhjk,jkd->bjhd", weights, position)
        return o, a

    def _split_inputs(self, inputs, a_bias, p_bias):
        """`inputs` -> [q, k, v], what is added to the scores or None, the position tensor or None."""
        if p_bias not in POSITION_BIASES:
            raise ValueError(
                "%s: p_bias must be one of %s, not %r" % (self.name, POSITION_BIASES, p_bias)
            )
        extras = list(inputs[3:])
        if len(extras) != bool(a_bias) + bool(p_bias):
            raise ValueError(
                "%s: a_bias=%r and p_bias=%r call for %d inputs after q, k and v, got %d"
                % (self.name, a_bias, p_bias, bool(a_bias) + bool(p_bias), len(extras))
            )
        a_bias = self._as_scores_bias(extras.pop(0), inputs[0].dtype) if a_bias else None
        return inputs[:3], a_bias, extras.pop(0) if p_bias else None

    def _as_scores_bias(self, a_bias, dtype):
        """[q, k], [batch, q, k] or [batch, heads, q, k] -> something that broadcasts over scores of that dtype."""
        axes = {2: [-2, -1], 3: [0, -2, -1], 4: [0, 1, 2, 3]}
        rank = len(a_bias.shape)
        if rank not in axes:
            raise ValueError(
                "%s: the attention bias must have rank 2, 3 or 4, not shape %s"
                % (self.name, tuple(a_bias.shape))
            )
        a_bias = a_bias if _is_bool(a_bias) else ops.cast(a_bias, dtype)
        return align(a_bias, axes[rank], 4)

    def _may_fuse(self, a_bias, p_bias, training):
        """Whether the backend's own attention gives the same numbers: plain softmax, nothing added to the scores."""
        return (
            self.normalization == "softmax"
            and self.key_size == self.head_size  # jax wants q and v of one size
            and not self.return_attention_scores
            and p_bias in (None, "rotary")
            and (a_bias is None or _is_bool(a_bias))
            and (not self.attention_dropout or self.is_inference(training))
        )

    def _fused_attention(self, q, k, v, v_mask, a_mask):
        """The same without the scores: [batch, q_length, heads, head_size]."""
        mask = a_mask  # [1 or batch, 1 or heads, q_length, k_length]
        if v_mask is not None:
            v_mask = align(ops.cast(v_mask, "bool"), [0, -1], 4)  # [batch, 1, 1, k_length]
            mask = v_mask if mask is None else ops.logical_and(mask, v_mask)
        scale = self.key_size**-0.5 if self.attention_scale else 1.0
        return attention(q, k, v, mask, scale)

    def get_config(self):
        config = super().get_config()
        config.update(
            key_size=self.key_size,
            use_bias=self.use_bias,
            normalization=self.normalization,
            attention_scale=self.attention_scale,
            attention_dropout=self.attention_dropout,
            kernel_initializer=keras.initializers.serialize(self.kernel_initializer),
        )
        return config


def _is_bool(tensor):
    """Whether a tensor's dtype is bool, on every backend."""
    return "bool" in str(tensor.dtype)


@register
class MultiHeadAttention(Attention):
    """Multiplicative attention (https://arxiv.org/abs/1706.03762).

    Inputs are the list `[q, k, v]`, q [batch, q_length, any], k and v [batch, k_length, any], followed by

    - with `a_bias=True`: what is added to the scores (float) or says who may see whom (bool), of shape
      [q_length, k_length], [batch, q_length, k_length] or [batch, heads, q_length, k_length];
    - with `p_bias="rotary"`: sinusoids [batch or 1, length, key_size], see https://kexue.fm/archives/8265;
      `"typical_relative"`: a table [q_length, k_length, key_size], see https://arxiv.org/abs/1909.00204;
      `"t5_relative"`: a table [q_length, k_length, heads], see https://arxiv.org/abs/1910.10683.

    The output is [batch, q_length, out_dim]; with `return_attention_scores` also the scaled scores
    [batch, heads, q_length, k_length] before mask, bias and normalisation. The mask of v hides padding; the mask of
    q is passed on. To change how attention is paid, override `pay_attention_to`.

    A `cache` remembers keys and values [batch, length, heads, size] from one call to the next, for models that see
    token after token. `cache.extend(k, v)` is given the new ones and returns those to attend to and which of these are
    valid, [batch, length]; masks don't count then. `cache.known` is the (k, v) to give instead of new ones, or None.
    """

    def __init__(
        self,
        heads,
        head_size,  # size of each head of v
        out_dim=None,  # size of the output, heads * head_size by default
        key_size=None,  # size of each head of q and k, head_size by default
        use_bias=True,
        normalization="softmax",  # or "squared_relu", "softmax_plus"
        attention_scale=True,  # divide the scores by sqrt(key_size)
        attention_dropout=None,  # rate
        return_attention_scores=False,
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(
            head_size,
            key_size or head_size,
            use_bias,
            normalization,
            attention_scale,
            attention_dropout,
            kernel_initializer,
            **kwargs,
        )
        self.heads = heads
        self.out_dim = out_dim or heads * head_size
        self.return_attention_scores = return_attention_scores

    @integerize_shape
    def build(self, input_shape):
        q_shape, k_shape, v_shape = input_shape[:3]
        o_shape = q_shape[:-1] + (self.heads * self.head_size,)
        self.q_dense = self.build_dense("q_dense", q_shape, self.heads * self.key_size)
        self.k_dense = self.build_dense("k_dense", k_shape, self.heads * self.key_size)
        self.v_dense = self.build_dense("v_dense", v_shape, self.heads * self.head_size)
        self.o_dense = self.build_dense("o_dense", o_shape, self.out_dim)
        self.build_dropout((q_shape[0], self.heads, q_shape[1], k_shape[1]))
        self.built = True

    @recompute_grad
    def call(self, inputs, mask=None, a_bias=None, p_bias=None, training=None, cache=None):
        q, k, v = inputs[:3]
        masks = None if mask is None else [mask[0], mask[2]]
        qw = self._split_heads(self.q_dense(q), self.key_size)
        kw, vw = self._keys_and_values(k, v, cache)
        heads = [qw, kw, vw] + list(inputs[3:])
        o, a = self.attend(heads, masks, a_bias, p_bias, training, cache)
        o = ops.reshape(o, tuple(ops.shape(q)[:2]) + (self.heads * self.head_size,))
        o = self.o_dense(o)  # [batch, q_length, out_dim]
        return [o, a] if self.return_attention_scores else o

    def _keys_and_values(self, k, v, cache):
        """k and v [batch, k_length, any] in heads, [batch, k_length, heads, size]."""
        if cache is not None and cache.known is not None:
            return cache.known
        kw = self._split_heads(self.k_dense(k), self.key_size)
        return kw, self._split_heads(self.v_dense(v), self.head_size)

    def _split_heads(self, x, size):
        """[batch, length, heads * size] -> [batch, length, heads, size]."""
        return ops.reshape(x, tuple(ops.shape(x)[:2]) + (self.heads, size))

    def compute_mask(self, inputs, mask=None):
        q_mask = None if mask is None else mask[0]
        return [q_mask, None] if self.return_attention_scores else q_mask

    @integerize_shape
    def compute_output_shape(self, input_shape):
        batch, q_length = input_shape[0][:2]
        o_shape = (batch, q_length, self.out_dim)
        if self.return_attention_scores:
            return [o_shape, (batch, self.heads, q_length, input_shape[1][1])]
        return o_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            heads=self.heads,
            head_size=self.head_size,
            out_dim=self.out_dim,
            return_attention_scores=self.return_attention_scores,
        )
        return config
