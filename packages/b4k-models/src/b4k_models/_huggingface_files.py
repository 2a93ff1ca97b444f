"""The files of a Hugging Face directory: found, opened, and replaced as if in one step."""

import contextlib
import json
import os
import re

from ._pickle_weights import PickleFile
from ._replace import current, durable_file, replace_together, staging_path
from ._safetensors import SafetensorsFile
from .errors import CheckpointError

__all__ = [
    "CONFIG",
    "INDEX",
    "WEIGHTS",
    "is_huggingface_directory",
    "located",
    "open_files",
    "read_json",
    "replace_files",
]

CONFIG, WEIGHTS = "config.json", "model.safetensors"
FORMATS = [(WEIGHTS, SafetensorsFile), ("pytorch_model.bin", PickleFile)]
INDEX = ".index.json"  # after the name of a file that is in shards
LFS_POINTER = b"version https://git-lfs"
OURS = re.compile(r"model(-[0-9]{5}-of-[0-9]{5})?\.safetensors(\.index\.json)?")


def is_huggingface_directory(path):
    """Whether a path is a directory with a `config.json`, or with weights as Hugging Face names them."""
    names = {CONFIG}.union(*((name, name + INDEX) for name, _ in FORMATS))
    return os.path.isdir(path) and not names.isdisjoint(os.listdir(path))


# --- reading


def located(directory, filename):
    """Where to read a file of a directory, even if `replace_files` was interrupted there."""
    for decider in (WEIGHTS, WEIGHTS + INDEX):
        path = os.path.join(directory, decider)
        if os.path.exists(path):
            return current(os.path.join(directory, filename), path)
    return os.path.join(directory, filename)


def read_json(path):
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


def open_files(directory):
    """The opened weight files of a directory: the first format there is, whole or in shards."""
    if not os.path.isdir(directory):
        raise CheckpointError("{}: no such directory".format(directory))
    for filename, reader in FORMATS:
        if os.path.exists(os.path.join(directory, filename)):
            return [_open_file(located(directory, filename), reader)]
        if os.path.exists(os.path.join(directory, filename + INDEX)):
            return _open_shards(directory, located(directory, filename + INDEX), reader)
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
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise CheckpointError("{}: weight_map is missing or empty".format(index))
    files = {}
    for shard in sorted(set(map(str, weight_map.values()))):
        path = located(directory, shard)
        if os.path.basename(shard) != shard or not os.path.isfile(path):
            raise CheckpointError("{}: the shard {} is missing".format(index, shard))
        files[shard] = _open_file(path, reader)
    for name, shard in weight_map.items():
        if str(shard) not in files or name not in files[shard].shapes:
            raise CheckpointError("{}: {} is not in the shard {}".format(index, name, shard))
    return list(files.values())


# --- writing


def replace_files(directory, writers):
    """Replace the config and the weights of a directory by {filename: function that writes to a binary file}.

    The last of them is the file that reading starts from. All are written beside the old ones first; whatever fails,
    each file is then whole, old or new, and `located` finds those that belong together.
    """
    os.makedirs(directory, exist_ok=True)
    paths = [os.path.join(directory, filename) for filename in writers]
    staged = [(staging_path(path), path) for path in paths]
    try:
        for (temporary, _), write in zip(staged, writers.values()):
            with durable_file(temporary) as f:
                write(f)
        replace_together(staged)
    finally:
        for temporary, _ in staged:
            with contextlib.suppress(FileNotFoundError):
                os.remove(temporary)
    for filename in os.listdir(directory):
        if OURS.fullmatch(filename) and filename not in writers:
            os.remove(os.path.join(directory, filename))
