"""What tokenizers share once they can cut a text into tokens."""

from collections.abc import Iterable
from numbers import Integral

from b4k_text.batches import as_pairs, encode_pairs, padded
from b4k_text.checks import as_tokens, check_maxlen, check_text, shown
from b4k_text.sequences import truncate_sequences

__all__ = ["TokenizerBase"]

ENCODING = ("encode", "tokenize", "_tokenize", "tokens_to_ids", "token_to_id")  # what ids depend on


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
        tokens = self._tokenize(text)
        if self._token_translate:
            tokens = [self._token_translate.get(token) or token for token in tokens]
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
        rows = self._fitted(first_tokens, second_tokens, merged, maxlen, truncate_from)
        first_ids, second_ids = map(self.tokens_to_ids, rows)
        return first_ids + second_ids, [0] * len(first_ids) + [1] * len(second_ids)

    def encode_batch(
        self,
        first_texts,  # texts, or lists of tokens that are taken as they are
        second_texts=None,  # as many of them, for pairs
        maxlen=None,
        pattern="S*E*E",
        truncate_from="right",
        padding=False,  # True for the length of the longest, or a number for that length
        workers=1,  # processes that share the work, for many thousand texts
        show_tqdm=True,  # a progress bar, if it takes longer than two seconds
    ):
        """What `encode` gives for each text: the lists of token ids, and those of segment ids.

        With `padding` two arrays [texts, length], filled up with the id of the padding token, and
        with segment 0. An error says at which text it was.
        """
        options = {"maxlen": maxlen, "pattern": pattern, "truncate_from": truncate_from}
        pairs = as_pairs(first_texts, second_texts)
        columns = encode_pairs(self, pairs, options, workers, show_tqdm)
        if padding is False:
            return columns
        values = (getattr(self, "_token_pad_id", 0), 0)
        return tuple(padded(*column, padding) for column in zip(columns, values))

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

    def _fitted(self, first, second, merged, maxlen, truncate_from):
        """Two lists of tokens or ids, cut to `maxlen`; if merged, without the second's start."""
        if maxlen is not None:
            check_maxlen(maxlen)
            truncate_sequences(
                maxlen + merged, self._truncation_index(truncate_from), first, second
            )
        return first, second[1:] if merged and self._token_start else second

    def _encode_together(self, pairs, maxlen, pattern, truncate_from):
        """The columns of many pairs of texts; None if they must be encoded one by one, or fail."""
        texts = [text for pair in pairs for text in (pair[:1] if pair[1] is None else pair)]
        if truncate_from not in ("right", "left") or not self._takes_together(texts):
            return None
        try:
            ids, token_ids, segment_ids = iter(self._ended_ids(texts)), [], []
            for _, second_text in pairs:
                first, second = next(ids), [] if second_text is None else next(ids)
                merged = second_text is not None and pattern == "S*E*E"
                fits = maxlen is None or len(first) + len(second) <= maxlen + merged
                limit = None if fits else maxlen
                first, second = self._fitted(first, second, merged, limit, truncate_from)
                token_ids.append(first + second)
                segment_ids.append([0] * len(first) + [1] * len(second))
        except (TypeError, ValueError):  # `encode` says of which text it is
            return None
        return token_ids, segment_ids

    def _takes_together(self, texts):
        """Whether `_ids_of_texts` does with these texts what `encode` does with each."""
        return False

    def _ended_ids(self, texts):
        """The ids of each text, between the start and the end token."""
        start, end = (
            [] if token is None else [self.token_to_id(token)]
            for token in (self._token_start, self._token_end)
        )
        return [[*start, *ids, *end] for ids in self._ids_of_texts(texts)]

    def _ids_of_texts(self, texts):
        """The ids of each text, nothing put around them."""
        raise NotImplementedError(f"{type(self).__name__} has no _ids_of_texts")

    def _redefines(self, own, *names):
        """Whether a subclass of `own` has its own method of one of the names, which no memory may bypass."""
        return any(getattr(type(self), name) is not getattr(own, name) for name in names)

    def _is_plain(self, own, texts):
        """Whether the texts are texts, and their ids those of the methods of `own`."""
        plain = not self._token_translate and not self._redefines(own, *ENCODING)
        return plain and all(type(text) is str for text in texts)

    def _set_special_ids(self, id_of, **tokens):
        """Keep the ids of the special tokens that there are; `tokens` renames some, as `pad=`."""
        for name in ("pad", "unk", "mask", "start", "end"):
            token = tokens.get(name, getattr(self, f"_token_{name}"))
            i = None if token is None else id_of(token)
            setattr(self, f"_token_{name}", token)
            if i is not None:
                setattr(self, f"_token_{name}_id", i)

    def _tokens_of(self, text, argument):
        """The tokens of a text, or a copy of those given in its place."""
        if isinstance(text, str):
            return self.tokenize(text)
        return as_tokens(text, f"encode: {argument}")

    def _untranslated(self, token):
        """The vocabulary's own token for one of `token_translate`."""
        return self._token_translate_inv.get(token) or token

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
