"""What a tokenizer does, on examples small enough to read."""

import copy
import pickle
from time import process_time

import pytest
from b4k_text import Tokenizer, TokenizerBase, truncate_sequences

VOCAB = "[PAD] [UNK] [CLS] [SEP] [MASK] 中 国 文 hello world un ##aff ##able don t ' , ."
TOKEN_DICT = {token: i for i, token in enumerate(VOCAB.split())}


@pytest.fixture
def tokenizer():
    return Tokenizer(TOKEN_DICT, do_lower_case=True)


def test_special_ids(tokenizer):
    names = ("pad", "unk", "start", "end", "mask")
    assert [getattr(tokenizer, f"_token_{name}_id") for name in names] == [0, 1, 2, 3, 4]
    assert tokenizer._vocab_size == 18


def test_missing_specials_have_no_id():
    tokenizer = Tokenizer({"[UNK]": 0, "a": 1})
    assert not hasattr(tokenizer, "_token_mask_id")
    assert tokenizer.encode("a") == ([0, 1, 0], [0, 0, 0])


def test_unknown_id_set_by_hand():
    tokenizer = Tokenizer({"a": 0, "b": 1}, token_start=None, token_end=None)
    assert tokenizer.encode("a b") == ([0, 1], [0, 0])
    tokenizer._token_unk_id = 1
    assert tokenizer.encode("a x") == ([0, 1], [0, 0])


def test_tokens_and_offsets(tokenizer):
    text = "Héllo, unaffable中国!"
    tokens = tokenizer.tokenize(text)
    assert tokens[1:-1] == ["hello", ",", "un", "##aff", "##able", "中", "国", "!"]
    spans = [[indices[0], indices[-1]] for indices in tokenizer.rematch(text, tokens)[1:-1]]
    assert spans == [[0, 4], [5, 5], [7, 8], [9, 11], [12, 15], [16, 16], [17, 17], [18, 18]]


@pytest.mark.parametrize(
    "maxlen, pattern, truncate_from, expected",
    [
        (None, "S*E*E", "right", "[CLS] 中 国 文 [SEP] hello world [SEP]"),
        (None, "S*ES*E", "right", "[CLS] 中 国 文 [SEP] [CLS] hello world [SEP]"),
        (7, "S*E*E", "right", "[CLS] 中 国 [SEP] hello world [SEP]"),
        (7, "S*E*E", "left", "[CLS] 国 文 [SEP] hello world [SEP]"),
        (7, "S*E*E", -3, "[CLS] 中 文 [SEP] hello world [SEP]"),
        (6, "S*E*E", "right", "[CLS] 中 [SEP] hello world [SEP]"),
        (6, "S*ES*E", "right", "[CLS] 中 [SEP] [CLS] hello [SEP]"),
        (6, "S*E*E", (1, 2), "[CLS] 文 [SEP] hello world [SEP]"),
    ],
)
def test_pairs(tokenizer, maxlen, pattern, truncate_from, expected):
    ids, segments = tokenizer.encode("中国文", "hello world", maxlen, pattern, truncate_from)
    assert tokenizer.ids_to_tokens(ids) == expected.split()
    first = expected.split().index("[SEP]") + 1
    assert segments == [0] * first + [1] * (len(ids) - first)


def test_token_lists_keep_their_first_item(tokenizer):
    ids, segments = tokenizer.encode(["中", "国"], ["hello", "world"])
    assert tokenizer.ids_to_tokens(ids) == ["中", "国", "hello", "world"]
    assert segments == [0, 0, 1, 1]
    ids, _ = tokenizer.encode(["中", "国"], ["hello", "world"], maxlen=3, truncate_from=-1)
    assert tokenizer.ids_to_tokens(ids) == ["中", "hello", "world"]


def test_token_lists_lose_their_start_token(tokenizer):
    as_lists = [tokenizer.tokenize(text) for text in ("中国", "hello")]
    assert tokenizer.encode(*as_lists) == tokenizer.encode("中国", "hello")


