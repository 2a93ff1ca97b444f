"""Layers between a model and its losses."""

from b4k_ops import Layer, ops, register, wide


@register
class LogProbabilities(Layer):
    """Scores [..., vocab_size] -> their logarithms of the softmax, in float32 at least and without a mask."""

    def call(self, inputs):
        return ops.log_softmax(wide(inputs), axis=-1)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return input_shape


@register
class SampledTokens(Layer):
    """[ids, log-probabilities, draws] -> ids, where a draw in [0, 1) says which of the probable ones; -1: as they are.

    Shapes [batch, length], [batch, length, vocab_size] and [batch, length]. The draw falls on one of the
    probabilities laid end to end, so that the same draw samples the same token on every backend. Padding is
    never sampled, and no gradient goes through. All positions are added up, not only those drawn, whose number XLA
    would have to know beforehand: on one core that is 14 % of a step of ELECTRA-small.
    """

    def __init__(self, pad_token_id=0, **kwargs):  # of None any id can be sampled
        super().__init__(**kwargs)
        self.pad_token_id = pad_token_id

    def call(self, inputs):
        ids, logs, draws = inputs
        size = int(logs.shape[-1])
        sums = ops.cumsum(self._probabilities(logs, size), axis=-1)  # [batch, length, vocab_size]
        places = ops.expand_dims(draws, -1) * sums[..., -1:]  # [batch, length, 1]
        sampled = ops.sum(ops.cast(sums <= places, "int32"), axis=-1)  # [batch, length]
        sampled = ops.cast(ops.minimum(sampled, size - 1), ids.dtype)
        return ops.where(draws < 0, ids, sampled)

    def _probabilities(self, logs, size):
        """Those of all tokens but padding, [batch, length, vocab_size]."""
        found = ops.exp(ops.stop_gradient(logs))
        if self.pad_token_id is None:
            return found
        return found * ops.cast(ops.not_equal(ops.arange(size), self.pad_token_id), found.dtype)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        return dict(super().get_config(), pad_token_id=self.pad_token_id)


@register
class Judgements(Layer):
    """Scores [batch, length, 1] and the ids [batch, length] judged -> both, [batch, length, 2], without a mask."""

    def call(self, inputs):
        scores, ids = inputs
        return ops.concatenate([wide(scores), wide(ops.expand_dims(ids, -1))], axis=-1)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[1]) + (2,)


__all__ = ["Judgements", "LogProbabilities", "SampledTokens"]
