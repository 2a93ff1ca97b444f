"""Hugging Face directories: what transformers makes of them, see ci/golden/make_pretrained.py."""

import json
import os
import pickle
import re
import shutil
import sys
import unicodedata

import numpy as np
import pytest
from b4k_text import HuggingFaceTokenizer, SpTokenizer, Tokenizer, from_pretrained

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
FOLDER = os.path.join(GOLDEN, "pretrained")
KINDS = {
    "bert": Tokenizer,
    "bert_cased": Tokenizer,
    "bert_json": HuggingFaceTokenizer,
    "t5": SpTokenizer,
    "albert": SpTokenizer,
    "xlm_roberta": SpTokenizer,
    "gpt2": HuggingFaceTokenizer,
    "roberta": HuggingFaceTokenizer,
    "roberta_json": HuggingFaceTokenizer,
    "openai_gpt": HuggingFaceTokenizer,
}
each_directory = pytest.mark.parametrize("name", KINDS)
each_rust = pytest.mark.parametrize("name", [n for n in KINDS if KINDS[n] is HuggingFaceTokenizer])


def case(*names):
    """One JSON file of the corpus."""
    with open(os.path.join(GOLDEN, *names), encoding="utf-8") as reader:
        return json.load(reader)


ROWS = case("pretrained", "texts.json")["rows"]


@pytest.fixture
def copied(tmp_path):
    """A function that copies a directory, to be changed."""

    def copy(name):
        target = str(tmp_path / name)
        shutil.copytree(os.path.join(FOLDER, name), target)
        if name in ("t5", "albert"):
            model = os.path.join(GOLDEN, "sentencepiece", "unigram.model")
            shutil.copyfile(model, os.path.join(target, "spiece.model"))
        return target

    return copy


DIFFERENCES = {  # of BERT's tokenizer in transformers, as the README lists them: whether a text has it
    "special tokens": lambda text, lower: re.search(r"\[(PAD|UNK|CLS|SEP|MASK|unused2)\]", text),
    "private use": lambda text, lower: any(unicodedata.category(ch) in ("Co", "Cn") for ch in text),
    "composed": lambda text, lower: not lower and unicodedata.normalize("NFC", text) != text,
    "final sigma": lambda text, lower: lower and "".join(map(str.lower, text)) != text.lower(),
    "long words": lambda text, lower: any(len(word) > 100 for word in text.split()),
}


def found(text, lower):
    """The differences that a text has."""
    return {name for name, has in DIFFERENCES.items() if has(text, lower)}


def rows(name):
    """What the corpus has of a directory, without what is cut by other rules there."""
    for directory, text, *results in ROWS:
        whole = KINDS[name] is not Tokenizer or not found(text, lower=name == "bert")
        if KINDS[name] is SpTokenizer:  # to which special tokens in a text are letters
            whole = not re.search(r"</?s>|<(pad|unk|mask)>|\[(CLS|SEP|MASK)\]", text)
        if directory == name and whole:
            yield (text, *results)


@each_directory
def test_ids(name, copied):
    tokenizer = from_pretrained(copied(name))
    assert isinstance(tokenizer, KINDS[name])
    mine = list(rows(name))
    assert len(mine) > 60
    for text, ids, *_ in mine:
        assert tokenizer.encode(text)[0] == ids, ascii(text)
    texts, expected = zip(*(row[:2] for row in mine))
    assert tokenizer.encode_batch(texts)[0] == list(expected)


@each_directory
def test_pairs(name, copied):
    tokenizer, whole = from_pretrained(copied(name)), {text for text, *_ in rows(name)}
    mine = [row[1:] for row in ROWS if row[0] == name]
    pairs = [(row[0], row[2], then[0]) for row, then in zip(mine, mine[1:])]
    pairs = [(text, ids, then) for text, ids, then in pairs if {text, then} <= whole]
    for text, ids, then in pairs if "roberta" not in name else []:  # which has two ends between
        if then:  # transformers takes an empty text for none
            assert tokenizer.encode(text, then)[0] == ids, (ascii(text), ascii(then))
    assert len(pairs) > 50


@each_rust
def test_decode(name, copied):
    tokenizer = from_pretrained(copied(name))
    for text, ids, _, decoded, _ in rows(name):
        assert tokenizer.decode(ids) == tokenizer.decode(np.array(ids)) == decoded, ascii(text)