def test_token_lists_are_left_as_they_are(tokenizer):
    first, second = tokenizer.tokenize("中国文"), tuple(tokenizer.tokenize("hello world"))
    copies = list(first), tuple(second)
    assert len(tokenizer.encode(first, second, maxlen=4)[0]) == 4
    assert (first, second) == copies


@pytest.mark.parametrize(
    "tokens, text",
    [
        ("don ' t un ##aff , 中 hello 文 .".split(), "don't unaff, 中hello文."),
        (["##", "hello"], "hello"),
        (["[CLS]", "中", "[MASK]", "国", "[SEP]"], "中国"),
        ([], ""),
    ],
)
def test_decode(tokenizer, tokens, text):
    assert tokenizer.decode([], tokens) == text


def test_pre_tokenize_and_translate():
    translate = {"中国": "[MASK]", "hello": "", "国": "文"}
    tokenizer = Tokenizer(
        dict(TOKEN_DICT, 中国=99), pre_tokenize=str.split, token_translate=translate, token_end=None
    )
    assert tokenizer.tokenize("中国 国hello") == ["[CLS]", "[MASK]", "文", "hello"]


def test_subclass_redraws_a_character_class():
    class Hyphenated(Tokenizer):
        @staticmethod
        def _is_punctuation(ch):
            return ch != "-" and Tokenizer._is_punctuation(ch)

    assert Hyphenated({"a-b": 0}, token_start=None).tokenize("a-b.")[:2] == ["a-b", "."]
    assert Tokenizer({"a-b": 0}, token_start=None).tokenize("a-b.")[:2] == ["a", "-"]


def test_base_class_serves_other_tokenizers():
    class Characters(TokenizerBase):
        _tokenize = staticmethod(list)
        token_to_id = staticmethod(ord)

    tokenizer = Characters(token_start=None, token_end="$")
    assert tokenizer.encode("ab", "c") == ([97, 98, 36, 99, 36], [0, 0, 0, 1, 1])
    with pytest.raises(NotImplementedError, match="Characters has no id_to_token"):
        tokenizer.ids_to_tokens([97])


@pytest.mark.parametrize("copied", [lambda t: pickle.loads(pickle.dumps(t)), copy.deepcopy])
def test_copies_work_like_the_original(tokenizer, copied):
    before = tokenizer.encode("Hello, unaffable 中国!")
    twin = copied(tokenizer)
    assert twin.encode("Hello, unaffable 中国!") == before
    assert twin.tokenize("Éx don't") == tokenizer.tokenize("Éx don't")


def seconds(function, *arguments):
    """The processor time of a call, the least of three."""
    times = []
    for _ in range(3):
        start = process_time()
        function(*arguments)
        times.append(process_time() - start)
    return min(times)


def test_rematch_takes_linear_time(tokenizer):
    text = "中国 unaffable, hello xyz! " * 500
    tokens = tokenizer.tokenize(text)
    once = seconds(tokenizer.rematch, text, tokens)
    assert seconds(tokenizer.rematch, text * 24, tokens * 24) < 140 * once  # quadratic: 576


def test_results_are_the_callers_to_change(tokenizer):
    tokenizer._word_piece_tokenize("unaffable").append("changed")
    assert tokenizer.tokenize("unaffable")[1:-1] == ["un", "##aff", "##able"]


def test_words_longer_than_word_maxlen_stay_whole():
    tokenizer = Tokenizer({"a": 0, "##a": 1}, token_start=None, token_end=None, word_maxlen=3)
    assert tokenizer.tokenize("aaa aaaa") == ["a", "##a", "##a", "aaaa"]


@pytest.mark.parametrize(
    "maxlen, indices, lengths, expected",
    [
        (4, -1, [5, 3], ["01", "01"]),
        (5, 0, [5, 3], ["34", "012"]),
        (3, (1, -2), [3, 3], ["0", "02"]),
        (0, -1, [2, 0], ["", ""]),
        (2.5, -1, [3], ["01"]),
    ],
)
def test_truncate_sequences(maxlen, indices, lengths, expected):
    sequences = [list("0123456789"[:length]) for length in lengths]
    truncate_sequences(maxlen, indices, *sequences)
    assert ["".join(sequence) for sequence in sequences] == expected
