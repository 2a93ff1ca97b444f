"""Tokenizers and vocabulary files: the same tokens, ids and offsets as bert4keras."""

import os
import re
from itertools import chain

from b4k_text.base_tokenizer import TokenizerBase
from b4k_text.characters import (
    CJK_PUNCTUATION,
    is_cjk_character,
    is_control,
    is_punctuation,
    is_space,
)
from b4k_text.checks import as_tokens, check_text, check_token_dict, shown
from b4k_text.memo import Memo
from b4k_text.sp_tokenizer import SpTokenizer
from b4k_text.texts import is_mark, lowercase_and_decompose, lowercase_and_normalize
from b4k_text.vocabulary import is_redundant, load_vocab, save_vocab, stem
from b4k_text.whole_texts import WholeTexts

__all__ = ["SpTokenizer", "Tokenizer", "TokenizerBase", "load_vocab", "save_vocab"]

# What makes decoded tokens read like text, in this order.
_READABLE = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (" +", " "),
        ("' (re|m|s|t|ve|d|ll) ", r"'\1 "),
        (f"([{re.escape(CJK_PUNCTUATION + '+-/={(<[')}]) ", r"\1"),
        (r"(\d\.) (\d)", r"\1\2"),
    )
)


class Tokenizer(TokenizerBase):
    """BERT's own tokenizer: words and punctuation, then the longest known pieces of each word.

    https://arxiv.org/abs/1810.04805; pieces inside a word begin with "##". The vocabulary is
    taken as it is at construction; later changes to the dict are not looked for.
    """

    def __init__(
        self,
        token_dict,  # path of a vocabulary file, or a dict token -> id
        do_lower_case=False,  # True for uncased models: lower case, without accents
        word_maxlen=200,  # longer words are unknown as a whole
        **kwargs,  # of TokenizerBase
    ):
        super().__init__(**kwargs)
        if isinstance(token_dict, (str, os.PathLike)):
            token_dict = load_vocab(token_dict)
        check_token_dict(token_dict, "Tokenizer")
        self._do_lower_case = do_lower_case
        self._token_dict = token_dict
        self._token_dict_inv = {v: k for k, v in token_dict.items()}
        self._vocab_size = len(token_dict)
        self._word_maxlen = word_maxlen
        self._piece_maxlen = max(map(len, token_dict), default=0)
        self._spaced = Memo(self._space_out)  # code point -> what str.translate puts there
        self._pieces = Memo(self._split_word)  # word -> its tokens
        self._joined = Memo(self._join)  # token -> what decoded text shows of it
        self._normalized = Memo(self._normalize)  # character -> what of it can be in a token
        self._visible = Memo(self._show)  # token -> what of it can be in a text
        self._whole_texts = None  # made when `encode_batch` needs it, for the unknown id of then
        self._set_special_ids(token_dict.get)

    def token_to_id(self, token):
        """The id of a token; that of [UNK] if the vocabulary lacks it."""
        if token in self._token_dict:
            return self._token_dict[token]
        if not hasattr(self, "_token_unk_id"):
            raise ValueError(
                f"token {token!r} is not in the vocabulary of {self._vocab_size} tokens, "
                f"nor is {self._token_unk!r} to stand for it"
            )
        return self._token_unk_id

    def tokens_to_ids(self, tokens):
        """The ids of tokens."""
        if self._redefines(Tokenizer, "token_to_id"):
            return super().tokens_to_ids(tokens)
        ids = list(map(self._token_dict.get, tokens))
        if None not in ids:
            return ids
        return [self.token_to_id(t) if i is None else i for t, i in zip(tokens, ids)]

    def id_to_token(self, i):
        """The token of an id."""
        try:
            return self._token_dict_inv[i]
        except (KeyError, TypeError):
            raise ValueError(
                f"expected an id of the {self._vocab_size} tokens in the vocabulary, got {i!r}"
            ) from None

    def decode(self, ids, tokens=None):
        """Readable text from ids (or from `tokens`), without special tokens."""
        tokens = as_tokens(tokens, "decode: tokens") if tokens else self.ids_to_tokens(ids)
        text = ""
        for token in tokens:
            space, rest = self._joined[token]
            if space and text and self._is_cjk_character(text[-1]):
                space = ""
            text += space + rest
        for pattern, replacement in _READABLE:
            text = pattern.sub(replacement, text)
        return text.strip()

    def rematch(self, text, tokens):
        """For each token, the indices of the characters of `text` that it stands for.

        Special tokens get an empty list. With `do_lower_case` the indices count the characters
        of `text.lower()`. Raises ValueError for tokens that do not follow one another in `text`.
        """
        check_text(text, "rematch")
        text = text.lower() if self._do_lower_case else text
        pieces = list(map(self._normalized.__getitem__, text))
        origins = [i for i, piece in enumerate(pieces) for _ in piece]  # of each character
        normalized, offset, mapping = "".join(pieces), 0, []
        for token in as_tokens(tokens, "rematch: tokens"):
            visible = self._visible[token]
            if visible is None:
                mapping.append([])
                continue
            start = normalized.find(visible, offset)
            if start < 0:
                raise ValueError(
                    f"rematch: token {token!r} at index {len(mapping)} of tokens does not "
                    f"follow in {shown(normalized[offset:])}"
                )
            offset = start + len(visible)
            mapping.append(origins[start:offset])
        return mapping

    def _tokenize(self, text, pre_tokenize=True):
        """The tokens of a text, nothing put around them."""
        if self._do_lower_case:
            text = lowercase_and_normalize(text)
        if pre_tokenize and self._pre_tokenize is not None:
            parts = map(self._tokenize_piece, self._pre_tokenize(text))
        else:
            own = self._redefines(Tokenizer, "_word_piece_tokenize")
            split = self._word_piece_tokenize if own else self._pieces.__getitem__
            parts = map(split, text.translate(self._spaced).split())
        return list(chain.from_iterable(parts))

    def _tokenize_piece(self, piece):
        """The tokens of one piece that `pre_tokenize` gave; a known piece stays whole."""
        if piece in self._token_dict:
            return [piece]
        check_text(piece, "pre_tokenize")
        return self._tokenize(piece, pre_tokenize=False)

    def _word_piece_tokenize(self, word):
        """The longest known pieces of a word from left to right; if any is unknown, the word."""
        return list(self._pieces[word])

    def _split_word(self, word):
        """What `_word_piece_tokenize` remembers."""
        if word in self._token_dict or len(word) > self._word_maxlen:
            return [word]
        tokens, start, prefix = [], 0, ""
        while start < len(word):
            for end in range(min(len(word), start + self._piece_maxlen), start, -1):
                token = prefix + word[start:end]
                if token in self._token_dict:
                    break
            else:
                return [word]
            tokens.append(token)
            start, prefix = end, "##"
        return tokens

    def _space_out(self, code):
        """What `_tokenize` makes of a character before it splits at blanks."""
        ch = chr(code)
        if self._is_punctuation(ch) or self._is_cjk_character(ch):
            return f" {ch} "
        if self._is_space(ch):
            return " "
        return "" if self._is_ignored(ch) else ch

    def _takes_together(self, texts):
        own = self._redefines(Tokenizer, "_word_piece_tokenize")
        return self._pre_tokenize is None and not own and self._is_plain(Tokenizer, texts)

    def _ids_of_texts(self, texts):
        unknown = getattr(self, "_token_unk_id", None)
        if self._whole_texts is None or self._whole_texts[0] != unknown:
            made = WholeTexts(self._decompose, self._space_out_unmarked, self._ids_of_word)
            self._whole_texts = unknown, made
        return self._whole_texts[1](texts)

    def _decompose(self, text):
        """What `_tokenize` makes of a text first, but with the accents that it drops."""
        return lowercase_and_decompose(text) if self._do_lower_case else text

    def _space_out_unmarked(self, code):
        """`_space_out`, and those accents dropped."""
        dropped = self._do_lower_case and is_mark(chr(code))
        return "" if dropped else self._space_out(code)

    def _ids_of_word(self, word):
        """The ids of the tokens of a word."""
        return tuple(self.tokens_to_ids(self._pieces[word]))

    def __getstate__(self):
        return dict(self.__dict__, _whole_texts=None)  # large, and soon made again

    def _show(self, token):
        """What `rematch` looks for in the text; None if a token stands for no text."""
        return None if self._is_special(token) else self.stem(token)

    def _join(self, token):
        """What decoded text shows of a token: the space before it, if any, and the rest."""
        if self._is_special(token):
            return "", ""
        if token[:2] == "##":
            return "", token[2:]
        if len(token) == 1 and self._is_cjk_character(token):
            return "", token
        if len(token) == 1 and self._is_punctuation(token):
            return "", token + " "
        return " ", token

    def _normalize(self, ch):
        """What is left of a character in tokens: one character, several, or none."""
        if self._do_lower_case:
            ch = lowercase_and_normalize(ch)
        return "".join(c for c in ch if not self._is_ignored(c))

    def _is_ignored(self, ch):
        """Whether a character leaves no trace: NUL, the replacement character, control."""
        return ch in ("\x00", "\ufffd") or self._is_control(ch)

    # The character classes are methods so that a subclass can draw the lines elsewhere.
    _is_space = staticmethod(is_space)
    _is_punctuation = staticmethod(is_punctuation)
    _is_cjk_character = staticmethod(is_cjk_character)
    _is_control = staticmethod(is_control)
    _is_redundant = staticmethod(is_redundant)
    stem = staticmethod(stem)

    @staticmethod
    def _cjk_punctuation():
        """The punctuation that decoded text has no space after, as one string."""
        return CJK_PUNCTUATION

    @staticmethod
    def _is_special(token):
        """Whether a token stands for no text, like [CLS]."""
        return token[:1] == "[" and token[-1:] == "]"
