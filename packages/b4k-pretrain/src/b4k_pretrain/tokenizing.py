"""The tokenizer that a configuration names."""

import os

from b4k_text import Tokenizer, from_pretrained


def open_tokenizer(path):
    """The tokenizer of a vocab.txt, or of a directory as Hugging Face's `save_pretrained` writes it."""
    if os.path.isdir(path):
        return from_pretrained(path)
    return Tokenizer(path, do_lower_case=True)


__all__ = ["open_tokenizer"]
