"""From files to records by several processes: the same bytes always, and going on after an end."""

import collections
import contextlib
import json
import os
import resource
import sys

import numpy as np
import pytest
from b4k_pretrain import Manifest, RecordsError, open_records, prepare
from b4k_pretrain import corpus as driver
from b4k_pretrain.manifest import special_ids_of
from b4k_text import SpTokenizer
from drawn_corpus import texts, tokenizer, write

HERE = os.path.dirname(os.path.abspath(__file__))
SENTENCEPIECE = os.path.join(
    HERE, "..", "..", "b4k-text", "tests", "golden", "sentencepiece", "unigram.model"
)
OPTIONS = {"sequence_length": 16, "shards": 3, "format": "memmap", "progress": False}


@pytest.fixture
def files(tmp_path):
    """300 texts in three files."""
    return [write(tmp_path / ("%d.txt" % i), texts(100, seed=i)) for i in range(3)]


@pytest.fixture
def tasks(monkeypatch):
    """Small tasks, so that there are many."""
    monkeypatch.setattr(driver, "TASK", (2000, 2000))


def content(folder):
    """{name: bytes} of a folder."""
    return {
        name: open(os.path.join(str(folder), name), "rb").read()
        for name in sorted(os.listdir(str(folder)))
    }


def sequences(records):
    """The text between [SEP] of all records end to end, in order of appearance."""
    stream = records[:][:, 1:-1].ravel()
    return collections.Counter(
        tuple(part[part > 4])
        for part in np.split(stream, np.flatnonzero(stream == 3))
        if (part > 4).any()
    )


def test_all_text_is_in_the_records(files, tmp_path):
    manifest = prepare(
        files, str(tmp_path / "out"), tokenizer(), workers=1, **dict(OPTIONS, shards=1)
    )
    records = open_records(str(tmp_path / "out"))
    lines = [text for i in range(3) for text in texts(100, seed=i)]
    plain = tokenizer(token_start=None, token_end=None)
    assert sequences(records) == collections.Counter(tuple(plain.encode(line)[0]) for line in lines)
    assert manifest.counts["documents"] == 300 and manifest.records == len(records)
    assert manifest.counts["tokens"] + manifest.counts["padding"] == 16 * len(records)
    assert (
        manifest.counts["padding"] < 14
        and sorted(os.listdir(str(tmp_path / "out")))[0] == "manifest.json"
    )


@pytest.mark.parametrize("unique", ["documents", "sentences"])
def test_the_bytes_are_the_same_in_any_order_by_any_workers(unique, files, tasks, tmp_path):
    options = dict(OPTIONS, unique=unique)
    prepare(files, str(tmp_path / "one"), tokenizer(), workers=1, **options)
    prepare(files[::-1], str(tmp_path / "two"), tokenizer(), workers=2, **options)
    first = content(tmp_path / "one")
    assert first == content(tmp_path / "two") and len(first) == 4


def test_equal_documents_count_once(files, tmp_path):
    once = prepare(files, str(tmp_path / "once"), tokenizer(), workers=1, **OPTIONS)
    more = files + [write(tmp_path / "again.txt", texts(100, seed=1) * 2)]
    twice = prepare(more, str(tmp_path / "twice"), tokenizer(), workers=1, **OPTIONS)
    assert twice.counts["same_documents"] == 200 and once.shards == twice.shards
    every = prepare(more, str(tmp_path / "every"), tokenizer(), workers=1, unique=None, **OPTIONS)
    assert every.counts["same_documents"] == 0 and every.counts["sentences"] == 500


def test_equal_sentences_count_once(tmp_path):
    lines = [
        a + "一二三。" + b for a, b in zip(texts(40, sentences=1), texts(40, seed=1, sentences=1))
    ]
    path = write(tmp_path / "a.txt", lines + lines[:7])
    found = prepare(
        path, str(tmp_path / "out"), tokenizer(), workers=1, unique="sentences", **OPTIONS
    )
    different = {s for line in lines for s in line.replace("。", "。 ").split()}
    assert found.counts["same_documents"] == 7 and found.counts["sentences"] == len(different)
    assert found.counts["same_sentences"] == 120 - len(different) >= 39


class Killed(Exception):
    """What ends a preparation in these tests."""


@pytest.mark.parametrize(
    "name", ["tokenise_task", "duplicates_task", "pack_task", "write_manifest"]
)
def test_it_goes_on_where_it_ended(name, files, tasks, tmp_path, monkeypatch):
    options = dict(OPTIONS, unique="sentences", workers=1)
    prepare(files, str(tmp_path / "whole"), tokenizer(), **options)
    calls, function = [], getattr(driver, name)

    def dying(*arguments):
        calls.append(arguments[1:])
        if len(calls) == 2 or name == "write_manifest":
            raise Killed
        return function(*arguments)

    monkeypatch.setattr(driver, name, dying)
    with pytest.raises(Killed):
        prepare(files, str(tmp_path / "out"), tokenizer(), **options)
    with pytest.raises(RecordsError, match="has not been finished"):
        open_records(str(tmp_path / "out"))
    done = calls[:1]
    monkeypatch.setattr(
        driver, name, lambda *arguments: calls.append(arguments[1:]) or function(*arguments)
    )
    prepare(files[::-1], str(tmp_path / "out"), tokenizer(), **options)
    assert content(tmp_path / "out") == content(tmp_path / "whole")
    assert name == "write_manifest" or str(calls[2:]).count(str(done[0])) == 0


