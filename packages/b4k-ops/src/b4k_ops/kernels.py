"""The kernels a Transformer spends its time in, by the backend's own fused code where it has some."""

from . import _engine, ops
from .precision import wide

keras = _engine.keras


@_engine.register
class Dense(keras.layers.Dense):
    """Keras's Dense: the same arguments, weights and numbers, in the backend's fused kernel where it has one."""

    def call(self, inputs):
        if "linear" not in _engine.fused:
            return super().call(inputs)
        x = _engine.fused["linear"](inputs, self.kernel, self.bias if self.use_bias else None)
        return x if self.activation is None else self.activation(x)


def scores_by_table(x, table):
    """x [..., dim] times each row of a table [size, dim]: [..., size]."""
    if "scores_by_table" in _engine.fused:
        return _engine.fused["scores_by_table"](x, table)
    return ops.matmul(x, ops.transpose(table))


def attention(
    q,  # [batch, T, heads, size]
    k,  # [batch, S, heads, size]
    v,  # [batch, S, heads, size]
    mask=None,  # bool, broadcastable to [batch, heads, T, S], True where a query may look
    scale=None,  # factor of the scores, 1 / sqrt(size) if None
):
    """Softmax attention, [batch, T, heads, size]; a query that may look nowhere gets 0.

    https://arxiv.org/abs/1706.03762
    """
    if "attention" in _engine.fused:
        return _engine.fused["attention"](q, k, v, mask, scale)
    product = _engine.fused.get("dot_product_attention", ops.dot_product_attention)
    o = product(q, k, v, mask=mask, scale=scale)
    if mask is None:
        return o
    seen = ops.any(mask, axis=-1, keepdims=True)  # [1 or batch, 1 or heads, 1 or T, 1]
    return o * ops.cast(ops.transpose(seen, (0, 2, 1, 3)), o.dtype)


def layer_norm(x, gamma=None, beta=None, epsilon=1e-7):
    """Zero mean and unit variance over the last dimension of x [..., dim], times gamma [dim], plus beta [dim].

    https://arxiv.org/abs/1607.06450
    """
    if "layer_norm" in _engine.fused:
        return _engine.fused["layer_norm"](x, gamma, beta, epsilon)
    y = wide(x) - ops.mean(wide(x), axis=-1, keepdims=True)
    x = ops.cast(root_mean_square_norm(y, epsilon), x.dtype)
    x = x if gamma is None else x * gamma
    return x if beta is None else x + beta


def root_mean_square_norm(x, epsilon=1e-7):
    """x [..., dim] divided by the root of its mean square (https://arxiv.org/abs/1910.07467)."""
    y = wide(x)
    variance = ops.mean(ops.square(y), axis=-1, keepdims=True)  # [..., 1]
    return ops.cast(y * ops.rsqrt(variance + epsilon), x.dtype)


__all__ = ["Dense", "attention", "layer_norm", "root_mean_square_norm", "scores_by_table"]
