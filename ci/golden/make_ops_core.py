"""Cases for the core family of b4k_ops.ops; what makes them is in `_ops_case.py`."""

import numpy as np
from _ops_case import EMPTY, SCALAR, B, F, I, call, grad, make_cases

TARGET = "packages/b4k-ops/tests/golden/ops/core"
LANE = "k3-jax"


CASES = {
    "cast": [
        grad(F, "float32"),
        call(F, "int32"),
        call(F, "bool"),
        call(I, "float32"),
        call(B, "int32"),
        call(I, "bool"),
        call(I, "float16"),
        call(EMPTY, "int32"),
        call(2.5, "int32"),
    ],
    "convert_to_numpy": [call(F), call(I), call(B), call(EMPTY), call(SCALAR)],
    "convert_to_tensor": [
        grad(F),
        call(I),
        call(B),
        call(EMPTY),
        call(2.5),
        call(3),
        call(True),
        call((1.5, 2.5)),
        call(((1, 2), (3, 4))),
        call((1, 2), dtype="float32"),
        call(F, dtype="int32"),
        call(2.5, dtype="int32"),
        call(1, dtype="bool"),
    ],
    "shape": [call(F), call(EMPTY), call(SCALAR), call(I)],
    "slice": [
        grad(F, (0, 1, 1), (2, 2, 3)),
        call(I, (1, 0), (1, 3)),
        call(F, (0, 0, 0), (0, 3, 4)),
    ],
    "stop_gradient": [call(F), call(I)],
    "unstack": [grad(F), call(F, axis=-1), call(I, axis=1), call(F, num=3, axis=1)],
}

REFERENCES = {
    "unstack": lambda x, num=None, axis=0: np.unstack(x, axis=axis),
}


def make(out_dir):
    make_cases(out_dir, CASES, REFERENCES)
