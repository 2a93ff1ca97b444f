"""Cases for the math family of b4k_ops.ops; what makes them is in `_ops_case.py`."""

import numpy as np
from _ops_case import (
    EMPTY,
    INFINITE,
    SCALAR,
    SPECIAL,
    TIES,
    F,
    I,
    P,
    call,
    grad,
    make_cases,
    smooth,
)

TARGET = "packages/b4k-ops/tests/golden/ops/math"
LANE = "k3-jax"


CASES = {
    "erf": smooth(),
    "logsumexp": [
        call(F),
        grad(F, axis=-1),
        grad(F, axis=(0, 2), keepdims=True),
        call(INFINITE, axis=-1),
        call(INFINITE),
        call(1000 * F, axis=1),
        call(SPECIAL),
    ],
    "rsqrt": [
        grad(P),
        call(SPECIAL[SPECIAL != 0]),
        call(EMPTY),
        call(SCALAR),
        call(np.zeros(2, "float32")),
    ],
    "top_k": [call(F, 2), call(TIES, 3), call(I, 1), call(INFINITE, k=2, sorted=True)],
}


def make(out_dir):
    make_cases(out_dir, CASES)
