"""What is asked of `generate`, checked, and as arrays."""

import numbers

import numpy as np
from b4k_layers import PositionEmbedding

from .generative import check_generates
from .masks import UniLM_Mask

__all__ = ["Request"]

LEAST = 16  # tokens that there is room for


class Request:
    """The arguments of `generate`, which says what they are."""

    def __init__(
        self,
        model,
        prompts,
        max_new_tokens,
        end_id=None,
        n=None,
        topk=None,
        topp=None,
        min_p=None,
        temperature=None,
        seed=None,
        beams=None,
        length_penalty=0,
        repetition_penalty=1,
        no_repeat_ngram=None,
        segments=None,
        new_segment=None,
        start_id=None,
    ):
        check_generates(model)
        self.model = model
        self.max_new_tokens = _whole("max_new_tokens", max_new_tokens)
        self.prompts = self._ids("prompts", prompts, model.vocab_size)
        self.ends = _ends(end_id, model.vocab_size)
        self.n = None if n is None else _whole("n", n)
        self.beams = None if beams is None else _whole("beams", beams)
        self.topk = None if topk is None else _whole("topk", topk, model.vocab_size)
        self.topp, self.min_p, self.temperature, self.seed = topp, min_p, temperature, seed
        self.length_penalty, self.repetition_penalty = length_penalty, repetition_penalty
        self.no_repeat_ngram = no_repeat_ngram
        self.segments, self.new_segment = self._segments(segments), new_segment
        self.start_id = self._start(start_id)
        self._check_numbers()
        self._check_choice()
        self._check_room()

    # --- checks

    def _ids(self, name, rows, limit):
        """Rows of ids as a list of arrays, each with something in it and in the table."""
        if isinstance(rows, np.ndarray):
            rows = [
                _without_padding(row, self.model.pad_token_id) for row in _as_matrix(name, rows)
            ]
        if not isinstance(rows, (list, tuple)) or not len(rows):
            raise ValueError(
                "%s: expected a list of lists of ids, or an array [batch, length], got %r"
                % (name, rows)
            )
        return [_as_ids("%s[%d]" % (name, i), row, limit) for i, row in enumerate(rows)]

    def _segments(self, segments):
        """Segment ids like the prompts; zeros by default."""
        size = self._segment_ids()
        lengths = [len(prompt) for prompt in self.prompts]
        if segments is None:
            return [np.zeros(length, "int32") for length in lengths]
        if not size:
            raise ValueError("segments were given, and %s has none" % type(self.model).__name__)
        if isinstance(segments, np.ndarray):
            segments = [row[:length] for row, length in zip(segments, lengths)]
        segments = self._ids("segments", segments, size)
        if [len(row) for row in segments] != lengths:
            raise ValueError(
                "segments have the lengths %s and prompts %s: expected the same"
                % ([len(row) for row in segments], lengths)
            )
        return segments

    def _start(self, start_id):
        """What a decoder begins with, 0 by default."""
        if start_id is None:
            return 0
        if not hasattr(self.model, "decoder"):
            name = type(self.model).__name__
            raise ValueError("start_id=%r was given, and %s begins with prompts" % (start_id, name))
        return int(_as_ids("start_id", [start_id], self.model.vocab_size)[0])

    def _check_numbers(self):
        for name, wanted, holds in (
            ("topp", "more than 0 and at most 1", lambda x: 0 < x <= 1),
            ("min_p", "0 to 1", lambda x: 0 <= x <= 1),
            ("temperature", "more than 0", lambda x: 0 < x < float("inf")),
            ("seed", "an int of 0 or more", lambda x: _is_whole(x) and x >= 0),
            ("length_penalty", "a number", lambda x: abs(x) < float("inf")),
            ("repetition_penalty", "a number above 0", lambda x: 0 < x < float("inf")),
            ("no_repeat_ngram", "an int of 1 or more", lambda x: _is_whole(x) and x >= 1),
            ("new_segment", self._new_segments_there(), self._is_new_segment),
        ):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, numbers.Real) and holds(value)):
                raise ValueError("%s: expected %s, got %r" % (name, wanted, value))

    def _segment_ids(self):
        """How many segment ids there are: GPT's may be those of tokens."""
        if getattr(self.model, "shared_segment_embeddings", False):
            return self.model.vocab_size
        return getattr(self.model, "segment_vocab_size", 0)

    def _new_segments_there(self):
        return "%d to %d" % (isinstance(self.model, UniLM_Mask), self._segment_ids() - 1)

    def _is_new_segment(self, segment):
        first = 1 if isinstance(self.model, UniLM_Mask) else 0
        return _is_whole(segment) and first <= segment < self._segment_ids()

    def _check_choice(self):
        """Refuse beams with what is drawn, and with fewer of them than asked for."""
        names = ("topk", "topp", "min_p", "temperature", "seed")
        drawing = [name for name in names if getattr(self, name) is not None]
        if self.beams and drawing:
            raise ValueError("beams=%d draws nothing and got %s" % (self.beams, drawing))
        if self.beams and (self.n or 1) > self.beams:
            raise ValueError("beams=%d can't give n=%d outputs" % (self.beams, self.n))
        self.draws = not self.beams and bool(drawing or self.n)
        self.has = tuple(x for x in ("topp", "min_p") if getattr(self, x) is not None)

    def _check_room(self):
        """Refuse what is longer than the table of positions."""
        needed = self.positions + self.max_new_tokens  # T5 has no table
        for layer in self.model.layers.values():
            if isinstance(layer, PositionEmbedding):
                if needed > layer.max_length:
                    raise ValueError(
                        "a prompt of %d tokens and max_new_tokens=%d need %d positions, and %s knows %d"
                        % (
                            self.positions,
                            self.max_new_tokens,
                            needed,
                            layer.name,
                            layer.max_length,
                        )
                    )

    # --- arrays

    @property
    def positions(self):
        """How long the longest prompt is."""
        return max(len(prompt) for prompt in self.prompts)

    @staticmethod
    def bucket(length):
        """The least length in use that is not below this one: four for each power of two, from 16 on."""
        step = max(LEAST, 2 ** ((length - 1).bit_length() - 3))
        return -(-length // step) * step

    @property
    def width(self):
        """Columns for the prompts."""
        return self.bucket(self.positions)

    def arrays(self):
        """What a first pass wants: prompts that end together, each behind padding, [batch, width]."""
        pads = np.array([self.width - len(prompt) for prompt in self.prompts], "int32")
        return {
            "tokens": _padded(self.prompts, self.width, pads),
            "segments": _padded(self.segments, self.width, pads),
            "pads": pads,
        }

    def tokens_in_front(self):
        """The prompts with padding behind, [batch, width]."""
        return _padded(self.prompts, self.width, [0] * len(self.prompts))

    def last_segments(self):
        """The segment of each prompt's last token, [batch, 1]."""
        return np.array([segments[-1] for segments in self.segments], "int32")[:, None]

    def new_segments(self):
        """The segment of each prompt's new tokens, [batch, 1]."""
        default = 1 if isinstance(self.model, UniLM_Mask) else None
        new = default if self.new_segment is None else self.new_segment
        last = self.last_segments()
        return last if new is None else np.full_like(last, new)

    def unsaid(self):
        """How many tokens of each prompt are no part of the text that goes on: UniLM's segment 0, [batch]."""
        is_source = isinstance(self.model, UniLM_Mask)
        return np.array([is_source * np.sum(row == 0) for row in self.segments], "int32")

    def uniform(self, rows):
        """Numbers of [0, 1), float32 [rows, max_new_tokens, rounded up]; a row's don't depend on other rows."""
        random = np.random.default_rng(self.seed)
        numbers = random.random((rows, self.max_new_tokens), dtype="float32")
        return np.pad(
            numbers, [(0, 0), (0, self.bucket(self.max_new_tokens) - self.max_new_tokens)]
        )

    def numbers(self):
        """What drawing goes by."""
        numbers = {name: np.float32(getattr(self, name)) for name in self.has}
        numbers["temperature"] = np.float32(1 if self.temperature is None else self.temperature)
        return numbers

    def until_end(self, ids):
        """The ids up to the first end, that included."""
        places = np.flatnonzero(np.isin(ids, self.ends))
        return ids[: places[0] + 1] if len(places) else ids


def _is_whole(value):
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _whole(name, value, most=None):
    """`value` if it is an int of 1 or more, and at most the vocabulary's size if that is given."""
    if not _is_whole(value) or value < 1 or value > (most or value):
        wanted = "an int of 1 or more" if most is None else "an int from 1 to %d" % most
        raise ValueError("%s: expected %s, got %r" % (name, wanted, value))
    return int(value)


def _ends(end_id, vocab_size):
    """One id, several or None -> a list of ids."""
    ends = [] if end_id is None else [end_id] if _is_whole(end_id) else list(end_id)
    for end in ends:
        if not _is_whole(end) or not 0 <= end < vocab_size:
            raise ValueError("end_id: expected ids from 0 to %d, got %r" % (vocab_size - 1, end_id))
    return [int(end) for end in ends]


def _as_matrix(name, rows):
    if rows.ndim != 2:
        raise ValueError("%s: expected an array [batch, length], got shape %s" % (name, rows.shape))
    return rows


def _without_padding(row, pad_token_id):
    """A row of an array without the padding behind; one of padding only keeps a token."""
    if pad_token_id is None:
        return row
    count = np.flatnonzero(row != pad_token_id)
    return row[: count[-1] + 1 if len(count) else 1]


def _as_ids(name, row, limit):
    """A row of whole numbers in [0, limit) as int32."""
    ids = np.asarray(row)
    if ids.ndim != 1 or not ids.size:
        raise ValueError("%s: expected ids, got %r" % (name, row))
    if ids.dtype.kind not in "iuf" or (ids != np.floor(ids)).any():
        raise ValueError("%s: expected whole numbers, got %r" % (name, row))
    if ids.min() < 0 or ids.max() >= limit:
        raise ValueError("%s: expected ids from 0 to %d, got %r" % (name, limit - 1, row))
    return ids.astype("int32")


def _padded(rows, width, begins):
    """Rows with zeros around them, int32 [batch, width]; begins: where each begins."""
    padded = np.zeros((len(rows), width), "int32")
    for row, place, begin in zip(rows, padded, begins):
        place[begin : begin + len(row)] = row
    return padded
