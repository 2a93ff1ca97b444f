"""The steps from text to records, one by one."""

import numpy as np
import pytest
from b4k_pretrain.packing import last_record, pack
from b4k_pretrain.preparing import (
    columns_of,
    documents_of,
    key_of,
    normalise,
    split_sentences,
    tokenise,
    tokenised_documents,
)
from drawn_corpus import texts, tokenizer
from drawn_records import SPECIAL


def arrays(*lists):
    return [np.array(ids, "uint32") for ids in lists]


def test_normalise():
    assert normalise("  a\t b\u3000c \r\n\n \n d\re ") == "a b c\nd\ne"
    assert normalise(" \n ") == ""


@pytest.mark.parametrize(
    "text, sentences",
    [
        ("今天。明天！”他说？！好", ["今天。", "明天！”", "他说？！", "好"]),
        (
            "It is 3.5 m. Yes! (No.) And e.g.\nso",
            ["It is 3.5 m.", "Yes!", "(No.)", "And e.g.", "so"],
        ),
        ("一\n\n二", ["一", "二"]),
        ("", []),
    ],
)
def test_split_sentences(text, sentences):
    assert split_sentences(text) == sentences


def test_no_text_is_lost_between_sentences():
    for text in texts(50):
        assert "".join(split_sentences(text)) == text


@pytest.mark.parametrize(
    "options", [{}, {"token_end": None}, {"token_start": None, "token_end": None}]
)
def test_tokenise_is_the_tokenizer_without_its_ends(options):
    made, plain = tokenizer(**options), tokenizer(token_start=None, token_end=None)
    for text, ids in zip(texts(20), tokenise(texts(20), made)):
        assert ids.tolist() == plain.encode(text)[0]


def test_documents_survive_their_columns():
    documents = list(tokenised_documents(texts(9) + ["", "\u200b"], tokenizer(), split=True))
    assert len(documents) == 9 and [len(sentences) for _, sentences in documents] == [3] * 9
    again = documents_of(columns_of(documents))
    assert [key for key, _ in again] == [key for key, _ in documents]
    assert [[s.tolist() for s in d] for _, d in again] == [
        [s.tolist() for s in d] for _, d in documents
    ]
    assert documents_of(columns_of([])) == []


def test_keys_are_of_the_ids():
    split, whole = (
        list(tokenised_documents(texts(5), tokenizer(), split)) for split in (True, False)
    )
    assert [key for key, _ in split] == [key for key, _ in whole]
    assert len({key for key, _ in whole}) == 5 and key_of(np.array([1, 2], "int64")) == key_of(
        np.array([1, 2], "u4")
    )


def test_fill():
    documents = [arrays([11, 12], [13]), arrays([21]), arrays([31, 32, 33])]
    records, rest = pack("fill", documents, 5, SPECIAL)
    assert records.tolist() == [[2, 11, 12, 13, 3], [2, 3, 21, 3, 3], [2, 31, 32, 33, 3]]
    assert rest.tolist() == [3]
    assert pack("fill", [], 5, SPECIAL, rest)[1].tolist() == [3]
    assert pack("fill", [arrays([41])], 5, SPECIAL, rest)[0].tolist() == [[2, 3, 41, 3, 3]]
    assert last_record(arrays([7])[0], 5, SPECIAL).tolist() == [[2, 7, 3, 0, 0]]
    assert last_record(rest[:0], 5, SPECIAL).shape == (0, 5)


def test_fill_without_special_tokens():
    records, rest = pack("fill", [arrays([11, 12, 13]), arrays([21, 22])], 2, {})
    assert records.tolist() == [[11, 12], [13, 21]] and rest.tolist() == [22]


def by_bert4keras(sentences, length):
    """Its rule in plain words: a record is closed when the next sentence would not leave room for [SEP]."""
    rows, row = [], [2]
    for sentence in sentences:
        sentence = sentence[: length - 2]
        if len(row) + len(sentence) > length - 1:
            rows.append(row + [3])
            row = [2]
        row = row + sentence
    return [(row + [0] * length)[:length] for row in rows + [row + [3]]]


def test_sentences():
    draw = np.random.RandomState(0)
    sentences = [draw.randint(5, 30, draw.randint(1, 14)).tolist() for _ in range(200)]
    documents = [arrays(*sentences[:50]), arrays(*sentences[50:])]
    records, rest = pack("sentences", documents, 12, SPECIAL)
    assert records.tolist() == by_bert4keras(sentences, 12) and not len(rest)


def test_documents():
    documents = [arrays([11, 12], [13]), arrays([21]), arrays([31, 32, 33, 34], [35, 36])]
    records, _ = pack("documents", documents, 6, SPECIAL)
    assert records.tolist() == [[2, 11, 12, 3, 13, 3], [2, 21, 3, 0, 0, 0], [2, 31, 32, 33, 34, 3]]


def test_bad_packing():
    with pytest.raises(ValueError, match="packing must be one of .*'full'; did you mean 'fill'"):
        pack("full", [], 5, SPECIAL)
    with pytest.raises(
        ValueError, match="sequence_length must be more than the special tokens, not 2"
    ):
        pack("fill", [], 2, SPECIAL)
    with pytest.raises(ValueError, match="'documents' pads.*no padding token"):
        pack("documents", [arrays([1])], 5, {})
