"""Reads a Hugging Face BERT directory: `config.json`, and weights as safetensors or PyTorch files.

Names and layouts come out as Google's, so that one `variable_mapping` serves both worlds.
"""

import json
import os
import re
from collections.abc import Mapping

import numpy as np

from ._pickle_weights import PickleFile
from ._safetensors import SafetensorsFile
from .errors import CheckpointError

__all__ = ["HuggingFaceCheckpoint", "is_huggingface_directory", "read_config"]


# --- names: Hugging Face module -> Google scope, and what its tensors are called there

TABLE = {"weight": ""}
DENSE = {"weight": "/kernel", "bias": "/bias"}
NORM = {"weight": "/gamma", "bias": "/beta", "gamma": "/gamma", "beta": "/beta"}
OUTPUT = {"weight": "/output_weights", "bias": "/output_bias"}
OUTPUT_BIAS = {"bias": "/output_bias"}
BLOCK, GOOGLE_BLOCK = r"encoder\.layer\.(\d+)\.", r"bert/encoder/layer_\1/"
MODULES = [
    (r"embeddings\.(word|position|token_type)_embeddings", r"bert/embeddings/\1_embeddings", TABLE),
    (r"embeddings\.LayerNorm", "bert/embeddings/LayerNorm", NORM),
    (BLOCK + r"attention\.self\.(query|key|value)", GOOGLE_BLOCK + r"attention/self/\2", DENSE),
    (BLOCK + r"attention\.output\.dense", GOOGLE_BLOCK + "attention/output/dense", DENSE),
    (BLOCK + r"attention\.output\.LayerNorm", GOOGLE_BLOCK + "attention/output/LayerNorm", NORM),
    (BLOCK + r"intermediate\.dense", GOOGLE_BLOCK + "intermediate/dense", DENSE),
    (BLOCK + r"output\.dense", GOOGLE_BLOCK + "output/dense", DENSE),
    (BLOCK + r"output\.LayerNorm", GOOGLE_BLOCK + "output/LayerNorm", NORM),
    (r"pooler\.dense", "bert/pooler/dense", DENSE),
    (r"cls\.predictions\.transform\.dense", "cls/predictions/transform/dense", DENSE),
    (r"cls\.predictions\.transform\.LayerNorm", "cls/predictions/transform/LayerNorm", NORM),
    (r"cls\.predictions", "cls/predictions", OUTPUT_BIAS),
    (r"cls\.seq_relationship", "cls/seq_relationship", OUTPUT),
]
TIED = {  # second names of a variable, of use only where a file has dropped the first
    "cls.predictions.decoder.weight": "bert/embeddings/word_embeddings",
    "cls.predictions.decoder.bias": "cls/predictions/output_bias",
}
BUFFERS = ("embeddings.position_ids", "embeddings.token_type_ids")


def _strip(name):
    return name[len("bert.") :] if name.startswith("bert.") else name


def _google_name(name):
    """The Google name of a Hugging Face tensor; None if BERT has no such variable."""
    name = _strip(name)
    if name in TIED:
        return TIED[name]
    module, _, leaf = name.rpartition(".")
    for pattern, scope, leaves in MODULES:
        match = re.fullmatch(pattern, module)
        if match and leaf in leaves:
            return match.expand(scope) + leaves[leaf]
    return None


# --- config.json

