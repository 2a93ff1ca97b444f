"""SentencePiece: the original's output, see ci/golden/make_sentencepiece.py, and offsets."""

import json
import os
import pickle
import re
import unicodedata
from time import process_time

import numpy as np
import pytest
from b4k_text import SpTokenizer

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden", "sentencepiece")
with open(os.path.join(GOLDEN, "texts.json"), encoding="ascii") as _reader:
    CASE = json.load(_reader)


def tokenizer(setting):
    """The tokenizer of a setting of the corpus."""
    model, kwargs = CASE["settings"][setting]
    if "pre_tokenize" in kwargs:
        kwargs = dict(kwargs, pre_tokenize=re.compile(kwargs["pre_tokenize"]).findall)
    return SpTokenizer(os.path.join(GOLDEN, model + ".model"), **kwargs)


TOKENIZERS = {setting: tokenizer(setting) for setting in CASE["settings"]}
each_setting = pytest.mark.parametrize("setting", TOKENIZERS)


def rows(setting):
    """What the corpus has in a setting."""
    return [row[1:] for row in CASE["rows"] if row[0] == setting]


@each_setting
def test_golden(setting):
    tok = TOKENIZERS[setting]
    for text, tokens, ids, (pair_ids, segments), decoded in rows(setting):
        assert tok.tokenize(text) == tokens, text
        assert tok.tokens_to_ids(tokens) == ids
        assert tok.encode(text, text, maxlen=12) == (pair_ids, segments)
        assert tok.decode(ids) == tok.decode(np.array(ids)) == decoded
    assert len(rows(setting)) == 75


@each_setting
def test_vocabulary(setting):
    tok, expected = TOKENIZERS[setting], CASE["vocabularies"][setting]
    ids = range(tok._vocab_size)
    assert tok.ids_to_tokens([*ids, 10**6]) == expected["tokens"]
    assert [[tok._is_special(i), tok._is_decodable(i)] for i in ids] == expected["kinds"]
    names = ("pad", "unk", "mask", "start", "end")
    assert {n: getattr(tok, f"_token_{n}_id", None) for n in names} == expected["special"]


def visible(text):
    """The indices of what is no blank, no control character and no part of another one."""
    return [i for i, ch in enumerate(text) if ch.isalnum() and unicodedata.category(ch) != "Mn"]


@each_setting
def test_rematch_covers_the_text_in_order(setting):
    tok = TOKENIZERS[setting]
    for text, tokens, *_ in rows(setting):
        indices = [i for token in tok.rematch(text, tokens) for i in token]
        assert indices == sorted(indices), text
        if setting != "pieces":  # whose pattern leaves letters out
            assert set(visible(text)) <= set(indices), text


def test_rematch():
    def spelled(setting, text):
        tok = TOKENIZERS[setting]
        mapping = tok.rematch(text, tok.tokenize(text))
        return ["".join(text[i] for i in indices) for indices in mapping]

    assert "".join(spelled("t5", "the  城 ＡＢ ﬁ")) == "the城ＡＢﬁ"
    assert spelled("pieces", "the城the")[0] == "" and "城" in spelled("pieces", "the城the")
    assert "".join(spelled("bytes", "城\U00020000 a")) == "城" * 1 + "\U00020000" * 4 + "a"
    tok = TOKENIZERS["albert"]
    tokens = tok.tokenize("the 的 a 中")
    assert tok.rematch("the 的 a 中", tokens)[0] == tok.rematch("the 的 a 中", tokens)[-1] == []
    assert tok.rematch("the 的 a 中", tokens[:3]) == tok.rematch("the 的 a 中", tokens)[:3]


def test_rematch_takes_linear_time():
    tok, text, times = TOKENIZERS["translated"], "the the the 城 " * 300, []
    for longer in (text, text, text * 24):
        tokens, start = tok.tokenize(longer), process_time()
        tok.rematch(longer, tokens)
        times.append(process_time() - start)
    assert times[2] < 70 * min(times)  # 29; looking for both to the end: 139


def test_tokenizer_can_be_pickled():
    tok = pickle.loads(pickle.dumps(TOKENIZERS["t5"]))
    assert tok.tokenize("the 城") == TOKENIZERS["t5"].tokenize("the 城")


ERRORS = [
    (lambda: TOKENIZERS["t5"].tokenize(None), TypeError, ["tokenize", "NoneType"]),
    (lambda: TOKENIZERS["t5"].tokenize("\ud800"), ValueError, ["lone surrogate"]),
    (lambda: TOKENIZERS["t5"].encode("the", maxlen=0), ValueError, ["tokens to 0"]),
    (lambda: TOKENIZERS["t5"].decode([-1]), ValueError, ["id of 0 or more", "-1"]),
    (lambda: TOKENIZERS["t5"].decode(["a"]), ValueError, ["id of 0 or more", "'a'"]),
    (lambda: TOKENIZERS["t5"].decode(3), TypeError, ["list of ids", "3"]),
    (lambda: TOKENIZERS["t5"].rematch("the", ["城"]), ValueError, ["'城' at index 0"]),
    (lambda: SpTokenizer(os.path.join(GOLDEN, "none.model")), OSError, ["none.model"]),
    (lambda: SpTokenizer(os.path.join(GOLDEN, "texts.json")), ValueError, ["texts.json", "model"]),
]


@pytest.mark.parametrize("call, error, words", ERRORS)
def test_errors(call, error, words):
    with pytest.raises(error) as info:
        call()
    assert [word for word in words if word not in str(info.value)] == []
