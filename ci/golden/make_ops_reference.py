"""The names and signatures of `keras.ops` 3.15.1, with which `b4k_ops._names` must agree: `keras_ops.json`."""

import inspect
import json
import os

from keras import ops

TARGET = "packages/b4k-ops/tests/golden/ops_reference"
LANE = "k3-jax"


def public(module, prefix=""):
    """{name: signature} of the functions of a module."""
    there = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    return {prefix + n: str(inspect.signature(f)) for n, f in there.items() if callable(f)}


def make(out_dir):
    """Write the names of `keras.ops` and of `keras.ops.image`, which are nowhere else, and which module has which."""
    modules = {name: getattr(ops, name) for name in ("image", "linalg", "nn", "numpy")}
    reference = {
        "signatures": {**public(ops), **public(ops.image, "image.")},
        "modules": {name: sorted(public(module)) for name, module in modules.items()},
    }
    with open(os.path.join(out_dir, "keras_ops.json"), "w") as out:
        json.dump(reference, out, indent=1, sort_keys=True)
        out.write("\n")
