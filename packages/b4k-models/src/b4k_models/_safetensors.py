"""Reads `.safetensors` lazily into numpy, and writes it, bfloat16 included (https://huggingface.co/docs/safetensors)."""

import json
import struct

import numpy as np
from safetensors import SafetensorError, safe_open

from .errors import CheckpointError

__all__ = ["SafetensorsFile", "as_stored", "write_safetensors"]

DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U8": "uint8",
    "BOOL": "bool",
}


class SafetensorsFile:
    """`.shapes` and `.dtypes` of all tensors; `read(name)` gives one, bfloat16 as uint16 bits."""

    def __init__(self, path):
        self.path = path
        try:
            self._file = safe_open(path, framework="np")
            slices = {name: self._file.get_slice(name) for name in self._file.keys()}
        except (SafetensorError, OSError, ValueError) as error:
            message = "{}: not a readable safetensors file: {}".format(path, error)
            raise CheckpointError(message) from None
        self.shapes = {name: tuple(piece.get_shape()) for name, piece in slices.items()}
        codes = {name: piece.get_dtype() for name, piece in slices.items()}
        self.dtypes = {name: DTYPES.get(code, code) for name, code in codes.items()}

    def read(self, name):
        """The array of one tensor."""
        if self.dtypes[name] == "bfloat16":
            return self._read_bits(name)
        return self._file.get_tensor(name)

    def check(self, name):
        """Nothing: opening has compared the header with the size of the file, and there are no checksums."""

    def _read_bits(self, name):
        # numpy has no bfloat16 and safe_open refuses it, but it has checked the header we use here
        with open(self.path, "rb") as f:
            (length,) = struct.unpack("<Q", f.read(8))
            start, end = json.loads(f.read(length).decode("utf-8"))[name]["data_offsets"]
            f.seek(8 + length + start)
            return np.frombuffer(f.read(end - start), "<u2").reshape(self.shapes[name])


# --- writing

STORED = {dtype: code for code, dtype in DTYPES.items() if code[0] in "FB" and code != "BOOL"}


def as_stored(array, dtype=None):
    """(code of the type, little-endian array) of an array as it is to be stored; "bfloat16" gives uint16 bits."""
    dtype = dtype or array.dtype.name
    if dtype not in STORED:
        raise ValueError("dtype=%r, expected one of %s" % (dtype, ", ".join(STORED)))
    if dtype == "bfloat16":
        return STORED[dtype], _upper_halves(np.asarray(array, "<f4"))
    return STORED[dtype], np.asarray(array, np.dtype(dtype).newbyteorder("<"))


def _upper_halves(array):
    """The bits of the nearest bfloat16, ties to even."""
    bits = array.view("<u4")
    rounded = bits + 0x7FFF + (bits >> 16 & 1)
    rounded = np.where(np.isnan(array), bits | 0x400000, rounded)  # rounding would make it infinite
    return (rounded >> 16).astype("<u2")


def write_safetensors(f, tensors):
    """Write {name: as `as_stored` gives it} to a binary file, as PyTorch's."""
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, (code, array) in tensors.items():
        start, end = end, end + array.nbytes
        header[name] = {"dtype": code, "shape": array.shape, "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)  # the data starts at a multiple of 8
    f.write(struct.pack("<Q", len(text)) + text)
    for _, array in tensors.values():
        f.write(array.tobytes())
