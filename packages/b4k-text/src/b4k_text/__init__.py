"""Text in and out of bert4keras models: vocabularies and tokenizers. Imports no Keras."""

from b4k_text.snippets import lowercase_and_normalize, truncate_sequences
from b4k_text.tokenizers import Tokenizer, TokenizerBase, load_vocab, save_vocab

__version__ = "0.1.0"

__all__ = [
    "Tokenizer",
    "TokenizerBase",
    "load_vocab",
    "lowercase_and_normalize",
    "save_vocab",
    "truncate_sequences",
]
