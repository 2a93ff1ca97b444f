"""Sentences and documents that were there before, found bucket by bucket in any order."""

import hashlib
from functools import lru_cache

import numpy as np

from b4k_pretrain.preparing import DROP, WHOLE, key_of

__all__ = [
    "duplicate_sentences",
    "minhash_library",
    "near_duplicates",
    "near_entries",
    "near_type",
    "sentence_entries",
]

# Where a sentence is; the bucket is its hash.
SENTENCE = np.dtype([("bucket", "<u8"), ("key", "<u8"), ("place", "<u4")])
PERMUTATIONS = 128  # of a signature
SHINGLE = 5  # tokens
COMPARED = 64  # documents of a bucket that a document is compared with


def sentence_entries(documents):
    """Where each sentence of documents is: an array of type SENTENCE."""
    rows = [
        (key_of(sentence), key, place)
        for key, sentences in documents
        for place, sentence in enumerate(sentences)
    ]
    return np.array(rows, SENTENCE)


def duplicate_sentences(entries):
    """What to drop so that of equal sentences the one in the document with the least key stays."""
    entries = np.unique(entries)  # sorted; equal documents are one
    again = entries["bucket"][1:] == entries["bucket"][:-1]
    return _drops(entries["key"][1:][again], entries["place"][1:][again])


def near_type():
    """The type of `near_entries`."""
    return np.dtype([("bucket", "<u8"), ("key", "<u8"), ("signature", "<u4", (PERMUTATIONS,))])


def near_entries(documents, similarity):
    """The MinHash signatures of documents, once for each band (https://doi.org/10.1109/SEQUEN.1997.666900).

    Documents that share a band, the hash of which is the bucket, are probably similar.
    """
    minhash, index = minhash_library(similarity)
    found = []
    for key, sentences in documents:
        signature = minhash(_shingles(np.concatenate(sentences)))
        for band in range(index.b):
            part = signature[band * index.r : (band + 1) * index.r].tobytes()
            digest = hashlib.blake2b(part, digest_size=8, salt=b"%d" % band).digest()
            found.append((int.from_bytes(digest, "little"), key, signature))
    return np.array(found, near_type())


@lru_cache(maxsize=None)  # the bands take a while to find
def minhash_library(similarity):
    """(shingles -> signature, the bands that find documents of a Jaccard similarity) by datasketch."""
    try:
        from datasketch import MinHash, MinHashLSH
    except ImportError:
        raise ImportError(
            "near_duplicates needs the package datasketch: pip install b4k-pretrain[near]"
        ) from None

    def minhash(shingles):
        made = MinHash(PERMUTATIONS, seed=1)
        made.update_batch(shingles)
        return made.hashvalues.astype("<u4")

    return minhash, MinHashLSH(similarity, PERMUTATIONS)


def _shingles(ids):
    """What of ids is compared: all runs of five tokens, as bytes."""
    ids = np.ascontiguousarray(ids, "<u4")
    count = max(1, len(ids) - SHINGLE + 1)
    return list({ids[i : i + SHINGLE].tobytes() for i in range(count)})


def near_duplicates(entries, similarity):
    """What to drop so that no document is as similar as this to one with a lesser key that shares a band."""
    order = np.lexsort((entries["key"], entries["bucket"]))
    entries, dropped = entries[order], set()
    edges = np.flatnonzero(np.diff(entries["bucket"])) + 1
    for start, end in zip([0, *edges], [*edges, len(entries)]):
        if end - start > 1:
            dropped.update(_similar(entries[start:end], similarity))
    return _drops(sorted(dropped), WHOLE)


def _similar(entries, similarity):
    """The keys of entries of one bucket that are similar to an entry with a lesser key."""
    _, first = np.unique(entries["key"], return_index=True)
    entries = entries[first]
    for i in range(1, len(entries)):
        others = entries["signature"][: min(i, COMPARED)]
        if (others == entries["signature"][i]).mean(1).max() >= similarity:
            yield int(entries["key"][i])


def _drops(keys, places):
    """Keys and places as an array of type DROP."""
    drops = np.zeros(len(keys), DROP)
    drops["key"], drops["place"] = keys, places
    return drops
