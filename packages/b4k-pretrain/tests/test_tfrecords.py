"""The corpora of bert4keras are read and written as it does, masks included."""

import json
import os
from functools import partial

import numpy as np
import pytest
from b4k_pretrain import (
    Loader,
    RecordsError,
    build_objective,
    open_records,
    open_tfrecords,
    write_records,
)
from b4k_pretrain.masking import original_masks
from b4k_pretrain.packing import pack
from b4k_text import Tokenizer
from drawn_records import drawn, facts

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden", "tfrecords")
MODES = ["gpt", "roberta"]


@pytest.fixture(scope="module")
def case():
    with open(os.path.join(GOLDEN, "texts.json")) as reader:
        return json.load(reader)


def tokenizer_of(case):
    return Tokenizer({token: i for i, token in enumerate(case["vocab"])})


def path_of(mode):
    return os.path.join(GOLDEN, mode + ".tfrecord")


def with_both(rows):
    """Rows of ids alone as arrays [length], of ids and masks as [2, length]."""
    array = np.array(rows)
    return array[:, 0] if array.shape[1] == 1 else array


@pytest.mark.parametrize("mode", MODES)
def test_its_corpora_are_read(mode, case):
    records, rows = open_tfrecords(path_of(mode), tokenizer_of(case)), with_both(case["rows"][mode])
    assert np.array_equal(records[:], rows) and np.array_equal(records[3], rows[3])
    assert np.array_equal(records[np.array([5, 1])], rows[[5, 1]])
    twice = open_tfrecords([path_of(mode)] * 2, tokenizer_of(case))
    assert len(twice) == 2 * len(rows) and np.array_equal(twice[-1], rows[-1])


@pytest.mark.parametrize("mode", MODES)
def test_its_corpora_are_written(mode, case, tmp_path):
    rows = with_both(case["rows"][mode])
    write_records(str(tmp_path), [rows], "tfrecord", **facts(vocab_size=len(case["vocab"])))
    assert np.array_equal(open_records(str(tmp_path))[:], rows)
    with open(path_of(mode), "rb") as golden, open(
        str(tmp_path / "shard-00000-of-00001.tfrecord"), "rb"
    ) as written:
        assert written.read() == golden.read()


def test_its_records_and_masks_are_made(case):
    made, random = tokenizer_of(case), np.random.RandomState(case["header"]["seed"])
    length, special = case["header"]["sequence_length"], {"pad": 0, "start": 2, "end": 3}
    tokens, masks = [], []
    for paragraph in case["paragraphs"]:
        words = [[made.encode(word)[0][1:-1] for word in sentence] for sentence in paragraph]
        ids = [np.concatenate(sentence) for sentence in words]
        mask = partial(original_masks, random=random, mask_id=4, vocab_size=made._vocab_size)
        drawn_masks = [np.array(mask(sentence)) for sentence in words]
        tokens += pack("sentences", [ids], length, special)[0].tolist()
        masks += pack("sentences", [drawn_masks], length, dict.fromkeys(special, 0))[0].tolist()
    assert [[row] for row in tokens] == case["rows"]["gpt"]
    assert [list(row) for row in zip(tokens, masks)] == case["rows"]["roberta"]


def test_its_masks_are_learned(case):
    records = open_tfrecords(path_of("roberta"), tokenizer_of(case))
    mlm = build_objective("mlm", records.manifest.special_ids, records.manifest.vocab_size)
    inputs, targets = Loader(records, mlm, 5, seed=2).batch(1)
    indices, _ = Loader(records, mlm, 5, seed=2).indices(1)
    tokens, masks = np.array(case["rows"]["roberta"])[indices].transpose(1, 0, 2)
    assert np.array_equal(targets["labels"], tokens) and np.array_equal(
        targets["weights"], masks != 0
    )
    assert np.array_equal(inputs["Input-Token"], np.where(masks != 0, masks - 1, tokens))


@pytest.mark.parametrize("format", ["memmap", "tfrecord"])
def test_masks_in_every_format(format, tmp_path):
    both = np.stack([drawn(7), drawn(7, seed=1)], 1)
    manifest = write_records(str(tmp_path), [both[:4], both[4:]], format, **facts())
    assert manifest.features == ["token_ids", "mask_ids"]
    records = open_records(str(tmp_path))
    assert (
        np.array_equal(records[:], both)
        and records[5].shape == (2, 12)
        and records[:0].shape == (0, 2, 12)
    )


def test_large_ids(tmp_path):
    ids = np.array([[0, 1, 127, 128, 16383, 16384, 2097151, 2097152, 2**28 - 1, 2**28, 2**31 - 1]])
    write_records(str(tmp_path), [ids], "tfrecord", **facts(vocab_size=2**31))
    assert np.array_equal(open_records(str(tmp_path))[:], ids)


@pytest.mark.parametrize(
    "at, message",
    [
        (3, "record 0 at byte 0 is cut off, or it is no TFRecord file"),
        (40, "the checksum of the record at byte 12 is wrong"),
        (None, "record 24 at byte [0-9]+ is cut off"),
    ],
)
def test_damaged_files(at, message, case, tmp_path):
    with open(path_of("gpt"), "rb") as reader:
        content = bytearray(reader.read())
    if at is None:
        content = content[:-3]
    else:
        content[at] ^= 1
    (tmp_path / "a.tfrecord").write_bytes(bytes(content))
    with pytest.raises(RecordsError, match=message):
        open_tfrecords(str(tmp_path / "a.tfrecord"), tokenizer_of(case))[:]


def test_files_without_records(case, tmp_path):
    (tmp_path / "a.tfrecord").write_bytes(b"")
    with pytest.raises(
        RecordsError, match="a.tfrecord: expected records with token_ids, got \\[\\]"
    ):
        open_tfrecords(str(tmp_path / "a.tfrecord"), tokenizer_of(case))
