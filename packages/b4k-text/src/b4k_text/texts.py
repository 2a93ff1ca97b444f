"""Helpers for strings, named as in `bert4keras.snippets`."""

import re
import unicodedata

from b4k_text.checks import shown
from b4k_text.memo import Memo

__all__ = [
    "convert_to_str",
    "convert_to_unicode",
    "is_mark",
    "is_string",
    "lowercase_and_decompose",
    "lowercase_and_normalize",
    "strQ2B",
    "string_matching",
    "text_segmentate",
]

_WITHOUT_MARKS = Memo(lambda code: "" if is_mark(chr(code)) else code)
_HALF_WIDTH = {0x3000: 0x20, **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}}


def is_string(s):
    """Whether `s` is a str."""
    return isinstance(s, str)


def strQ2B(ustring):
    """Full width characters as their half width twins: `ＡＢＣ，１２３` becomes `ABC,123`."""
    return ustring.translate(_HALF_WIDTH)


def string_matching(s, keywords):
    """Whether at least one of the regular expressions `keywords` is found in `s`."""
    return any(re.search(keyword, s) for keyword in keywords)


def convert_to_unicode(text, encoding="utf-8", errors="ignore"):
    """Bytes decoded; anything else as it is."""
    return text.decode(encoding, errors=errors) if isinstance(text, bytes) else text


def convert_to_str(text, encoding="utf-8", errors="ignore"):
    """The same as `convert_to_unicode`: since Python 3 a str is Unicode."""
    return convert_to_unicode(text, encoding, errors)


def lowercase_and_normalize(text):
    """Lower case without accents: `Ü` becomes `u` (NFD, then category Mn is dropped)."""
    text = lowercase_and_decompose(text)
    return text if text.isascii() else text.translate(_WITHOUT_MARKS)


def lowercase_and_decompose(text):
    """Lower case with each accent as a character of its own, which `is_mark` tells."""
    text = text.lower()
    return text if text.isascii() else unicodedata.normalize("NFD", text)


def is_mark(ch):
    """Whether a character is an accent on the one before it, of category Mn."""
    return unicodedata.category(ch) == "Mn"


def text_segmentate(text, maxlen, seps="\n", strips=None):
    """Cut a text into pieces of `maxlen` characters at most, as far as there are separators.

    seps: separators, the one to cut at first comes first; each stays at the end of its piece.
    strips: characters taken off both ends of a piece, blanks if None.
    """
    if not isinstance(text, str):
        raise TypeError(f"text_segmentate: text must be a str, got {shown(text)}")
    text = text.strip().strip(strips)
    if not seps or len(text) <= maxlen:
        return [text]
    runs = [""]
    *pieces, last = text.split(seps[0])
    for piece, end in [*((piece, seps[0]) for piece in pieces), (last, "")]:
        if runs[-1] and piece and len(runs[-1]) + len(piece) > maxlen - 1:
            runs.append("")
        runs[-1] += piece + end
    cut = (text_segmentate(run, maxlen, seps[1:], strips) for run in runs if run)
    return [segment for segments in cut for segment in segments]
