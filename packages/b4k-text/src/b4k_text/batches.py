"""Many texts encoded at once, by one process or by several."""

from collections.abc import Iterable
from functools import partial
from itertools import repeat
from numbers import Integral

import numpy as np

from b4k_text.checks import shown
from b4k_text.parallel import parallel_apply_generator
from b4k_text.sequences import sequence_padding

__all__ = ["as_pairs", "encode_pairs", "padded"]

CHUNK = 1000  # texts that a process gets at a time
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
    """[(token ids, segment ids), ...] of the pairs; `options` are those of `encode`."""
    from tqdm import tqdm

    if workers < 1:
        raise ValueError(f"encode_batch: expected 1 worker or more, got workers={workers}")
    chunks = [(start, pairs[start : start + CHUNK]) for start in range(0, len(pairs), CHUNK)]
    encode = partial(_encode_chunk, tokenizer, options)
    bar = tqdm(total=len(pairs), desc="encode_batch", delay=PATIENCE, disable=not show_tqdm)
    with bar:
        rows = []
        for found in _mapped(encode, chunks, min(workers, len(chunks))):
            rows += found
            bar.update(len(found))
    return rows


def _mapped(function, items, workers):
    """The results in order, by this process or by several."""
    if workers <= 1:
        return map(function, items)
    results = parallel_apply_generator(
        function, items, workers, max_queue_size=workers, random_seeds=False, unordered=False
    )
    return (result for _, result in results)


def _encode_chunk(tokenizer, options, chunk):
    """The rows of (index of the first pair, pairs); an error says which pair it was."""
    start, pairs = chunk
    rows = []
    for first_text, second_text in pairs:
        try:
            rows.append(tokenizer.encode(first_text, second_text, **options))
        except (TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"encode_batch: at index {start + len(rows)}: {error}") from error
    return rows


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
    return sequence_padding(rows, int(length), value) if rows else np.empty((0, length), int)
