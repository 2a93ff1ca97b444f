"""What Keras 3 hides on jax, or jax does not have on a CPU."""

import functools
import math

import jax
import keras

# of one head; from there on XLA's batched products on a CPU are slower than a loop
MANY_SCORES = 1 << 16


def dot_product_attention(q, k, v, mask=None, scale=None):
    """Keras's own; on a CPU head by head if long, and never in float16: [batch, T, heads, size]."""
    dtype = q.dtype
    if jax.default_backend() != "cpu":
        return keras.ops.dot_product_attention(q, k, v, mask=mask, scale=scale)
    if dtype == "float16":
        q, k, v = (keras.ops.cast(x, "float32") for x in (q, k, v))
    long = q.shape[1] * k.shape[1] >= MANY_SCORES and q.dtype == "float32"
    product = head_by_head if long else keras.ops.dot_product_attention
    return keras.ops.cast(product(q, k, v, mask=mask, scale=scale), dtype)


def head_by_head(q, k, v, mask=None, scale=None):
    """The same numbers in half the time and memory, as the scores [T, S] of one head at a time stay in the cache."""
    batch, length, heads, size = q.shape
    scale = 1 / math.sqrt(size) if scale is None else scale
    mask = jax.numpy.ones((1, 1, 1, 1), bool) if mask is None else mask
    mask = jax.numpy.broadcast_to(mask, (batch, heads) + mask.shape[2:])

    def one_head(tensors):
        q, k, v, mask = tensors  # [T, size], [S, size], [S, size], [1 or T, 1 or S]
        scores = jax.numpy.where(mask, q @ k.T * scale, jax.numpy.finfo(q.dtype).min)
        return jax.nn.softmax(scores) @ v  # [T, size]

    q, k, v = (jax.numpy.swapaxes(x, 1, 2) for x in (q, k, v))  # [batch, heads, length, size]
    rows = [x.reshape((-1,) + x.shape[2:]) for x in (q, k, v, mask)]
    o = jax.lax.map(one_head, tuple(rows)).reshape((batch, heads, length, size))
    return jax.numpy.swapaxes(o, 1, 2)


def scores_by_table(x, table):
    """Without a transpose, which XLA makes a slow loop of where x is a row or two."""
    return keras.ops.einsum("...d,nd->...n", x, table)


class SeenByMetrics(keras.Model):
    """A model whose metrics may read its weights, as those of a layer with scores of its own do."""

    _weights_seen = None

    def train_step(self, state, data):
        self._weights_seen = state[0]
        try:
            return super().train_step(state, data)
        finally:
            self._weights_seen = None

    def test_step(self, state, data):
        self._weights_seen = state[0]
        try:
            return super().test_step(state, data)
        finally:
            self._weights_seen = None

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        if self._weights_seen is None:
            return super().compute_metrics(x, y, y_pred, sample_weight)
        mapping = [(v, v.value) for v in self.metrics_variables]
        mapping += list(zip(self.trainable_variables, self._weights_seen))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            logs = super().compute_metrics(x, y, y_pred, sample_weight)
        for variable in self.metrics_variables:
            variable.assign(scope.get_current_value(variable))
        return logs


# --- programs


def compiled(function, variables, donated=()):
    """`function` under `jax.jit`; its arguments with the numbers `donated` lend it their memory."""

    @functools.partial(jax.jit, donate_argnums=[i + 1 for i in donated])
    def run(values, *arguments):
        with keras.StatelessScope(state_mapping=list(zip(variables(), values))):
            return function(*arguments)

    return lambda *arguments: run([variable.value for variable in variables()], *arguments)


def compiled_loop(condition, body, variables):
    """`while condition: state = body(state, fixed)`, which keeps the state where it is."""

    def loop(state, fixed):
        return jax.lax.while_loop(lambda s: condition(s, fixed), lambda s: body(s, fixed), state)

    return compiled(loop, variables, donated=[0])


def write_at(x, index, values):
    """x [batch, length, ...] with values [batch, n, ...] from position `index` on."""
    return jax.lax.dynamic_update_slice_in_dim(x, values.astype(x.dtype), index, axis=1)


fused = {"dot_product_attention": dot_product_attention, "scores_by_table": scores_by_table}
programs = {"compiled": compiled, "compiled_loop": compiled_loop, "write_at": write_at}

__all__ = ["SeenByMetrics", "fused", "programs"]
