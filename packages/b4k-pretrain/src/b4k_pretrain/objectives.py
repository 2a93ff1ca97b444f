"""What a model learns from records: functions of (record, seed, index, epoch) to inputs and targets."""

import numpy as np

from b4k_pretrain.choosing import choose, refuse_unknown
from b4k_pretrain.randomness import uniform

__all__ = ["CausalLM", "MaskedLM", "Objective", "build_objective"]


class Objective:
    """Called with the ids [length] of a record: (inputs, targets), two dicts of arrays.

    Inputs: "Input-Token" and "Input-Segment" [length], int32. Targets: "labels" [length], int32, and
    "weights" [length], float32, of the labels in the loss. What is random in them is a function of the
    seed, of which record it is, and of the epoch.
    """

    needs = ()  # special tokens without which it can't be

    def __init__(self, special_ids, vocab_size):
        missing = [kind for kind in self.needs if special_ids.get(kind) is None]
        if missing:
            raise ValueError(
                "%s needs the special token %r, the tokenizer has %s"
                % (type(self).__name__, missing[0], sorted(special_ids))
            )
        self.special_ids = special_ids
        self.vocab_size = vocab_size

    def __call__(self, tokens, seed, index, epoch):
        """(inputs, targets) of one record."""
        raise NotImplementedError("%s has no __call__" % type(self).__name__)

    def batch(self, records, indices, seed, epoch):
        """(inputs, targets) of several records, stacked."""
        rows = records[indices]
        return stacked([self(row, seed, int(i), epoch) for row, i in zip(rows, indices)])

    def is_text(self, tokens):
        """Which tokens [length] stand for text: bool."""
        found = np.ones(tokens.shape, bool)
        for kind in ("pad", "start", "end"):
            if kind in self.special_ids:
                found &= tokens != self.special_ids[kind]
        return found

    def is_there(self, tokens):
        """Which tokens [length] are no padding: bool."""
        pad = self.special_ids.get("pad")
        return np.ones(tokens.shape, bool) if pad is None else tokens != pad


class CausalLM(Objective):
    """Each token from those before it. https://openai.com/research/language-unsupervised"""

    def __call__(self, tokens, seed, index, epoch):
        """(inputs, targets) of ids [length]: labels are the next tokens, none of padding counts."""
        labels = following(tokens)
        weights = following(self.is_there(tokens))
        return inputs_of(tokens), targets_of(labels, weights)


class MaskedLM(Objective):
    """Masked tokens from the others. https://arxiv.org/abs/1810.04805

    Of the tokens chosen some become [MASK], some stay, the rest become any token of the vocabulary.
    """

    needs = ("mask",)

    def __init__(
        self,
        special_ids,
        vocab_size,
        mask_rate=0.15,  # of the tokens of text
        masked=0.8,  # of these, that become [MASK],
        kept=0.1,  # and that stay
    ):
        super().__init__(special_ids, vocab_size)
        self.mask_rate = mask_rate
        self.masked = masked
        self.kept = kept

    def __call__(self, tokens, seed, index, epoch):
        """(inputs, targets) of ids [length]."""
        draws = uniform((3, len(tokens)), seed, index, epoch)
        chosen = self.chosen(tokens, draws[0], index)
        replaced = np.where(chosen, self.replacements(tokens, draws[1:]), tokens)
        return inputs_of(replaced), targets_of(tokens, chosen)

    def chosen(self, tokens, draws, index):
        """Which tokens [length] are to be told, at least one: bool."""
        candidates = self.is_text(tokens)
        if not candidates.any():
            raise ValueError("record %d has no token that could be masked: all are special" % index)
        chosen = candidates & (draws < self.mask_rate)
        if not chosen.any():
            chosen[np.where(candidates, draws, 2).argmin()] = True
        return chosen

    def replacements(self, tokens, draws):
        """What stands in the place of each token [length], if it is chosen."""
        random = (draws[1] * self.vocab_size).astype(np.int32)
        others = np.where(draws[0] < self.masked + self.kept, tokens, random)
        return np.where(draws[0] < self.masked, np.int32(self.special_ids["mask"]), others)


def inputs_of(tokens, segments=None):
    """The inputs of a model with one text."""
    segments = np.zeros(tokens.shape) if segments is None else segments
    return {"Input-Token": tokens.astype(np.int32), "Input-Segment": segments.astype(np.int32)}


def targets_of(labels, weights):
    """What is to be told, and how much each counts."""
    return {"labels": labels.astype(np.int32), "weights": weights.astype(np.float32)}


def following(values):
    """Values [length] moved one to the left, 0 at the end."""
    return np.append(values[1:], values.dtype.type(0))


def stacked(pairs):
    """Pairs of dicts of arrays as one pair of dicts of arrays [batch, ...]."""
    return tuple(
        {key: np.stack([row[key] for row in rows]) for key in rows[0]} for rows in zip(*pairs)
    )


OBJECTIVES = {"causal_lm": CausalLM, "mlm": MaskedLM}


def build_objective(name, special_ids, vocab_size, **options):
    """The objective of a name, for records with these special tokens (as the manifest has them)."""
    objective = choose("objective", name, OBJECTIVES)
    refuse_unknown(options, objective.__init__, "objective %r" % name)
    return objective(special_ids, vocab_size, **options)
