"""What holds for every text."""

import unicodedata

from b4k_text import Tokenizer, truncate_sequences
from hypothesis import assume, given, settings
from hypothesis import strategies as st

HANZI = "的一是了我不在人们有来他这上着个地到大里说就去子得也和那要下看天时过出小么起你都"
TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "hello", "un", "##a", "##b", "a", "b", *HANZI]
TOKEN_DICT = {token: i for i, token in enumerate(TOKENS)}
CASED = Tokenizer(TOKEN_DICT)
UNCASED = Tokenizer(TOKEN_DICT, do_lower_case=True)

settings.register_profile("b4k-text", deadline=None, database=None)  # machines may be busy
settings.load_profile("b4k-text")

known = st.lists(st.sampled_from([*HANZI, "hello", "The ", "unab", " ", ", "])).map("".join)
# Spacing marks are left out: NFD may swap two of them, and then rematch can't find the word.
characters = st.characters(blacklist_categories=("Cs", "Mc"))
texts = st.one_of(known, st.text(characters), st.tuples(known, st.text(characters)).map("".join))
tokenizers = st.sampled_from([CASED, UNCASED])


def stays(ch, tokenizer):
    """Whether something of a character reaches the tokens."""
    return not (ch.isspace() or tokenizer._is_space(ch)) and tokenizer._normalize(ch).strip() != ""


@given(texts, tokenizers)
def test_rematch_indices_increase_and_cover_the_text(text, tokenizer):
    mapping = tokenizer.rematch(text, tokenizer.tokenize(text))
    indices = [i for token in mapping for i in token]
    assert indices == sorted(indices)
    text = text.lower() if tokenizer is UNCASED else text
    assert set(indices) == {i for i, ch in enumerate(text) if stays(ch, tokenizer)}


@given(texts)
def test_rematch_spells_the_tokens(text):
    tokens = CASED.tokenize(text)
    for token, indices in zip(tokens[1:-1], CASED.rematch(text, tokens)[1:-1]):
        assert "".join(text[i] for i in indices) == CASED.stem(token)


@given(
    texts,
    st.none() | texts,
    st.integers(4, 40),
    st.sampled_from(["S*E*E", "S*ES*E"]),
    st.sampled_from(["right", "left"]),
    tokenizers,
)
def test_encode_keeps_to_maxlen(first, second, maxlen, pattern, truncate_from, tokenizer):
    whole, _ = tokenizer.encode(first, second, pattern=pattern)
    ids, segments = tokenizer.encode(first, second, maxlen, pattern, truncate_from)
    assert len(ids) == len(segments) == min(maxlen, len(whole))
    assert segments == sorted(segments)
    assert ids[0] == tokenizer._token_start_id and ids[-1] == tokenizer._token_end_id


@given(st.text(st.sampled_from(HANZI)), tokenizers)
def test_decode_gives_plain_chinese_back(text, tokenizer):
    assert tokenizer.decode(tokenizer.encode(text)[0]) == text


@given(texts, tokenizers)
def test_tokenize_does_not_depend_on_what_came_before(text, tokenizer):
    fresh = Tokenizer(TOKEN_DICT, do_lower_case=tokenizer is UNCASED)
    assert fresh.tokenize(text) == tokenizer.tokenize(text)


@given(st.lists(texts, min_size=1, max_size=4), st.booleans(), tokenizers)
def test_encode_batch_is_encode_for_each(many, paired, tokenizer):
    seconds = many[::-1] if paired else [None] * len(many)
    expected = [tokenizer.encode(*pair, maxlen=20) for pair in zip(many, seconds)]
    assert list(zip(*tokenizer.encode_batch(many, seconds, maxlen=20))) == expected


@given(texts, tokenizers)
def test_tokens_are_known_or_whole_words(text, tokenizer):
    for token in tokenizer.tokenize(text):
        assert token in TOKEN_DICT or not token.startswith("##")
        assert token and not any(ch.isspace() for ch in token)
        assert not any(unicodedata.category(ch) in ("Cc", "Cf", "Zs") for ch in token)


@given(st.integers(0, 20), st.integers(-3, 3), st.lists(st.lists(st.integers()), max_size=4))
def test_truncate_sequences_is_popping_one_by_one(maxlen, index, sequences):
    expected = [list(sequence) for sequence in sequences]
    while sum(map(len, expected)) > maxlen:
        longest = max(expected, key=len)
        assume(-len(longest) <= index < len(longest))
        longest.pop(index)
    truncate_sequences(maxlen, index, *sequences)
    assert sequences == expected
