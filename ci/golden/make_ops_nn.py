"""Cases for the nn family of b4k_ops.ops; what makes them is in `_ops_case.py`."""

import numpy as np
from _ops_case import EMPTY, INFINITE, SPECIAL, F, I, call, grad, make_cases, normal, smooth

TARGET = "packages/b4k-ops/tests/golden/ops/nn"
LANE = "k3-jax"


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
    "dot_product_attention": attention(),
    "elu": smooth() + [call(F, alpha=0.3)],
    "gelu": smooth()
    + [grad(F, approximate=False), call(SPECIAL, approximate=False), call(F, False)],
    "leaky_relu": smooth() + [call(F, negative_slope=0.5), call(F, 0.1)],
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
    "sigmoid": smooth() + [call(100 * F)],
    "silu": smooth(),
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
    "swish": smooth(),
}


def make(out_dir):
    make_cases(out_dir, CASES)
