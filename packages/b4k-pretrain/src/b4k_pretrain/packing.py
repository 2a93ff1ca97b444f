"""Documents packed into records of one length."""

import numpy as np

from b4k_pretrain.choosing import choose

__all__ = ["PACKINGS", "last_record", "pack"]


def pack(packing, documents, sequence_length, special_ids, rest=None):
    """Documents (lists of the ids of sentences) as (records [n, sequence_length], what is left over).

    packing "fill": one stream, each document ending with the end token, cut to the length. What is
    left over are tokens that don't fill a record; as `rest` they begin the stream of another call.
    "sentences": the rule of bert4keras, whole sentences as long as they fit. "documents": each by
    itself, its sentences parted by the end token. These two pad, and leave nothing over.
    """
    rows_of = choose("packing", packing, PACKINGS)
    start, end, inside = _ends(sequence_length, special_ids)
    if rows_of is None:
        return fill(documents, start, end, inside, rest)
    if "pad" not in special_ids:
        raise ValueError("packing %r pads, and the tokenizer has no padding token" % packing)
    rows = list(rows_of(documents, start, end, inside))
    return padded(rows, sequence_length, special_ids["pad"]), np.zeros(0, np.uint32)


def fill(documents, start, end, inside, rest=None):
    """A stream of tokens, cut; and the end of it."""
    stream = [np.zeros(0, np.uint32) if rest is None else rest]
    for document in documents:
        stream += [*document, end]
    stream = np.concatenate(stream).astype(np.uint32, copy=False)
    count = len(stream) // inside
    body = stream[: count * inside].reshape(count, inside)
    ends = [np.broadcast_to(ids, (count, len(ids))) for ids in (start, end)]
    return np.concatenate([ends[0], body, ends[1]], 1), stream[count * inside :]


def last_record(rest, sequence_length, special_ids):
    """What was left over as a padded record [1, sequence_length], or [0, sequence_length] for nothing."""
    start, end, _ = _ends(sequence_length, special_ids)
    rows = [np.concatenate([start, rest, end])] if len(rest) else []
    return padded(rows, sequence_length, special_ids["pad"])


def by_sentences(documents, start, end, inside):
    """Sentences one after the other; one that doesn't fit any more begins a new record."""
    row, size = [], 0
    for sentence in (sentence[:inside] for document in documents for sentence in document):
        if size + len(sentence) > inside:
            yield np.concatenate([start, *row, end])
            row, size = [], 0
        row.append(sentence)
        size += len(sentence)
    if row:
        yield np.concatenate([start, *row, end])


def by_documents(documents, start, end, inside):
    """Each document in a record of its own, cut to the length."""
    for document in documents:
        parts = [part for sentence in document for part in (sentence, end)]
        text = np.concatenate(parts[:-1])[:inside]  # sentences with the end token between them
        yield np.concatenate([start, text, end])


def padded(rows, length, pad):
    """Arrays of ids as one [n, length]."""
    array = np.full((len(rows), length), pad, np.uint32)
    for output, ids in zip(array, rows):
        output[: len(ids)] = ids
    return array


def _ends(sequence_length, special_ids):
    """What stands before and after the text of a record, and how much text fits between."""
    start, end = (
        np.array([special_ids[kind]] if kind in special_ids else [], np.uint32)
        for kind in ("start", "end")
    )
    inside = sequence_length - len(start) - len(end)
    if inside < 1:
        message = "sequence_length must be more than the special tokens, not %r"
        raise ValueError(message % sequence_length)
    return start, end, inside


PACKINGS = {"fill": None, "sentences": by_sentences, "documents": by_documents}
