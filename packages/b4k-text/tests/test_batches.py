"""Many texts at once: what `encode` gives for each, in lists or arrays, from one process or two."""

import multiprocessing
import os
import pickle

import numpy as np
import pytest
from b4k_text import SpTokenizer, Tokenizer, batches, sequence_padding

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden", "sentencepiece")
VOCAB = "[PAD] [UNK] [CLS] [SEP] 中 国 文 hello world un ##aff ##able ' , ."
BERT = Tokenizer({token: i for i, token in enumerate(VOCAB.split())}, do_lower_case=True)
T5 = SpTokenizer(os.path.join(GOLDEN, "unigram.model"), token_start=None, token_end="</s>")
TEXTS = ["中国", "", "Hello, unaffable world", "Ünaffable \u200b文.", "xyz 中" * 9, " "] * 5

each_tokenizer = pytest.mark.parametrize("tokenizer", [BERT, T5], ids=["bert", "t5"])


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(batches, "CHUNK", 7 * batches.TEXT)


def columns(rows):
    """Rows of ids and segment ids, as two lists of rows."""
    return tuple(map(list, zip(*rows)))


@each_tokenizer
@pytest.mark.parametrize("workers", [1, 2])
def test_lists(tokenizer, workers, small_chunks):
    expected = columns(map(tokenizer.encode, TEXTS))
    assert tokenizer.encode_batch(iter(TEXTS), workers=workers) == expected
    assert multiprocessing.active_children() == []


@each_tokenizer
@pytest.mark.parametrize("padding, length", [(True, 8), (8, 8), (11, 11)])
def test_arrays(tokenizer, padding, length, small_chunks):
    ids, segments = tokenizer.encode_batch(TEXTS, maxlen=8, padding=padding)
    expected = columns(tokenizer.encode(text, maxlen=8) for text in TEXTS)
    assert ids.shape == segments.shape == (len(TEXTS), length)
    assert ids.dtype == segments.dtype == sequence_padding([[1]]).dtype
    np.testing.assert_array_equal(ids, sequence_padding(expected[0], length))
    np.testing.assert_array_equal(segments, sequence_padding(expected[1], length))


def test_pairs_and_options():
    pairs = [("中国", "文"), (["[CLS]", "中"], ["[CLS]", "国"]), ("hello", "world " * 9)]
    options = {"maxlen": 6, "pattern": "S*ES*E", "truncate_from": "left"}
    expected = columns(BERT.encode(*pair, **options) for pair in pairs)
    assert BERT.encode_batch(*zip(*pairs), **options) == expected
    ids, segments = BERT.encode_batch(*zip(*pairs), padding=True)
    assert ids[0].tolist()[:7] == [2, 4, 5, 3, 6, 3, 0]
    assert segments[0].tolist()[:7] == [0, 0, 0, 0, 1, 1, 0]


def test_padding_is_that_of_the_vocabulary():
    tokenizer = Tokenizer({"[UNK]": 0, "[PAD]": 7, "a": 1}, token_start=None, token_end=None)
    ids, segments = tokenizer.encode_batch(["a a", "a"], padding=True)
    assert (ids.tolist(), segments.tolist()) == ([[1, 1], [1, 7]], [[0, 0], [0, 0]])


def test_a_subclass_is_heard():
    class Shifted(Tokenizer):
        def token_to_id(self, token):
            return super().token_to_id(token) + 100

        def _word_piece_tokenize(self, word):
            return [word, word]

    tokenizer = Shifted({"[UNK]": 0, "a": 1}, token_start=None, token_end=None)
    assert tokenizer.encode_batch(["a b"])[0] == [[101, 101, 100, 100]]


def unknown_set_by_hand():
    """A tokenizer that was told what is unknown only after it was used."""
    tokenizer = Tokenizer({"a": 0, "中": 1}, token_start=None, token_end=None)
    assert tokenizer.encode_batch(["a 中"])[0] == [[0, 1]]
    tokenizer._token_unk_id = 1
    assert tokenizer.encode_batch(["国 b"])[0] == [[1, 1]]
    tokenizer._token_unk_id = 0
    return tokenizer


