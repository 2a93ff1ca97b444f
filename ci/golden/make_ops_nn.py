"""Cases for the nn family of b4k_ops.ops; what makes them is in `_ops_case.py`."""

import numpy as np
from _ops_case import (
    EMPTY,
    INFINITE,
    ROW,
    SCALAR,
    SPECIAL,
    TIES,
    F,
    G,
    I,
    P,
    call,
    grad,
    make_cases,
    normal,
    smooth,
)

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


def probabilities(name, *shape):
    """Numbers between 0 and 1 that add up to 1 along the last axis."""
    x = np.exp(normal(name, *shape))
    return x / x.sum(-1, keepdims=True)


def crossentropies():
    """The calls of the three losses."""
    p, truth = probabilities("p", 3, 5), probabilities("truth", 3, 5)
    images, marked = probabilities("images", 2, 3, 2, 4), probabilities("marked", 2, 3, 2, 4)
    ids, classes = np.array([4, 0, 2], "int32"), np.array([[1, 0], [2, 0], [3, 1]], "int32")
    rows = normal("rows", 3, 2, 4)
    hard = np.eye(5, dtype="float32")[ids]
    certain = np.array([[0, 0, 1, 0, 0], [0.5, 0.5, 0, 0, 0], [0, 0, 0, 0, 1]], "float32")
    huge = 1e4 * np.array([[1, -1, 0, 1, 0.5], [-1, 1, 1, -1, 0], [0, 0, 1, 1, -1]], "float32")
    return {
        "binary_crossentropy": [
            grad(truth, p),
            grad(truth, normal("logits", 3, 5), from_logits=True),
            call(hard, certain),
            grad(hard, huge, from_logits=True),
            call(EMPTY, EMPTY),
        ],
        "categorical_crossentropy": [
            grad(truth, p),
            grad(truth, normal("logits", 3, 5), from_logits=True),
            call(hard, certain),
            grad(hard, huge, from_logits=True),
            call(hard, 7 * p),
            grad(marked, images, axis=1),
            call(marked, images, True, 1),
            call(EMPTY, EMPTY),
        ],
        "sparse_categorical_crossentropy": [
            call(ids, p),
            grad(ids, normal("logits", 3, 5), from_logits=True),
            grad(classes, rows, from_logits=True),
            call(ids[:, None], certain),
            grad(ids, huge, from_logits=True),
            call(ids, p, False, 1),
            call(np.zeros((0,), "int32"), EMPTY),
        ],
    }


def normalisations():
    """The calls of what brings values to a common scale."""
    big = 1e4 * F
    zeros = np.zeros((2, 3), "float32")
    zeros[1] = [3e-9, -4e-9, 0]
    gain, shift = normal("gain", 4), normal("shift", 4)
    weights, centre = normal("weights", 3), normal("centre", 3)
    pair = normal("pair", 3, 4)
    return {
        "batch_normalization": [
            grad(F, shift, np.abs(gain) + 0.1, -1),
            grad(F, centre, np.abs(weights) + 0.1, 1, centre, weights),
            call(F, shift, np.abs(gain), axis=2, scale=gain, epsilon=0.1),
            call(F, shift, np.abs(gain), axis=-1, offset=shift),
            call(np.zeros((0, 2), "float32"), centre[:2], np.abs(weights[:2]), -1),
        ],
        "layer_normalization": [
            grad(F),
            grad(F, gain, shift),
            grad(F, gamma=weights, beta=centre, axis=1, epsilon=0.1),
            call(F, pair, pair, axis=(1, 2)),
            call(big, beta=shift),
            call(F, gain, axis=-1, rms_scaling=True),
        ],
        "moments": [
            grad(F, [1]),
            call(F, (0, -1), keepdims=True),
            call(big, [0, 1, 2]),
            call(1e2 * F.astype("float16").round(), [0, 1, 2]),
        ],
        "normalize": [
            grad(F),
            grad(F, axis=1, order=1),
            grad(F, order=3),
            call(F, axis=0, order=2, epsilon=2.0),
            call(zeros),
            call(SCALAR),
        ],
        "rms_normalization": [
            grad(F),
            grad(F, gain),
            call(F, axis=(1, 2), epsilon=0.1),
            call(big, gain, -1),
        ],
    }


def transcriptions():
    """The calls of CTC: logits [batch, T, classes], labels [batch, N] and the lengths of both."""
    logits, lengths = normal("transcripts", 4, 5, 4), np.array([3, 5, 5, 4], "int32")
    labels = np.array([[1, 2, 1], [1, 2, 0], [2, 2, 2], [3, 0, 0]], "int32")
    counts = np.array([3, 2, 3, 0], "int32")
    beam = {"strategy": "beam_search", "beam_width": 8}
    return {
        "ctc_decode": [
            call(logits, lengths),
            call(logits, lengths, merge_repeated=False),
            call(logits, lengths, mask_index=3),
            call(3 * logits, lengths, mask_index=None),
            call(logits, lengths, top_paths=2, **beam),
            call(logits, lengths, mask_index=2, **beam),
            call(logits[:2], lengths[:2], "beam_search", 100, 3, True, None),
        ],
        "ctc_loss": [
            grad(labels, logits, counts, lengths),
            grad(labels % 3, logits, counts, lengths, mask_index=3),
            call(labels, 100 * logits, counts, lengths),
            call(labels, normal("long", 4, 30, 4), counts, 6 * lengths),
        ],
    }


def normalized():
    """softmax and its logarithm."""
    return [
        call(F),
        grad(F, axis=1),
        call(1000 * F),
        call(INFINITE[2]),
        call(EMPTY, axis=-1),
        call(F, axis=(1, 2)),
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
    "log_softmax": normalized(),
    "multi_hot": [
        call(np.array([0, 2, 2]), 4),
        call(np.array([[0, 3], [-1, 2]]), 4),
        call(np.array([[1, 0], [1, 1]]), num_classes=3, dtype="int32"),
        call(np.array([[1, 0], [1, 1]]), num_tokens=3, dtype="bool"),
        call(np.array([[[0], [2]]]), 3),
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
    "polar": [
        call(P, G),
        call(ROW, SCALAR),
        call(SCALAR, np.float32([0, np.pi])),
        call(EMPTY, EMPTY),
    ],
    "psnr": [
        grad(F, G, 2.0),
        call(P, P + 1, max_val=255),
        call(F, F, 1.0),
        call(ROW, 2 * ROW, 0.1),
    ],
    "relu": smooth() + [call(I)],
    "relu6": smooth() + [call(10 * F)],
    "selu": smooth(),
    "sigmoid": smooth() + [call(100 * F)],
    "silu": smooth(),
    "soft_shrink": [grad(F), call(NO_NAN), call(F, threshold=1.0), call(F, 0.1), call(EMPTY)],
    "softmax": normalized() + [call(INFINITE[1])],
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
    **crossentropies(),
    **normalisations(),
    **transcriptions(),
}


def make(out_dir):
    make_cases(out_dir, CASES)
