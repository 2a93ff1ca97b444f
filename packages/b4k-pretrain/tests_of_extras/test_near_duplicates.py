"""Documents that are nearly equal are found, whatever the order, and are counted."""

import random

import numpy as np
import pytest
from b4k_pretrain import prepare
from b4k_pretrain.duplicates import near_duplicates, near_entries
from b4k_pretrain.preparing import WHOLE, tokenised_documents
from drawn_corpus import CHARACTERS, texts, tokenizer, write


def changed(text, count, seed):
    """A text with some characters of it changed."""
    draw, letters = random.Random(seed), list(text)
    for place in draw.sample(range(len(letters)), count):
        letters[place] = draw.choice(CHARACTERS)
    return "".join(letters)


def jaccard(first, second):
    """Of runs of five tokens."""
    first, second = (
        {tuple(ids[i : i + 5]) for i in range(len(ids) - 4)} for ids in (first, second)
    )
    return len(first & second) / len(first | second)


def test_what_is_dropped_is_similar():
    """By brute force over all pairs: certain below 0.6 and above 0.95, where 0.8 is asked for."""
    originals = texts(60, sentences=10, longest=60)
    lines = originals + [changed(text, i % 12 + 1, i) for i, text in enumerate(originals[:50])]
    documents = list(tokenised_documents(lines, tokenizer()))
    dropped = set(near_duplicates(near_entries(documents, 0.8), 0.8)["key"].tolist())
    ids = {key: np.concatenate(sentences).tolist() for key, sentences in documents}
    found = dict.fromkeys(["sure", "never"], 0)
    for key in ids:
        highest = max([jaccard(ids[key], ids[other]) for other in ids if other < key], default=0)
        if highest > 0.95:
            found["sure"] += key in dropped
            assert key in dropped, highest
        if highest < 0.6:
            found["never"] += 1
            assert key not in dropped, highest
    assert found["sure"] >= 2 and found["never"] > 50 and len(dropped) > 10


def test_the_order_does_not_matter():
    originals = texts(20, sentences=5, longest=40)
    documents = list(
        tokenised_documents(
            originals + [changed(t, 3, i) for i, t in enumerate(originals)], tokenizer()
        )
    )
    entries = near_entries(documents, 0.7)
    drops = near_duplicates(entries, 0.7)
    assert len(drops) and (drops["place"] == WHOLE).all()
    assert np.array_equal(
        near_duplicates(np.random.RandomState(0).permutation(entries), 0.7), drops
    )


@pytest.mark.parametrize("workers", [1, 2])
def test_they_are_dropped_and_counted(workers, tmp_path):
    originals = texts(40, sentences=5, longest=40)
    path = write(
        tmp_path / "a.txt",
        originals + [changed(text, 2, i) for i, text in enumerate(originals[:30])],
    )
    options = {
        "sequence_length": 32,
        "shards": 3,
        "format": "memmap",
        "progress": False,
        "near_duplicates": 0.7,
    }
    manifest = prepare(path, str(tmp_path / "out"), tokenizer(), workers=workers, **options)
    assert 20 < manifest.counts["near_documents"] <= 30
    assert manifest.counts["sentences"] == 70 - manifest.counts["near_documents"]


def test_equal_documents_stay_once(tmp_path):
    path = write(tmp_path / "a.txt", texts(10, sentences=5) * 3)
    options = {"sequence_length": 32, "shards": 2, "format": "memmap", "progress": False}
    manifest = prepare(
        path, str(tmp_path / "out"), tokenizer(), workers=1, near_duplicates=0.5, **options
    )
    assert manifest.counts["sentences"] == 10 and manifest.counts["same_documents"] == 20
