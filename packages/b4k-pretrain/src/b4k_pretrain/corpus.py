"""From a corpus to records on one machine: several processes, any size, and going on after an end."""

import json
import os
import re
from functools import partial

import numpy as np
from b4k_text import parallel_apply_generator
from tqdm import tqdm

from b4k_pretrain.duplicates import (
    SENTENCE,
    duplicate_sentences,
    near_duplicates,
    near_entries,
    near_type,
    sentence_entries,
)
from b4k_pretrain.manifest import Manifest, RecordsError
from b4k_pretrain.planning import begin, finished, make_plan, tidy
from b4k_pretrain.preparing import (
    COLUMNS,
    DROP,
    bucket_records,
    columns_of,
    documents_of,
    tokenised_documents,
)
from b4k_pretrain.reading import Documents, size_of
from b4k_pretrain.records import write_shard
from b4k_pretrain.spilling import read_part, write_parts
from b4k_pretrain.writing import write_json

__all__ = [
    "chunks",
    "packed_bucket",
    "prepare",
    "read_json",
    "reader_of",
    "splits",
    "write_manifest",
]

TASKS = 256  # of a corpus at least, each for one process,
TASK = 1 << 18, 1 << 22  # but of so many characters at least and at most


def prepare(
    corpus_files,  # paths of files, or of folders of them: *.jsonl, *.json, or text; also *.gz and *.zst
    folder,  # where the records go; that of a preparation that ended early goes on
    tokenizer,  # of b4k_text
    workers=None,  # processes; None for as many as there are cores
    progress=True,  # progress bars
    **options,  # of `Options`: sequence_length, packing, unique ...
):
    """Write a folder of records and return its Manifest. Raises RecordsError for text or a folder that won't do.

    Memory does not grow with the corpus: what is between the stages lies in the folder, about four bytes a
    token, until the manifest is written.
    """
    plan = make_plan(corpus_files, folder, tokenizer, options)
    done = finished(plan)
    if done is not None:
        return done
    begin(plan)
    run = partial(_run, workers=workers or os.cpu_count() or 1)
    _tokenise(plan, run, progress)
    _find_duplicates(plan, run, progress)
    manifest = _pack(plan, run, progress)
    tidy(plan)
    return manifest


def _tokenise(plan, run, progress):
    """Files to documents in buckets, and where duplicates may be."""
    reader = reader_of(plan, plan.files)
    tasks = (task for task in enumerate(chunks(reader)) if not plan.has("documents", task[0]))
    size = sum(map(os.path.getsize, plan.files))
    with tqdm(total=size, desc="tokenise", unit="B", unit_scale=True, disable=not progress) as bar:
        for _ in run(partial(tokenise_task, plan), tasks):
            bar.update(reader.bytes_read - bar.n)
        bar.update(reader.bytes_read - bar.n)


def reader_of(plan, files):
    """The Documents of files."""
    options = plan.options
    return Documents(files, options.document, options.key, options.encoding, options.longest)


def splits(options):
    """Whether documents are cut into sentences."""
    return options.unique == "sentences" or options.packing != "fill"


