"""All that `bert4keras.snippets` has, under its names."""

from b4k_text.arguments import delete_arguments, insert_arguments
from b4k_text.data import DataGenerator
from b4k_text.decoding import AutoRegressiveDecoder
from b4k_text.files import open
from b4k_text.labelling import ViterbiDecoder
from b4k_text.parallel import parallel_apply, parallel_apply_generator
from b4k_text.sequences import (
    is_one_of,
    longest_common_subsequence,
    longest_common_substring,
    sequence_padding,
    softmax,
    to_array,
    truncate_sequences,
)
from b4k_text.serving import WebServing
from b4k_text.texts import (
    convert_to_str,
    convert_to_unicode,
    is_string,
    lowercase_and_normalize,
    string_matching,
    strQ2B,
    text_segmentate,
)

__all__ = [
    "AutoRegressiveDecoder",
    "DataGenerator",
    "ViterbiDecoder",
    "WebServing",
    "convert_to_str",
    "convert_to_unicode",
    "delete_arguments",
    "insert_arguments",
    "is_one_of",
    "is_string",
    "longest_common_subsequence",
    "longest_common_substring",
    "lowercase_and_normalize",
    "open",
    "parallel_apply",
    "parallel_apply_generator",
    "sequence_padding",
    "softmax",
    "strQ2B",
    "string_matching",
    "text_segmentate",
    "to_array",
    "truncate_sequences",
]
