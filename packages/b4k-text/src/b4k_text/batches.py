"""Many texts encoded at once, by one process or by several."""

from collections.abc import Iterable
from functools import partial
from itertools import repeat
from numbers import Integral

import numpy as np

from b4k_text.checks import shown
from b4k_text.parallel import parallel_apply_generator

__all__ = ["as_pairs", "encode_pairs", "padded"]

CHUNK = 1 << 20  # characters that are encoded at a time, or a process gets
TEXT = 1 << 10  # how many more of them each text counts
PATIENCE = 2  # seconds until the progress bar shows


def as_pairs(first_texts, second_texts):
    """[(first text, second text or None), ...]; refuse unequal numbers."""
    firsts = _texts(first_texts, "first_texts")
    missing = repeat(None, len(firsts))
    seconds = list(missing) if second_texts is None else _texts(second_texts, "second_texts")
    if len(firsts) != len(seconds):
        raise ValueError(
            f"encode_batch: expected as many second_texts as first_texts, got {len(seconds)} "
            f"for {len(firsts)}"
        )
    return list(zip(firsts, seconds))


def _texts(texts, argument):
    """Texts as a list; refuse one alone, of which only letters would come."""
    if isinstance(texts, (str, bytes)) or not isinstance(texts, Iterable):
        raise TypeError(f"encode_batch: {argument} must be a list of texts, got {shown(texts)}")
    return list(texts)


def encode_pairs(tokenizer, pairs, options, workers, show_tqdm):
    """The lists of token ids and of segment ids of pairs; `options` are those of `encode`."""
    from tqdm import tqdm

    if workers < 1:
        raise ValueError(f"encode_batch: expected 1 worker or more, got workers={workers}")
    chunks = list(_chunks(pairs))
    encode = partial(_encode_chunk, tokenizer, options)
    silent = not show_tqdm or len(chunks) < 2
    bar = tqdm(total=len(pairs), desc="encode_batch", delay=PATIENCE, disable=silent)
    token_ids, segment_ids = [], []
    with bar:
        for more in _mapped(encode, chunks, min(workers, len(chunks))):
            token_ids += more[0]
            segment_ids += more[1]
            bar.update(len(more[0]))
    return token_ids, segment_ids


def _chunks(pairs):
    """(index of the first pair, pairs), of a thousand texts, or of fewer long ones."""
    start, size = 0, 0
    for end, pair in enumerate(pairs, 1):
        size += TEXT + sum(len(text) for text in pair if isinstance(text, str))
        if size >= CHUNK or end == len(pairs):
            yield start, pairs[start:end]
            start, size = end, 0


def _mapped(function, items, workers):
    """The results in order, by this process or by several."""
    if workers <= 1:
        return map(function, items)
    results = parallel_apply_generator(
        function, items, workers, max_queue_size=workers, random_seeds=False, unordered=False
    )
    return (result for _, result in results)


def _encode_chunk(tokenizer, options, chunk):
    """The columns of (index of the first pair, pairs); an error says which pair it was."""
    start, pairs = chunk
    columns = tokenizer._encode_together(pairs, **options)
    if columns is not None:
        return columns
    columns = [], []
    for i, (first_text, second_text) in enumerate(pairs, start):
        try:
            row = tokenizer.encode(first_text, second_text, **options)
        except (TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"encode_batch: at index {i}: {error}") from error
        for column, ids in zip(columns, row):
            column.append(ids)
    return columns


def padded(rows, value, padding):
    """Rows of ids as one array [rows, length]; refuse to cut one off, which `maxlen` does better."""
    longest = max(map(len, rows), default=0)
    length = longest if padding is True else padding
    if not isinstance(length, Integral) or length < 0:
        raise ValueError(f"encode_batch: expected padding True, False or a length, got {padding!r}")
    if longest > length:
        raise ValueError(
            f"encode_batch: padding={padding} is too short for a text of {longest} tokens; "
            f"maxlen={padding} shortens such texts"
        )
    array = np.full((len(rows), length), value, int)
    for output, ids in zip(array, rows):
        output[: len(ids)] = ids
    return array
