"""What all objectives share."""

import numpy as np

__all__ = ["Objective", "following", "inputs_of", "stacked", "targets_of"]


class Objective:
    """Called with the ids [length] of a record: (inputs, targets), two dicts of arrays.

    Inputs: "Input-Token" and "Input-Segment" [length], int32. Targets: "labels" [length], int32, and
    "weights" [length], float32, of the labels in the loss. What is random in them is a function of the
    seed, of which record it is, and of the epoch.
    """

    needs = ()  # special tokens without which it can't be
    takes_masks = (
        False  # whether a record may be [2, length], with masks that were drawn beforehand
    )
    rows_of_a_record = 1  # in a batch

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
        """(inputs, targets) of the records with the indices [batch], stacked."""
        rows = self.rows(records, indices)
        return stacked([self(row, seed, int(i), epoch) for row, i in zip(rows, indices)])

    def rows(self, records, indices):
        """The records [batch, length] with the indices, or [batch, 2, length] if their masks are wanted."""
        rows = records[indices]
        return rows if rows.ndim == 2 or self.takes_masks else rows[:, 0]

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

    def padded(self, tokens, length):
        """Tokens filled up to a length."""
        return np.append(
            tokens, np.full(length - len(tokens), self.special_ids["pad"], tokens.dtype)
        )

    def joined(self, first, second, length):
        """[CLS] first [SEP] second [SEP], filled up to a length; and where the second is."""
        start, end = ([self.special_ids[kind]] for kind in ("start", "end"))
        tokens = np.concatenate([start, first, end, second, end]).astype(np.int32)
        places = np.arange(length)
        return self.padded(tokens, length), (places >= len(first) + 2) & (places < len(tokens))


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
