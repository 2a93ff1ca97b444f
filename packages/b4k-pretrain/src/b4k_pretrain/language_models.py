"""Objectives that tell tokens from those before them."""

import numpy as np

from b4k_pretrain.objective import Objective, following, inputs_of, stacked, targets_of
from b4k_pretrain.randomness import uniform

__all__ = ["CausalLM", "SimBERT", "UniLM"]


class CausalLM(Objective):
    """Each token from those before it. https://openai.com/research/language-unsupervised"""

    def __call__(self, tokens, seed, index, epoch):
        """(inputs, targets) of ids [length]: labels are the next tokens, none of padding counts."""
        labels, weights = following(tokens), following(self.is_there(tokens))
        return inputs_of(tokens), targets_of(labels, weights)


class UniLM(Objective):
    """The end of a record from its beginning. https://arxiv.org/abs/1905.03197, https://kexue.fm/archives/6933

    A [SEP] is put in at any place and the last token dropped; what follows it has segment 1.
    """

    needs = ("end",)

    def __call__(self, tokens, seed, index, epoch):
        """(inputs, targets) of ids [length]: only labels of segment 1 count."""
        there = int(self.is_there(tokens).sum())
        if there < 3:
            raise ValueError("record %d can't be cut in two: it has %d tokens" % (index, there))
        place = 1 + int(uniform((1,), seed, index, epoch)[0] * (there - 2))
        tokens = np.concatenate([tokens[:place], [self.special_ids["end"]], tokens[place:-1]])
        return self.of_segments(tokens, np.arange(len(tokens)) > place)

    def of_segments(self, tokens, segments):
        """(inputs, targets) of ids and of where the second segment is."""
        weights = following(segments & self.is_there(tokens))
        return inputs_of(tokens, segments), targets_of(following(tokens), weights)


class SimBERT(UniLM):
    """One of two similar texts from the other, both ways; and the texts by their vectors. https://kexue.fm/archives/7427

    A record is [CLS] first [SEP] second [SEP], as packing "documents" makes it of two sentences; without
    a [SEP] inside it is cut in the middle. It gives two rows that follow each other in the batch, and
    targets have a "label" [2 * batch], the row whose text is similar.
    """

    needs = ("start", "end", "pad")
    rows_of_a_record = 2

    def __call__(self, tokens, seed, index, epoch):
        """(inputs, targets) [2, length] of ids [length]."""
        first, second = self.halves(tokens, index)
        pairs = [(first, second), (second, first)]
        return stacked([self.of_segments(*self.joined(*pair, len(tokens))) for pair in pairs])

    def halves(self, tokens, index):
        """The two texts of a record."""
        text = self.is_text(tokens)
        places = np.flatnonzero(text)
        gaps = np.flatnonzero(np.diff(places) > 1)
        cut = gaps[0] + 1 if len(gaps) else len(places) // 2
        if not 0 < cut < len(places):
            raise ValueError(
                "record %d can't be cut in two: it has %d tokens of text" % (index, len(places))
            )
        longest = len(tokens) - 3 - cut
        return tokens[places[:cut]], tokens[places[cut:]][:longest]

    def batch(self, records, indices, seed, epoch):
        """(inputs, targets) of the records with the indices [batch]: twice as many rows."""
        inputs, targets = super().batch(records, indices, seed, epoch)
        inputs, targets = (
            {key: rows.reshape((-1,) + rows.shape[2:]) for key, rows in arrays.items()}
            for arrays in (inputs, targets)
        )
        return inputs, dict(targets, label=np.arange(2 * len(indices), dtype=np.int32) ^ 1)
