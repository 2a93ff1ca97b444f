"""Small helpers for text and token sequences, named as in `bert4keras.snippets`."""

import unicodedata

from b4k_text.checks import check_maxlen
from b4k_text.memo import Memo

__all__ = ["lowercase_and_normalize", "truncate_sequences"]

_WITHOUT_MARKS = Memo(lambda code: "" if unicodedata.category(chr(code)) == "Mn" else code)


def lowercase_and_normalize(text):
    """Lower case without accents: `Ü` becomes `u` (NFD, then category Mn is dropped)."""
    text = text.lower()
    return text if text.isascii() else unicodedata.normalize("NFD", text).translate(_WITHOUT_MARKS)


def truncate_sequences(maxlen, indices, *sequences):
    """Shorten lists in place, the longest first, until all together hold at most `maxlen` items.

    indices: where each list loses its items, as `list.pop` counts: an int, or one int per list.
    Returns the lists that were not empty. Raises ValueError, and leaves every list as it was,
    when `maxlen` cannot be reached.
    """
    check_maxlen(maxlen)
    sequences = [sequence for sequence in sequences if sequence]
    if not isinstance(indices, (list, tuple)):
        indices = [indices] * len(sequences)
    if len(indices) < len(sequences):
        raise ValueError(f"got {len(indices)} truncation indices for {len(sequences)} sequences")

    lengths = [len(sequence) for sequence in sequences]
    kept = _shortened(lengths, maxlen)
    cuts = [_cut(*row) for row in zip(lengths, kept, indices)]
    if None in cuts:
        raise ValueError(
            f"can't shorten sequences of {lengths} tokens to {maxlen} in all by removing "
            f"those at {list(indices)}"
        )
    for sequence, cut in zip(sequences, cuts):
        del sequence[cut]
    return sequences


def _shortened(lengths, maxlen):
    """The lengths after the longest (the first of equals) has lost one item, over and over."""
    kept = list(lengths)
    while sum(kept) > maxlen:
        kept[kept.index(max(kept))] -= 1
    return kept


def _cut(length, kept, index):
    """The slice lost by popping at `index` until `kept` items are left; None if that can't be."""
    start = index if index >= 0 else kept + 1 + index
    possible = kept == length or 0 <= start <= kept
    return slice(start, start + length - kept) if possible else None