REQUIRED = object()
KEYS = [
    # config.json, b4k, type, value if absent
    ("vocab_size", "vocab_size", int, REQUIRED),
    ("hidden_size", "hidden_size", int, REQUIRED),
    ("num_hidden_layers", "num_hidden_layers", int, REQUIRED),
    ("num_attention_heads", "num_attention_heads", int, REQUIRED),
    ("intermediate_size", "intermediate_size", int, REQUIRED),
    ("hidden_act", "hidden_act", str, REQUIRED),
    ("layer_norm_eps", "layer_norm_epsilon", float, 1e-12),
    ("type_vocab_size", "segment_vocab_size", int, 2),
    ("max_position_embeddings", "max_position", int, 512),
    ("hidden_dropout_prob", "hidden_dropout_prob", float, 0.1),
    ("attention_probs_dropout_prob", "attention_probs_dropout_prob", float, 0.1),
]
SUPPORTED = [
    # key, its value in a BERT (which is also its default), why no other
    ("model_type", "bert", "of Hugging Face directories only BERT's are read"),
    ("position_embedding_type", "absolute", "relative positions are not BERT's"),
    ("is_decoder", False, "set it to false and build with application='lm'"),
    ("add_cross_attention", False, "BERT has no cross-attention"),
    ("tie_word_embeddings", True, "the MLM head uses the token embeddings"),
    ("pruned_heads", {}, "every layer must have all its heads"),
]
ACTIVATIONS = {  # "gelu" is the erf form at Hugging Face, whatever set_gelu says here
    "gelu": "gelu_erf",
    "gelu_python": "gelu_erf",
    "gelu_new": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "gelu_accurate": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_python_tanh": "gelu_tanh",
    "silu": "swish",
    "swish": "swish",
    "relu": "relu",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "linear": "linear",
}


def read_config(directory):
    """`config.json` of a Hugging Face BERT directory, as keyword arguments of b4k's BERT.

    Raises CheckpointError, naming file and key, if a key is missing or asks for what is no BERT.
    """
    path = os.path.join(directory, "config.json")
    values = _read_json(path)
    for key, expected, reason in SUPPORTED:
        value = values.get(key, expected)
        if value != expected:
            message = "{}: {} is {!r}, expected {!r}: {}"
            raise CheckpointError(message.format(path, key, value, expected, reason))
    config = {name: _value(path, values, key, kind, default) for key, name, kind, default in KEYS}
    if config["hidden_act"] not in ACTIVATIONS:
        message = "{}: hidden_act is {!r}, expected one of {}"
        known = ", ".join(ACTIVATIONS)
        raise CheckpointError(message.format(path, config["hidden_act"], known))
    config["hidden_act"] = ACTIVATIONS[config["hidden_act"]]
    return config


def _value(path, values, key, kind, default):
    if key not in values and default is REQUIRED:
        raise CheckpointError("{}: the key {!r} is missing".format(path, key))
    value = values.get(key, default)
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        message = "{}: {} is {!r}, expected {}"
        raise CheckpointError(message.format(path, key, value, kind.__name__))
    return value


def _read_json(path):
    """The JSON object in a file."""
    try:
        with open(path, encoding="utf-8") as f:
            values = json.load(f)
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError("{}: not readable as JSON: {}".format(path, error)) from None
    if not isinstance(values, dict):
        message = "{}: holds a JSON {}, expected an object"
        raise CheckpointError(message.format(path, type(values).__name__))
    return values


# --- weight files

FORMATS = [("model.safetensors", SafetensorsFile), ("pytorch_model.bin", PickleFile)]
INDEX = ".index.json"  # after the name of a file that is in shards
LFS_POINTER = b"version https://git-lfs"


def is_huggingface_directory(path):
    """Whether a path is a directory with a `config.json`, or with weights as Hugging Face names them."""
    names = {"config.json"}.union(*((name, name + INDEX) for name, _ in FORMATS))
    return os.path.isdir(path) and not names.isdisjoint(os.listdir(path))


def _open_files(directory):
    """The opened weight files of a directory: the first format there is, whole or in shards."""
    if not os.path.isdir(directory):
        raise CheckpointError("{}: no such directory".format(directory))
    for filename, reader in FORMATS:
        path = os.path.join(directory, filename)
        if os.path.exists(path):
            return [_open_file(path, reader)]
        if os.path.exists(path + INDEX):
            return _open_shards(directory, path + INDEX, reader)
    message = "{}: no weights, expected {} (or in shards: with {}); it holds {}"
    expected = " or ".join(filename for filename, _ in FORMATS)
    found = ", ".join(sorted(os.listdir(directory))[:20]) or "nothing"
    raise CheckpointError(message.format(directory, expected, INDEX, found))


