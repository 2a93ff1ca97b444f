"""SentencePiece tokenizers with rules of their own: which text their model is given, or which ids its pieces have."""

import re
import unicodedata
from numbers import Integral

from b4k_text.sp_tokenizer import BLANK, SpTokenizer

__all__ = ["AlbertTokenizer", "XLMRobertaTokenizer"]

_UNITS = re.compile(r"``|''|\s+|.", re.DOTALL)
_QUOTES = ("``", "''")  # which become one sign
_FAIRSEQ = ("<s>", "<pad>", "</s>", "<unk>")  # the first ids


class AlbertTokenizer(SpTokenizer):
    """ALBERT's, https://arxiv.org/abs/1909.11942: its texts are normalized, commas stand apart from digits.

    Special tokens written in a text are letters to it, as they are to all of SpTokenizer.
    """

    def __init__(
        self,
        sp_model_path,  # the `.model` file
        do_lower_case=True,
        remove_space=True,  # blanks become one space, none at the ends
        keep_accents=False,  # or else letters are those of NFKD, their accents dropped
        **kwargs,  # of TokenizerBase
    ):
        super().__init__(sp_model_path, **kwargs)
        self._do_lower_case = do_lower_case
        self._remove_space = remove_space
        self._keep_accents = keep_accents

    def _tokenize(self, text):
        pieces = super()._tokenize(text)
        return [part for piece in pieces for part in self._without_comma(piece)]

    def _without_comma(self, piece):
        """The pieces of one that ends with a digit and a comma, that by itself; others stay whole."""
        if not (piece.endswith(",") and piece[-2:-1].isdigit()):
            return [piece]
        number = self.sp_model.encode_as_pieces(piece[:-1].replace(BLANK, ""))
        if not piece.startswith(BLANK) and number[0].startswith(BLANK):  # put there by the model
            number[0] = number[0][1:]
        return [*filter(None, number), ","]

    def _spelled(self, text):
        spelling = "".join(unit for unit, _ in self._units(super()._spelled(text)))
        return spelling.lower() if self._do_lower_case else spelling  # a sigma looks at the next

    def _sources(self, text):
        sources = super()._sources(text) if self._pre_tokenize else range(len(text))
        found = []
        for unit, i in self._units(super()._spelled(text)):
            length = len(unit.lower()) if self._do_lower_case else len(unit)
            found += [None if i is None else sources[i]] * length
        return found

    def _units(self, text):
        """What is left of each character of a text, and its index; None for blanks."""
        for match in _UNITS.finditer(text):
            unit, i = match.group(), match.start()
            if unit in _QUOTES:
                yield '"', i
            elif not unit.isspace():
                yield self._letters(unit), i
            elif not self._remove_space:
                yield unit, None
            elif 0 < i and match.end() < len(text):
                yield " ", None

    def _letters(self, ch):
        """What is left of a character."""
        ch = ch.lower() if self._do_lower_case else ch
        if self._keep_accents:
            return ch
        return "".join(c for c in unicodedata.normalize("NFKD", ch) if not unicodedata.combining(c))


class XLMRobertaTokenizer(SpTokenizer):
    """XLM-RoBERTa's, https://arxiv.org/abs/1911.02116: fairseq's four ids come first, a mask last."""

    def __init__(
        self,
        sp_model_path,  # the `.model` file
        **kwargs,  # of TokenizerBase
    ):
        super().__init__(sp_model_path, **kwargs)
        if self.sp_model.unk_id() != 0:
            raise ValueError(
                f"{sp_model_path}: expected a model of XLM-RoBERTa, whose unknown piece has id 0, "
                f"got {self.sp_model.unk_id()}"
            )
        self._vocab_size = self.sp_model.get_piece_size() + 2
        self._set_special_ids(self.token_to_id, pad="<pad>", unk="<unk>", mask="<mask>")

    def token_to_id(self, token):
        """The id of a token; that of the unknown token if there is no such token."""
        if token in _FAIRSEQ:
            return _FAIRSEQ.index(token)
        if token == "<mask>":
            return self._vocab_size - 1
        i = self._piece_id(token)
        return i + 1 if i else _FAIRSEQ.index("<unk>")

    def id_to_token(self, i):
        """The token of an id; nothing for ids beyond the last."""
        known = isinstance(i, Integral) and 0 <= i < self._vocab_size
        if known and i < len(_FAIRSEQ):
            return _FAIRSEQ[i]
        if known and i == self._vocab_size - 1:
            return "<mask>"
        return super().id_to_token(i - 1 if known else i)

    def decode(self, ids):
        """Readable text from ids."""
        tokens = [self._untranslated(token) for token in self.ids_to_tokens(ids)]
        return self.sp_model.decode_pieces([t for t in tokens if t not in ("<pad>", "<mask>")])

    def _is_special(self, i):
        added = i < len(_FAIRSEQ) or i == self._vocab_size - 1
        return added or super()._is_special(i - 1)
