"""The character classes that BERT's basic tokenizer distinguishes.

Categories are those of the running Python's `unicodedata`, so a character that Unicode
reclassifies moves with Python, exactly as it does in bert4keras.
"""

import string
import unicodedata
from functools import lru_cache

__all__ = [
    "CJK_PUNCTUATION",
    "CJK_RANGES",
    "is_cjk_character",
    "is_control",
    "is_punctuation",
    "is_space",
]

# https://en.wikipedia.org/wiki/CJK_Unified_Ideographs_(Unicode_block), as BERT was trained:
# kana, Hangul and the later extensions G and H are not among them.
CJK_RANGES = (
    (0x4E00, 0x9FFF),  # unified ideographs
    (0x3400, 0x4DBF),  # extension A
    (0x20000, 0x2A6DF),  # extension B
    (0x2A700, 0x2B73F),  # extension C
    (0x2B740, 0x2B81F),  # extension D
    (0x2B820, 0x2CEAF),  # extension E
    (0xF900, 0xFAFF),  # compatibility ideographs
    (0x2F800, 0x2FA1F),  # compatibility supplement
)

_CJK_PUNCTUATION_RANGES = (
    (0x00B7, 0x00B7),
    (0x2013, 0x2014),
    (0x2018, 0x2019),
    (0x201B, 0x201F),
    (0x2026, 0x2027),
    (0x3000, 0x3003),
    (0x3008, 0x3011),
    (0x3014, 0x301F),
    (0x3030, 0x3030),
    (0x303E, 0x303F),
    (0xFE4F, 0xFE4F),
    (0xFE51, 0xFE51),
    (0xFE54, 0xFE54),
    (0xFF01, 0xFF0D),
    (0xFF0F, 0xFF0F),
    (0xFF1A, 0xFF20),
    (0xFF3B, 0xFF40),
    (0xFF5B, 0xFF64),
)

_ASCII_PUNCTUATION = frozenset(string.punctuation)

# What decoded text has no space after.
CJK_PUNCTUATION = "".join(
    chr(code) for first, last in _CJK_PUNCTUATION_RANGES for code in range(first, last + 1)
)


def is_space(ch):
    """Whether `ch` separates words: a blank, a line break, a tab, or any of category Zs."""
    return ch in (" ", "\n", "\r", "\t") or unicodedata.category(ch) == "Zs"


@lru_cache(maxsize=1 << 16)
def is_punctuation(ch):
    """Whether `ch` is punctuation: every ASCII symbol (`$`, `+` ... too), or any of category P."""
    return ch in _ASCII_PUNCTUATION or unicodedata.category(ch).startswith("P")


@lru_cache(maxsize=1 << 16)
def is_cjk_character(ch):
    """Whether `ch` is an ideograph of `CJK_RANGES`."""
    code = ord(ch)
    return any(first <= code <= last for first, last in CJK_RANGES)


def is_control(ch):
    """Whether `ch` is a control or format character (Cc, Cf), such as a zero width joiner."""
    return unicodedata.category(ch) in ("Cc", "Cf")
