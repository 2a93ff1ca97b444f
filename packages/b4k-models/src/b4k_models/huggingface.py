"""Reads and writes Hugging Face directories: `config.json`, and weights as safetensors or, read only, PyTorch files.

Names and layouts come out as Google's, so that one `variable_mapping` serves both worlds.
"""

import json
import os
import re
from collections.abc import Mapping

import numpy as np

from ._huggingface_config import check_sizes, family_of, models_of, read_config
from ._huggingface_export import export
from ._huggingface_files import (
    CONFIG,
    INDEX,
    WEIGHTS,
    is_huggingface_directory,
    open_files,
    replace_files,
)
from ._huggingface_names import TIED, blocks_in, entries, is_buffer, normalised
from ._safetensors import as_stored, write_safetensors
from .errors import CheckpointError

__all__ = [
    "HuggingFaceCheckpoint",
    "is_huggingface_directory",
    "models_of",
    "read_config",
    "write_huggingface",
]

WIDENED = {  # the floats a file may have -> what they are read as
    "float64": "float64",
    "float32": "float32",
    "float16": "float32",
    "bfloat16": "float32",
}


class HuggingFaceCheckpoint(Mapping):
    """A Hugging Face directory as a mapping {Google's variable name: array}, read lazily.

    `.shapes` and `.dtypes` of all variables; `.config` as `read_config` gives it; `.unrecognised`, the tensors that are
    no variables of b4k's model, and which `read_tensor` gives. Matrices come as Google has them, 16-bit floats widened
    to float32. Heads that the files lack are absent. Raises CheckpointError.
    """

    def __init__(self, directory):
        self.path = os.fspath(directory)
        self.shapes, self.dtypes = {}, {}
        self._sources = {}  # variable -> tensor's name, its layout, index in what the layout makes of it
        self._files = self._files_by_tensor()
        self.family, first_position = family_of(self.path)
        used = self._find_variables(first_position)
        self.unrecognised = [
            name
            for name in self._files
            if name not in used and not is_buffer(self.family, normalised(self.family, name))
        ]
        if not self._sources:
            message = "{}: none of its {} tensors is a variable of {}: {}"
            first = ", ".join(self.unrecognised[:5])
            raise CheckpointError(message.format(self.path, len(self._files), self.family, first))

    def _files_by_tensor(self):
        files = {}
        for file in open_files(self.path):
            for name in file.shapes:
                if name in files:
                    message = "{}: {} is in {} already"
                    raise CheckpointError(message.format(file.path, name, files[name].path))
                files[name] = file
        return files

    def _find_variables(self, first_position):
        """Fill `shapes`, `dtypes` and `_sources`; returns the names of the tensors that have variables."""
        given, used = {}, set()
        for name in self._files:
            given.setdefault(normalised(self.family, name), []).append(name)
        for entry in entries(self.family, blocks_in(self._files), first_position):
            for name in given.get(entry.name, []):
                self._add(name, entry)
                used.add(name)
        return used

    def _add(self, name, entry):
        file = self._files[name]
        if file.dtypes[name] not in WIDENED:
            message = "{}: {} is of type {}, expected a float of 16, 32 or 64 bits"
            raise CheckpointError(message.format(file.path, name, file.dtypes[name]))
        shapes = self._split_shape(name, entry)
        for part, (variable, shape) in enumerate(zip(entry.variables, shapes)):
            if variable not in self._sources:
                self._sources[variable] = name, entry.layout, part
                self.shapes[variable] = shape
                self.dtypes[variable] = np.dtype(WIDENED[file.dtypes[name]])
            elif entry.rank != TIED:
                message = "{}: {} is {}, which {} is already"
                other = self._sources[variable][0]
                raise CheckpointError(message.format(file.path, name, variable, other))

    def _split_shape(self, name, entry):
        """The shapes of what a tensor splits into, without reading it."""
        shape = self._files[name].shapes[name]
        try:
            return [part.shape for part in entry.layout.split(np.broadcast_to(0, shape))]
        except (ValueError, IndexError) as error:  # numpy's AxisError is both
            message = "{}: {} has shape {}, which is none of {}: {}"
            variables = ", ".join(entry.variables)
            path = self._files[name].path
            raise CheckpointError(message.format(path, name, shape, variables, error)) from None

    @property
    def config(self):
        return read_config(self.path)

    def check_sizes(self):
        """Raise a CheckpointError if no tensor can have the sizes of `config.json`, before a model has them."""
        check_sizes(self.path, [file.shapes[name] for name, file in self._files.items()])

    def read_tensor(self, name):
        """A tensor under its own name and as it is stored, of `.unrecognised` for example."""
        if name not in self._files:
            raise CheckpointError("{}: there is no tensor {}".format(self.path, name))
        file = self._files[name]
        array, dtype = file.read(name), file.dtypes[name]
        if dtype == "bfloat16":  # the upper half of a float32
            return (array.astype("uint32") << 16).view("float32")
        return array.astype(WIDENED.get(dtype, array.dtype), copy=False)

    def check(self, variable):
        """Raise a CheckpointError if reading `variable` would, where opening could not see it."""
        name = self._sources[variable][0]
        self._files[name].check(name)

    def __getitem__(self, variable):
        name, layout, index = self._sources[variable]
        tensor = self.read_tensor(name)
        part = layout.split(tensor)[index]
        return part if part.size == tensor.size else part.copy()  # lets go of the rest

    def __contains__(self, variable):
        return variable in self._sources

    def __iter__(self):
        return iter(self._sources)

    def __len__(self):
        return len(self._sources)


