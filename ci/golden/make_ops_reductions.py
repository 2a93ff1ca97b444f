"""Cases for the numpy family, reducing and sorting of b4k_ops.ops; what makes them is in `_ops_case.py`."""

import numpy as np
from _ops_case import (
    EMPTY,
    INF,
    INFINITE,
    NAN,
    ROW,
    SCALAR,
    SMALL,
    SPECIAL,
    TIES,
    B,
    F,
    G,
    H,
    I,
    J,
    P,
    call,
    grad,
    make_cases,
    normal,
)

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


GAPS = np.where(np.abs(F) > 1.5, np.nan, F).astype("float32")
GAPS[0, 1] = np.nan  # nothing else in this row
HOLES = np.array([[NAN, 3.0, -INF], [INF, NAN, 3.0], [NAN, NAN, NAN]], "float32")
ONLY = np.array([2.0, NAN, 1.0, 5.0, 4.0], "float32")
V = normal("V", 7)
W = normal("W", 3)
WEIGHTS = np.array([0.5, 0.25, 2.0], "float32")
SORTED = np.array([-1.0, 0.0, 0.0, 2.0, INF], "float32")
COUNTS = np.array([[0, 3, 1, 1], [2, 2, 0, 3]], "int32")
AMOUNTS = normal("AMOUNTS", 2, 4)
SLICES = np.array([[2, 1, 2, 1], [0, 5, 0, 3], [2, 1, 2, 0]], "int32")


def ignoring_nan():
    """A reduction that skips NaN."""
    rows = [
        grad(GAPS, axis=(0, 2), keepdims=True),
        grad(ONLY),
        call(F, axis=1),
        call(HOLES, axis=-1),
    ]
    return rows + [call(GAPS, keepdims=True), call(I, axis=0), call(I)]


def skipping():
    """Running sums or products that skip NaN."""
    return [call(GAPS), grad(ONLY), call(GAPS, axis=-1), call(I, axis=0), call(I, dtype="float32")]


def quantiles(x, half, several):
    """Quantiles of x; `half` and `several` are values of q."""
    rows = [grad(x, half), grad(x, several, axis=-1), call(x, several, axis=(0, 2), keepdims=True)]
    rows += [call(x, several, axis=1, method=m) for m in ("lower", "higher", "midpoint", "nearest")]
    return rows + [call(INFINITE, half, axis=-1, method="higher")]


def medians():
    return [call(F, keepdims=True), grad(V), grad(F, axis=(0, -1))]


