"""Bad input: one error each, which says what was given, what was expected, and where."""

import pytest
from b4k_text import (
    DataGenerator,
    Tokenizer,
    ViterbiDecoder,
    load_vocab,
    save_vocab,
    truncate_sequences,
)

TOKENS = ["[UNK]", "[CLS]", "[SEP]", "a", "中", "b"]
TOKENIZER = Tokenizer({token: i for i, token in enumerate(TOKENS)})
BARE = Tokenizer({"a": 0}, token_start=None, token_end=None)

CALLS = [  # call, error, words that its message must have
    (lambda: TOKENIZER.tokenize(None), TypeError, ["tokenize", "str", "NoneType"]),
    (lambda: TOKENIZER.tokenize(b"a"), TypeError, ["tokenize", "str", "bytes b'a'"]),
    (lambda: TOKENIZER.tokenize("a\ud83d"), ValueError, ["tokenize", r"'\ud83d' at index 1"]),
    (lambda: TOKENIZER.tokenize("a", maxlen=0), ValueError, ["[3] tokens to 0"]),
    (lambda: TOKENIZER.tokenize("a", maxlen=-1), ValueError, ["maxlen", "0 or more", "-1"]),
    (lambda: TOKENIZER.tokenize("a", maxlen="8"), ValueError, ["maxlen", "number", "'8'"]),
    (lambda: TOKENIZER.encode(None), TypeError, ["first_text", "NoneType"]),
    (lambda: TOKENIZER.encode(b"a"), TypeError, ["first_text", "bytes"]),
    (lambda: TOKENIZER.encode("a", b"a"), TypeError, ["second_text", "bytes"]),
    (lambda: TOKENIZER.encode("a", 7), TypeError, ["second_text", "int 7"]),
    (lambda: TOKENIZER.encode([101, 102]), TypeError, ["first_text", "[101, 102]"]),
    (lambda: TOKENIZER.encode("a", "\udc80"), ValueError, [r"'\udc80' at index 0"]),
    (lambda: TOKENIZER.encode("a", "b", maxlen=0), ValueError, ["[3, 3] tokens to 1"]),
    (lambda: TOKENIZER.encode("a", "b", maxlen="9"), ValueError, ["maxlen", "'9'"]),
    (lambda: TOKENIZER.encode("a", maxlen=2, truncate_from=5), ValueError, ["at [5]"]),
    (lambda: TOKENIZER.encode("a", None, 9, "S*E*E", "Left"), ValueError, ["'Left'", "'left'"]),
    (lambda: TOKENIZER.encode("a", "b", 3, truncate_from=[1]), ValueError, ["1", "2 sequences"]),
    (lambda: TOKENIZER.rematch("a", ["a", "x"]), ValueError, ["rematch", "'x' at index 1"]),
    (lambda: TOKENIZER.rematch("a b", ["b", "a"]), ValueError, ["rematch", "'a' at index 1"]),
    (lambda: TOKENIZER.rematch(None, ["a"]), TypeError, ["rematch", "NoneType"]),
    (lambda: TOKENIZER.rematch("a", None), TypeError, ["rematch", "tokens", "NoneType"]),
    (lambda: TOKENIZER.rematch("a", [3]), TypeError, ["rematch", "tokens", "[3]"]),
    (lambda: TOKENIZER.decode([3, 99]), ValueError, ["99", "6 tokens"]),
    (lambda: TOKENIZER.decode([[3]]), ValueError, ["[3]", "id"]),
    (lambda: TOKENIZER.decode(None), TypeError, ["list of ids", "NoneType"]),
    (lambda: TOKENIZER.decode([3], [3]), TypeError, ["decode", "tokens", "[3]"]),
    (lambda: BARE.encode("x"), ValueError, ["'x'", "'[UNK]'", "1 tokens"]),
    (lambda: Tokenizer(None), TypeError, ["token_dict", "NoneType"]),
    (lambda: Tokenizer(({"a": 0}, [0])), TypeError, ["token_dict", "tuple"]),
    (lambda: Tokenizer({0: "a"}), TypeError, ["token_dict", "str keys", "int 0"]),
    (lambda: Tokenizer({"a": 0}, pre_tokenize=list).tokenize(None), TypeError, ["tokenize"]),
    (lambda: Tokenizer({}, pre_tokenize=len).tokenize("a"), TypeError, ["int"]),
    (lambda: Tokenizer({}, pre_tokenize=enumerate).tokenize("a"), TypeError, ["str", "tuple"]),
    (lambda: Tokenizer({"a": 0}, vocab_size=3), TypeError, ["vocab_size"]),
    (lambda: save_vocab("unwritten.txt", ["a"]), TypeError, ["save_vocab", "list"]),
    (lambda: truncate_sequences(1, -2, ["a"], ["b", "c"]), ValueError, ["[1, 2] tokens to 1"]),
    (lambda: DataGenerator([1], 0), ValueError, ["batch_size of 1 or more", "0"]),
    (lambda: ViterbiDecoder([[0]], starts=[1]), ValueError, ["labels from 0 to 0", "[1]"]),
]


@pytest.mark.parametrize("call, error, words", CALLS)
def test_error(call, error, words):
    with pytest.raises(error) as info:
        call()
    assert [word for word in words if word not in str(info.value)] == []


def test_failed_truncation_changes_nothing():
    first, second = ["a"], ["b", "c", "d"]
    with pytest.raises(ValueError):
        truncate_sequences(1, -2, first, second)
    assert (first, second) == (["a"], ["b", "c", "d"])


@pytest.mark.parametrize(
    "content, kwargs, words",
    [
        (b"", {}, ["no token"]),
        (b"\n \n", {}, ["no token"]),
        (b"[PAD]\n\x80\x02", {}, ["text", "0x80"]),
        (bytes(64), {}, ["text", "NUL"]),
        (b"[PAD]\na", {"encoding": "utf-16"}, ["expected a text file"]),
        (b"a\nb", {"simplified": True, "startswith": ["a", "c"]}, ["startswith", "['c']"]),
    ],
)
def test_bad_vocabulary_file(content, kwargs, words, tmp_path):
    path = tmp_path / "broken vocab.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError) as info:
        load_vocab(path, **kwargs)
    assert [word for word in [str(path), *words] if word not in str(info.value)] == []


def test_failed_saving_changes_nothing(tmp_path):
    path = tmp_path / "vocab.txt"
    save_vocab(path, {"a": 0})
    with pytest.raises(UnicodeError):
        save_vocab(path, {"b": 0, "\ud83d": 1})
    assert load_vocab(path) == {"a": 0}


@pytest.mark.parametrize("use", [load_vocab, Tokenizer])
def test_missing_vocabulary_file(use, tmp_path):
    with pytest.raises(OSError, match="nowhere.txt"):
        use(str(tmp_path / "nowhere.txt"))
    with pytest.raises(OSError, match=tmp_path.name):
        use(str(tmp_path))