ODD = {  # tokenizers that do not only what most do
    "unknown": unknown_set_by_hand(),
    "translated": Tokenizer(BERT._token_dict, token_translate={"中": "国"}),
    "pieces": Tokenizer(BERT._token_dict, pre_tokenize=list),
    "no ends": Tokenizer(BERT._token_dict, token_start=None, token_end=None),
    "unknown start": Tokenizer(BERT._token_dict, token_start="", token_end="[EOS]"),
    "copy": pickle.loads(pickle.dumps(BERT)),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("maxlen", [None, 5])
def test_like_one_by_one(name, maxlen):
    tokenizer, others = ODD[name], TEXTS[1:] + TEXTS[:1]
    expected = columns(tokenizer.encode(text, maxlen=maxlen) for text in TEXTS)
    assert tokenizer.encode_batch(TEXTS, maxlen=maxlen) == expected
    for options in ({}, {"pattern": "S*ES*E", "truncate_from": -2}, {"truncate_from": "left"}):
        options = dict(options, maxlen=maxlen)
        expected = columns(tokenizer.encode(*pair, **options) for pair in zip(TEXTS, others))
        assert tokenizer.encode_batch(TEXTS, others, **options) == expected


def test_some_have_a_second_text():
    seconds = [None, "国", ["[CLS]", "文"], None]
    expected = columns(BERT.encode("中", second, maxlen=4) for second in seconds)
    assert BERT.encode_batch(["中"] * 4, seconds, maxlen=4) == expected
    assert BERT.encode_batch(["中"] * 4, [None, "国"] * 2, maxlen=4)[0][:2] == expected[0][:2]


def test_unknown_without_a_token_for_it():
    tokenizer = Tokenizer({"a": 0}, token_start=None, token_end=None)
    assert tokenizer.encode_batch(["a", "a a"])[0] == [[0], [0, 0]]
    for text in ("b", "中"):
        with pytest.raises(ValueError, match=r"index 1: token '%s' is not in" % text):
            tokenizer.encode_batch(["a", text])


def test_chunks():
    texts = ["a"] * 2000 + ["a" * (1 << 20)] * 2 + ["a"]
    sizes = [len(pairs) for _, pairs in batches._chunks([(text, None) for text in texts])]
    assert sum(sizes) == len(texts) and 900 < sizes[0] < 1100 and sizes[-2:] == [1, 1]
    assert list(batches._chunks([])) == []


def test_nothing():
    assert BERT.encode_batch([]) == ([], [])
    assert [array.shape for array in BERT.encode_batch([], padding=True)] == [(0, 0)] * 2
    assert [array.shape for array in BERT.encode_batch([], padding=5)] == [(0, 5)] * 2


def test_progress(monkeypatch, capsys, small_chunks):
    monkeypatch.setattr(batches, "PATIENCE", 0)
    BERT.encode_batch(TEXTS)
    assert "30/30" in capsys.readouterr().err
    BERT.encode_batch(TEXTS, show_tqdm=False)
    monkeypatch.setattr(batches, "PATIENCE", 60)
    BERT.encode_batch(TEXTS)
    assert capsys.readouterr().err == ""


ERRORS = [  # arguments, error, words that its message must have
    (dict(first_texts="中国"), TypeError, ["first_texts", "list of texts", "str '中国'"]),
    (dict(first_texts=["a"], second_texts=b"a"), TypeError, ["second_texts", "bytes"]),
    (dict(first_texts=None), TypeError, ["first_texts", "NoneType"]),
    (dict(first_texts=["a", "b"], second_texts=["a"]), ValueError, ["got 1 for 2"]),
    (dict(first_texts=["a", None]), TypeError, ["index 1", "first_text", "NoneType"]),
    (dict(first_texts=["a", "\ud800"]), ValueError, ["index 1", r"'\ud800' at index 0"]),
    (dict(first_texts=["a"] * 9, second_texts=["a"] * 8 + [3]), TypeError, ["index 8", "int 3"]),
    (dict(first_texts=["a"], maxlen=0), ValueError, ["index 0", "[3] tokens to 0"]),
    (dict(first_texts=["a"], truncate_from="l", maxlen=9), ValueError, ["index 0", "'l'"]),
    (
        dict(first_texts=["a", "中 国"], padding=3),
        ValueError,
        ["padding=3", "4 tokens", "maxlen=3"],
    ),
    (dict(first_texts=["a"], padding="max"), ValueError, ["padding", "'max'"]),
    (dict(first_texts=["a"], padding=-1), ValueError, ["padding", "-1"]),
    (dict(first_texts=["a"], workers=0), ValueError, ["workers=0"]),
]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("arguments, error, words", ERRORS)
def test_errors(arguments, error, words, workers, small_chunks):
    with pytest.raises(error) as info:
        BERT.encode_batch(**dict({"workers": workers}, **arguments))
    assert [word for word in words if word not in str(info.value)] == []
    assert multiprocessing.active_children() == []
