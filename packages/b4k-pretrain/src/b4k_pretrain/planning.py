"""What a preparation is to do, so that a folder says what it holds and an unfinished one goes on."""

import glob
import json
import math
import os
import shutil
from typing import NamedTuple, Optional

from b4k_pretrain.choosing import choose, refuse_unknown
from b4k_pretrain.duplicates import minhash_library
from b4k_pretrain.manifest import (
    Manifest,
    RecordsError,
    fingerprint,
    smallest_dtype,
    special_ids_of,
)
from b4k_pretrain.packing import pack
from b4k_pretrain.reading import DOCUMENTS, LONGEST, corpus_fingerprint, find_files, size_of
from b4k_pretrain.records import FORMATS, usable_formats
from b4k_pretrain.writing import write_json

__all__ = ["Options", "Plan", "begin", "finished", "make_plan", "tidy"]

UNFINISHED = "unfinished"  # the folder of what is between the stages
PLAN = "plan.json"
UNIQUE = dict.fromkeys(["documents", "sentences", None])
BUCKET = 1 << 26  # bytes of text of a shard


class Options(NamedTuple):
    """What a preparation can be told; the records are a function of these, the tokenizer and the text."""

    sequence_length: int = 512  # tokens a record, special ones included
    packing: str = "fill"  # no padding; "sentences": bert4keras's rule; "documents": each by itself
    document: str = "line"  # of text files: "line", "blank" (up to a blank line) or "file"
    key: str = "text"  # of the objects of JSON files, with a text or a list of sentences
    encoding: str = "utf-8"  # of all files
    longest: int = LONGEST  # bytes of a line and characters of a document; longer ones are an error
    unique: Optional[str] = "documents"  # equal ones count once; "sentences": those too; None: all
    near_duplicates: Optional[float] = None  # drop documents this similar (Jaccard, of 5-grams)
    format: Optional[str] = None  # "arrayrecord", "memmap", "tfrecord"; None: the best there is
    shards: Optional[int] = None  # None: one for each 64 MB of text


class Plan(NamedTuple):
    """What all stages of a preparation know."""

    folder: str
    files: list
    tokenizer: object
    options: Options
    facts: dict  # of the manifest

    def path(self, name, i=None):
        """A file between the stages."""
        return os.path.join(self.folder, UNFINISHED, name if i is None else "%s-%06d" % (name, i))

    def has(self, name, i):
        """Whether it is there."""
        return os.path.exists(self.path(name, i))


def make_plan(corpus_files, folder, tokenizer, options):
    """The Plan of a preparation, its options checked."""
    refuse_unknown(options, Options._fields, "prepare")
    options = Options(**options)
    special_ids = special_ids_of(tokenizer)
    pack(options.packing, [], options.sequence_length, special_ids)  # or it says what is wrong
    choose("document", options.document, DOCUMENTS)
    choose("unique", options.unique, UNIQUE)
    if options.near_duplicates is not None and not 0 < options.near_duplicates <= 1:
        message = "near_duplicates must be above 0 and at most 1, not %r"
        raise ValueError(message % options.near_duplicates)
    if options.near_duplicates is not None:
        minhash_library(options.near_duplicates)  # or it says what to install
    files = sorted(find_files(corpus_files), key=_order)
    options = options._replace(
        format=options.format or usable_formats()[0],
        shards=options.shards or math.ceil(size_of(files) / BUCKET) or 1,
    )
    choose("format", options.format, FORMATS)
    facts = {
        "sequence_length": options.sequence_length,
        "vocab_size": tokenizer._vocab_size,
        "special_ids": special_ids,
        "dtype": smallest_dtype(tokenizer._vocab_size),
        "format": options.format,
        "tokenizer": fingerprint(tokenizer),
        "options": dict(options._asdict(), corpus=corpus_fingerprint(files)),
    }
    return Plan(os.fspath(folder), files, tokenizer, options, facts)


def _order(path):
    """By what files are sorted, so that a preparation that goes on cuts them at the same places."""
    return os.path.basename(path), os.path.getsize(path), os.path.abspath(path)


def finished(plan):
    """The manifest of a plan that has been carried out, None if there is none; refuse that of another."""
    if not os.path.exists(os.path.join(plan.folder, "manifest.json")):
        return None
    manifest = Manifest.load(plan.folder)
    _check_same(plan, {name: getattr(manifest, name) for name in plan.facts})
    return manifest


def begin(plan):
    """Note what is to be done, or see that it is what was begun."""
    os.makedirs(plan.path(""), exist_ok=True)
    if os.path.exists(plan.path(PLAN)):
        with open(plan.path(PLAN), encoding="utf-8") as reader:
            _check_same(plan, json.load(reader))
    else:
        write_json(plan.path(PLAN), plan.facts)


def tidy(plan):
    """Remove what is between the stages, and what killed processes left."""
    shutil.rmtree(plan.path(""))
    for path in glob.glob(os.path.join(glob.escape(plan.folder), "*.tmp")):
        os.remove(path)


def _check_same(plan, found):
    """Refuse a folder in which something else is."""
    for theirs, ours in ((found, plan.facts), (found.get("options", {}), plan.facts["options"])):
        for name in ours:
            if name != "options" and theirs.get(name) != ours[name]:
                raise RecordsError(
                    "%s holds records of another preparation: %s is %r there and %r here; remove it or take another "
                    "folder" % (plan.folder, name, theirs.get(name), ours[name])
                )
