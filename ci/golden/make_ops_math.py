"""Cases for the math family of b4k_ops.ops; what makes them is in `_ops_case.py`."""

import numpy as np
from _ops_case import (
    EMPTY,
    INF,
    INFINITE,
    NAN,
    SCALAR,
    SPECIAL,
    TIES,
    F,
    G,
    H,
    I,
    P,
    call,
    grad,
    make_cases,
    normal,
    smooth,
)
from keras import ops

TARGET = "packages/b4k-ops/tests/golden/ops/math"
LANE = "k3-jax"


NEAR = np.array([-1.0, -0.9999999, -0.99, -0.3, 0.0, 1e-6, 0.75, 0.999, 1.0, 1.5, NAN], "float32")
IDS = np.array([2, 0, 0, 1, 2], "int32")
DATA, ROWS = normal("DATA", 5), normal("ROWS", 5, 2)
EXTREMES = np.array([-INF, NAN, 1.0, INF, -INF], "float32")
CLASSES = np.array([[0.1, 0.6, 0.2, 0.6], [0.4, 0.3, 0.9, 0.1], [0.5, 0.5, 0.5, 0.5]], "float32")
WAVE, IMAGINARY = normal("WAVE", 2, 7), normal("IMAGINARY", 2, 7)
IMAGE = normal("IMAGE", 2, 3, 4), normal("IMAGE2", 2, 3, 4)
SIGNAL = normal("SIGNAL", 2, 20)
TAPER = np.array([0.5, 1.0, 0.25, 1.0], "float32")
POSITIVE = np.einsum("nij,nkj->nik", normal("L", 2, 3, 3), normal("L", 2, 3, 3)) + np.eye(
    3, dtype="float32"
)


def parts(x):
    return x.real, x.imag


def segments():
    rows = [grad(DATA, IDS, num_segments=3), grad(ROWS, IDS, num_segments=3)]
    return rows + [call(np.arange(5, dtype="int32"), IDS, 3), call(ROWS, IDS - 1, 2)]


def extremes():
    """Segments also of NaN, of infinities, of nothing."""
    return segments() + [call(EXTREMES, np.arange(5, dtype="int32") // 2, num_segments=4)]


def spectrum(**options):
    return tuple(map(np.asarray, ops.stft(SIGNAL, 4, 2, 6, **options)))


CASES = {
    "cdist": [grad(F, G), grad(F[0], G), call(EMPTY, H)],
    "erf": smooth(),
    "erfc": [grad(F), call(SPECIAL), call(3 * F), call(EMPTY)],
    "erfinv": [grad(np.tanh(F)), call(NEAR), call(SCALAR), call(EMPTY)],
    "extract_sequences": [grad(WAVE, 3, 2), call(F, 2, 1), call(I, 2, 2)],
    "fft": [grad((WAVE, IMAGINARY)), call((F, G)), call(IMAGE)],
    "fft2": [grad(IMAGE), call((WAVE, IMAGINARY))],
    "ifft2": [grad(IMAGE), call((WAVE, IMAGINARY))],
    "in_top_k": [
        call(np.array([1, 3, 0], "int32"), CLASSES, 1),
        call(np.array([0, 1, 3], "int32"), CLASSES, k=2),
        call(np.array([2, 2, 2], "int32"), CLASSES, k=3),
    ],
    "irfft": [
        grad((WAVE, IMAGINARY)),
        grad((WAVE, IMAGINARY), fft_length=13),
        call((WAVE, IMAGINARY), 8),
        call(IMAGE, 11),
    ],
    "istft": [
        grad(spectrum(), 4, 2, 6),
        call(spectrum(window="hamming"), 4, 2, 6, length=13, window="hamming"),
        call(spectrum(window=TAPER), 4, 2, 6, window=TAPER),
        call(spectrum(), 4, 2, 6, length=18),
    ],
    "logdet": [grad(POSITIVE), call(POSITIVE[0]), call(np.eye(2, dtype="float32"))],
    "logsumexp": [
        call(F),
        grad(F, axis=-1),
        grad(F, axis=(0, 2), keepdims=True),
        call(INFINITE, axis=-1),
        call(INFINITE),
        call(1000 * F, axis=1),
        call(SPECIAL),
    ],
    "rfft": [grad(WAVE), grad(WAVE, fft_length=4), grad(WAVE, fft_length=10), call(F)],
    "rsqrt": [
        grad(P),
        call(SPECIAL[SPECIAL != 0]),
        call(EMPTY),
        call(SCALAR),
        call(np.zeros(2, "float32")),
    ],
    "segment_max": extremes(),
    "segment_min": extremes(),
    "segment_prod": [
        (args, options, False) for args, options, _ in segments()
    ],  # jax has no gradient
    "segment_sum": segments(),
    "stft": [
        grad(WAVE, 4, 2, 4),
        call(WAVE[0], 3, 2, 6),
        call(WAVE, 4, 1, 6, window="hamming", center=False),
        call(WAVE, 4, 2, 4, window=None),
        call(WAVE, 4, 3, 5, window=TAPER, center=False),
    ],
    "top_k": [call(F, 2), call(TIES, 3), call(I, 1), call(INFINITE, k=2, sorted=True)],
    "view_as_complex": [call(WAVE[:, :2]), call(I[:, 1:]), call(np.zeros((0, 2), "float32"))],
    "view_as_real": [call((WAVE + 1j * IMAGINARY).astype("complex64"))],
}

REFERENCES = {
    "fft": lambda x: parts(np.fft.fft(x[0] + 1j * x[1])),
    "fft2": lambda x: parts(np.fft.fft2(x[0] + 1j * x[1])),
    "ifft2": lambda x: parts(np.fft.ifft2(x[0] + 1j * x[1])),
    "irfft": lambda x, fft_length=None: np.fft.irfft(x[0] + 1j * x[1], fft_length),
    "logdet": lambda x: np.linalg.slogdet(x)[1],
    "rfft": lambda x, fft_length=None: parts(np.fft.rfft(x, fft_length)),
}


def make(out_dir):
    make_cases(out_dir, CASES, REFERENCES)
