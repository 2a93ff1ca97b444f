r"""The file `checkpoint` in which TensorFlow notes the latest checkpoint of a directory.

A CheckpointState (tensorflow/python/training/checkpoint_state.proto) in protobuf's text format,
with C escapes: bytes that are not printable ASCII as \ooo.

    model_checkpoint_path: "model.ckpt"
    all_model_checkpoint_paths: "model.ckpt"
"""

import os
import re

from ._replace import durable_file, staging_path
from .errors import CheckpointError, blame

__all__ = ["STATE_FILE", "read_latest", "write_latest"]

STATE_FILE = "checkpoint"
LARGEST = 1 << 20  # bytes read of it
LATEST = re.compile(rb'^model_checkpoint_path\s*:\s*"((?:[^"\\\n]|\\.)*)"', re.MULTILINE)
ESCAPED = re.compile(rb"\\(?:([0-7]{1,3})|(.))")
LETTERS = {
    ord("\t"): "t",
    ord("\n"): "n",
    ord("\r"): "r",
    ord('"'): '"',
    ord("'"): "'",
    ord("\\"): "\\",
}
BYTES = {letter.encode(): bytes([byte]) for byte, letter in LETTERS.items()}


def read_latest(directory):
    """The path of the latest checkpoint as the state file has it, "" if there is no such file."""
    path = os.path.join(directory, STATE_FILE)
    if not os.path.isfile(path):
        return ""
    with blame(path), open(path, "rb") as f:
        found = LATEST.search(f.read(LARGEST))
        if not found:
            raise CheckpointError("it names no checkpoint, there is no model_checkpoint_path")
        name = os.fsdecode(ESCAPED.sub(_unescape, found.group(1)))
        if "\0" in name:
            raise CheckpointError(f"it names the impossible path {name!r}")
        return name


def write_latest(directory, name):
    """Note `name`, relative to the directory, as its latest and only checkpoint."""
    path = os.path.join(directory, STATE_FILE)
    quoted = "".join(map(_escape, os.fsencode(name)))
    temporary = staging_path(path)
    with durable_file(temporary) as f:
        for key in ("model_checkpoint_path", "all_model_checkpoint_paths"):
            f.write(f'{key}: "{quoted}"\n'.encode("ascii"))
    os.replace(temporary, path)


def _escape(byte):
    if byte in LETTERS:
        return "\\" + LETTERS[byte]
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"


def _unescape(match):
    octal, letter = match.groups()
    return bytes([int(octal, 8) & 0xFF]) if octal else BYTES.get(letter, letter)