@contextlib.contextmanager
def full_disk(size):
    """No file can be longer than this."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_nothing_half_written(files, tmp_path):
    whole = prepare(files, str(tmp_path / "whole"), tokenizer(), workers=1, **OPTIONS)
    with full_disk(5000), pytest.raises(OSError, match="could not be written: .*documents-000000"):
        prepare(files, str(tmp_path / "out"), tokenizer(), workers=1, **OPTIONS)
    assert os.listdir(str(tmp_path / "out" / "unfinished")) == ["plan.json"]
    assert prepare(files, str(tmp_path / "out"), tokenizer(), workers=1, **OPTIONS) == whole


def test_what_is_done_is_not_done_again(files, tmp_path, monkeypatch):
    first = prepare(files, str(tmp_path / "out"), tokenizer(), workers=1, **OPTIONS)
    monkeypatch.setattr(driver, "tokenise_task", None)
    assert prepare(files, str(tmp_path / "out"), tokenizer(), workers=1, **OPTIONS) == first


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize(
    "change, message",
    [
        ({"sequence_length": 32}, "sequence_length is 16 there and 32 here"),
        ({"packing": "sentences"}, "packing is 'fill' there and 'sentences' here"),
        ({"more": True}, "corpus is '"),
        ({"do_lower_case": True}, "tokenizer is '"),
    ],
)
def test_another_preparation_in_the_folder(change, message, finished, files, tmp_path, monkeypatch):
    out = str(tmp_path / "out")
    if not finished:
        monkeypatch.setattr(driver, "_pack", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            prepare(files, out, tokenizer(), workers=1, **OPTIONS)
    else:
        prepare(files, out, tokenizer(), workers=1, **OPTIONS)
    change, lower = dict(change), change.get("do_lower_case", False)
    files = files * (1 + change.pop("more", False))
    change.pop("do_lower_case", None)
    with pytest.raises(RecordsError, match=message):
        prepare(files, out, tokenizer(do_lower_case=lower), workers=1, **dict(OPTIONS, **change))


def test_the_manifest_knows_the_tokenizer(files, tmp_path):
    manifest = prepare(files, str(tmp_path / "out"), tokenizer(), workers=1, **OPTIONS)
    Manifest.load(str(tmp_path / "out")).check_tokenizer(tokenizer())
    assert manifest.special_ids == {"pad": 0, "unk": 1, "start": 2, "end": 3, "mask": 4}
    with pytest.raises(
        RecordsError, match="made by a tokenizer with 49 tokens and the fingerprint"
    ):
        manifest.check_tokenizer(tokenizer(do_lower_case=True))
    assert json.loads(json.dumps(manifest.options))["packing"] == "fill"


@pytest.mark.parametrize(
    "options, message",
    [
        (
            {"sequence_len": 3},
            "prepare has no option 'sequence_len'; did you mean 'sequence_length'",
        ),
        ({"packing": "fil"}, "packing must be one of .*did you mean 'fill'"),
        ({"unique": "sentence"}, "unique must be one of .*did you mean 'sentences'"),
        ({"document": "lines"}, "document must be one of"),
        ({"sequence_length": 2}, "sequence_length must be more than the special tokens"),
        ({"near_duplicates": 80}, "near_duplicates must be above 0 and at most 1, not 80"),
        ({"format": "records"}, "format must be one of .*did you mean 'tfrecord'"),
    ],
)
def test_bad_options(options, message, files, tmp_path):
    with pytest.raises((TypeError, ValueError), match=message):
        prepare(files, str(tmp_path / "out"), tokenizer(), workers=1, **dict(OPTIONS, **options))
    assert not (tmp_path / "out").exists()


def test_sentencepiece(tmp_path):
    made = SpTokenizer(SENTENCEPIECE, token_start=None, token_end="</s>")
    path = write(tmp_path / "a.txt", ["hello world"] * 9 + ["how are you", "good"])
    options = dict(OPTIONS, sequence_length=64, shards=1)
    manifest = prepare(path, str(tmp_path / "out"), made, workers=1, **options)
    assert manifest.special_ids == {"pad": 0, "unk": 2, "end": 1, "mask": 6}
    assert "start" not in special_ids_of(SpTokenizer(SENTENCEPIECE, token_start="<nothing>"))
    (found,) = open_records(str(tmp_path / "out"))[:].tolist()
    for line in ("hello world", "how are you", "good"):
        ids = made.encode(line)[0]
        assert sum(found[i : i + len(ids)] == ids for i in range(64)) == 1
    manifest.check_tokenizer(made)
    with pytest.raises(RecordsError, match="made by a tokenizer"):
        manifest.check_tokenizer(SpTokenizer(SENTENCEPIECE, token_start=None, token_end=None))


def test_near_duplicates_without_their_package(files, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasketch", None)
    with pytest.raises(
        ImportError, match=r"needs the package datasketch: pip install b4k-pretrain\[near\]"
    ):
        prepare(files, str(tmp_path / "out"), tokenizer(), near_duplicates=0.77, **OPTIONS)
    assert not (tmp_path / "out").exists()


def test_text_without_tokens(tmp_path):
    path = write(tmp_path / "a.txt", ["\u200b"])
    with pytest.raises(RecordsError, match="a.txt: expected text for at least one record"):
        prepare(path, str(tmp_path / "out"), tokenizer(), workers=1, **OPTIONS)
