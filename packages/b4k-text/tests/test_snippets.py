"""The helper functions: the original's results, see ci/golden/make_snippets.py, and what is new."""

import json
import os

import numpy as np
import pytest
from b4k_text import snippets

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden", "snippets")
NAMES = sorted(name[: -len(".json")] for name in os.listdir(GOLDEN))


def rows(name):
    """(arguments, keyword arguments, result) of one file."""
    with open(os.path.join(GOLDEN, name + ".json"), encoding="ascii") as reader:
        return json.load(reader)["rows"]


def read(value):
    """A value of the corpus, arrays as arrays."""
    if isinstance(value, dict) and "dtype" in value:
        return np.array(value["values"], value["dtype"]).reshape(value["shape"])
    return [read(item) for item in value] if isinstance(value, list) else value


def plain(value):
    """A result as JSON has it."""
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def agrees(result, expected):
    """Whether a result is that of the corpus."""
    if isinstance(expected, dict):
        same = expected["dtype"] == str(result.dtype) and expected["shape"] == list(result.shape)
        return same and np.allclose(result, read(expected), rtol=0, atol=1e-8)
    return plain(result) == expected


def sample(count, seed, sized, random, **sizes):
    """What `DataGenerator.sample` gives."""
    np.random.seed(seed)
    data = range(count) if sized else iter(range(count))
    return list(snippets.DataGenerator(data, **sizes).sample(random))


def viterbi(nodes, trans, starts, ends):
    """What `ViterbiDecoder.decode` gives, which leaves the scores as they are."""
    before = nodes.copy()
    path = snippets.ViterbiDecoder(trans, starts, ends).decode(nodes)
    assert np.array_equal(nodes, before)
    return path


FUNCTIONS = {"sample": sample, "viterbi": viterbi}


def test_viterbi_takes_lists():
    assert viterbi(np.eye(2), np.zeros((2, 2)), None, None).tolist() == [0, 1]
    assert snippets.ViterbiDecoder([[0, 0], [0, 0]]).decode([[1, 0], [0, 1]]).tolist() == [0, 1]


def attempt(function, *args, **kwargs):
    """What the function returns, or None if it raises, as the corpus has it."""
    try:
        return function(*args, **kwargs)
    except ValueError:
        return None


@pytest.mark.parametrize("name", NAMES)
def test_golden(name):
    function = FUNCTIONS.get(name) or getattr(snippets, name)
    got = [
        (args, kwargs, expected, attempt(function, *read(args), **kwargs))
        for args, kwargs, expected in rows(name)
    ]
    assert len(NAMES) == 10 and len(got) >= 40
    assert [row for row in got if not agrees(row[3], row[2])][:3] == []


def test_to_array():
    assert snippets.to_array([1, 2]).tolist() == [1, 2]
    first, second = snippets.to_array([1], (2.0,))
    assert first.dtype.kind == "i" and second.dtype.kind == "f"
    assert snippets.to_array() == []


def test_strings():
    assert snippets.is_string("") and not snippets.is_string(b"")
    assert snippets.convert_to_unicode("é".encode("gbk"), "gbk") == "é"
    assert snippets.convert_to_str(b"a\xff") == "a" and snippets.convert_to_str("a") == "a"
    assert snippets.strQ2B("ＡＢＣａｂ１，。\u3000～｟") == "ABCab1,。 ~｟"


def test_is_one_of_compares_nothing():
    x, y = np.zeros(3), np.zeros(3)
    assert snippets.is_one_of(x, [y, x]) and not snippets.is_one_of(x, [y])


class Box:
    """Something with arguments."""

    @snippets.insert_arguments(size=3, color="red")
    @snippets.delete_arguments("weight")
    def __init__(self, name, **kwargs):
        """How it begins."""
        self.seen = self.size, name, kwargs


def test_insert_and_delete_arguments():
    assert Box("a").seen == (3, "a", {}) and Box("a").color == "red"
    assert Box("a", size=5, other=1).seen == (5, "a", {"other": 1})
    assert Box.__init__.__doc__ == "How it begins."
    with pytest.raises(TypeError, match="Box got an unexpected keyword argument 'weight'"):
        Box("a", weight=1)


