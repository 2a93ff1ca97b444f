"""A tokenizer remembers what it met, within bounds."""

from b4k_text import Tokenizer
from b4k_text.memo import Memo


def test_rule_is_asked_once_per_key():
    asked = []
    memo = Memo(lambda key: asked.append(key) or key * 2)
    assert [memo["a"], memo["b"], memo["a"]] == ["aa", "bb", "aa"]
    assert asked == ["a", "b"]


def test_starts_over_when_full():
    memo = Memo(str, limit=3)
    assert [memo[i] for i in range(5)] == ["0", "1", "2", "3", "4"]
    assert sorted(memo) == [3, 4]


def test_long_keys_are_not_kept():
    tokenizer = Tokenizer({"[UNK]": 0, "a": 1}, token_start=None, token_end=None)
    text = "a " + "b" * 5000
    tokens = tokenizer.tokenize(text)
    assert tokens == text.split()
    assert [len(indices) for indices in tokenizer.rematch(text, tokens)] == [1, 5000]
    assert tokenizer.decode(None, tokens) == text
    kept = [key for memo in vars(tokenizer).values() if isinstance(memo, Memo) for key in memo]
    assert "a" in kept and text[2:] not in kept