# --- writing

UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}


def write_huggingface(
    transformer,
    directory,
    get_variables,  # a function that gives {Google's name: array}
    dtype=None,  # "float32", "float16" or "bfloat16"; None leaves them as they are
    max_shard_size=None,  # bytes, or text like "5GB"; None is one file
    model_type=None,  # see `export`
):
    """Write a model as `config.json` and `model.safetensors`; an interrupted write leaves old files whole."""
    config, tensors = export(transformer, get_variables, model_type)
    stored = {name: as_stored(array, dtype) for name, array in sorted(tensors.items())}
    if dtype is not None:
        config["torch_dtype"] = dtype
    shards = _shards(stored, _bytes(max_shard_size))
    writers = {CONFIG: _json_writer(config)}
    if len(shards) == 1:
        writers[WEIGHTS] = lambda f: write_safetensors(f, stored)
    else:
        writers.update(_shard_writers(shards))
    replace_files(directory, writers)


def _bytes(size):
    """A number of bytes, from it, from text like "5GB", or None."""
    match = re.fullmatch(r"([0-9]+) ?(|KB|MB|GB)", str(size).upper())
    if size is not None and not match:
        raise ValueError("max_shard_size=%r, expected a number, or text like '5GB'" % (size,))
    return None if size is None else int(match.group(1)) * UNITS[match.group(2)]


def _shards(stored, limit):
    """The tensors in order, parted such that none but single tensors has more bytes than `limit`."""
    shards, room = [{}], limit
    for name, (code, array) in stored.items():
        if limit is not None and array.nbytes > room and shards[-1]:
            shards.append({})
            room = limit
        shards[-1][name] = code, array
        room = None if limit is None else room - array.nbytes
    return shards


def _shard_writers(shards):
    """{filename: its writer} of shards, and after them their index."""
    stem, extension = os.path.splitext(WEIGHTS)
    writers, weight_map = {}, {}
    for i, shard in enumerate(shards, 1):
        filename = "%s-%05d-of-%05d%s" % (stem, i, len(shards), extension)
        writers[filename] = lambda f, shard=shard: write_safetensors(f, shard)
        weight_map.update((name, filename) for name in shard)
    size = sum(array.nbytes for shard in shards for _, array in shard.values())
    index = {"metadata": {"total_size": size}, "weight_map": weight_map}
    return {**writers, WEIGHTS + INDEX: _json_writer(index)}


def _json_writer(values):
    text = json.dumps(values, indent=2, sort_keys=True) + "\n"
    return lambda f: f.write(text.encode("utf-8"))
