"""Cases for the numpy family, element by element of b4k_ops.ops; what makes them is in `_ops_case.py`."""

import numpy as np
from _ops_case import (
    EMPTY,
    HALVES,
    INF,
    ROW,
    SPECIAL,
    YES,
    B,
    C,
    F,
    G,
    I,
    J,
    P,
    binary,
    call,
    grad,
    make_cases,
    pairs,
    smooth,
    unary,
    whole,
)

TARGET = "packages/b4k-ops/tests/golden/ops/numpy"
LANE = "k3-jax"


def comparison():
    return [
        call(F, np.where(F > 0, F, G)),
        call(*pairs()),
        call(I, 1),
        call(0.5, I),
        call(EMPTY, EMPTY),
        call(B, C),
    ]


def logical():
    return [call(B, C), call(I, B), call(F, YES), call(EMPTY, EMPTY)]


CASES = {
    "abs": whole(call(B)),
    "absolute": whole(),
    "add": binary(),
    "ceil": whole(call(HALVES)),
    "clip": [
        grad(F, -0.5, 0.5),
        call(SPECIAL, -1.0, 1.0),
        call(I, -2, 3),
        call(EMPTY, 0.0, 1.0),
        call(F, ROW - 1, ROW + 1),
        call(SPECIAL, -INF, 0.0),
    ],
    "cos": unary(),
    "divide": binary(),
    "divide_no_nan": binary(),
    "equal": comparison(),
    "exp": unary(),
    "expm1": unary(),
    "floor": whole(call(HALVES)),
    "floor_divide": [
        call(F, G),
        call(F, 2),
        call(2.5, G),
        call(I, J),
        call(I, 2),
        call(I, 2.5),
        call(EMPTY, 1.0),
    ],
    "greater": comparison(),
    "greater_equal": comparison(),
    "isfinite": [call(F), call(SPECIAL), call(I), call(B), call(EMPTY)],
    "isinf": [call(F), call(SPECIAL), call(I), call(B), call(EMPTY)],
    "isnan": [call(F), call(SPECIAL), call(I), call(B), call(EMPTY)],
    "less": comparison(),
    "less_equal": comparison(),
    "log": unary(P),
    "log1p": unary(P),
    "logical_and": logical(),
    "logical_not": [call(B), call(I), call(F), call(SPECIAL), call(EMPTY)],
    "logical_or": logical(),
    "maximum": binary(),
    "minimum": binary(),
    "mod": [
        call(F, G),
        call(F, 2),
        call(2.5, G),
        call(I, J),
        call(I, 2),
        call(I, 2.5),
        call(EMPTY, 1.0),
    ],
    "multiply": binary(),
    "negative": whole(),
    "not_equal": comparison(),
    "power": [
        grad(P, ROW),
        call(F, 3),
        call(*pairs()),
        call(F, 2),
        call(2.5, F),
        call(np.abs(J), np.abs(I)),
        call(J, 2),
        call(J, 2.5),
        call(EMPTY, EMPTY),
    ],
    "reciprocal": smooth(),
    "round": whole(call(HALVES), call(HALVES, decimals=1), call(HALVES, 2), call(I, decimals=1)),
    "sign": whole(),
    "sin": unary(),
    "sqrt": unary(P),
    "square": whole(),
    "subtract": binary(),
    "tan": unary(),
    "tanh": unary(),
    "true_divide": binary(),
}


def make(out_dir):
    make_cases(out_dir, CASES)
