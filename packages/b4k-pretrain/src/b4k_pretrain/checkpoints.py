"""Checkpoints of a training: all arrays and what they belong to in one file, which is there whole or not at all.

The file is an npz, with `header`, JSON as bytes, among the arrays; its name has its step and its SHA-256.
"""

import glob
import json
import os
import re
import warnings
import zipfile

import numpy as np

from b4k_pretrain.records import checksum

NAME = "step-%010d-%s.npz"
STEP = re.compile(r"step-(\d{10})-([0-9a-f]{64})\.npz$")


class CheckpointsError(ValueError):
    """A checkpoint that this run must not go on from: the message says what differs."""


def save(folder, step, header, arrays, keep):
    """Write a checkpoint, then delete all older ones but the last `keep`. Returns its path.

    header: a dict that JSON holds; arrays: any iterable of arrays, taken one at a time.
    Raises FloatingPointError, and writes nothing, if one of them is not finite.
    """
    os.makedirs(folder, exist_ok=True)
    temporary = os.path.join(folder, "step.tmp")
    try:
        with open(temporary, "wb") as file:
            _write(file, header, arrays)
            file.flush()
            os.fsync(file.fileno())
        path = os.path.join(folder, NAME % (step, checksum(temporary)))
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)
    others = [old for old in paths(folder) if step_of(old) <= step and old != path]
    for old in others[: max(0, len(others) + 1 - keep)]:
        os.remove(old)
    return path


def _write(file, header, arrays):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        text = np.frombuffer(json.dumps(header).encode("utf-8"), "uint8")
        _add(archive, "header", text)
        for i, array in enumerate(arrays):
            array = np.asarray(array)
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise FloatingPointError("variable %d of the training is not finite" % i)
            _add(archive, "%06d" % i, array)


def _add(archive, name, array):
    with archive.open(name + ".npy", "w", force_zip64=True) as file:
        np.lib.format.write_array(file, array, allow_pickle=False)


def paths(folder):
    """The checkpoints of a folder, the oldest first."""
    found = glob.glob(os.path.join(glob.escape(folder), "step-*.npz"))
    return sorted(path for path in found if STEP.search(path))


def step_of(path):
    """The step that a checkpoint was written after."""
    return int(STEP.search(path).group(1))


def read(path):
    """(header, arrays) of a checkpoint. Raises an error if a byte of it is missing or has changed."""
    if checksum(path) != STEP.search(path).group(2):
        raise ValueError("its checksum is not the one in its name")
    with np.load(path, allow_pickle=False) as archive:
        arrays = [archive[name] for name in sorted(archive.files) if name != "header"]
        return json.loads(archive["header"].tobytes().decode("utf-8")), arrays


def newest(folder):
    """(header, arrays) of the newest whole checkpoint, with a warning about damaged ones; None if there is none."""
    for path in reversed(paths(folder)):
        try:
            return read(path)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            message = "%s is damaged (%s): going back to the one before" % (path, error)
            warnings.warn(message, stacklevel=2)
    return None


def check(found, expected, where):
    """Raise a CheckpointsError if a checkpoint belongs to another configuration, corpus or tokenizer."""
    for name in sorted(set(found) | set(expected)):
        if found.get(name) != expected.get(name):
            raise CheckpointsError(
                "%s was begun with %s = %r, and now it is %r: restore it, or begin anew in another training.folder"
                % (where, name, found.get(name), expected.get(name))
            )


__all__ = ["CheckpointsError", "check", "newest", "paths", "read", "save", "step_of"]
