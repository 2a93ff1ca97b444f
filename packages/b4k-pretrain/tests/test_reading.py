"""Documents come out of every kind of file, and what is no text is told with its place."""

import gzip
import json
import os
from importlib.util import find_spec

import pytest
from b4k_pretrain import RecordsError
from b4k_pretrain.reading import Documents, corpus_fingerprint, find_files, size_of
from drawn_corpus import write

LINES = ["一二三", "", "  ", "abc d\r", "\ufeff丁"]


def read(path, **options):
    return list(Documents(find_files(path), **options))


def test_a_line_is_a_document(tmp_path):
    path = write(tmp_path / "a.txt", LINES)
    assert read(path) == ["一二三", "abc d", "丁"]


def test_blank_lines_part_documents(tmp_path):
    path = write(tmp_path / "a.txt", ["", "一", "二", "", "", "三"])
    assert [text.split() for text in read(path, document="blank")] == [["一", "二"], ["三"]]
    assert [text.split() for text in read(path, document="file")] == [["一", "二", "三"]]


def test_json_lines(tmp_path):
    rows = [{"text": "一\n二", "id": 3}, {"text": ["三。", "四"]}, {"text": " "}]
    path = write(tmp_path / "a.jsonl", [json.dumps(row) for row in rows] + [""])
    assert read(path) == ["一\n二", "三。\n四"]


def test_gzip(tmp_path):
    path = str(tmp_path / "a.jsonl.gz")
    with gzip.open(path, "wb") as writer:
        writer.write(b'{"content": "\\u4e00"}\n' * 3)
    assert read(path, key="content") == ["一"] * 3
    assert size_of([path]) == 4 * os.path.getsize(path)


@pytest.mark.parametrize("suffix", [".zst", ".zstd"])
def test_zstandard(suffix, tmp_path):
    path = write(tmp_path / ("a.txt" + suffix), ["text"])
    if find_spec("zstandard") is None:
        with pytest.raises(
            ImportError, match=r"a.txt.zst.* needs the package zstandard: .*b4k-pretrain\[zstd\]"
        ):
            read(path)
        return
    import zstandard

    packed = zstandard.compress("一二\n三\n".encode() * 1000)
    with open(path, "wb") as writer:
        writer.write(packed + packed)  # two frames
    assert read(path) == ["一二", "三"] * 2000
    with open(path, "wb") as writer:
        writer.write(packed[:-5] + b"later")
    with pytest.raises(RecordsError, match="a.txt.zst.*: after line [0-9]+: "):
        read(path)


def test_a_cut_gzip(tmp_path):
    path = str(tmp_path / "a.gz")
    with open(path, "wb") as writer:
        writer.write(gzip.compress(b"abc\n" * 1000)[:-12])
    with pytest.raises(RecordsError, match="a.gz: after line [0-9]+: .*ended"):
        read(path)


def test_folders_in_order_without_hidden_files(tmp_path):
    for name in ("b/2.txt", "b/1.txt", "a/3.txt", ".git/4.txt", "a/.5.txt"):
        os.makedirs(str(tmp_path / os.path.dirname(name)), exist_ok=True)
        write(tmp_path / name, [name])
    assert read(str(tmp_path)) == ["a/3.txt", "b/1.txt", "b/2.txt"]


def test_bytes_are_counted(tmp_path):
    paths = [write(tmp_path / name, ["一二"] * 5) for name in ("a.txt", "b.txt")]
    reader = Documents(paths)
    seen = [reader.bytes_read for _ in reader]
    assert seen == sorted(seen) and reader.bytes_read == 70


def test_another_encoding(tmp_path):
    path = write(tmp_path / "a.txt", ["一二三"], encoding="gb18030")
    assert read(path, encoding="gb18030") == ["一二三"]
    with pytest.raises(
        RecordsError, match="a.txt, line 1: expected text in utf-8, got the byte 0xb6 at 2"
    ):
        read(path)


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("a.txt", b"", "a.txt: expected text, the file is empty"),
        ("a.txt", b"\n \n", "the file is empty"),
        ("a.txt", b"ab\nc\0d\n", "a.txt, line 2: .*NUL characters: a binary file"),
        ("a.txt", b"ab\n" + b"c" * 101, "a.txt, line 2: expected a line break within 100 bytes"),
        ("a.jsonl", b'{"text": "a"}\n{"text": \n', "a.jsonl, line 2: expected JSON"),
        ("a.jsonl", b'["text"]\n', "line 1: expected an object with a text as 'text'"),
        ("a.jsonl", b'{"text": 3}\n', "line 1: expected an object with a text"),
        ("a.jsonl", b'{"text": "a\\ud800"}\n', "line 1: expected text, got half a surrogate pair"),
        ("a.gz", b"text", "a.gz: after line 0: "),
    ],
)
def test_what_is_no_text(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RecordsError, match=message):
        read(str(tmp_path / name), longest=100)


def test_a_document_that_is_too_long(tmp_path):
    path = write(tmp_path / "a.txt", ["abcdef"] * 20)
    with pytest.raises(
        RecordsError,
        match="line 17: expected a document of at most 100 characters; document='file'",
    ):
        read(path, document="file", longest=100)


def test_no_files(tmp_path):
    with pytest.raises(RecordsError, match="nothing.txt: there is no such file"):
        find_files([str(tmp_path / "nothing.txt")])
    with pytest.raises(RecordsError, match="expected files with text, got none"):
        find_files(str(tmp_path))
    with pytest.raises(ValueError, match="document must be one of .*'lines'; did you mean 'line'"):
        Documents([], document="lines")


def test_the_fingerprint_is_of_names_and_sizes(tmp_path):
    paths = [write(tmp_path / name, [name]) for name in ("a.txt", "b.txt")]
    found = corpus_fingerprint(paths)
    assert found == corpus_fingerprint(paths[::-1])
    write(tmp_path / "b.txt", ["longer"])
    assert found != corpus_fingerprint(paths)