def chunks(reader):
    """Lists of documents, each list of about as many characters."""
    longest = np.clip(size_of(reader.files) // TASKS, *TASK)
    texts, size = [], 0
    for text in reader:
        texts.append(text)
        size += len(text)
        if size >= longest:
            yield texts
            texts, size = [], 0
    if texts:
        yield texts


def tokenise_task(plan, task):
    """Write the documents of one list of texts in buckets, by their keys."""
    i, texts = task
    options, shards = plan.options, plan.options.shards
    documents = list(tokenised_documents(texts, plan.tokenizer, splits(options)))
    if options.unique == "sentences":
        entries = sentence_entries(documents)
        write_parts(plan.path("sentences", i), _parts(entries, "bucket", shards))
    if options.near_duplicates is not None:
        entries = near_entries(documents, options.near_duplicates)
        write_parts(plan.path("near", i), _parts(entries, "bucket", shards))
    buckets = [[] for _ in range(shards)]
    for document in documents:
        buckets[document[0] % shards].append(document)
    columns = [columns_of(bucket) for bucket in buckets]
    write_parts(plan.path("documents", i), columns)  # last, since with it the task is done


def _parts(entries, name, buckets):
    """Entries in buckets, one column each."""
    places = entries[name] % np.uint64(buckets)
    return [[entries[places == bucket]] for bucket in range(buckets)]


def _find_duplicates(plan, run, progress):
    """What to drop, in the buckets of its documents."""
    kinds = ["sentences"] if plan.options.unique == "sentences" else []
    kinds += ["near"] if plan.options.near_duplicates is not None else []
    tasks = [(kind, i) for kind in kinds for i in range(plan.options.shards)]
    left = [(kind, i) for kind, i in tasks if not plan.has("drop-" + kind, i)]
    with tqdm(total=len(left), desc="find duplicates", disable=not (progress and left)) as bar:
        for _ in run(partial(duplicates_task, plan), left):
            bar.update()


def duplicates_task(plan, task):
    """Write what to drop for the sake of one bucket of sentences or bands."""
    kind, i = task
    dtype = SENTENCE if kind == "sentences" else near_type()
    entries = np.concatenate([column for (column,) in _spilled(plan, kind, i, [dtype])])
    if kind == "sentences":
        drops = duplicate_sentences(entries)
    else:
        drops = near_duplicates(entries, plan.options.near_duplicates)
    write_parts(plan.path("drop-" + kind, i), _parts(drops, "key", plan.options.shards))


def _spilled(plan, kind, bucket, dtypes):
    """The columns of a bucket in all files of a kind."""
    names = sorted(name for name in os.listdir(plan.path("")) if re.fullmatch(kind + r"-\d+", name))
    return [read_part(plan.path(name), bucket, dtypes) for name in names]


def _pack(plan, run, progress):
    """Buckets to shards, the last one with what the others left over; then the manifest."""
    last = plan.options.shards - 1
    left = [i for i in range(last) if not plan.has("packed", i)]
    with tqdm(total=len(left) + 1, desc="pack", unit="shard", disable=not progress) as bar:
        for _ in run(partial(pack_task, plan), left):
            bar.update()
        packed = [read_json(plan.path("packed", i)) for i in range(last)]
        rest = np.array([token for one in packed for token in one["rest"]], np.uint32)
        packed.append(pack_task(plan, last, rest))
        bar.update()
    return write_manifest(plan, packed)


def pack_task(plan, i, rest=None):
    """Write one shard; what the manifest says of it, its counts and its rest."""
    documents, drops = [], [np.zeros(0, DROP)]
    for columns in _spilled(plan, "documents", i, COLUMNS):
        documents += documents_of(columns)
    for kind in ("drop-sentences", "drop-near"):
        drops += [column for (column,) in _spilled(plan, kind, i, [DROP])]
    found = packed_bucket(plan, i, documents, np.concatenate(drops), rest)
    write_json(plan.path("packed", i), found)
    return found


def packed_bucket(plan, i, documents, drops, rest=None):
    """Write shard i from its documents: {"shard", "counts", "rest"}."""
    options, facts = plan.options, plan.facts
    last, special_ids = i == options.shards - 1, facts["special_ids"]
    records, rest, counts = bucket_records(documents, drops, options, special_ids, rest, last)
    shard = write_shard(plan.folder, records, i, options.shards, facts["format"], facts["dtype"])
    return {"shard": shard, "counts": counts, "rest": rest.tolist()}


def write_manifest(plan, packed):
    """The manifest of shards that are all there."""
    counts = {name: sum(one["counts"][name] for one in packed) for name in packed[0]["counts"]}
    manifest = Manifest(shards=[one["shard"] for one in packed], counts=counts, **plan.facts)
    if not manifest.records:
        message = "%s: expected text for at least one record, got %r"
        raise RecordsError(message % (plan.files[0], counts))
    manifest.save(plan.folder)
    return manifest


def _run(function, items, workers):
    """The results of a function, by this process or by several, as they come."""
    if workers == 1:
        return map(function, items)
    results = parallel_apply_generator(function, items, workers, 1, random_seeds=False)
    return (result for _, result in results)


def read_json(path):
    """What such a file holds."""
    with open(path, encoding="utf-8") as reader:
        return json.load(reader)
