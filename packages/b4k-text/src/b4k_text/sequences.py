"""Helpers for lists and arrays, named as in `bert4keras.snippets`."""

import numpy as np

from b4k_text.checks import check_maxlen

__all__ = [
    "is_one_of",
    "longest_common_subsequence",
    "longest_common_substring",
    "sequence_padding",
    "softmax",
    "to_array",
    "truncate_sequences",
]


def to_array(*args):
    """One argument as an array, several as a list of arrays."""
    arrays = [np.array(a) for a in args]
    return arrays[0] if len(arrays) == 1 else arrays


def is_one_of(x, ys):
    """Whether `x` itself is among `ys`; unlike `in`, that never compares, say, two arrays."""
    return any(x is y for y in ys)


def softmax(x, axis=-1):
    """Softmax of an array."""
    x = np.exp(x - x.max(axis=axis, keepdims=True))
    return x / x.sum(axis=axis, keepdims=True)


# --- padding


def sequence_padding(
    inputs,  # arrays or lists, [n_i, ...] each
    length=None,  # of the padded axes, an int or one int per axis; None for the longest
    value=0,
    seq_dims=1,  # how many leading axes of each item are padded
    mode="post",  # "post" pads at the end, "pre" at the beginning; both cut off the end
    show_tqdm=False,  # a progress bar
):
    """Items of unequal lengths as one array, [len(inputs), length, ...]."""
    if mode not in ("post", "pre"):
        raise ValueError(f"sequence_padding: expected mode 'post' or 'pre', got {mode!r}")
    arrays = [np.asarray(x) for x in inputs]
    _check_padded(arrays, seq_dims)
    lengths = _padded_lengths(arrays, length, seq_dims)
    shape = (len(arrays), *lengths, *arrays[0].shape[seq_dims:])
    outputs = np.empty(shape, np.result_type(*{x.dtype for x in arrays}))
    for x, output in zip(_progress(arrays) if show_tqdm else arrays, outputs):
        output[...] = np.asarray(value).astype(x.dtype)
        x = x[tuple(slice(n) for n in lengths)]
        output[tuple(map(_place, x.shape, lengths, [mode] * seq_dims))] = x
    return outputs


def _check_padded(arrays, seq_dims):
    """Refuse nothing at all, and items that differ in more than the lengths of the padded axes."""
    if not arrays:
        raise ValueError("sequence_padding: expected one sequence or more, got none")
    for i, x in enumerate(arrays):
        if x.ndim < seq_dims or x.shape[seq_dims:] != arrays[0].shape[seq_dims:]:
            raise ValueError(
                f"sequence_padding: item {i} has the shape {x.shape}, the first {arrays[0].shape}: "
                f"with seq_dims={seq_dims} only the first {seq_dims} axes may differ"
            )


def _padded_lengths(arrays, length, seq_dims):
    """The length of each padded axis."""
    if length is None:
        return [max(x.shape[i] for x in arrays) for i in range(seq_dims)]
    lengths = np.ravel(length).tolist()[:seq_dims]
    if len(lengths) < seq_dims or not all(isinstance(n, int) and n >= 0 for n in lengths):
        raise ValueError(
            f"sequence_padding: expected a length for each of {seq_dims} axes, got {length!r}"
        )
    return lengths


def _place(size, length, mode):
    """Where an axis of `size` lies in one of `length`."""
    return slice(size) if mode == "post" else slice(length - size, length)


def _progress(items):
    """The items, with a progress bar."""
    from tqdm import tqdm

    return tqdm(items, desc="sequence_padding")


# --- truncation


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


# --- common parts


def longest_common_substring(source, target):
    """The longest run that both have: its length and (start, end, start, end) in each.

    Of several the one that ends first in `source`, then in `target`.
    """
    longest, span, above = 0, (0, 0, 0, 0), [0] * (len(target) + 1)
    for i, item in enumerate(source, 1):
        row = [0, *(above[j] + 1 if item == other else 0 for j, other in enumerate(target))]
        if max(row) > longest:
            longest = max(row)
            j = row.index(longest)
            span = (i - longest, i, j - longest, j)
        above = row
    return longest, span


def longest_common_subsequence(source, target):
    """The most items that both have in the same order: how many, and their (i, j) in each."""
    table = [[0] * (len(target) + 1)]  # [i][j]: how many the first i and the first j share
    for item in source:
        above, row = table[-1], [0]
        for j, other in enumerate(target):
            row.append(above[j] + 1 if item == other else max(row[j], above[j + 1]))
        table.append(row)
    i, j, mapping = len(source) - 1, len(target) - 1, []
    while len(mapping) < table[-1][-1]:
        if source[i] == target[j]:
            mapping.append((i, j))
            i, j = i - 1, j - 1
        elif table[i + 1][j] > table[i][j + 1]:
            j -= 1
        else:
            i -= 1
    return len(mapping), mapping[::-1]