CASES = {
    "all": truths(),
    "any": truths(),
    "allclose": [
        call(F, F + np.float32(1e-6)),
        call(F, F + np.float32(1e-6), rtol=0.0),
        call(F, ROW),
        call(SPECIAL, SPECIAL),
        call(SPECIAL, SPECIAL, equal_nan=True),
        call(INFINITE, 0.0, atol=1e9),
        call(H, H + np.float32(0.1), rtol=0.5, atol=0.2),
        call(I, I),
    ],
    "amax": by_axis(F, I, B, INFINITE),
    "amin": by_axis(F, I, B, INFINITE),
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
    "average": [
        call(F),
        grad(F, axis=1),
        grad(F, axis=1, weights=WEIGHTS),
        grad(F, axis=-1, weights=P),
        call(F, weights=P),
        call(I, axis=0),
        call(I, axis=1, weights=[1, 2, 3]),
    ],
    "bincount": [
        call(COUNTS[0]),
        call(COUNTS[0], minlength=6),
        call(COUNTS[0], weights=AMOUNTS[0]),
        call(COUNTS[0], weights=COUNTS[1]),
        call(COUNTS),
        call(COUNTS, weights=AMOUNTS, minlength=5),
    ],
    "corrcoef": [grad(F[0]), call(V), call(I), call(np.ones((2, 3), "float32"))],
    "correlate": [
        grad(V, W),
        call(V, W, mode="full"),
        call(V, W[:2], mode="same"),
        call(V, W, mode="same"),
        call(I[0], J[1], "full"),
        call(I[0], H[1, :1]),
    ],
    "count_nonzero": [call(x, **options) for x in (I, B, SPECIAL) for options in ({}, {"axis": 0})]
    + [call(F, axis=(0, 2)), call(EMPTY)],
    "cumprod": cumulative(),
    "cumsum": cumulative(),
    "digitize": [call(SPECIAL, SORTED), call(I, [-1, 0, 2]), call(F, [0.5]), call(I, [0.5, 1.5])],
    "histogram": [
        call(V),
        call(V, bins=3, range=(-1.0, 0.5)),
        call(V, bins=4, range=(-10.0, 10.0)),
        call(np.array([0.0, 0.5, 1.0, 1.5, 2.0], "float32"), bins=4),
    ],
    "isin": [
        call(I, [7, -1]),
        call(I, J, assume_unique=True),
        call(F, F[0], invert=True),
        call(SPECIAL, np.array([NAN, INF, 1.0], "float32")),
        call(I, H),
        call(I, EMPTY),
    ],
    "max": by_axis(F, I, B, INFINITE, SPECIAL)
    + [call(F, axis=1, initial=0.5), call(EMPTY, axis=0, initial=0.0)],
    "mean": by_axis(F, I, B, SPECIAL)
    + [call(EMPTY, axis=1), call(np.full((9,), 60000.0, "float16"))],
    "median": medians() + [call(I, axis=1), call(HOLES, axis=-1)],
    "min": by_axis(F, I, B, INFINITE, SPECIAL)
    + [call(F, axis=1, initial=0.5), call(EMPTY, axis=0, initial=0.0)],
    "nanargmax": [call(x, **o) for x in (GAPS, I) for o in AXES[:2]]
    + [call(HOLES[:2], axis=0), call(F, axis=1, keepdims=True)],
    "nanargmin": [call(x, **o) for x in (GAPS, I) for o in AXES[:2]]
    + [call(HOLES[:2], axis=0), call(F, axis=1, keepdims=True)],
    "nancumprod": skipping(),
    "nancumsum": skipping(),
    "nanmax": ignoring_nan(),
    "nanmean": ignoring_nan(),
    "nanmedian": medians() + [call(GAPS, axis=-1), grad(ONLY)],
    "nanmin": ignoring_nan(),
    "nanpercentile": quantiles(F, 50, [10.0, 80]) + [call(GAPS, 30.0, axis=-1)],
    "nanprod": ignoring_nan(),
    "nanquantile": quantiles(F, 0.5, [0.1, 0.8]) + [call(GAPS, 0.3, axis=-1)],
    "nanstd": ignoring_nan(),
    "nansum": ignoring_nan() + [call(B, axis=0)],
    "nanvar": ignoring_nan(),
    "percentile": quantiles(F, 50, [10.0, 80]) + [call(I, 30, axis=0), call(HOLES, 10.0, axis=1)],
    "prod": by_axis(F, I, B, SMALL, SPECIAL) + [call(EMPTY), call(F, axis=1, dtype="float32")],
    "ptp": by_axis(F, I, INFINITE[:, 2:]),
    "quantile": quantiles(F, 0.5, [0.1, 0.8])
    + [call(I, 0.3, axis=0), call(HOLES, [0.1, 0.8], axis=1)],
    "searchsorted": [
        call(SORTED, SPECIAL[SPECIAL == SPECIAL]),
        call(SORTED, SPECIAL, side="right"),
        call(I[1], J[0]),
        call(SORTED, G[0]),
    ],
    "sort": [
        grad(F),
        grad(F, axis=0),
        call(F, axis=None),
        call(TIES),
        call(I, axis=0),
        call(SMALL[:, ::-1], axis=-1),
        call(INFINITE, axis=-1),
        call(SPECIAL),
        call(B, axis=-1),
        call(EMPTY),
    ],
    "std": by_axis(F, I, INFINITE) + [call(np.ones((2, 3), "float32"))],
    "sum": by_axis(F, I, B, SMALL, SPECIAL) + [call(EMPTY), call(EMPTY, axis=1), call(SCALAR)],
    "trapezoid": [
        grad(F),
        grad(F, x=ROW),
        call(F, x=[0, 1, 3], axis=1),
        grad(F, x=G, axis=0),
        call(F, dx=0.5, axis=1),
        call(I, dx=2),
    ],
    "unique": [
        call(I),
        call(TIES),
        call(SLICES, axis=0),
        call(SLICES, axis=1),
        call(SLICES, size=7, fill_value=-1),
        call(SLICES, axis=1, size=2),
    ],
    "var": by_axis(F, I, INFINITE) + [call(np.ones((2, 3), "float32"))],
}


def bincount(x, weights=None, minlength=0):
    if x.ndim == 1:
        return np.bincount(x, weights, minlength)
    weights = [None] * len(x) if weights is None else weights
    return np.stack([np.bincount(*row, minlength) for row in zip(x, weights)])


def index_unless_all_nan(find, worst):
    """numpy's nanargmax or nanargmin, which raise where all are NaN."""

    def index(x, axis=None, keepdims=False):
        found = find(np.where(np.isnan(x), worst, x), axis, keepdims=keepdims)
        return np.where(np.isnan(x).all(axis, keepdims=keepdims), -1, found)

    return index


def unique(x, size=None, fill_value=0, axis=None):
    values = np.unique(x, equal_nan=False, axis=axis)
    axis = axis or 0
    size = size or values.shape[axis]
    values = values.take(range(min(size, values.shape[axis])), axis)
    widths = [(0, size - n if i == axis else 0) for i, n in enumerate(values.shape)]
    return np.pad(values, widths, constant_values=fill_value)


REFERENCES = {
    "argsort": lambda x, axis=-1: np.argsort(x, axis, kind="stable"),
    "bincount": bincount,
    "nanargmax": index_unless_all_nan(np.argmax, -INF),
    "nanargmin": index_unless_all_nan(np.argmin, INF),
    "unique": unique,
}


def make(out_dir):
    make_cases(out_dir, CASES, REFERENCES)