@each_rust
def test_rematch(name, copied):
    tokenizer = from_pretrained(copied(name))
    for text, ids, _, _, offsets in rows(name):
        mapping = tokenizer.rematch(text, tokenizer.ids_to_tokens(ids))
        spans = [[i for i in range(*span) if not text[i].isspace()] for span in offsets]
        assert mapping == spans, ascii(text)


def test_differences_from_berts_tokenizer():
    texts = [row[0] for row in case("tokenizer", "texts.json")["rows"]]
    differing = [
        (setting, texts[i]) for setting, i, _ in case("pretrained", "wordpiece.json")["rows"]
    ]
    seen = [found(text, setting == "uncased") for setting, text in differing]
    assert all(seen) and set.union(*seen) == set(DIFFERENCES)
    assert len(differing) < 300 and len(texts) > 1700  # all others are equal


# --- options and odd directories


def changed(directory, name, **settings):
    """A directory with other settings in one of its JSON files."""
    path = os.path.join(directory, name)
    content = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as reader:
            content = json.load(reader)
    with open(path, "w", encoding="utf-8") as writer:
        json.dump(dict(content, **settings), writer)
    return directory


def test_keyword_arguments_go_first(copied):
    tokenizer = from_pretrained(copied("bert"), do_lower_case=False, token_end=None)
    assert tokenizer.tokenize("The") == ["[CLS]", "The"]
    tokenizer = from_pretrained(copied("roberta_json"), token_start=None)
    assert tokenizer.tokenize("a")[-1] == "</s>" and tokenizer.tokenize("a")[0] != "<s>"


def test_special_tokens(copied):
    tokenizer = from_pretrained(copied("bert_cased"))
    assert tokenizer.tokenize("") == ["[CLS]", "[unused2]"]
    tokenizer = from_pretrained(changed(copied("bert"), "tokenizer_config.json", mask_token="#"))
    assert tokenizer._token_mask == "#" and tokenizer._token_mask_id == tokenizer.token_to_id("#")
    tokenizer = from_pretrained(copied("roberta"))
    assert (tokenizer._token_start_id, tokenizer._token_pad_id, tokenizer._token_end_id) == (
        0,
        1,
        2,
    )
    assert tokenizer.encode_batch(["a b", ""], padding=True)[0][1].tolist() == [0, 2, 1, 1, 1, 1]


def test_every_line_is_an_id(tmp_path):
    (tmp_path / "vocab.txt").write_text("[UNK]\na\na\nb\n[CLS]\n[SEP]\n", encoding="utf-8")
    (tmp_path / "added_tokens.json").write_text('{"c": 9}', encoding="utf-8")
    assert from_pretrained(tmp_path).encode("A b c")[0] == [4, 2, 3, 9, 5]


def test_kind_from_the_model(copied):
    directory = copied("t5")
    os.remove(os.path.join(directory, "tokenizer_config.json"))
    changed(directory, "config.json", model_type="mt5")
    assert from_pretrained(directory).encode("the")[0][-1] == 1
    os.remove(os.path.join(directory, "config.json"))
    os.remove(os.path.join(directory, "special_tokens_map.json"))
    assert from_pretrained(directory).encode("the")[0][-1] != 1


@each_rust
def test_a_batch_is_left_to_the_library(name, copied):
    """Which has all processors at work, and no word of the single texts."""

    class Watched:
        def __init__(self, tokenizer):
            self.tokenizer, self.calls = tokenizer, []

        def __getattr__(self, name):
            self.calls.append(name)
            return getattr(self.tokenizer, name)

    tokenizer, texts = from_pretrained(copied(name)), ["the world", "", "caf\u00e9 the"]
    options = dict(maxlen=7, pattern="S*ES*E", truncate_from="left")
    expected = [tokenizer.encode(text, text, **options) for text in texts]
    tokenizer.tokenizer = Watched(tokenizer.tokenizer)
    assert tokenizer.encode_batch(texts, texts, **options) == tuple(map(list, zip(*expected)))
    calls = tokenizer.tokenizer.calls
    assert "encode" not in calls and any(call.startswith("encode_batch") for call in calls)
    with pytest.raises(ValueError, match=r"at index 1: .*lone surrogate"):
        tokenizer.encode_batch(["a", "a\ud800"])


