"""Cases for the numpy family, reducing and sorting of b4k_ops.ops; what makes them is in `_ops_case.py`."""

import numpy as np
from _ops_case import EMPTY, INFINITE, SCALAR, SMALL, SPECIAL, TIES, B, F, I, call, grad, make_cases

TARGET = "packages/b4k-ops/tests/golden/ops/reductions"
LANE = "k3-jax"


AXES = [{}, {"axis": -1}, {"axis": (0, 1), "keepdims": True}, {"keepdims": True}]


def truths():
    rows = [call(B, **options) for options in AXES]
    return rows + [call(F), call(I, axis=0), call(SPECIAL), call(EMPTY, axis=0)]


def by_axis(first, *others):
    """A reduction of `first` over every kind of axis, and of others."""
    rows = [grad(first, axis=-1), grad(first, axis=(0, 2), keepdims=True)]
    rows += [call(first), call(first, axis=0), call(first, keepdims=True)]
    return rows + [call(x, **options) for x in others for options in ({}, {"axis": -1})]


def index_of():
    rows = [call(F), call(F, axis=-1), call(F, axis=1, keepdims=True), call(F, keepdims=True)]
    return rows + [call(TIES, axis=1), call(I, axis=0), call(B, axis=-1), call(INFINITE, axis=-1)]


def cumulative():
    return [
        call(F),
        grad(F, axis=-1),
        call(F, axis=0),
        call(I, axis=1),
        call(B, axis=0),
        call(INFINITE, axis=0),
        call(I, dtype="float32"),
        call(EMPTY, axis=1),
    ]


CASES = {
    "all": truths(),
    "any": truths(),
    "argmax": index_of(),
    "argmin": index_of(),
    "argsort": [
        call(F),
        call(F, axis=0),
        call(F, axis=None),
        call(TIES),
        call(I),
        call(INFINITE, axis=-1),
        call(B, axis=-1),
        call(EMPTY),
    ],
    "cumprod": cumulative(),
    "cumsum": cumulative(),
    "max": by_axis(F, I, B, INFINITE, SPECIAL[3:])
    + [call(F, axis=1, initial=0.5), call(EMPTY, axis=0, initial=0.0)],
    "mean": by_axis(F, I, B, SPECIAL)
    + [call(EMPTY, axis=1), call(np.full((9,), 60000.0, "float16"))],
    "min": by_axis(F, I, B, INFINITE, SPECIAL[3:])
    + [call(F, axis=1, initial=0.5), call(EMPTY, axis=0, initial=0.0)],
    "prod": by_axis(F, I, B, SMALL, SPECIAL) + [call(EMPTY), call(F, axis=1, dtype="float32")],
    "std": by_axis(F, I, INFINITE) + [call(np.ones((2, 3), "float32"))],
    "sum": by_axis(F, I, B, SMALL, SPECIAL) + [call(EMPTY), call(EMPTY, axis=1), call(SCALAR)],
    "var": by_axis(F, I, INFINITE) + [call(np.ones((2, 3), "float32"))],
}

REFERENCES = {
    "argsort": lambda x, axis=-1: np.argsort(x, axis, kind="stable"),
}


def make(out_dir):
    make_cases(out_dir, CASES, REFERENCES)
