"""Many texts cut into ids as one array of characters, for `Tokenizer.encode_batch`.

Most characters of a Chinese text are tokens of their own, whose ids numpy looks up all at once;
only the words between them go through Python, each once.
"""

import sys
from itertools import chain

import numpy as np

from b4k_text.checks import check_text
from b4k_text.memo import Memo

__all__ = ["WholeTexts"]

BETWEEN = "\ud800"  # put between texts: a lone surrogate, which no text may have
UNSEEN, LETTER, BLANK, DROPPED, END = -1, -2, -3, -4, -5  # kinds of characters that are no ids


class WholeTexts:
    """The ids of whole texts: where words end, and what each character is, as a tokenizer says."""

    def __init__(
        self,
        normalize,  # function text -> text, for all of them at once
        space_out,  # function code point -> what `Tokenizer` puts there, before it splits at blanks
        ids_of_word,  # function word -> its ids
    ):
        self.normalize = normalize
        self.space_out = space_out
        self.ids = Memo(ids_of_word)
        self.kinds = np.full(sys.maxunicode + 1, UNSEEN, "int32")  # of each code point
        self.kinds[ord(BETWEEN)] = END

    def __call__(self, texts):
        """The list of ids of each text, nothing put around them."""
        for text in texts if BETWEEN in "".join(texts) else ():
            check_text(text, "encode")
        joined = self.normalize(BETWEEN.join(texts))
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4")
        kinds = self._kinds_of(codes)
        there = kinds != DROPPED
        codes, kinds = codes[there], kinds[there]
        starts, ids = self._words(codes, kinds)
        counts = (kinds >= 0).astype("int64")  # of the ids that begin at each character
        counts[starts] = list(map(len, ids))
        flat = np.repeat(kinds, counts)
        flat[flat == LETTER] = np.fromiter(chain.from_iterable(ids), "int32")
        ends = [*np.cumsum(counts)[kinds == END].tolist(), len(flat)]
        listed = flat.tolist()
        return [listed[start:end] for start, end in zip([0, *ends], ends)]

    def _kinds_of(self, codes):
        """For each character its id if it is always a token of its own, else what it is."""
        for code in set(codes[self.kinds[codes] == UNSEEN].tolist()):
            spaced = self.space_out(code)
            alone = spaced.split()
            if not alone:
                self.kinds[code] = BLANK if spaced else DROPPED
            elif spaced == chr(code):
                self.kinds[code] = LETTER
            else:
                (self.kinds[code],) = self.ids[chr(code)]
        return self.kinds[codes]

    def _words(self, codes, kinds):
        """Where runs of letters start, and the ids of each."""
        letters = np.concatenate([[False], kinds == LETTER, [False]])
        edges = np.flatnonzero(letters[1:] != letters[:-1])  # start, end, start, end ...
        starts, ends = edges[::2], edges[1::2]
        text = codes.tobytes().decode("utf-32-le", "surrogatepass")
        words = (text[i:j] for i, j in zip(starts.tolist(), ends.tolist()))
        return starts, [self.ids[word] for word in words]