def test_tokens_of_xlm_roberta(copied):
    tokenizer = from_pretrained(copied("xlm_roberta"))
    last = tokenizer._vocab_size - 1
    special = {"pad": 1, "unk": 3, "mask": last, "start": 0, "end": 2}
    assert {name: getattr(tokenizer, "_token_%s_id" % name) for name in special} == special
    ids = range(tokenizer._vocab_size)
    assert tokenizer.tokens_to_ids(tokenizer.ids_to_tokens(ids)) == list(ids)
    assert tokenizer.id_to_token(last + 1) == "" and tokenizer.token_to_id("\u9f98") == 3
    assert [i for i in ids if tokenizer._is_special(i)] == [0, 1, 2, 3, last]
    assert tokenizer.decode(tokenizer.encode("the world")[0] + [1, last]) == "the world"
    with pytest.raises(ValueError, match="id of 0 or more, got -1"):
        tokenizer.id_to_token(-1)


def test_what_albert_takes_for_a_text(copied):
    """Its options, and the characters behind the tokens of a text that was normalized."""
    directory, text = copied("albert"), " ``The\u2122  caf\u00c9\u0307''  3,4"
    tokenizer = from_pretrained(directory)
    tokens = tokenizer.tokenize(text)
    assert "".join(tokens[1:-1]).replace("\u2581", "") == '"thetmcafe"3,4' and "," in tokens
    spans = ["".join(text[i] for i in indices) for indices in tokenizer.rematch(text, tokens)]
    characters = ["`", "T", "h", "e", "\u2122", "\u2122", "caf", "\u00c9", "'", "3", ",", "4"]
    assert [span for span in spans if span] == characters
    keeping = changed(directory, CONFIG, do_lower_case=False, keep_accents=True)
    assert "\u00c9" in "".join(from_pretrained(keeping).tokenize("caf\u00c9"))


@each_rust
def test_copies(name, copied):
    tokenizer = from_pretrained(copied(name))
    twin, texts = pickle.loads(pickle.dumps(tokenizer)), ["the world", "caf\u00e9"]
    assert twin.encode_batch(texts) == tokenizer.encode_batch(texts)
    again = HuggingFaceTokenizer(tokenizer.tokenizer, tokenizer._token_start, tokenizer._token_end)
    assert again.encode_batch(texts) == tokenizer.encode_batch(texts)


def test_pre_tokenize_and_translate(copied):
    directory = copied("bert_json")
    tokenizer = from_pretrained(directory, pre_tokenize=list)
    assert tokenizer.tokenize("the 中")[1:-1] == ["t", "h", "e", "中"]
    assert tokenizer.rematch("the 中", tokenizer.tokenize("the 中")) == [[], [0], [1], [2], [4], []]
    tokenizer = from_pretrained(directory, token_translate={"the": "[unused1]"})
    assert tokenizer.tokenize("the 中")[1:-1] == ["[unused1]", "中"]
    assert tokenizer.decode(tokenizer.encode("the")[0]) == "the"
    assert tokenizer.rematch("a the", ["[unused1]"]) == [[2, 3, 4]]


# --- bad input


