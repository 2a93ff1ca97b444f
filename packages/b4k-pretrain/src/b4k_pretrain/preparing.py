"""The steps from text to records, as pure functions: what drives them, and in which order, changes no byte.

A document is (key, sentences): a hash of its ids, and the ids of each sentence as an array.
"""

import hashlib
import re
from itertools import chain

import numpy as np

from b4k_pretrain.packing import last_record, pack

__all__ = [
    "bucket_records",
    "columns_of",
    "documents_of",
    "key_of",
    "normalise",
    "split_sentences",
    "tokenise",
    "tokenised_documents",
]

# Keys, sentences of each document, tokens of each sentence, ids.
COLUMNS = ("<u8", "<u4", "<u4", "<u4")
# What to drop: sentence `place` of a document, or with the place WHOLE all of it.
DROP = np.dtype([("key", "<u8"), ("place", "<u4")])
WHOLE = np.iinfo(np.uint32).max
COUNTED = ("documents", "same_documents", "near_documents", "sentences", "same_sentences")
TOGETHER = 1 << 18  # characters tokenised at a time
_ENDS = re.compile("[。！？!?…；]+[”’」』）》\"')]*|\\.[\"')]*(?=\\s)|\n+")


def normalise(text):
    """A text with blanks in a row as one, and no blanks or empty lines around its lines."""
    lines = (" ".join(line.split()) for line in text.replace("\r", "\n").split("\n"))
    return "\n".join(line for line in lines if line)


def split_sentences(text):
    """The sentences of a text: what ends with 。！？!?…； and quotes, with a full stop before a blank, or a line."""
    ends = [match.end() for match in _ENDS.finditer(text)]
    sentences = [text[start:end].strip() for start, end in zip([0] + ends, ends + [len(text)])]
    return [sentence for sentence in sentences if sentence]


def tokenise(texts, tokenizer):
    """The ids of each text as an array, nothing put around them."""
    start, found = 0, []
    before, after = (getattr(tokenizer, "_token_" + name) is not None for name in ("start", "end"))
    for end in _ends_of_parts(texts):
        for ids in tokenizer.encode_batch(texts[start:end], show_tqdm=False)[0]:
            found.append(np.array(ids[before : len(ids) - after], np.uint32))
        start = end
    return found


def _ends_of_parts(texts):
    """Where parts of texts end, of so many characters each."""
    size = 0
    for end, text in enumerate(texts, 1):
        size += len(text)
        if size >= TOGETHER or end == len(texts):
            yield end
            size = 0


def key_of(ids):
    """What stands for ids: 64 bits of their BLAKE2, equal for equal ones."""
    digest = hashlib.blake2b(np.ascontiguousarray(ids, "<u4"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def tokenised_documents(texts, tokenizer, split=False):
    """The documents of texts, those without a token left out; `split` cuts them into sentences first."""
    texts = [normalise(text) for text in texts]
    split_texts = [split_sentences(text) if split else [text] for text in texts]
    ids = iter(tokenise(list(chain.from_iterable(split_texts)), tokenizer))
    for sentences in split_texts:
        document = [found for found in (next(ids) for _ in sentences) if len(found)]
        if document:
            yield key_of(np.concatenate(document)), document


def columns_of(documents):
    """Documents as four arrays, of the types COLUMNS."""
    documents = list(documents)
    sentences = [sentence for _, document in documents for sentence in document]
    return [
        np.array([key for key, _ in documents], "<u8"),
        np.array([len(document) for _, document in documents], "<u4"),
        np.array([len(sentence) for sentence in sentences], "<u4"),
        np.concatenate([np.zeros(0, "<u4"), *sentences]).astype("<u4"),
    ]


def documents_of(columns):
    """The documents of four arrays."""
    keys, counts, lengths, ids = columns
    sentences = iter(np.split(ids, np.cumsum(lengths[:-1]))) if len(lengths) else iter(())
    return [
        (key, [next(sentences) for _ in range(count)])
        for key, count in zip(keys.tolist(), counts.tolist())
    ]


def bucket_records(documents, drops, options, special_ids, rest=None, last=False):
    """The records of the documents of a bucket: (records [n, length], rest, counts).

    Documents are packed in the order of their keys, without what `drops` (of type DROP) names. The rest
    is what was left over; the last bucket is given that of all others and makes a record of its own.
    """
    kept, counts = without(documents, drops, options.unique is not None)
    records, rest = pack(options.packing, kept, options.sequence_length, special_ids, rest)
    if last and "pad" in special_ids:
        records = np.concatenate([records, last_record(rest, options.sequence_length, special_ids)])
    padding = int((records == special_ids["pad"]).sum()) if "pad" in special_ids else 0
    counts.update(tokens=records.size - padding, padding=padding)
    return records, rest, counts


def without(documents, drops, unique):
    """The sentences of documents in the order of their keys, without those to drop; and what was counted."""
    drops, seen, kept = _places(drops), set(), []
    counts = dict.fromkeys(COUNTED, 0)
    for key, sentences in sorted(documents, key=lambda document: document[0]):
        counts["documents"] += 1
        if unique and key in seen:
            counts["same_documents"] += 1
            continue
        seen.add(key)
        places = drops.get(key, ())
        if WHOLE in places:
            counts["near_documents"] += 1
            continue
        left = [sentence for place, sentence in enumerate(sentences) if place not in places]
        counts["same_sentences"] += len(sentences) - len(left)
        counts["sentences"] += len(left)
        kept += [left] if left else []
    return kept, counts


def _places(drops):
    """{key: places to drop}."""
    found = {}
    for key, place in drops.tolist():
        found.setdefault(key, set()).add(place)
    return found
