"""Reads a `.safetensors` file lazily into numpy, bfloat16 included (https://huggingface.co/docs/safetensors)."""

import json
import struct

import numpy as np
from safetensors import SafetensorError, safe_open

from .errors import CheckpointError

__all__ = ["SafetensorsFile"]

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

    def _read_bits(self, name):
        # numpy has no bfloat16 and safe_open refuses it, but it has checked the header we use here
        with open(self.path, "rb") as f:
            (length,) = struct.unpack("<Q", f.read(8))
            start, end = json.loads(f.read(length).decode("utf-8"))[name]["data_offsets"]
            f.seek(8 + length + start)
            return np.frombuffer(f.read(end - start), "<u2").reshape(self.shapes[name])
