"""Which token comes next, on tensors: the most probable one, or one drawn at random."""

from b4k_ops import ops

__all__ = ["draw", "most_probable"]


def most_probable(scores):
    """Scores [rows, vocab_size] -> ids [rows]."""
    return ops.cast(ops.argmax(scores, axis=-1), "int32")


def draw(
    scores,  # [rows, vocab_size]
    uniform,  # a number of [0, 1) for each row, which decides
    topk=None,  # keep so many tokens, the most probable ones
    topp=None,  # keep the fewest tokens that together have this probability
    min_p=None,  # keep tokens at least min_p times as probable as the most probable one
):
    """Ids [rows], drawn by their probabilities: the first whose cumulative probability exceeds `uniform`."""
    probas, order = ops.softmax(scores, axis=-1), None
    if min_p is not None:
        floor = min_p * ops.max(probas, axis=-1, keepdims=True)
        probas = ops.where(probas >= floor, probas, 0.0)
    if topk is not None or topp is not None:
        probas, order = ops.top_k(probas, topk or scores.shape[-1])  # sorted, [rows, topk]
    if topp is not None:
        probas = nucleus(probas, topp)
    reached = ops.cumsum(probas, axis=-1)
    total = reached[:, -1:]
    below = ops.less_equal(reached, ops.expand_dims(uniform, 1) * total)
    below = ops.logical_and(below, ops.less(reached, total))  # none behind the last that is kept
    chosen = ops.sum(ops.cast(below, "int32"), axis=-1, keepdims=True)  # [rows, 1]
    if order is not None:
        chosen = ops.take_along_axis(order, chosen, axis=-1)
    return ops.cast(chosen[:, 0], "int32")


def nucleus(probas, topp):
    """Sorted probabilities [rows, n] without those after the first that together hold `topp`.

    https://arxiv.org/abs/1904.09751
    """
    probas = probas / ops.sum(probas, axis=-1, keepdims=True)
    before = ops.cumsum(probas, axis=-1) - probas
    first = ops.equal(ops.arange(probas.shape[-1]), 0)
    return ops.where(ops.logical_or(before < topp, first), probas, 0.0)
