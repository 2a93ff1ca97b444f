"""Which tokens are masked together: words, and runs of words."""

from itertools import takewhile

import numpy as np

__all__ = ["Words", "chosen_runs", "chosen_words", "original_masks"]

UNKNOWN = "\ufffd"  # what stands for a token without text, before the segmenter


class Words:
    """Called with ids [length]: the number of the word [length] that each token is part of.

    Without a segmenter a word is a token and the "##" pieces after it. Chinese words want one, as
    https://arxiv.org/abs/1906.08101 has it.
    """

    def __init__(
        self,
        tokenizer,  # by which the ids were made
        segment=None,  # function text -> words that make up the text, such as jieba.lcut
    ):
        self.tokenizer = tokenizer
        self.segment = segment

    def __call__(self, ids):
        tokens = self.tokenizer.ids_to_tokens(ids.tolist())
        begins = np.array([token[:2] != "##" for token in tokens])
        if self.segment is not None:
            begins &= self._begins(tokens)
        return np.cumsum(begins)

    def _begins(self, tokens):
        """Whether the segmenter begins a word at each token, or inside of it."""
        shown = [self._shown(token) for token in tokens]
        words = self.segment("".join(shown))
        ends = np.cumsum([len(word) for word in words])
        places = np.cumsum([0] + [len(text) for text in shown])  # of each token, and the end
        if not len(ends) or ends[-1] != places[-1]:
            message = (
                "segment: expected words that make up a text of %d characters, got %d characters"
            )
            raise ValueError(message % (places[-1], ends[-1] if len(ends) else 0))
        starts = np.append(0, ends[:-1])
        first = np.searchsorted(starts, places[:-1])
        return first < np.searchsorted(starts, places[1:])

    @staticmethod
    def _shown(token):
        """The text that stands for a token; blanks go before Latin words."""
        if len(token) > 2 and token[0] == "[" and token[-1] == "]":
            return UNKNOWN
        text = token[2:] if token[:2] == "##" else token
        return " " + text if text is token and text.isascii() and text.isalnum() else text


def chosen_words(words, candidates, rate, draws):
    """Each word with the probability `rate`: which tokens [length] of the candidates are in one of these."""
    starts, sizes = _starts(words)
    return candidates & np.repeat(draws[starts] < rate, sizes)


def _starts(words):
    """Where the words of tokens [length] start [words], and how many tokens each has."""
    starts = np.flatnonzero(np.append(True, np.diff(words) != 0))
    return starts, np.diff(np.append(starts, len(words)))


def chosen_runs(words, candidates, rate, draws, longest):
    """Runs of words until the share of tokens is reached, n words with a probability as 1 / n.

    https://arxiv.org/abs/1909.11942; draws [2, length], of where runs begin and of how long they are.
    """
    starts, sizes = _starts(words)
    tokens = np.add.reduceat(
        candidates.astype(int), starts
    ).tolist()  # of each word, that can be chosen
    shares = np.cumsum(1 / np.arange(1, longest + 1))
    counts = 1 + np.searchsorted(shares, draws[1][starts] * shares[-1], "right")
    left, chosen = max(1, int(round(rate * sum(tokens)))), np.zeros(len(starts), bool)
    for start in np.argsort(draws[0][starts], kind="stable").tolist():
        run = list(
            takewhile(tokens.__getitem__, range(start, min(start + counts[start], len(tokens))))
        )
        needed = sum(tokens[word] for word in run if not chosen[word])
        if needed <= left:
            chosen[run] = True
            left -= needed
        if not left:
            break
    return candidates & np.repeat(chosen, sizes)


def original_masks(words, random, mask_id, vocab_size, mask_rate=0.15):
    """The mask_ids of a sentence as bert4keras draws them: 0, or 1 + what stands in a token's place.

    words: the ids of each; random: a np.random.RandomState, or np.random itself, from which as many
    numbers are drawn as bert4keras draws, in its order.
    """
    found = []
    for word, chosen in zip(words, random.random_sample(len(words)) < mask_rate):
        found += [1 + _replacement(i, random, mask_id, vocab_size) if chosen else 0 for i in word]
    return found


def _replacement(i, random, mask_id, vocab_size):
    """What stands in the place of a chosen token."""
    draw = random.random_sample()
    if draw <= 0.8:
        return mask_id
    return i if draw <= 0.9 else random.randint(0, vocab_size)