def test_without_the_library(copied, monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    for name in ("gpt2", "roberta_json"):
        with pytest.raises(ImportError, match=r"json needs .* pip install b4k-text\[tokenizers\]"):
            from_pretrained(copied(name))
    assert from_pretrained(copied("bert")).tokenize("the")[1:-1] == ["the"]


def test_no_directory(tmp_path):
    with pytest.raises(NotADirectoryError, match="expected a directory, got 'bert-base-chinese'"):
        from_pretrained("bert-base-chinese")
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(ValueError, match=r"expected vocab.txt, .* got \['pytorch_model.bin'\]"):
        from_pretrained(tmp_path)


def overwrite(directory, name, content):
    """A directory with other bytes in one of its files."""
    with open(os.path.join(directory, name), "wb") as writer:
        writer.write(content)
    return directory


CONFIG = "tokenizer_config.json"
BROKEN = [  # directory, what is done to it, words that the error must have
    ("bert", lambda d: overwrite(d, CONFIG, b"{"), [CONFIG, "expected JSON"]),
    ("bert", lambda d: overwrite(d, CONFIG, b"[]"), [CONFIG, "object", "list"]),
    ("bert", lambda d: overwrite(d, "vocab.txt", b"\x80"), ["vocab.txt", "text"]),
    (
        "bert",
        lambda d: changed(d, CONFIG, strip_accents=False),
        ["strip_accents=False", "no token"],
    ),
    ("bert", lambda d: changed(d, CONFIG, tokenizer_class="RoFormerTokenizer"), ["jieba.lcut"]),
    (
        "bert",
        lambda d: changed(d, CONFIG, tokenizer_class="BertJapaneseTokenizer"),
        ["BertJapanese"],
    ),
    ("t5", lambda d: changed(d, CONFIG, tokenizer_class="CamembertTokenizer"), ["Camembert"]),
    ("t5", lambda d: overwrite(d, "spiece.model", b"x"), ["spiece.model", "SentencePiece"]),
    ("gpt2", lambda d: overwrite(d, "merges.txt", b"a\nb\n"), ["merges.txt", "BPE files"]),
    ("gpt2", lambda d: overwrite(d, "vocab.json", b"[1]"), ["vocab.json", "object"]),
    ("gpt2", lambda d: changed(d, CONFIG, tokenizer_class="CTRLTokenizer"), ["'CTRL'"]),
    (
        "roberta_json",
        lambda d: overwrite(d, "tokenizer.json", b"{}"),
        ["tokenizer.json", "tokenizers"],
    ),
    (
        "roberta_json",
        lambda d: overwrite(d, "tokenizer.json", b"\xff"),
        ["tokenizer.json", "expected"],
    ),
]


@pytest.mark.parametrize("name, change, words", BROKEN)
def test_broken_directory(name, change, words, copied):
    with pytest.raises(ValueError) as info:
        from_pretrained(change(copied(name)))
    assert [word for word in words if word not in str(info.value)] == []


CALLS = [  # call on a tokenizer, error, words that its message must have
    (lambda t: t.tokenize(None), TypeError, ["tokenize", "NoneType"]),
    (lambda t: t.tokenize("a\ud800"), ValueError, [r"'\ud800' at index 1"]),
    (lambda t: t.encode("a", maxlen=0), ValueError, ["tokens to 0"]),
    (lambda t: t.encode(b"a"), TypeError, ["first_text", "bytes"]),
    (lambda t: t.decode([-1]), ValueError, ["id", "-1"]),
    (lambda t: t.decode([10**6]), ValueError, ["id", "1000000"]),
    (lambda t: t.decode([10**20]), ValueError, ["id", "1" + "0" * 20]),
    (lambda t: t.decode(["a"]), ValueError, ["id", "'a'"]),
    (lambda t: t.decode(None), TypeError, ["list of ids", "NoneType"]),
    (lambda t: t.rematch("a", ["zz"]), ValueError, ["rematch", "'zz' at index 0"]),
    (lambda t: t.rematch("a", [3]), TypeError, ["rematch", "[3]"]),
    (lambda t: t.encode_batch("a"), TypeError, ["list of texts"]),
    (lambda t: HuggingFaceTokenizer(3), TypeError, ["tokenizer.json", "int 3"]),
    (lambda t: HuggingFaceTokenizer("none.json"), OSError, ["none.json"]),
]


@pytest.mark.parametrize("call, error, words", CALLS)
def test_errors(call, error, words, copied):
    tokenizer = from_pretrained(copied("roberta_json"))
    with pytest.raises(error) as info:
        call(tokenizer)
    assert [word for word in words if word not in str(info.value)] == []


def test_unknown_token_without_one_that_stands_for_it(copied):
    tokenizer = from_pretrained(copied("gpt2"), special_tokens={})
    with pytest.raises(ValueError, match=r"'zz' is not in the vocabulary of .* nor is '\[UNK\]'"):
        tokenizer.encode(["zz"])


def test_two_tokens_at_an_end(copied):
    from tokenizers import processors

    tokenizer = from_pretrained(copied("roberta_json")).tokenizer
    twice = [("<s>", 0), ("</s>", 2)]
    tokenizer.post_processor = processors.TemplateProcessing("<s> <s> $A </s>", None, twice)
    with pytest.raises(ValueError, match=r"\['<s>', '<s>'\] .* give token_start"):
        HuggingFaceTokenizer(tokenizer)
    assert HuggingFaceTokenizer(tokenizer, "<s>", "</s>").tokenize("a")[0] == "<s>"
