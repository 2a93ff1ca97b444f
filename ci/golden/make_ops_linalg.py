"""Cases for the linalg family of b4k_ops.ops; what makes them is in `_ops_case.py`."""

import numpy as np
import scipy.linalg
from _ops_case import INF, call, grad, make_cases, normal

TARGET = "packages/b4k-ops/tests/golden/ops/linalg"
LANE = "k3-jax"

A = normal("square", 3, 3) + 2 * np.eye(3, dtype="float32")
BATCH = normal("squares", 2, 3, 3) + 2 * np.eye(3, dtype="float32")
POSITIVE = (A @ A.T).astype("float32")
POSITIVES = (BATCH @ BATCH.transpose(0, 2, 1)).astype("float32")
LOWER = np.linalg.cholesky(POSITIVE)
TALL, FLAT = normal("tall", 4, 2), normal("flat", 2, 4)
TALLS = normal("talls", 2, 4, 3)
SINGULAR = np.array([[1, 2, 3], [2, 4, 6], [0, 1, 1]], "float32")
WHOLE = np.array([[2, 1], [4, 3]], "int32")
COMPLEX = (A + 1j * normal("imaginary", 3, 3)).astype("complex64")
VECTOR, VECTORS, COLUMNS = normal("v", 3), normal("vs", 2, 3), normal("columns", 3, 2)


CASES = {
    "cholesky": [grad(POSITIVE), call(POSITIVES), call(POSITIVE, upper=True)],
    "cholesky_inverse": [grad(LOWER), call(LOWER.T.copy(), upper=True)],
    "det": [grad(A), call(BATCH), call(SINGULAR), call(COMPLEX)],
    "inv": [grad(A), call(BATCH), call(COMPLEX)],
    "lstsq": [
        grad(TALL, VECTOR[[0, 1, 2, 0]]),
        grad(FLAT, COLUMNS[:2]),
        call(A, COLUMNS),
        call(SINGULAR, VECTOR),
        call(A, VECTOR, rcond=0.5),
    ],
    "lu_factor": [call(A), call(BATCH), call(POSITIVE)],
    "matrix_rank": [
        call(A),
        call(SINGULAR),
        call(np.stack([A, SINGULAR])),
        call(TALL),
        call(A, tol=1.5),
        call(np.zeros((2, 2), "float32")),
    ],
    "norm": [
        grad(TALL),
        call(TALLS),
        grad(TALLS, axis=1),
        call(TALLS, axis=-1, keepdims=True),
        call(TALL, keepdims=True),
        call(WHOLE),
        call(np.array([[3, 0], [0, 0]], "float32"), ord=0, axis=1),
    ]
    + [call(TALLS, ord=o, axis=-2) for o in (1, 3, -2, 0.5, INF, -INF)]
    + [call(TALLS, ord=o, axis=(1, 2)) for o in ("fro", "nuc", 1, -1, 2, -2, INF, -INF)]
    + [
        call(TALLS, ord=1, axis=(2, 0), keepdims=True),
        grad(TALLS, ord="nuc", axis=(-2, -1)),
        grad(TALLS, ord=2, axis=(0, 1), keepdims=True),
        call(TALL, ord=INF),
        call(VECTOR, ord=INF),
    ],
    "pinv": [grad(TALL), grad(FLAT), call(TALLS), call(SINGULAR), call(A, rcond=0.5)],
    "solve": [
        grad(A, COLUMNS),
        grad(A, VECTOR),
        call(BATCH, COLUMNS[None] * VECTORS[..., None]),
        call(COMPLEX, COMPLEX),
    ],
    "solve_triangular": [
        grad(A, COLUMNS),
        grad(A, VECTOR, lower=True),
        call(BATCH, COLUMNS[None] * VECTORS[..., None]),
    ],
}

REFERENCES = {
    "cholesky": lambda x, upper=False: (
        np.linalg.cholesky(x).swapaxes(-2, -1) if upper else np.linalg.cholesky(x)
    ),
    "cholesky_inverse": lambda x, upper=False: np.linalg.inv(x.T @ x if upper else x @ x.T),
    "det": np.linalg.det,
    "inv": np.linalg.inv,
    "lstsq": lambda a, b, rcond=None: np.linalg.lstsq(a, b, rcond)[0],
    "lu_factor": lambda x: scipy.linalg.lu_factor(x) if x.ndim == 2 else batch_of_factors(x),
    "matrix_rank": np.linalg.matrix_rank,
    "norm": np.linalg.norm,
    "pinv": lambda x, rcond=None: np.linalg.pinv(x, rcond),
    "solve": np.linalg.solve,
}


def batch_of_factors(x):
    """scipy's lu_factor of each matrix."""
    return tuple(np.stack(parts) for parts in zip(*map(scipy.linalg.lu_factor, x)))


def make(out_dir):
    make_cases(out_dir, CASES, REFERENCES)