def test_padding_of_nested_lists():
    padded = snippets.sequence_padding([[[1, 2]], [[3, 4], [5, 6]]], seq_dims=2, length=[2, 3])
    assert padded.tolist() == [[[1, 2, 0], [0, 0, 0]], [[3, 4, 0], [5, 6, 0]]]


def test_padding_with_a_progress_bar(capsys):
    assert snippets.sequence_padding([[1], [2, 3]], show_tqdm=True).tolist() == [[1, 0], [2, 3]]
    assert "2/2" in capsys.readouterr().err


PADDING_ERRORS = [
    (([],), ["got none"]),
    (([[1]], None, 0, 1, "last"), ["'post'", "'last'"]),
    (([[1], [[2, 3]]],), ["item 1", "(1, 2)"]),
    (([[1]], None, 0, 2), ["item 0", "seq_dims=2"]),
    (([[1]], -1), ["-1"]),
    (([np.ones((2, 2))], 3, 0, 2), ["each of 2 axes", "3"]),
    (([[1]], "x"), ["'x'"]),
]


@pytest.mark.parametrize("args, words", PADDING_ERRORS)
def test_padding_errors(args, words):
    with pytest.raises(ValueError) as info:
        snippets.sequence_padding(*args)
    assert [word for word in words if word not in str(info.value)] == []


def test_text_segmentate_refuses_bytes():
    with pytest.raises(TypeError, match="str, got bytes"):
        snippets.text_segmentate(b"a", 3)


# --- files

LINES = ["第一行\n", "second\r\n", "\n", "last, no break"]


@pytest.fixture
def path(tmp_path):
    """A file of LINES."""
    path = tmp_path / "lines.txt"
    path.write_bytes("".join(LINES).encode("utf-8"))
    return str(path)


def test_indexed_lines(path, tmp_path):
    index, shown = str(tmp_path / "index.json"), [line.replace("\r", "") for line in LINES]
    for _ in range(2):  # made, then read
        with snippets.open(path, encoding="utf-8", indexable=index) as file:
            assert len(file) == 4 and [file[i] for i in (3, 0, 2, -3)] == [
                shown[i] for i in (3, 0, 2, 1)
            ]
            file.seek(0)
            assert list(file) == shown and file.file.closed is False
    with io_open(index) as reader:
        assert len(json.load(reader)) == 4
    with snippets.open(path, "rb", indexable=True) as file, pytest.raises(IndexError):
        assert file[1] == b"second\r\n" and file[4]


def test_an_index_that_is_kept_is_checked(path, tmp_path):
    index = str(tmp_path / "index.json")
    snippets.open(path, encoding="utf-8", indexable=index).close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["index.json", "lines.txt"]
    for content in ("[0, 1", "{}", '["a"]', "[0]", "[]", "[0, 10, 999]"):
        with io_open(index, "w") as writer:
            writer.write(content)
        with pytest.raises(ValueError, match="index.json: expected the index of .*lines.txt"):
            snippets.open(path, encoding="utf-8", indexable=index)


def test_an_index_of_an_empty_file(tmp_path):
    empty, index = tmp_path / "empty.txt", str(tmp_path / "index.json")
    empty.write_bytes(b"")
    assert [len(snippets.open(str(empty), indexable=index)) for _ in range(2)] == [0, 0]


def io_open(path, mode="r"):
    """Python's own."""
    return open(path, mode, encoding="ascii")


def test_file_without_index(path, tmp_path):
    with snippets.open(path, encoding="utf-8") as file:
        assert file and file.readline() == LINES[0] and file.next() == "second\n"
        assert file.readlines() == LINES[2:] and file.read() == ""
        with pytest.raises(TypeError, match="indexable"):
            file[0]
    with snippets.open(str(tmp_path / "new.txt"), "w", encoding="utf-8") as file:
        file.write("长城")
        file.flush()
        assert file.tell() == 6
    assert (tmp_path / "new.txt").read_bytes() == "长城".encode("utf-8")
