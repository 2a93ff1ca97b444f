"""Beam search on tensors, for a batch of prompts at once. Outputs that have ended are kept and not touched again."""

import numpy as np
from b4k_ops import ops

__all__ = ["as_probable_as_can_be", "begin", "extend"]

NEVER = -float("inf")


def begin(batch, beams, length):
    """The part of the state that is the beams': one is alive, none has ended."""
    scores = np.full((batch, beams), NEVER, "float32")
    return {
        "scores": np.where(np.arange(beams) == 0, np.float32(0), scores),  # of what goes on
        "ended_scores": scores,  # divided by length ** length_penalty, the best one first
        "ended": np.zeros((batch, beams, length), "int32"),  # their tokens
        "ended_lengths": np.zeros((batch, beams), "int32"),
    }


def extend(state, scores, fixed):
    """One token more for each beam.

    scores: log-probabilities [batch * beams, vocab_size] of what comes after state["tokens"]. Returns the beams'
    part of the new state, which row each beam goes on from, and its token, both [batch * beams].
    """
    batch, beams = state["scores"].shape
    ends = fixed["ends"]
    scores = scores + ops.reshape(state["scores"], (-1, 1))
    candidates = _best_candidates(ops.reshape(scores, (batch, beams, -1)), beams, ends.shape[0])
    scores, origins, tokens = candidates  # [batch, candidates], the best one first
    is_end = ops.any(ops.equal(ops.expand_dims(tokens, 2), ends), axis=-1)
    is_last = ops.greater_equal(state["index"] + 2, fixed["until"])
    is_among_best = ops.less(ops.arange(scores.shape[1]), beams)
    ends_now = ops.logical_and(ops.logical_or(is_end, is_last), is_among_best)
    new = _keep_ended(state, ops.where(ends_now, scores, NEVER), origins, tokens, fixed)
    alive, places = ops.top_k(ops.where(is_end, NEVER, scores), beams)
    first_rows = ops.expand_dims(ops.arange(batch, dtype="int32") * beams, 1)
    rows = first_rows + ops.take_along_axis(origins, places, axis=1)
    new["scores"] = alive
    tokens = ops.take_along_axis(tokens, places, axis=1)
    return new, ops.reshape(rows, (-1,)), ops.reshape(tokens, (-1,))


def _best_candidates(scores, beams, ends):
    """The best (score, beam, token) of [batch, beams, vocab_size]: `beams` of them at least are no ends."""
    vocab_size = scores.shape[2]
    count = min(beams * (1 + ends), beams * vocab_size)
    scores, chosen = ops.top_k(ops.reshape(scores, (-1, beams * vocab_size)), count)
    chosen = ops.cast(chosen, "int32")
    return scores, chosen // vocab_size, chosen % vocab_size


def _keep_ended(state, scores, origins, tokens, fixed):
    """The best of what had ended and of what ends now, where scores [batch, candidates] are above -inf."""
    batch, beams, length = state["ended"].shape
    new_length = state["index"] + 2 - fixed["begun"]
    scores = scores / ops.cast(new_length, "float32") ** fixed["length_penalty"]
    best, places = ops.top_k(ops.concatenate([state["ended_scores"], scores], axis=1), beams)
    lengths = ops.zeros_like(tokens) + new_length
    lengths = ops.concatenate([state["ended_lengths"], lengths], axis=1)
    outputs = ops.reshape(state["tokens"], (batch, beams, length))
    outputs = ops.take_along_axis(outputs, ops.expand_dims(origins, 2), axis=1)
    here = ops.equal(ops.arange(length, dtype="int32"), state["index"] + 1)
    outputs = ops.where(here, ops.expand_dims(tokens, 2), outputs)
    # [batch, beams + candidates, length]
    outputs = ops.concatenate([state["ended"], outputs], axis=1)
    return {
        "ended_scores": best,
        "ended_lengths": ops.take_along_axis(lengths, places, axis=1),
        "ended": ops.take_along_axis(outputs, ops.expand_dims(places, 2), axis=1),
    }


def as_probable_as_can_be(state, fixed):
    """Whether nothing that goes on can still be better than all that has ended, bool [batch].

    Scores only fall; a longer output's is divided by more, so the shortest and the longest are tried.
    """
    penalty, begun = fixed["length_penalty"], fixed["begun"]
    best = ops.max(state["scores"], axis=1)  # [batch]
    soon = ops.cast(state["index"] + 2 - begun, "float32") ** penalty
    late = ops.cast(fixed["until"] - begun, "float32") ** penalty
    bound = ops.maximum(best / soon, best / late)
    return ops.less_equal(bound, ops.min(state["ended_scores"], axis=1))
