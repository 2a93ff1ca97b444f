"""Cases for the numpy family, element by element of b4k_ops.ops; what makes them is in `_ops_case.py`."""

import numpy as np
from _ops_case import (
    EMPTY,
    HALVES,
    INF,
    INFINITE,
    ROW,
    SCALAR,
    SMALL,
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


def extreme():
    return [
        grad(F, ROW),
        call(*pairs()),
        call(I, 2),
        call(I, 2.5),
        call(EMPTY, ROW[:3]),
        call(SMALL, SMALL[:1]),
    ]


def of_pairs(x=F, y=ROW):
    """A function of two floats, also of what can become one."""
    return [grad(x, y), call(*pairs()), call(I, J), call(x, 2), call(EMPTY, SCALAR)]


def bitwise():
    return [call(BITS, BITS[:, None]), call(SMALL, SMALL[:1]), call(BITS, 6), call(I[:, :0], 4)]


def shift():
    return [call(BITS, COUNTS[:, None]), call(SMALL, 2), call(SMALL, SMALL[:1]), call(I[:, :0], 4)]


def divisors():
    return [
        call(MULTIPLES, MULTIPLES[:, None]),
        call(I, 4),
        call(SMALL, SMALL[:, :1]),
        call(I[:, :0], 4),
    ]


BITS = np.array([0, 1, -1, 6, -7, 1000, 2**31 - 1, -(2**31) + 1], "int32")
HALF = np.array([0.5, -3.0, 0.0, 0.25], "float16")
COUNTS = np.array([0, 1, 5, 31], "int32")
EXPONENTS = np.array([2, -1, 0, 5], "int32")
MULTIPLES = np.array([12, -18, 0, 7, 24], "int32")
NUDGE = np.array([0, 1e-7, 1e-4, 1], "float32")
SHORTS = np.arange(12, dtype="int16").reshape(3, 4) * 2500
Z = (F[0, :, :3] + 1j * G[0, :, :3]).astype("complex64")


def division():
    """By what is not zero."""
    return [
        call(F, G),
        call(F, 2),
        call(2.5, G),
        call(I, J),
        call(I, 2),
        call(I, 2.5),
        call(EMPTY, 1.0),
    ]


CASES = {
    "abs": whole(call(B)),
    "absolute": whole(),
    "add": binary(),
    "angle": [grad(F), call(INFINITE), call(I), call(Z), call(EMPTY), call(SCALAR)],
    "arccos": unary(np.tanh(F)),
    "arccosh": unary(P + 1),
    "arcsin": unary(np.tanh(F)),
    "arcsinh": unary(),
    "arctan": unary(),
    "arctan2": of_pairs(),
    "arctanh": unary(np.tanh(F)),
    "bitwise_and": bitwise(),
    "bitwise_invert": [call(BITS), call(SMALL), call(I[:, :0])],
    "bitwise_left_shift": shift(),
    "bitwise_not": [call(BITS), call(SMALL)],
    "bitwise_or": bitwise(),
    "bitwise_right_shift": shift(),
    "bitwise_xor": bitwise(),
    "cbrt": unary(),
    "ceil": whole(call(HALVES)),
    "clip": [
        grad(F, -0.5, 0.5),
        call(SPECIAL, -1.0, 1.0),
        call(I, -2, 3),
        call(EMPTY, 0.0, 1.0),
        call(F, ROW - 1, ROW + 1),
        call(SPECIAL, -INF, 0.0),
    ],
    "conj": [grad(F), call(I), call(Z)],
    "conjugate": [grad(F), call(I), call(Z)],
    "copy": whole(call(B)),
    "cos": unary(),
    "cosh": unary(),
    "deg2rad": unary(),
    "divide": binary(),
    "divide_no_nan": binary(),
    "equal": comparison(),
    "exp": unary(),
    "exp2": unary(),
    "expm1": unary(),
    "fabs": unary(),
    "floor": whole(call(HALVES)),
    "floor_divide": division(),
    "fmax": extreme(),
    "fmin": extreme(),
    "fmod": [
        grad(F, G),
        call(*pairs()),
        call(F, 2),
        call(I, J),
        call(I, 2),
        call(I, 2.5),
        call(SMALL, SMALL[:, :1]),
        call(EMPTY, 1.0),
    ],
    "gcd": divisors(),
    "greater": comparison(),
    "greater_equal": comparison(),
    "heaviside": [
        call(F, ROW),
        call(*pairs(HALVES)),
        call(I, J),
        call(I, 0.5),
        call(EMPTY, SCALAR),
    ],
    "hypot": of_pairs(P) + [call(3e20 * ROW, np.array(1e20, "float32"))],
    "i0": [grad(F), call(5 * F), call(I), call(B), call(EMPTY), call(SCALAR)],
    "imag": [call(Z), call(F)],
    "isclose": [
        call(F, F + NUDGE),
        call(*pairs()),
        call(*pairs(), equal_nan=True),
        call(F, G, rtol=0.1, atol=0.5),
        call(I, I + 0.001, rtol=0.01),
        call(I, J),
        call(EMPTY, 1.0),
    ],
    "isfinite": [call(F), call(SPECIAL), call(I), call(B), call(EMPTY)],
    "isinf": [call(F), call(SPECIAL), call(I), call(B), call(EMPTY)],
    "isnan": [call(F), call(SPECIAL), call(I), call(B), call(EMPTY)],
    "isneginf": [call(F), call(SPECIAL), call(I), call(B), call(EMPTY)],
    "isposinf": [call(F), call(SPECIAL), call(I), call(B), call(EMPTY)],
    "isreal": [call(F), call(I), call(Z), call(Z.real + 0j)],
    "lcm": divisors(),
    "ldexp": [
        grad(F, np.abs(EXPONENTS)),
        call(SPECIAL[:, None], EXPONENTS),
        call(I, J),
        call(np.array(1e-30, "float32"), 160),
        call(np.array(1e30, "float32"), -160),
        call(F, 3),
        call(EMPTY, 2),
    ],
    "left_shift": shift(),
    "less": comparison(),
    "less_equal": comparison(),
    "log": unary(P),
    "log10": unary(P),
    "log1p": unary(P),
    "log2": unary(P),
    "logaddexp": of_pairs() + [grad(ROW, ROW), call(100 * F, 100 * G), call(HALF, 2.5)],
    "logaddexp2": of_pairs() + [grad(ROW, ROW), call(100 * F, 100 * G), call(HALF, 2.5)],
    "logical_and": logical(),
    "logical_not": [call(B), call(I), call(F), call(SPECIAL), call(EMPTY)],
    "logical_or": logical(),
    "logical_xor": logical(),
    "maximum": binary() + [call(SMALL, SMALL[:1])],
    "minimum": binary() + [call(SMALL, SMALL[:1])],
    "mod": division(),
    "multiply": binary(),
    "nan_to_num": [
        grad(F),
        call(SPECIAL),
        grad(SPECIAL, nan=7.0),
        call(SPECIAL, posinf=5.0, neginf=-INF),
        call(I),
        call(B),
        call(EMPTY),
    ],
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
    "rad2deg": unary(),
    "real": [grad(F), call(I), call(Z)],
    "reciprocal": smooth(),
    "right_shift": shift(),
    "round": whole(call(HALVES), call(HALVES, decimals=1), call(HALVES, 2), call(I, decimals=1)),
    "sign": whole(),
    "signbit": [call(F), call(SPECIAL), call(I), call(SMALL), call(B), call(EMPTY)],
    "sin": unary(),
    "sinc": unary() + [grad(HALVES)],
    "sinh": unary(),
    "sqrt": unary(P),
    "square": whole(),
    "subtract": binary(),
    "tan": unary(),
    "tanh": unary(),
    "true_divide": binary(),
    "trunc": whole(call(B), call(HALVES)),
    "view": [
        call(F, "int32"),
        call(F, dtype="uint8"),
        call(SMALL.astype("int32"), "float32"),
        call(SHORTS, "float32"),
        call(SCALAR, "int32"),
    ],
}


def make(out_dir):
    make_cases(out_dir, CASES)
