"""Reads and writes Google's TensorFlow checkpoints without TensorFlow.

    checkpoint = TFCheckpoint("chinese_L-12_H-768_A-12/bert_model.ckpt")
    checkpoint["bert/pooler/dense/kernel"]  # a numpy array [768, 768], read now

The format, from the outside in: _bundle.py (V2) and _saved_slices.py (V1) say which tensor lies
where, in tables of keys and values (_sstable.py) whose values are protobuf messages (_protobuf.py,
_tensor_protos.py). _replace.py keeps an old checkpoint whole while it is overwritten.
"""

import os
import re
from collections.abc import Mapping

import numpy as np

from ._bundle import BundleReader, index_path, write_bundle
from ._checkpoint_state import STATE_FILE, read_latest, write_latest
from ._saved_slices import SavedSlicesReader
from ._tensor_protos import DTYPES, count
from .errors import CheckpointError, blame

__all__ = ["TFCheckpoint", "write_tf_checkpoint"]

LONGEST_NAME = 1024  # characters
OPAQUE = {7: "strings", 20: "resource handles", 21: "variants"}
ENDING = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})$")  # of the files that share a prefix


class TFCheckpoint(Mapping):
    """A mapping from the names in a TensorFlow checkpoint to numpy arrays, read when asked for.

    `prefix` is what the names of the files have in common (V2, several shards included) or the file
    (V1). Also taken: one of the files, a path that lacks its `.ckpt`, and a directory with a file
    `checkpoint` or a single `.index`. `path` is the prefix found; `shapes` and `dtypes` say what
    reading gives, by name: partitioned variables whole, bfloat16 as float32, which holds its values
    exactly. Strings are listed, with dtype object, but cannot be read.

    Opening checks all metadata, and each tensor's place against the sizes of the files. Reading
    checks the tensor's checksum, as TensorFlow does, once; `verify=False` leaves that out. Raises
    CheckpointError, naming the file and what is wrong with it.
    """

    def __init__(self, prefix, verify=True):
        self.path = find_prefix(os.fsdecode(prefix))
        if os.path.exists(index_path(self.path)):
            self._reader = BundleReader(self.path, verify)
        else:
            self._reader = SavedSlicesReader(self.path, verify)
        tensors = self._reader.tensors
        self._tensors = {name: tensors[name] for name in sorted(tensors)}
        self.shapes = {name: tensor.shape for name, tensor in self._tensors.items()}
        self.dtypes = {name: _loaded(tensor.dtype) for name, tensor in self._tensors.items()}

    def check(self, name):
        """Raise a CheckpointError if reading `name` would, without taking the memory for it."""
        for _, source in self._readable(name).pieces:
            self._reader.check(source)

    def _readable(self, name):
        """The Tensor of that name, if it holds numbers."""
        tensor = self._tensors[name]
        if tensor.dtype not in DTYPES:
            content = OPAQUE.get(tensor.dtype, f"TensorFlow's data type {tensor.dtype}")
            raise CheckpointError(f"{self.path}: {name} holds {content}, only numbers can be read")
        return tensor

    def __getitem__(self, name):
        tensor = self._readable(name)
        dtype = DTYPES[tensor.dtype]
        # Flat, since old numpy takes memory for (1 << 40, 0) as if the zero were a one.
        flat = np.empty(count(tensor.shape), dtype.stored)
        whole = flat.reshape(tensor.shape)
        for region, source in tensor.pieces:
            self._reader.read_into(source, whole[region + (Ellipsis,)])
        return dtype.restore(flat).reshape(tensor.shape)

    def __contains__(self, name):
        return name in self._tensors  # without reading it, as Mapping would

    def __iter__(self):
        return iter(self._tensors)

    def __len__(self):
        return len(self._tensors)

    def __repr__(self):
        return f"TFCheckpoint({self.path!r}, {len(self)} variables)"


def _loaded(code):
    """The numpy dtype that reading gives."""
    return DTYPES[code].loaded if code in DTYPES else np.dtype(object)


def write_tf_checkpoint(prefix, tensors, shards=1, write_state=True):
    """Write a mapping of names to arrays as the V2 checkpoint `prefix`; returns the prefix.

    The files are, byte for byte, those that `tf.train.Saver` writes for the same variables. They
    replace an old checkpoint only when all are on the disk: whatever stops the writing, an error, a
    kill or a power failure, TFCheckpoint then reads the old one or the new one, whole. `tensors`
    may be lazy, a TFCheckpoint for one; each array is let go before the next is asked for. `shards`
    data files get the variables in turn. `write_state` notes it in the file `checkpoint` as the
    latest of its directory. Raises CheckpointError for names that no variable has, and for dtypes
    other than bool, integers, floats of 16 to 64 bits and complex numbers.
    """
    prefix = os.fsdecode(prefix)
    directory, base = os.path.split(prefix)
    if not base or os.path.isdir(prefix):
        raise CheckpointError(f"{prefix}: expected a prefix such as bert_model.ckpt")
    if not 1 <= shards <= max(len(tensors), 1):
        raise CheckpointError(f"{prefix}: {shards} shards for {len(tensors)} variables")
    for name in tensors:
        if not isinstance(name, str) or not name or "\0" in name or len(name) > LONGEST_NAME:
            raise CheckpointError(f"{prefix}: {name!r} cannot be the name of a variable")
    os.makedirs(directory or ".", exist_ok=True)
    with blame(prefix, CheckpointError):
        write_bundle(prefix, tensors, shards)
    if write_state:
        write_latest(directory, base)
    return prefix


# --- finding the checkpoint


def find_prefix(path):
    """The prefix of the checkpoint that a user's path means."""
    if os.path.isdir(path):
        return _in_directory(path)
    stem = ENDING.sub("", path)
    for prefix in (stem, stem + ".ckpt"):
        if _exists(prefix):
            return prefix
    raise CheckpointError(
        f"{path}: no checkpoint there, neither {index_path(stem)} (V2) nor a file {stem} (V1)"
    )


def _in_directory(directory):
    """The prefix of the one checkpoint that a directory means."""
    name = read_latest(directory)
    for candidate in (name, os.path.basename(name)):  # a moved directory may name its old place
        prefix = os.path.join(directory, candidate)
        if candidate and _exists(prefix):
            return prefix
    found = sorted(name for name in os.listdir(directory) if name.endswith(index_path("")))
    if len(found) != 1:
        raise CheckpointError(
            f"{directory}: expected a file {STATE_FILE!r} that names a checkpoint, or one .index "
            f"file, found {', '.join(found) or 'neither'}"
        )
    return os.path.join(directory, ENDING.sub("", found[0]))


def _exists(prefix):
    return os.path.exists(index_path(prefix)) or os.path.isfile(prefix)
