"""Text in and out of bert4keras models: tokenizers, data, decoding. Imports no Keras."""

from b4k_text.data import DataGenerator
from b4k_text.decoding import AutoRegressiveDecoder
from b4k_text.huggingface_tokenizer import HuggingFaceTokenizer
from b4k_text.labelling import ViterbiDecoder
from b4k_text.parallel import parallel_apply, parallel_apply_generator
from b4k_text.pretrained import from_pretrained
from b4k_text.sequences import (
    longest_common_subsequence,
    longest_common_substring,
    sequence_padding,
    truncate_sequences,
)
from b4k_text.texts import lowercase_and_normalize, strQ2B, text_segmentate
from b4k_text.tokenizers import SpTokenizer, Tokenizer, TokenizerBase, load_vocab, save_vocab

__version__ = "0.1.0"

__all__ = [
    "AutoRegressiveDecoder",
    "DataGenerator",
    "HuggingFaceTokenizer",
    "SpTokenizer",
    "Tokenizer",
    "TokenizerBase",
    "ViterbiDecoder",
    "from_pretrained",
    "load_vocab",
    "longest_common_subsequence",
    "longest_common_substring",
    "lowercase_and_normalize",
    "parallel_apply",
    "parallel_apply_generator",
    "save_vocab",
    "sequence_padding",
    "strQ2B",
    "text_segmentate",
    "truncate_sequences",
]
