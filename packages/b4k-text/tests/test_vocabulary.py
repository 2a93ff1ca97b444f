"""Vocabulary files, there and back."""

from b4k_text import Tokenizer, load_vocab, save_vocab

TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "中", "##中", "hello", "##lo", "...", "é"]


def test_there_and_back(tmp_path):
    token_dict = {token: i for i, token in enumerate(TOKENS)}
    save_vocab(tmp_path / "vocab.txt", dict(reversed(list(token_dict.items()))))
    assert load_vocab(tmp_path / "vocab.txt") == token_dict
    assert list(load_vocab(tmp_path / "vocab.txt")) == TOKENS


def test_other_encoding(tmp_path):
    save_vocab(tmp_path / "vocab.txt", {"中": 0}, encoding="gb18030")
    assert (tmp_path / "vocab.txt").read_bytes().strip() == "中".encode("gb18030")
    assert load_vocab(tmp_path / "vocab.txt", encoding="gb18030") == {"中": 0}


def test_repeated_token_shares_its_id_with_the_next(tmp_path):
    (tmp_path / "vocab.txt").write_text("a\nb\na\nc\nd\n", encoding="utf-8")
    assert load_vocab(tmp_path / "vocab.txt") == {"b": 1, "a": 2, "c": 2, "d": 3}


def test_simplified(tmp_path):
    save_vocab(tmp_path / "vocab.txt", {token: i for i, token in enumerate(TOKENS)})
    token_dict, keep_tokens = load_vocab(
        tmp_path / "vocab.txt", simplified=True, startswith=["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    )
    assert list(token_dict) == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "中", "hello", "##lo", "é"]
    assert list(token_dict.values()) == list(range(8))
    assert keep_tokens == [0, 1, 2, 3, 4, 6, 7, 9]


def test_tokenizer_from_a_path(tmp_path):
    save_vocab(tmp_path / "vocab.txt", {token: i for i, token in enumerate(TOKENS)})
    for path in (tmp_path / "vocab.txt", str(tmp_path / "vocab.txt")):
        assert Tokenizer(path).encode("hello 中") == ([2, 6, 4, 3], [0, 0, 0, 0])
