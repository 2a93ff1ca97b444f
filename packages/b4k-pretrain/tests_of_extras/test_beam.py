"""Apache Beam writes the same bytes as `prepare`, with one worker and with two."""

import os

import pytest
from b4k_pretrain import Manifest, RecordsError, prepare
from b4k_pretrain.beam import prepare_with_beam
from drawn_corpus import texts, tokenizer, write

RUNNERS = {
    "one": ["--direct_num_workers=1"],
    "two": ["--direct_running_mode=multi_processing", "--direct_num_workers=2"],
}
OPTIONS = {"sequence_length": 16, "shards": 3, "format": "arrayrecord", "near_duplicates": 0.7}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """300 texts in three files, some of them twice."""
    folder = tmp_path_factory.mktemp("corpus")
    return [write(folder / ("%d.txt" % i), texts(100, seed=i // 2 * i)) for i in range(3)]


def content(folder):
    """{name: bytes} of a folder."""
    return {
        name: open(os.path.join(folder, name), "rb").read() for name in sorted(os.listdir(folder))
    }


@pytest.mark.parametrize("unique", ["documents", "sentences"])
@pytest.mark.parametrize("runner", list(RUNNERS))
def test_the_bytes_are_those_of_prepare(runner, unique, files, tmp_path):
    one, other = str(tmp_path / "one"), str(tmp_path / "other")
    manifest = prepare_with_beam(files, one, tokenizer(), RUNNERS[runner], unique=unique, **OPTIONS)
    prepare(files, other, tokenizer(), unique=unique, progress=False, workers=1, **OPTIONS)
    assert content(one) == content(other) and len(content(one)) == 4
    assert manifest == Manifest.load(other) and manifest.counts["same_documents"] == 100


def test_a_folder_with_something_else(files, tmp_path):
    prepare_with_beam(files, str(tmp_path), tokenizer(), **OPTIONS)
    assert prepare_with_beam(files, str(tmp_path), tokenizer(), **OPTIONS) == Manifest.load(
        str(tmp_path)
    )
    with pytest.raises(RecordsError, match="sequence_length is 16 there and 32 here"):
        prepare_with_beam(files, str(tmp_path), tokenizer(), **dict(OPTIONS, sequence_length=32))
