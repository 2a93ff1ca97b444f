"""The objective of T5."""

import numpy as np

from b4k_pretrain.objective import Objective, targets_of
from b4k_pretrain.randomness import uniform

__all__ = ["SpanCorruption"]


class SpanCorruption(Objective):
    """Spans that were cut out, from what is left. https://arxiv.org/abs/1910.10683

    "Encoder-Input-Token": the text with a sentinel for each span, "Decoder-Input-Token" and "labels": each
    sentinel and its span. Both end with the end token; their lengths follow from that of the record.
    """

    needs = ("pad", "end")

    def __init__(
        self,
        special_ids,
        vocab_size,
        noise_rate=0.15,  # of the tokens
        mean_span=3.0,  # tokens
        first_sentinel=None,  # the id of <extra_id_0>, the next ones are below it; None for the last of the vocabulary
    ):
        super().__init__(special_ids, vocab_size)
        self.noise_rate = noise_rate
        self.mean_span = mean_span
        self.first_sentinel = vocab_size - 1 if first_sentinel is None else first_sentinel

    def __call__(self, tokens, seed, index, epoch):
        """(inputs, targets) of ids [length]."""
        text = tokens[self.is_text(tokens)]
        if len(text) < 2:
            raise ValueError("record %d has too few tokens for a span: %d" % (index, len(text)))
        noise, spans = self.sizes(len(text))
        draws = uniform((2, len(tokens)), seed, index, epoch)
        kept, cut = parts(len(text) - noise, spans, draws[0]), parts(noise, spans, draws[1])
        numbers = np.repeat(np.arange(2 * spans), np.stack([kept, cut], 1).ravel())
        return self.arrays(text, numbers, len(tokens))

    def sizes(self, length):
        """(how many of so many tokens are cut out, in how many spans)."""
        noise = min(max(int(round(length * self.noise_rate)), 1), length - 1)
        return noise, min(max(int(round(noise / self.mean_span)), 1), noise, length - noise)

    def arrays(self, text, numbers, length):
        """(inputs, targets) of text whose tokens are in spans of these numbers [tokens], the odd ones cut out."""
        cut, first = numbers % 2 == 1, np.append(True, np.diff(numbers) > 0)
        sentinels = self.first_sentinel - numbers // 2
        left = np.where(cut, sentinels, text)[~cut | first]
        labels = np.insert(text[cut], np.flatnonzero(first[cut]), sentinels[cut & first])
        noise, spans = self.sizes(length)
        encoder = self.ended(left, length - noise + spans + 1)
        labels = self.ended(labels, noise + spans + 1)
        decoder = np.append(np.int32(self.special_ids["pad"]), labels[:-1])
        inputs = {"Encoder-Input-Token": encoder, "Decoder-Input-Token": decoder}
        return inputs, targets_of(labels, labels != self.special_ids["pad"])

    def ended(self, ids, length):
        """Ids with the end token, filled up to a length."""
        return self.padded(np.append(ids, self.special_ids["end"]).astype(np.int32), length)


def parts(count, number, draws):
    """The sizes of so many parts, each of 1 or more, that make up `count`; all ways are as likely."""
    cuts = 1 + np.sort(np.argsort(draws[: count - 1], kind="stable")[: number - 1])
    return np.diff(np.concatenate([[0], cuts, [count]]))
