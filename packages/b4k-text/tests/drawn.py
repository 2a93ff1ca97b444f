"""Strings drawn by number, and what a tokenizer makes of them: for the original and for b4k alike.

ci/golden/make_text.py runs this with bert4keras and keeps a digest of every hundred strings.
"""

import hashlib
import json
import random

COUNT = 20000
CHUNK = 100  # strings that share a digest
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused1]", "<s>", "\x00", "\ufffd"]
BLANKS = ["", "", "", " ", " ", "\t", "\n", "\r\n", "\u3000", "\u2028", "\xa0", "\u200b"]
BLOCKS = [  # first and last code point; the common ones more than once
    *[(0x20, 0x7E), (0x61, 0x7A), (0x4E00, 0x9FFF)] * 3,
    *[(0x00, 0x1F), (0x7F, 0x24F), (0x2B0, 0x36F), (0x370, 0x52F), (0x530, 0x6FF)],
    *[(0x900, 0xDFF), (0xE00, 0xEFF), (0x1000, 0x13FF), (0x1D00, 0x1FFF), (0x2000, 0x2BFF)],
    *[(0x2E80, 0x33FF), (0x3400, 0x4DBF), (0xA000, 0xD7A3), (0xE000, 0xFAFF), (0xFB00, 0xFFFF)],
    *[(0xFF00, 0xFFEF), (0x10000, 0x1F9FF), (0x20000, 0x2FA1F), (0xE0000, 0xE01EF)],
]


def drawn_text(i, tokens, stable):
    """String number i, of a few runs of characters, tokens, or specials.

    tokens: those of the vocabulary; stable: the set of code points that every Unicode puts into
    the same class. Only `random()` gives the same numbers in every Python.
    """
    rng = random.Random(i)

    def pick(items):
        return items[int(rng.random() * len(items))]

    def run():
        kind = rng.random()
        if kind < 0.05:
            return pick(SPECIALS)
        if kind < 0.4:
            return "".join(
                pick(tokens).replace("##", pick(["##", ""])) for _ in range(pick([1, 3]))
            )
        first, last = pick(BLOCKS)
        codes = [first + int(rng.random() * (last + 1 - first)) for _ in range(pick([1, 2, 4, 8]))]
        return "".join(chr(code) for code in codes if code in stable)

    return "".join(run() + pick(BLANKS) for _ in range(pick([1, 2, 3, 5, 8])))


def results(tokenizer, i, text, other):
    """Everything that a tokenizer makes of a text; None where rematch can't find a token."""
    tokens = tokenizer.tokenize(text)
    ids, segments = tokenizer.encode(text)
    try:
        mapping = tokenizer.rematch(text, tokens)
    except ValueError:
        mapping = None
    options = {
        "pattern": ("S*E*E", "S*ES*E")[i % 2],
        "truncate_from": ("right", "left")[i // 2 % 2],
    }
    pair = tokenizer.encode(text, other, maxlen=6 + i % 30, **options)
    return [tokens, ids, segments, mapping, list(pair), tokenizer.decode(ids)]


def digest(tokenizers, start, tokens, stable):
    """A digest of the strings from `start` on, each through the next of the tokenizers."""
    rows = []
    for i in range(start, start + CHUNK):
        text, other = (drawn_text(k, tokens, stable) for k in (i, i + 1))
        rows.append(results(tokenizers[i % len(tokenizers)], i, text, other))
    return hashlib.sha256(json.dumps(rows).encode("ascii")).hexdigest()[:20]
