"""Folders of records give back what was written, and nothing half-written is taken for whole."""

import json
import os
import pickle
from importlib.util import find_spec

import numpy as np
import pytest
from b4k_pretrain import Manifest, RecordsError, open_records, write_records
from b4k_pretrain.records import FORMATS, usable_formats
from drawn_records import drawn, facts


@pytest.fixture(params=usable_formats())
def folder(request, tmp_path):
    """A folder with records in three shards, one of them empty."""
    ids = drawn(20)
    write_records(str(tmp_path), [ids[:12], ids[:0], ids[12:]], request.param, **facts())
    return str(tmp_path)


def test_lanes_of_keras_3_have_all_packages():
    if os.environ.get("B4K_LANE", "").startswith("k3"):  # where the pins bring them
        assert usable_formats() == list(FORMATS) and find_spec("zstandard")
    assert {"memmap", "tfrecord"} <= set(usable_formats())


def shard_file(folder, i):
    """The path of a shard."""
    return os.path.join(folder, Manifest.load(folder).shards[i]["file"])


def test_what_was_written_is_read(folder):
    ids, records = drawn(20), open_records(folder)
    assert len(records) == 20 and records[3].dtype == np.int32
    for key in (0, -1, 12, slice(None), slice(2, 15, 3), slice(0), np.array([19, 0, 12, 11, 12])):
        assert np.array_equal(records[key], ids[key])
    assert np.array_equal(pickle.loads(pickle.dumps(records))[5], ids[5])
    assert [np.array_equal(row, ids[i]) for i, row in enumerate(records)] == [True] * 20
    with pytest.raises(IndexError, match="record 20 of 20"):
        records[20]


def test_the_manifest_says_what_is_there(folder):
    manifest = Manifest.load(folder)
    assert manifest.records == 20 and manifest.sequence_length == 12 and manifest.dtype == "uint16"
    suffix = FORMATS[manifest.format].suffix
    assert [shard["file"] for shard in manifest.shards] == [
        "shard-%05d-of-00003%s" % (i, suffix) for i in range(3)
    ]
    assert sorted(os.listdir(folder)) == ["manifest.json"] + [
        shard["file"] for shard in manifest.shards
    ]
    assert manifest.hash == Manifest.load(folder).hash != manifest._replace(vocab_size=31).hash


def test_large_vocabularies_take_four_bytes(tmp_path):
    ids = drawn(3, vocab_size=250000)
    ids[0, 1] = 249999
    manifest = write_records(str(tmp_path), [ids], "memmap", **facts(vocab_size=250000))
    assert manifest.dtype == "uint32" and np.array_equal(open_records(str(tmp_path))[:], ids)


def test_ids_beyond_the_type_are_refused(tmp_path):
    with pytest.raises(RecordsError, match="from -1 to 29 are not of uint16"):
        write_records(str(tmp_path), [np.array([[-1, 29]])], **facts())
    with pytest.raises(RecordsError, match="expected records, got none"):
        write_records(str(tmp_path), [drawn(20)[:0]], **facts())
    with pytest.raises(ValueError, match="format must be one of .*did you mean 'memmap'"):
        write_records(str(tmp_path), [drawn(20)], "memap", **facts())


def test_a_missing_shard(folder):
    os.remove(shard_file(folder, 0))
    with pytest.raises(RecordsError, match="shard-00000-of-00003.* is missing; 2 shards are there"):
        open_records(folder)


def test_a_truncated_shard(folder):
    path = shard_file(folder, 2)
    with open(path, "r+b") as file:
        file.truncate(os.path.getsize(path) - 1)
    with pytest.raises(
        RecordsError, match="shard-00002.*expected [0-9]+ bytes, got [0-9]+: it is truncated"
    ):
        open_records(folder, verify=False)


def test_a_changed_shard(folder):
    path = shard_file(folder, 2)
    with open(path, "r+b") as file:
        file.seek(os.path.getsize(path) // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(RecordsError, match="shard-00002.*checksum"):
        open_records(folder)


def test_a_folder_that_was_not_finished(folder):
    os.remove(os.path.join(folder, "manifest.json"))
    with pytest.raises(RecordsError, match="expected manifest.json.*has not been finished"):
        open_records(folder)


@pytest.mark.parametrize(
    "text, message",
    [("{", "expected a manifest in JSON"), ("[]", "version None"), ('{"version": 7}', "version 7")],
)
def test_a_manifest_that_is_none(text, message, folder):
    with open(os.path.join(folder, "manifest.json"), "w") as writer:
        writer.write(text)
    with pytest.raises(RecordsError, match=message):
        open_records(folder)


def test_the_bytes_of_memmap_are_the_ids_and_nothing_else(tmp_path):
    manifest = write_records(str(tmp_path), [drawn(20)], "memmap", **facts())
    found = np.fromfile(shard_file(str(tmp_path), 0), "<u2")
    assert np.array_equal(found, drawn(20).ravel())
    with open(os.path.join(str(tmp_path), "manifest.json"), encoding="utf-8") as reader:
        assert json.load(reader) == manifest._asdict()