def _open_file(path, reader):
    with open(path, "rb") as f:
        if f.read(len(LFS_POINTER)) == LFS_POINTER:
            raise CheckpointError("{}: a Git LFS pointer; fetch the file itself".format(path))
    return reader(path)


def _open_shards(directory, index, reader):
    """The files that an index names, checked to hold the tensors it says."""
    weight_map = _read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise CheckpointError("{}: weight_map is missing or empty".format(index))
    files = {}
    for shard in sorted(set(map(str, weight_map.values()))):
        path = os.path.join(directory, shard)
        if os.path.basename(shard) != shard or not os.path.isfile(path):
            raise CheckpointError("{}: the shard {} is missing".format(index, shard))
        files[shard] = _open_file(path, reader)
    for name, shard in weight_map.items():
        if name not in files[shard].shapes:
            raise CheckpointError("{}: {} is not in the shard {}".format(index, name, shard))
    return list(files.values())


# --- the checkpoint

WIDENED = {  # the floats a file may have -> what they are read as
    "float64": "float64",
    "float32": "float32",
    "float16": "float32",
    "bfloat16": "float32",
}


class HuggingFaceCheckpoint(Mapping):
    """A Hugging Face BERT directory as a mapping {Google's variable name: array}, read lazily.

    `.shapes` and `.dtypes` of all variables; `.config` as `read_config` gives it; `.unrecognised`,
    the tensors that are none of BERT's. Kernels come transposed as Google has them, 16-bit floats
    widened to float32. Heads that the files lack are absent. Raises CheckpointError.
    """

    def __init__(self, directory):
        self.path = os.fspath(directory)
        self.shapes, self.dtypes, self.unrecognised = {}, {}, []
        self._sources = {}  # Google name -> file, Hugging Face name
        tensors = [(file, name) for file in _open_files(self.path) for name in file.shapes]
        for file, name in sorted(tensors, key=lambda tensor: _strip(tensor[1]) in TIED):
            self._add(file, name)
        if not self._sources:
            message = "{}: none of its {} tensors is a variable of BERT: {}"
            first = ", ".join(self.unrecognised[:5])
            raise CheckpointError(message.format(self.path, len(tensors), first))

    def _add(self, file, name):
        variable = _google_name(name)
        if variable is None:
            if _strip(name) not in BUFFERS:
                self.unrecognised.append(name)
            return
        if variable in self._sources:
            if _strip(name) in TIED:
                return
            message = "{}: {} is {}, which {} in {} is already"
            other, other_name = self._sources[variable]
            message = message.format(file.path, name, variable, other_name, other.path)
            raise CheckpointError(message)
        if file.dtypes[name] not in WIDENED:
            message = "{}: {} is of type {}, expected a float of 16, 32 or 64 bits"
            raise CheckpointError(message.format(file.path, name, file.dtypes[name]))
        self._sources[variable] = file, name
        self.shapes[variable] = file.shapes[name][:: -1 if _is_kernel(variable) else 1]
        self.dtypes[variable] = np.dtype(WIDENED[file.dtypes[name]])

    @property
    def config(self):
        return read_config(self.path)

    def __getitem__(self, variable):
        file, name = self._sources[variable]
        array = _widen(file.read(name), file.dtypes[name])
        return array.T if _is_kernel(variable) else array

    def __contains__(self, variable):
        return variable in self._sources

    def __iter__(self):
        return iter(self._sources)

    def __len__(self):
        return len(self._sources)


def _is_kernel(variable):
    return variable.endswith("/kernel")


def _widen(array, dtype):
    if dtype == "bfloat16":  # the upper half of a float32
        return (array.astype("uint32") << 16).view("float32")
    return array.astype(WIDENED[dtype], copy=False)
