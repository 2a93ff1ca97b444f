"""What Keras 3 hides on jax, or jax does not have on a CPU."""

import functools

import jax
import keras


def dot_product_attention(q, k, v, mask=None, scale=None):
    """Keras's own, in float32 where jax has none for float16: [batch, T, heads, size]."""
    dtype = q.dtype
    if dtype == "float16" and jax.default_backend() == "cpu":
        q, k, v = (keras.ops.cast(x, "float32") for x in (q, k, v))
    o = keras.ops.dot_product_attention(q, k, v, mask=mask, scale=scale)
    return keras.ops.cast(o, dtype)


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
