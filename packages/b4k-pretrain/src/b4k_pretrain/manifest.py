"""What a folder of records holds: its manifest, and the tokenizer by which its ids were made."""

import hashlib
import json
import os
from typing import NamedTuple

import numpy as np

from b4k_pretrain.writing import write_json

__all__ = [
    "Manifest",
    "RecordsError",
    "fingerprint",
    "sha256_of",
    "smallest_dtype",
    "special_ids_of",
]

VERSION = 1
FILE = "manifest.json"
KINDS = (
    "pad",
    "unk",
    "start",
    "end",
    "mask",
)  # of special tokens, as the tokenizers of b4k_text name them
PROBE = "Ünïcode 2 tokenizers: 今天天气很好，We'll see UNBELIEVABLE things. 東京 ﬁn"  # which options change


class RecordsError(ValueError):
    """A folder of records that can't be used as it is, and what is wrong with it."""


class Manifest(NamedTuple):
    """What is in a folder of records, written as JSON once all its shards are there."""

    sequence_length: int  # tokens a record
    vocab_size: int
    special_ids: dict  # "pad", "unk", "start", "end", "mask" -> id, those that there are
    dtype: str = "uint16"  # little-endian, of one id
    format: str = "memmap"  # "arrayrecord", "memmap" or "tfrecord"
    features: list = ["token_ids"]  # and "mask_ids" where masks were drawn beforehand
    shards: list = []  # {"file", "records", "bytes", "sha256"}, in the order of the records
    tokenizer: str = ""  # its `fingerprint`
    counts: dict = {}  # documents, sentences, tokens, padding, what was removed
    options: dict = {}  # of `prepare`
    version: int = VERSION

    @property
    def records(self):
        """How many records there are."""
        return sum(shard["records"] for shard in self.shards)

    @property
    def hash(self):
        """A SHA-256 of all of it, checksums of the shards included: another hash, another corpus."""
        return sha256_of(self._asdict())

    def save(self, folder):
        """Write it into a folder."""
        write_json(os.path.join(folder, FILE), self._asdict())

    @classmethod
    def load(cls, folder):
        """The manifest of a folder; RecordsError if there is none, or none that this release reads."""
        path = os.path.join(folder, FILE)
        try:
            with open(path, encoding="utf-8") as reader:
                content = json.load(reader)
        except FileNotFoundError:
            why = "its preparation has not been finished: the same `prepare` goes on with it"
            raise RecordsError(
                "%s: expected %s; is it a folder of records, or %s?" % (folder, FILE, why)
            ) from None
        except ValueError as error:
            raise RecordsError("%s: expected a manifest in JSON, got %s" % (path, error)) from None
        found = content.get("version") if isinstance(content, dict) else None
        if found != VERSION or set(content) != set(cls._fields):
            raise RecordsError(
                "%s: expected a manifest of version %d, got version %r" % (path, VERSION, found)
            )
        return cls(**content)

    def check_tokenizer(self, tokenizer):
        """Refuse a tokenizer by which other ids would have been made."""
        found = fingerprint(tokenizer)
        if self.tokenizer and found != self.tokenizer:
            raise RecordsError(
                "the records were made by a tokenizer with %d tokens and the fingerprint %.12s, the one given has %d "
                "and %.12s" % (self.vocab_size, self.tokenizer, tokenizer._vocab_size, found)
            )


def fingerprint(tokenizer):
    """A SHA-256 of a tokenizer of b4k_text: of its vocabulary, its options and the ids that it gives to a text."""
    items = vars(tokenizer).items()
    known = {
        "options": {name: value for name, value in items if isinstance(value, (int, str))},
        "class": type(tokenizer).__name__,
        "vocabulary": _vocabulary(tokenizer),
        "probe": tokenizer.encode(PROBE)[0],
    }
    return sha256_of(known)


def sha256_of(value):
    """The SHA-256 of a value's JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("utf-8")).hexdigest()


def _vocabulary(tokenizer):
    """What stands for the vocabulary of a tokenizer: a dict, or a hash of its file."""
    if hasattr(tokenizer, "sp_model"):
        return hashlib.sha256(tokenizer.sp_model.serialized_model_proto()).hexdigest()
    if hasattr(tokenizer, "tokenizer"):
        return hashlib.sha256(tokenizer.tokenizer.to_str().encode("utf-8")).hexdigest()
    return dict(tokenizer._token_dict)


def special_ids_of(tokenizer):
    """{"pad": id, "unk": ..., "start": ..., "end": ..., "mask": ...}, those that a tokenizer has."""
    there = [kind for kind in KINDS if getattr(tokenizer, "_token_" + kind, None) is not None]
    ids = {kind: getattr(tokenizer, "_token_%s_id" % kind, None) for kind in there}
    unknown = ids.get("unk")  # what SentencePiece gives for a token that it lacks
    ids = {kind: i for kind, i in ids.items() if kind == "unk" or i != unknown}
    return {kind: int(i) for kind, i in ids.items() if i is not None}


def smallest_dtype(vocab_size):
    """The type in which ids are stored."""
    return "uint16" if vocab_size <= np.iinfo(np.uint16).max + 1 else "uint32"
