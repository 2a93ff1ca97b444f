"""The tokenizer of models with a SentencePiece vocabulary, such as mT5 and ALBERT."""

import os
from numbers import Integral

from b4k_text.base_tokenizer import TokenizerBase
from b4k_text.checks import as_tokens, check_text, shown
from b4k_text.spelling import sources_of, spelled

__all__ = ["BLANK", "SpTokenizer"]

BLANK = "\u2581"  # what a blank is in a piece


class SpTokenizer(TokenizerBase):
    """SentencePiece, https://arxiv.org/abs/1808.06226, with the methods of `Tokenizer`."""

    def __init__(
        self,
        sp_model_path,  # the `.model` file
        **kwargs,  # of TokenizerBase
    ):
        super().__init__(**kwargs)
        self.sp_model = _load(sp_model_path)
        self._vocab_size = self.sp_model.get_piece_size()
        for name, i in (("pad", self.sp_model.pad_id()), ("unk", self.sp_model.unk_id())):
            if i >= 0:
                setattr(self, f"_token_{name}", self.sp_model.id_to_piece(i))
        self._set_special_ids(self.sp_model.piece_to_id)

    def token_to_id(self, token):
        """The id of a token; that of the unknown token if the model lacks it."""
        return self._piece_id(token)

    def id_to_token(self, i):
        """The token of an id; nothing for ids beyond the model's, which embeddings may have."""
        if not isinstance(i, Integral) or i < 0:
            raise ValueError(f"expected an id of 0 or more, got {i!r}")
        return self.sp_model.id_to_piece(int(i)) if i < self._vocab_size else ""

    def decode(self, ids):
        """Readable text from ids."""
        tokens = self.ids_to_tokens(ids)
        return self.sp_model.decode_pieces([self._untranslated(token) for token in tokens])

    def rematch(self, text, tokens):
        """For each token, the indices of the characters of `text` that it stands for.

        Special tokens and blanks get none; characters that become one share a token, and a
        character that becomes several is in each. Raises ValueError for tokens that do not follow
        one another in `text`.
        """
        check_text(text, "rematch")
        normalized, offsets = self.sp_model.normalize(self._spelled(text), with_offsets=True)
        sources = self._sources(text)
        place, bytes_left, mapping = 0, 0, []
        for token in as_tokens(tokens, "rematch: tokens"):
            piece = self._untranslated(token)
            start, end = place, place
            if self.sp_model.is_byte(self._piece_id(piece)):  # of a character without a piece
                bytes_left = (bytes_left or _byte_length(normalized[place : place + 1])) - 1
                end, place = place + 1, place + (bytes_left == 0)
            elif not self._stands_for_nothing(token):
                start, end = _first_of(piece, token, normalized, place)
                if start < 0:
                    raise ValueError(
                        f"rematch: token {token!r} at index {len(mapping)} of tokens does not "
                        f"follow in {shown(normalized[place:])}"
                    )
                place = end
            origins = _origins(normalized, offsets, start, end)
            mapping.append([sources[i] for i in origins if sources[i] is not None])
        return mapping

    def _tokenize(self, text):
        """The tokens of a text, nothing put around them."""
        return self.sp_model.encode_as_pieces(self._spelled(text))

    def _spelled(self, text):
        """What the model is given of a text."""
        return spelled(text, self._pre_tokenize)

    def _sources(self, text):
        """For each character that the model is given, its index in the text; None for blanks."""
        return sources_of(self._spelled(text), text)

    def _piece_id(self, token):
        """The model's own id of a token."""
        return self.sp_model.piece_to_id(token)

    def _stands_for_nothing(self, token):
        """Whether no text is behind a token: what is put around, and the model's controls."""
        if token in (self._token_start, self._token_end):
            return True
        i = self._piece_id(token)
        return self.sp_model.is_control(i) or self.sp_model.is_unused(i)

    def _is_special(self, i):
        """Whether an id is a control, the unknown token, or unused."""
        i = int(i)
        kinds = (self.sp_model.is_control, self.sp_model.is_unknown, self.sp_model.is_unused)
        return any(is_kind(i) for is_kind in kinds)

    def _is_decodable(self, i):
        """Whether an id shows in decoded text."""
        return bool(i < self._vocab_size and not self._is_special(i))


def _load(path):
    """The SentencePiece model of a file."""
    from sentencepiece import SentencePieceProcessor

    path, model = os.fspath(path), SentencePieceProcessor()
    with open(path, "rb") as reader:  # raises OSError with the path
        proto = reader.read()
    try:
        model.LoadFromSerializedProto(proto)
        model.id_to_piece(model.unk_id())
    except (RuntimeError, IndexError):
        raise ValueError(f"{path}: expected a SentencePiece model, got {shown(proto)}") from None
    return model


def _byte_length(ch):
    """How many bytes a character has."""
    return len(ch.encode("utf-8")) or 1


def _first_of(piece, token, text, place):
    """Where the first of both starts and ends in a text from `place` on; (-1, ...) for neither."""
    start = text.find(piece, place)
    if token != piece:  # looked for no further than the piece, or long texts take for ever
        other = text.find(token, place, None if start < 0 else start + len(token))
        if start < 0 or 0 <= other < start:
            return other, other + len(token)
    return start, start + len(piece)


def _origins(normalized, offsets, start, end):
    """The indices, before normalization, of the characters that are no blanks of a piece."""
    found = {}  # ordered
    for k in range(start, min(end, len(normalized))):
        following = k + 1
        while following < len(offsets) - 1 and offsets[following] == offsets[k]:
            following += 1
        if normalized[k] != BLANK:
            found.update(dict.fromkeys(range(offsets[k], offsets[following])))
    return list(found)
