"""Which token comes next."""

import numpy as np

from b4k_text.sequences import softmax

__all__ = ["check_choice", "draw", "normalized", "restrained"]


def check_choice(n=1, topk=None, topp=None, min_p=None, temperature=1, vocabulary=None):
    """Refuse arguments by which no token can be chosen."""
    whole = isinstance(n, (int, np.integer)), topk is None or isinstance(topk, (int, np.integer))
    for name, value, wanted, holds in (
        ("n", n, "an int of 1 or more", whole[0] and n >= 1),
        ("topk", topk, "an int of 1 or more", topk is None or (whole[1] and topk >= 1)),
        ("topp", topp, "more than 0 and at most 1", topp is None or 0 < topp <= 1),
        ("min_p", min_p, "0 to 1", min_p is None or 0 <= min_p <= 1),
        ("temperature", temperature, "more than 0", temperature > 0),
    ):
        if not holds:
            raise ValueError(f"{name}: expected {wanted}, got {value!r}")
    if topk is not None and vocabulary is not None and topk > vocabulary:
        raise ValueError(f"topk: there are {vocabulary} tokens to choose from, got {topk}")


def normalized(probas):
    """Probabilities, [n, vocabulary], that sum to one; an error where that can't be."""
    sums = probas.sum(axis=1, keepdims=True)
    if not (np.isfinite(sums).all() and (sums > 0).all()):
        raise ValueError(
            f"predict: expected probabilities of [n, vocabulary], got sums of {sums.ravel()[:5]}"
        )
    return probas / sums


def draw(probas, topk, topp, min_p, rng):
    """Token ids, [n, 1], drawn by probabilities of [n, vocabulary] that sum to one."""
    if min_p is not None:
        likely = probas >= min_p * probas.max(axis=1, keepdims=True)
        probas = normalized(np.where(likely, probas, 0))
    kept = []  # for topk and for topp: which token each place stands for
    if topk is not None:
        kept.append(probas.argpartition(-topk, axis=1)[:, -topk:])
        probas = normalized(np.take_along_axis(probas, kept[-1], axis=1))
    if topp is not None:
        kept.append(probas.argsort(axis=1)[:, ::-1])
        probas = _nucleus(np.take_along_axis(probas, kept[-1], axis=1), topp)
    ids = np.array([[rng.choice(len(row), p=row)] for row in probas])
    for indices in reversed(kept):
        ids = np.take_along_axis(indices, ids, axis=1)
    return ids


def _nucleus(probas, topp):
    """Sorted probabilities without those after the first that together hold `topp`.

    https://arxiv.org/abs/1904.09751
    """
    enough = np.cumsum(probas, axis=1) >= topp
    dropped = np.zeros_like(enough)
    dropped[:, 1:] = enough[:, :-1]
    return normalized(np.where(dropped, 0, probas))


def restrained(scores, output_ids, repetition_penalty=1, no_repeat_ngram=None):
    """Log-probabilities, [n, vocabulary], with less for what the outputs, [n, length], have.

    https://arxiv.org/abs/1909.05858 has the penalty, here on what a softmax has normalized.
    """
    if repetition_penalty == 1 and no_repeat_ngram is None:
        return scores
    if repetition_penalty <= 0 or (no_repeat_ngram or 1) < 1:
        raise ValueError(
            "expected a repetition_penalty above 0 and a no_repeat_ngram of 1 or more, got "
            f"{repetition_penalty} and {no_repeat_ngram}"
        )
    scores = np.array(scores)
    for row, ids in zip(scores, output_ids.tolist()):
        row[sorted(set(ids))] *= repetition_penalty
        if no_repeat_ngram:
            row[_completing(ids, no_repeat_ngram)] = -np.inf
    if not np.isfinite(scores).any(axis=1).all():
        raise ValueError(f"no_repeat_ngram={no_repeat_ngram} leaves no token to go on with")
    with np.errstate(divide="ignore"):
        return np.log(softmax(scores))


def _completing(ids, n):
    """The tokens that would make the last n tokens a run that is there already."""
    last = ids[len(ids) - n + 1 :]
    return [ids[i + n - 1] for i in range(len(ids) - n + 1) if ids[i : i + n - 1] == last]
