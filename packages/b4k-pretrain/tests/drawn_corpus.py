"""Small texts for the tests, and their tokenizer."""

import random

from b4k_text import Tokenizer

CHARACTERS = [chr(code) for code in range(0x4E00, 0x4E00 + 40)]
VOCAB = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARACTERS, "。", "a", "##b", "c"]


def tokenizer(**options):
    """A tokenizer of 49 tokens."""
    return Tokenizer({token: i for i, token in enumerate(VOCAB)}, **options)


def texts(count, seed=0, sentences=3, longest=20):
    """Texts of some sentences each."""
    draw = random.Random(seed)
    return [
        "".join(
            "".join(draw.choices(CHARACTERS, k=draw.randint(1, longest))) + "。"
            for _ in range(sentences)
        )
        for _ in range(count)
    ]


def write(path, lines, encoding="utf-8"):
    """Write lines to a file, whose path is returned."""
    with open(str(path), "wb") as writer:
        writer.write("".join(line + "\n" for line in lines).encode(encoding))
    return str(path)
