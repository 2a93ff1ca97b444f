"""Tokenizers and vocabulary files of BERT: the same tokens, ids and offsets as bert4keras."""

import os
import re
from collections.abc import Iterable
from itertools import chain
from numbers import Integral

from b4k_text.characters import (
    CJK_PUNCTUATION,
    is_cjk_character,
    is_control,
    is_punctuation,
    is_space,
)
from b4k_text.checks import as_tokens, check_maxlen, check_text, check_token_dict, shown
from b4k_text.memo import Memo
from b4k_text.sequences import truncate_sequences
from b4k_text.texts import lowercase_and_normalize
from b4k_text.vocabulary import is_redundant, load_vocab, save_vocab, stem

__all__ = ["Tokenizer", "TokenizerBase", "load_vocab", "save_vocab"]

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


class TokenizerBase:
    """What every tokenizer does once a text can be cut into tokens and tokens have ids."""

    def __init__(
        self,
        token_start="[CLS]",  # put before every text; None for nothing
        token_end="[SEP]",  # put after every text; None for nothing
        pre_tokenize=None,  # function text -> pieces, cuts the text up beforehand
        token_translate=None,  # dict token -> token to use in its place
    ):
        self._token_pad = "[PAD]"
        self._token_unk = "[UNK]"
        self._token_mask = "[MASK]"
        self._token_start = token_start
        self._token_end = token_end
        self._pre_tokenize = pre_tokenize
        self._token_translate = token_translate or {}
        self._token_translate_inv = {v: k for k, v in self._token_translate.items()}

    def tokenize(self, text, maxlen=None):
        """The tokens of a text between the start and the end token, `maxlen` of them at most."""
        check_text(text, "tokenize")
        tokens = [self._token_translate.get(token) or token for token in self._tokenize(text)]
        if self._token_start is not None:
            tokens.insert(0, self._token_start)
        if self._token_end is not None:
            tokens.append(self._token_end)
        if maxlen is not None:
            truncate_sequences(maxlen, self._truncation_index("right"), tokens)
        return tokens

    def encode(
        self,
        first_text,  # a text, or a list of tokens that is taken as it is
        second_text=None,
        maxlen=None,  # of both together
        pattern="S*E*E",  # anything else, such as "S*ES*E", keeps the second start token
        truncate_from="right",  # "right", "left", or the index at which tokens are removed
    ):
        """The token ids and the segment ids (0 first, 1 second) of a text or a pair of texts."""
        first_tokens = self._tokens_of(first_text, "first_text")
        second_tokens = [] if second_text is None else self._tokens_of(second_text, "second_text")
        merged = second_text is not None and pattern == "S*E*E" and self._is_led(second_tokens)
        if maxlen is not None:
            check_maxlen(maxlen)
            index = self._truncation_index(truncate_from)
            truncate_sequences(maxlen + merged, index, first_tokens, second_tokens)
        if merged and self._token_start:
            second_tokens = second_tokens[1:]
        first_ids = self.tokens_to_ids(first_tokens)
        second_ids = self.tokens_to_ids(second_tokens)
        return first_ids + second_ids, [0] * len(first_ids) + [1] * len(second_ids)

    def token_to_id(self, token):
        """The id of a token."""
        raise NotImplementedError(f"{type(self).__name__} has no token_to_id")

    def tokens_to_ids(self, tokens):
        """The ids of tokens."""
        return [self.token_to_id(token) for token in tokens]

    def id_to_token(self, i):
        """The token of an id."""
        raise NotImplementedError(f"{type(self).__name__} has no id_to_token")

    def ids_to_tokens(self, ids):
        """The tokens of ids."""
        if not isinstance(ids, Iterable):
            raise TypeError(f"expected a list of ids, got {shown(ids)}")
        return [self.id_to_token(i) for i in ids]

    def decode(self, ids):
        """Readable text."""
        raise NotImplementedError(f"{type(self).__name__} has no decode")

    def _tokenize(self, text):
        """The tokens of a text, nothing put around them."""
        raise NotImplementedError(f"{type(self).__name__} has no _tokenize")

    def _tokens_of(self, text, argument):
        """The tokens of a text, or a copy of those given in its place."""
        if isinstance(text, str):
            return self.tokenize(text)
        return as_tokens(text, f"encode: {argument}")

    def _is_led(self, tokens):
        """Whether tokens begin with the start token, or there is none to begin with."""
        return not self._token_start or tokens[:1] == [self._token_start]

    def _truncation_index(self, truncate_from):
        """Where tokens are removed, so that the start and the end token stay."""
        named = {
            "right": -1 - int(self._token_end is not None),
            "left": int(self._token_start is not None),
        }
        if isinstance(truncate_from, (Integral, list, tuple)):
            return truncate_from
        if truncate_from not in named:
            raise ValueError(
                f"truncate_from: expected 'right', 'left' or an index, got {truncate_from!r}"
            )
        return named[truncate_from]


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
        for name in ("pad", "unk", "mask", "start", "end"):
            token = getattr(self, f"_token_{name}")
            if token in token_dict:
                setattr(self, f"_token_{name}_id", token_dict[token])

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
            parts = map(self._word_piece_tokenize, text.translate(self._spaced).split())
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
