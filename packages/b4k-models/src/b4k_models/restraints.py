"""What is held back of the next token's scores for what is in the text already."""

from b4k_ops import ops

__all__ = ["Restraints", "check_runs"]

NEVER = -float("inf")


class Restraints:
    """`repetition_penalty` and `no_repeat_ngram` of a request.

    https://arxiv.org/abs/1909.05858 has the penalty, here on log-probabilities.
    """

    def __init__(self, request):
        self.penalizes = request.repetition_penalty != 1
        self.no_repeat_ngram = request.no_repeat_ngram

    @property
    def kind(self):
        """What programs depend on; None if nothing is held back."""
        kind = self.penalizes, self.no_repeat_ngram
        return None if kind == (False, None) else kind

    def __call__(self, scores, state, fixed):
        """Scores [rows, vocab_size] -> log-probabilities, of which -inf are those that may not be."""
        scores = ops.log_softmax(scores, axis=-1)
        if not self.kind:
            return scores
        tokens = state["tokens"]  # [rows, length]
        if self.penalizes:
            less = ops.take_along_axis(scores, tokens, axis=1) * fixed["repetition_penalty"]
            scores = _put(scores, less, tokens, _is_said(state, fixed))
        if self.no_repeat_ngram:
            never = ops.full(tokens.shape, NEVER, scores.dtype)
            scores = _put(scores, never, tokens, _completes_run(state, fixed, self.no_repeat_ngram))
        is_over = ops.all(ops.equal(scores, NEVER), axis=-1, keepdims=True)
        return ops.where(is_over, NEVER, ops.log_softmax(scores, axis=-1))


def _put(scores, values, ids, holds):
    """Scores [rows, vocab_size] with values [rows, n] in the places of ids [rows, n], where it `holds`."""
    (rows, n), vocab_size = ids.shape, scores.shape[-1]
    ids = ops.where(holds, ids, vocab_size)  # in a column more, which is cut off again
    row_ids = ops.repeat(ops.arange(rows, dtype="int32"), n)
    places = ops.stack([row_ids, ops.reshape(ids, (-1,))], axis=1)
    scores = ops.pad(scores, [[0, 0], [0, 1]])
    return ops.scatter_update(scores, places, ops.reshape(values, (-1,)))[:, :vocab_size]


def _is_said(state, fixed, skipped=0):
    """Which tokens count, all but the first `skipped` of each row, bool [rows, length]."""
    columns = ops.expand_dims(ops.arange(state["tokens"].shape[1], dtype="int32"), 0)
    first = ops.expand_dims(fixed["said_from"], 1) + skipped
    return ops.logical_and(columns >= first, columns <= state["index"])


def _completes_run(state, fixed, n):
    """Which tokens come after what the last n - 1 tokens are, bool [rows, length]."""
    tokens, found = state["tokens"], _is_said(state, fixed, n - 1)
    for i in range(1, n):
        column = ops.reshape(ops.maximum(state["index"] + 1 - i, 0), (1,))
        last = ops.take(tokens, column, axis=1)  # [rows, 1]
        found = ops.logical_and(found, ops.equal(ops.roll(tokens, i, axis=1), last))
    return found


def check_runs(ids, begun, n):
    """Refuse a text [length] of which what is from `begun` on has a run of n tokens that was there: none was left."""
    runs = [tuple(ids[i : i + n]) for i in range(len(ids) - n + 1)]
    old = max(begun - n + 1, 0)
    if len(set(runs)) < len(set(runs[:old])) + len(runs[old:]):
        raise ValueError("no_repeat_ngram=%d leaves no token to go on with" % n)
