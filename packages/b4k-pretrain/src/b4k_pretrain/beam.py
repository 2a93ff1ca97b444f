"""From a corpus to records on a cluster, by Apache Beam: the bytes are those of `prepare`."""

from functools import partial

import apache_beam as beam
import numpy as np
from apache_beam.options.pipeline_options import PipelineOptions

from b4k_pretrain.corpus import chunks, packed_bucket, read_json, reader_of, splits, write_manifest
from b4k_pretrain.duplicates import (
    SENTENCE,
    duplicate_sentences,
    near_duplicates,
    near_entries,
    near_type,
    sentence_entries,
)
from b4k_pretrain.planning import begin, finished, make_plan, tidy
from b4k_pretrain.preparing import DROP, tokenised_documents
from b4k_pretrain.writing import write_json

__all__ = ["prepare_with_beam"]


def prepare_with_beam(
    corpus_files,  # as for `prepare`; files and folder must be where all workers see them
    folder,
    tokenizer,
    pipeline_options=None,  # of apache_beam: a PipelineOptions or a list such as ["--runner=FlinkRunner"]
    **options,  # of `Options`
):
    """Write a folder of records and return its Manifest, as `prepare` does; https://beam.apache.org

    A runner that has failed begins anew.
    """
    plan = make_plan(corpus_files, folder, tokenizer, options)
    done = finished(plan)
    if done is not None:
        return done
    begin(plan)
    if isinstance(pipeline_options, (list, tuple)):
        pipeline_options = PipelineOptions(list(pipeline_options))
    with beam.Pipeline(options=pipeline_options) as pipeline:
        _build(pipeline, plan)
    manifest = write_manifest(
        plan, [read_json(plan.path("packed", i)) for i in range(plan.options.shards)]
    )
    tidy(plan)
    return manifest


def _build(pipeline, plan):
    """Files, documents, what of them to drop, shards."""
    documents = (
        pipeline
        | "files" >> beam.Create(plan.files)
        | "read" >> beam.FlatMap(partial(_texts, plan))
        | "spread" >> beam.Reshuffle()
        | "tokenise" >> beam.FlatMap(partial(_documents, plan))
    )
    shards = plan.options.shards
    columns = {
        "documents": documents
        | "bucket" >> beam.Map(lambda document: (document[0] % shards, document)),
        "all": pipeline | "buckets" >> beam.Create([(i, None) for i in range(shards)]),
    }
    for kind, (entries_of, dtype, drops_of) in _duplicates(plan).items():
        columns[kind] = (
            documents
            | kind + ": entries" >> beam.FlatMap(partial(_entries, entries_of, shards))
            | kind + ": group" >> beam.GroupByKey()
            | kind + ": find" >> beam.FlatMap(partial(_drops, dtype, drops_of, shards))
        )
    buckets = columns | "gather" >> beam.CoGroupByKey()
    last = shards - 1
    others = (
        buckets
        | "others" >> beam.Filter(lambda bucket: bucket[0] != last)
        | "pack" >> beam.Map(partial(_pack, plan))
    )
    _ = (
        buckets
        | "last" >> beam.Filter(lambda bucket: bucket[0] == last)
        | "pack the last" >> beam.Map(partial(_pack, plan), beam.pvalue.AsList(others))
    )


def _duplicates(plan):
    """{kind of drops: (what of documents is compared, its type, what of that is dropped)}."""
    similarity, found = plan.options.near_duplicates, {}
    if plan.options.unique == "sentences":
        found["sentences"] = sentence_entries, SENTENCE, duplicate_sentences
    if similarity is not None:
        entries_of, drops_of = (
            partial(f, similarity=similarity) for f in (near_entries, near_duplicates)
        )
        found["near"] = entries_of, near_type(), drops_of
    return found


def _texts(plan, path):
    """Lists of the texts of a file."""
    return chunks(reader_of(plan, [path]))


def _documents(plan, texts):
    """The documents of texts."""
    return tokenised_documents(texts, plan.tokenizer, splits(plan.options))


def _entries(entries_of, shards, document):
    """(bucket, entry as bytes) of a document."""
    entries = entries_of([document])
    for bucket, entry in zip((entries["bucket"] % np.uint64(shards)).tolist(), entries):
        yield bucket, entry.tobytes()


def _drops(dtype, drops_of, shards, group):
    """(bucket of the document, (key, place)) of what to drop for the sake of one bucket of entries."""
    entries = np.frombuffer(b"".join(group[1]), dtype)
    for key, place in drops_of(entries).tolist():
        yield key % shards, (key, place)


def _pack(plan, bucket, others=()):
    """Write a shard; (its number, what the others left over)."""
    i, columns = bucket
    drops = [drop for kind in ("sentences", "near") for drop in columns.get(kind, ())]
    rest = np.array([token for _, tokens in sorted(others) for token in tokens], np.uint32)
    found = packed_bucket(plan, i, list(columns["documents"]), np.array(drops, DROP), rest)
    write_json(plan.path("packed", i), found)
    return i, found["rest"]
