"""Cases for the core family of b4k_ops.ops; what makes them is in `_ops_case.py`."""

import numpy as np
from _ops_case import EMPTY, INF, SCALAR, SMALL, B, F, I, J, call, grad, make_cases, normal

TARGET = "packages/b4k-ops/tests/golden/ops/core"
LANE = "k3-jax"


PLACES = np.array([[1, 2], [0, 1], [1, 2], [2, 0]], "int32")  # one twice
APART = PLACES[1:]
BOUNDS = np.array([-INF, 0, INF], "float32")
FOUR, THREE = normal("FOUR", 4), normal("THREE", 3)
GRID = normal("GRID", 3, 4)
WIDE = np.array([-INF, -3e9, -129.0, -1.5, 0.0, 0.5, 127.5, 255.9, 70000.0, 3e9, INF], "float32")
LONG = np.array([[-(2**31), -40000, -129], [127, 256, 2**31 - 1]], "int32")

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
    "saturate_cast": [call(WIDE, d) for d in ("uint8", "int8", "int16", "int32")]
    + [call(LONG, d) for d in ("uint8", "int8", "int32")]
    + [
        call(WIDE[:-4], "float32"),
        call(WIDE[2:8], "float16"),
        call(WIDE, "bool"),
        call(SMALL, "int8"),
        call(B, "uint8"),
        call(EMPTY, "int32"),
        grad(F, "float32"),
    ],
    "scatter": [
        grad(PLACES, FOUR, shape=(3, 4)),
        grad(np.array([[1], [0], [1]]), GRID, (2, 4)),
        call(np.array([[[0], [2]], [[4], [2]]]), J[:, :2], (5,)),
        call(np.zeros((0, 1), "int32"), EMPTY, (2, 3)),
    ],
    "scatter_update": [
        grad(GRID, APART, THREE),
        grad(GRID, PLACES, FOUR, reduction="add"),
        call(GRID, PLACES, FOUR, reduction="max"),
        call(GRID, PLACES, FOUR, reduction="min"),
        call(GRID, APART, THREE, reduction="mul"),
        call(GRID, np.array([[2], [0]]), GRID[:2]),
        call(GRID, np.array([[2], [0]]), GRID[:2], reduction="max"),
        call(BOUNDS, np.array([[0], [1], [0]]), BOUNDS, "max"),
        call(BOUNDS, np.array([[1], [1], [0]]), BOUNDS, "min"),
        call(J, np.array([[0, 0], [1, 2], [0, 0]]), np.array([5, 7, 3], "int32"), "mul"),
        call(B, np.array([[0, 0], [1, 0]]), np.array([False, True])),
        call(GRID, np.array([[-1, 1], [0, -2]]), GRID[0, :2], "add"),
        call(GRID, np.zeros((0, 2), "int32"), np.zeros((0,), "float32")),
    ],
    "shape": [call(F), call(EMPTY), call(SCALAR), call(I)],
    "slice": [
        grad(F, (0, 1, 1), (2, 2, 3)),
        call(I, (1, 0), (1, 3)),
        call(F, (0, 0, 0), (0, 3, 4)),
    ],
    "slice_update": [
        grad(F, (0, 1, 2), normal("block", 2, 1, 2)),
        call(F, (1, 2, 3), normal("block", 2, 1, 2)),
        call(I, (1, 0), np.array([[8, 9]], "int32")),
        call(B, (1, 1), np.array([[True]])),
        call(I, np.array([0, 1]), np.array([[8], [9]], "int32")),
        call(F, (0, 0, 0), F),
    ],
    "stop_gradient": [call(F), call(I)],
    "unstack": [grad(F), call(F, axis=-1), call(I, axis=1), call(F, num=3, axis=1)],
}

REFERENCES = {
    "unstack": lambda x, num=None, axis=0: np.unstack(x, axis=axis),
}


def make(out_dir):
    make_cases(out_dir, CASES, REFERENCES)
