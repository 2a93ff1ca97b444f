"""Tokenizers of Hugging Face's library `tokenizers`, with the methods of bert4keras's."""

import json
import os
from numbers import Integral

from b4k_text.base_tokenizer import TokenizerBase
from b4k_text.checks import as_tokens, check_text, shown
from b4k_text.spelling import sources_of, spelled

__all__ = ["HuggingFaceTokenizer"]

_FROM_FILE = object()  # a start or end token that is not given


class HuggingFaceTokenizer(TokenizerBase):
    """A `tokenizer.json`, or any `tokenizers.Tokenizer`; needs `pip install b4k-text[tokenizers]`.

    https://huggingface.co/docs/tokenizers; unlike in `Tokenizer`, special tokens written in a
    text are themselves. The start and the end token are those that the file puts around a text.
    """

    def __init__(
        self,
        tokenizer,  # path of a tokenizer.json, or a `tokenizers.Tokenizer`
        token_start=_FROM_FILE,  # put before every text; None for nothing
        token_end=_FROM_FILE,  # put after every text; None for nothing
        special_tokens=None,  # dict "pad", "unk", "mask" -> the token
        **kwargs,  # of TokenizerBase
    ):
        self.tokenizer = _load(tokenizer)
        if _FROM_FILE in (token_start, token_end):
            start, end = _ends(self.tokenizer)
            token_start = start if token_start is _FROM_FILE else token_start
            token_end = end if token_end is _FROM_FILE else token_end
        super().__init__(token_start=token_start, token_end=token_end, **kwargs)
        self._vocab_size = self.tokenizer.get_vocab_size()
        self._set_special_ids(self.tokenizer.token_to_id, **special_tokens or {})

    def token_to_id(self, token):
        """The id of a token; that of the unknown token if the vocabulary lacks it."""
        i = self.tokenizer.token_to_id(token)
        if i is None and not hasattr(self, "_token_unk_id"):
            raise ValueError(
                f"token {token!r} is not in the vocabulary of {self._vocab_size} tokens, "
                f"nor is {self._token_unk!r} to stand for it"
            )
        return self._token_unk_id if i is None else i

    def id_to_token(self, i):
        """The token of an id."""
        possible = isinstance(i, Integral) and 0 <= i < 1 << 31
        token = self.tokenizer.id_to_token(int(i)) if possible else None
        if token is None:
            raise ValueError(
                f"expected an id of the {self._vocab_size} tokens in the vocabulary, got {i!r}"
            )
        return token

    def decode(self, ids):
        """Readable text from ids, without special tokens."""
        tokens = [self._untranslated(token) for token in self.ids_to_tokens(ids)]
        return self.tokenizer.decode(self.tokens_to_ids(tokens))

    def rematch(self, text, tokens):
        """For each token, the indices of the characters of `text` that it stands for.

        The start token, the end token and blanks get none. Raises ValueError for tokens that do
        not follow one another in `text`.
        """
        check_text(text, "rematch")
        spelling = spelled(text, self._pre_tokenize)
        encoded = self._encoded(spelling)
        there, offsets, sources = encoded.tokens, encoded.offsets, sources_of(spelling, text)
        place, mapping = 0, []
        for token in as_tokens(tokens, "rematch: tokens"):
            if token in (self._token_start, self._token_end):
                mapping.append([])
                continue
            names = (self._untranslated(token), token)
            found = next((k for k in range(place, len(there)) if there[k] in names), None)
            if found is None:
                raise ValueError(
                    f"rematch: token {token!r} at index {len(mapping)} of tokens does not follow "
                    f"in {shown(there[place:])}"
                )
            place = found + 1
            indices = [sources[i] for i in range(*offsets[found])]
            mapping.append([i for i in indices if i is not None])
        return mapping

    def _tokenize(self, text):
        """The tokens of a text, nothing put around them."""
        return self._encoded(spelled(text, self._pre_tokenize)).tokens

    def _takes_together(self, texts):
        return self._is_plain(HuggingFaceTokenizer, texts)

    def _ids_of_texts(self, texts):
        """By all processors; without offsets where the library knows how."""
        encode = getattr(self.tokenizer, "encode_batch_fast", self.tokenizer.encode_batch)
        for text in texts:
            check_text(text, "encode_batch")  # before 0.14 the library takes lone surrogates
        spellings = [spelled(text, self._pre_tokenize) for text in texts]
        return [found.ids for found in encode(spellings, add_special_tokens=False)]

    def _encoded(self, spelling):
        """What the library makes of a text."""
        return self.tokenizer.encode(spelling, add_special_tokens=False)


def _load(tokenizer):
    """A tokenizer of the library, of our own: it neither truncates nor pads."""
    tokenizers = library(tokenizer)
    if isinstance(tokenizer, (str, os.PathLike)):
        with open(tokenizer, "rb") as reader:  # raises OSError with the path
            text = reader.read()
    elif hasattr(tokenizer, "to_str"):
        text = tokenizer.to_str()
    else:
        raise TypeError(
            "HuggingFaceTokenizer: expected the path of a tokenizer.json or a tokenizers.Tokenizer, "
            f"got {shown(tokenizer)}"
        )
    try:
        loaded = tokenizers.Tokenizer.from_str(_with_plain_merges(text))
    except Exception as error:  # the library has no class of its own
        raise ValueError(
            f"{tokenizer}: expected a tokenizer.json that tokenizers {tokenizers.__version__} "
            f"knows, got: {error}"
        ) from None
    loaded.no_truncation()
    loaded.no_padding()
    return loaded


def _with_plain_merges(text):
    """A tokenizer.json with merges written "a b" for ["a", "b"], as older releases want them."""
    content = json.loads(text)
    merges = content["model"].get("merges") or []
    if all(isinstance(pair, list) and not any(" " in piece for piece in pair) for pair in merges):
        content["model"]["merges"] = [" ".join(pair) for pair in merges]
    return json.dumps(content)


def library(wanted):
    """The package `tokenizers`, or an error that says what wants it."""
    try:
        import tokenizers
    except ImportError:
        raise ImportError(
            f"{wanted} needs the package tokenizers: pip install b4k-text[tokenizers]"
        ) from None
    return tokenizers


def _ends(tokenizer):
    """The tokens that a tokenizer puts before and after a text, None for nothing."""
    encoded = tokenizer.encode("a")
    added = encoded.special_tokens_mask
    first = added.index(0) if 0 in added else 0
    last = len(added) - added[::-1].index(0) if 0 in added else 0
    ends = encoded.tokens[:first], encoded.tokens[last:]
    if max(map(len, ends)) > 1:
        raise ValueError(
            "HuggingFaceTokenizer: expected one token before a text and one after it at most, got "
            f"{ends[0]} and {ends[1]}: give token_start and token_end"
        )
    return tuple(tokens[0] if tokens else None for tokens in ends)
