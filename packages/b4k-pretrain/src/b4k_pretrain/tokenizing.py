"""The tokenizer that a configuration names, and what it takes for words."""

import importlib
import os

from b4k_text import Tokenizer, from_pretrained

from b4k_pretrain.masking import Words

__all__ = ["open_tokenizer", "open_words"]

SEGMENTERS = {"jieba": "jieba:lcut"}


def open_tokenizer(path):
    """The tokenizer of a vocab.txt, or of a directory as Hugging Face's `save_pretrained` writes it."""
    if os.path.isdir(path):
        return from_pretrained(path)
    return Tokenizer(path, do_lower_case=True)


def open_words(name, tokenizer):
    """The Words of a name: "pieces" for tokens with the "##" after them, "jieba", or "module:function" of a segmenter.

    Raises ValueError for a segmenter that can't be imported, and without a tokenizer.
    """
    if not tokenizer:
        raise ValueError("objective.options: words = %r needs data.tokenizer" % (name,))
    if name == "pieces":
        return Words(tokenizer)
    module, _, function = str(SEGMENTERS.get(name, name)).partition(":")
    try:
        return Words(tokenizer, getattr(importlib.import_module(module), function))
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(
            "objective.options: words = %r: expected 'pieces', 'jieba' or 'module:function' of a segmenter: %s"
            % (name, error)
        ) from error
