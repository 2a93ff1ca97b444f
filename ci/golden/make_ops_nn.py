"""Cases for the nn family of b4k_ops.ops; what makes them is in `_ops_case.py`."""

import numpy as np
from _ops_case import EMPTY, INFINITE, SPECIAL, TIES, F, I, call, grad, make_cases, normal, smooth

TARGET = "packages/b4k-ops/tests/golden/ops/nn"
LANE = "k3-jax"
NO_NAN = SPECIAL[~np.isnan(SPECIAL)]  # for what drops a NaN on jax and keeps it on torch


def attention():
    q, k, v = (normal(name, 2, 3, 4, 5) for name in "qkv")
    longer = [normal(name, 2, 6, 4, 5) for name in ("k6", "v6")]
    bias, mask = normal("bias", 1, 4, 3, 3), normal("mask", 2, 1, 3, 3) > 0
    padding = np.array([1, 1, 0, 1, 0, 0], bool).reshape(1, 1, 1, 6)
    return [
        grad(q, k, v),
        grad(q, *longer, mask=padding),
        call(q, k, v, bias=bias),
        call(q, k, v, bias=bias, mask=mask | np.eye(3, dtype=bool), scale=0.3),
        call(q, k, v, is_causal=True),
        call(50 * q, k, v, is_causal=True, mask=np.array([1, 0, 1], bool).reshape(1, 1, 1, 3)),
        call(q, k[:, :, :2], v[:, :, :2]),
    ]


CASES = {
    "celu": smooth() + [call(F, alpha=0.3)],
    "dot_product_attention": attention(),
    "elu": smooth() + [call(F, alpha=0.3)],
    "gelu": smooth()
    + [grad(F, approximate=False), call(SPECIAL, approximate=False), call(F, False)],
    "glu": [
        grad(F),
        grad(F[:, :2], axis=1),
        call(SPECIAL),
        call(30 * F, axis=2),
        call(EMPTY[:, :2]),
    ],
    "hard_shrink": [grad(F), call(NO_NAN), call(F, threshold=1.0), call(F, 0.1), call(EMPTY)],
    "hard_sigmoid": smooth() + [call(4 * F)],
    "hard_silu": smooth() + [call(4 * F)],
    "hard_swish": [grad(F), call(4 * F)],
    "hard_tanh": smooth(),
    "leaky_relu": smooth() + [call(F, negative_slope=0.5), call(F, 0.1)],
    "log_sigmoid": smooth() + [call(100 * F)],
    "log_softmax": [
        call(F),
        grad(F, axis=1),
        call(1000 * F),
        call(INFINITE[2]),
        call(EMPTY, axis=-1),
        call(F, axis=(1, 2)),
    ],
    "one_hot": [
        call(np.array([0, 2, 1]), 3),
        call(np.array([[0, 3], [-1, 4]]), 4),
        call(np.array([1, 0]), 2, axis=0),
        call(np.array([1]), 3, dtype="int32"),
        call(np.array([1]), 3, dtype="bool"),
        call(2, 4),
        call(np.zeros((0,), "int32"), 2),
    ],
    "relu": smooth() + [call(I)],
    "relu6": smooth() + [call(10 * F)],
    "selu": smooth(),
    "sigmoid": smooth() + [call(100 * F)],
    "silu": smooth(),
    "soft_shrink": [grad(F), call(NO_NAN), call(F, threshold=1.0), call(F, 0.1), call(EMPTY)],
    "softmax": [
        call(F),
        grad(F, axis=1),
        call(1000 * F),
        call(INFINITE[2]),
        call(EMPTY, axis=-1),
        call(F, axis=(1, 2)),
        call(INFINITE[1]),
    ],
    "softplus": smooth() + [call(100 * F)],
    "softsign": smooth(),
    "sparse_plus": smooth() + [call(3 * F)],
    "sparse_sigmoid": smooth(),
    "sparsemax": [grad(F), grad(F, axis=1), call(TIES), call(10 * F, axis=0), call(F[0], axis=-2)],
    "squareplus": smooth() + [call(F, b=0.5), call(F, 1)],
    "swish": smooth(),
    "tanh_shrink": smooth(),
    "threshold": [
        grad(F, 0.3, -1.5),
        call(F, threshold=-0.5, default_value=7.0),
        call(NO_NAN, 0.0, 2.0),
        call(I, 1, -4),
        call(EMPTY, 0.0, 1.0),
    ],
}


def make(out_dir):
    make_cases(out_dir, CASES)
