"""Objectives with masked tokens."""

import numpy as np

from b4k_pretrain.masking import chosen_runs, chosen_words
from b4k_pretrain.objective import Objective, inputs_of, stacked, targets_of
from b4k_pretrain.randomness import uniform

__all__ = ["MaskedLM", "NextSentence", "ReplacedTokens", "SentenceOrder"]

PAIRS = 2  # the stream from which pairs are drawn, besides their masks
SAMPLES = 3  # the stream from which a generator's tokens are drawn


class MaskedLM(Objective):
    """Masked tokens from the others. https://arxiv.org/abs/1810.04805

    Of the tokens chosen some become [MASK], some stay, the rest become any token of the vocabulary.
    Records with masks of their own, as bert4keras writes them, are taken as they are.
    """

    needs = ("mask",)
    takes_masks = True

    def __init__(
        self,
        special_ids,
        vocab_size,
        mask_rate=0.15,  # of the tokens of text
        masked=0.8,  # of these, that become [MASK],
        kept=0.1,  # and that stay
        static=None,  # how many sets of masks there are, epoch after epoch in turn (bert4keras: 10); None: no end
        words=None,  # `Words`, or a function ids [length] -> word numbers [length]: whole words are masked
        max_ngram=1,  # runs of so many words at most, as ALBERT has them
    ):
        super().__init__(special_ids, vocab_size)
        self.mask_rate = mask_rate
        self.masked = masked
        self.kept = kept
        self.static = static
        self.words = words
        self.max_ngram = max_ngram

    def __call__(self, tokens, seed, index, epoch):
        """(inputs, targets) of ids [length], or of ids and mask_ids [2, length]."""
        if tokens.ndim == 2:
            tokens, masks = tokens
            return inputs_of(np.where(masks > 0, masks - 1, tokens)), targets_of(tokens, masks > 0)
        replaced, chosen = self.mask(tokens, seed, index, epoch)
        return inputs_of(replaced), targets_of(tokens, chosen)

    def mask(self, tokens, seed, index, epoch):
        """Tokens [length] with masks, and where they are."""
        draws = uniform(
            (4, len(tokens)), seed, index, epoch % self.static if self.static else epoch
        )
        chosen = self.chosen(tokens, draws[[0, 3]], index)
        return np.where(chosen, self.replacements(tokens, draws[1:3]), tokens), chosen

    def chosen(self, tokens, draws, index):
        """Which tokens [length] are to be told, at least one: bool. draws [2, length]."""
        candidates = self.is_text(tokens)
        if not candidates.any():
            raise ValueError("record %d has no token that could be masked: all are special" % index)
        words = np.arange(len(tokens)) if self.words is None else np.asarray(self.words(tokens))
        if self.max_ngram > 1:
            chosen = chosen_runs(words, candidates, self.mask_rate, draws, self.max_ngram)
        elif self.words is not None:
            chosen = chosen_words(words, candidates, self.mask_rate, draws[0])
        else:
            chosen = candidates & (draws[0] < self.mask_rate)
        if not chosen.any():
            chosen[np.where(candidates, draws[0], 2).argmin()] = True
        return chosen

    def replacements(self, tokens, draws):
        """What stands in the place of each token [length], if it is chosen."""
        random = (draws[1] * self.vocab_size).astype(np.int32)
        others = np.where(draws[0] < self.masked + self.kept, tokens, random)
        return np.where(draws[0] < self.masked, np.int32(self.special_ids["mask"]), others)


class ReplacedTokens(MaskedLM):
    """The masks of ELECTRA, whose generator fills them. https://arxiv.org/abs/2003.10555

    The labels are the tokens as they were; a discriminator is asked where the generator's are others.
    "Input-Draw" [length], float32, has the number in [0, 1) by which the generator's token is drawn, -1 where
    none is. Targets have "there" [length], float32, besides: 1 but for padding, which is not judged.
    """

    def __init__(self, special_ids, vocab_size, masked=0.85, kept=0.15, **options):
        super().__init__(special_ids, vocab_size, masked=masked, kept=kept, **options)

    def __call__(self, tokens, seed, index, epoch):
        """(inputs, targets) of ids [length], or of ids and mask_ids [2, length]."""
        inputs, targets = super().__call__(tokens, seed, index, epoch)
        labels, chosen = targets["labels"], targets["weights"] > 0
        draws = np.where(chosen, uniform(labels.shape, seed, index, epoch, SAMPLES), -1)
        inputs = dict({"Input-Token": None, "Input-Draw": draws.astype(np.float32)}, **inputs)
        return inputs, dict(targets, there=self.is_there(labels).astype(np.float32))


class SentenceOrder(MaskedLM):
    """Masked tokens, and whether two pieces of text were exchanged. https://arxiv.org/abs/1909.11942

    A record is cut in two, at the end of a sentence if there is one: [CLS] first [SEP] second [SEP].
    Targets have a "label" besides, 1 if the pieces don't follow each other.
    """

    needs = ("mask", "start", "end", "pad")
    takes_masks = False

    def __init__(
        self,
        special_ids,
        vocab_size,
        ends=(),  # ids of what ends a sentence, such as those of 。！？
        **options,  # of MaskedLM
    ):
        super().__init__(special_ids, vocab_size, **options)
        self.ends = ends

    def __call__(self, tokens, seed, index, epoch, other=None):
        """(inputs, targets) of ids [length]."""
        draws = uniform((3,), seed, index, epoch, PAIRS)
        first, second = self.cut(tokens, draws[0], index)
        label = int(draws[1] < 0.5)
        if label:
            first, second = self.unrelated(first, second, other)
        tokens, segments = self.joined(first, second, len(tokens))
        replaced, chosen = self.mask(tokens, seed, index, epoch)
        return inputs_of(replaced, segments), dict(
            targets_of(tokens, chosen), label=np.int32(label)
        )

    def cut(self, tokens, draw, index):
        """The text of a record in two pieces that leave room for [CLS] and two [SEP]."""
        text = tokens[self.is_text(tokens)][: len(tokens) - 3]
        if len(text) < 2:
            raise ValueError(
                "record %d can't be cut in two: it has %d tokens of text" % (index, len(text))
            )
        places = 1 + np.flatnonzero(np.isin(text[:-1], self.ends))
        places = places if len(places) else np.arange(1, len(text))
        place = places[int(draw * len(places))]
        return text[:place], text[place:]

    def unrelated(self, first, second, other):
        """Two pieces that don't follow each other."""
        return second, first


class NextSentence(SentenceOrder):
    """Masked tokens, and whether the second piece of text is of another record. https://arxiv.org/abs/1810.04805"""

    def batch(self, records, indices, seed, epoch):
        """(inputs, targets) of the records with the indices [batch], stacked."""
        if len(records) < 2:
            raise ValueError("NextSentence needs two records or more, there is 1")
        draws = [uniform((3,), seed, int(i), epoch, PAIRS)[2] for i in indices]
        others = (indices + 1 + (np.array(draws) * (len(records) - 1)).astype(np.int64)) % len(
            records
        )
        rows = zip(self.rows(records, indices), indices, self.rows(records, others))
        return stacked([self(row, seed, int(i), epoch, other) for row, i, other in rows])

    def unrelated(self, first, second, other):
        """The first piece, and as much of the end of another record as the second has."""
        return first, other[self.is_text(other)][-len(second) :]
