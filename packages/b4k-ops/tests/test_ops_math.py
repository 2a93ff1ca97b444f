"""The math and einops families where no golden case can hold them."""

import numpy as np
import pytest
from b4k_ops import ops

X = np.random.RandomState(0).standard_normal((2, 32)).astype("float32")
IDS = np.array([1, 0, 4, -1], "int32")


@pytest.mark.parametrize("window", ["hann", "hamming", np.linspace(0.5, 1, 8, dtype="float32")])
def test_istft_inverts_stft(window):
    spectrum = ops.stft(X, 8, 4, 8, window=window)
    result = ops.convert_to_numpy(ops.istft(spectrum, 8, 4, 8, window=window))
    np.testing.assert_allclose(result, X, atol=1e-5)


def test_erfinv_inverts_erf():
    x = np.linspace(-3, 3, 101).astype("float32")
    result = ops.convert_to_numpy(ops.erfinv(ops.erf(x)))
    np.testing.assert_allclose(result, x, rtol=1e-2)  # near 3 a float32 has few digits left
    np.testing.assert_allclose(result[30:71], x[30:71], atol=1e-5)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: ops.fft((IDS, IDS)),
        lambda: ops.fft((X,)),
        lambda: ops.stft(X, 8, 0, 8),
        lambda: ops.stft(X, 8, 2, 4),
        lambda: ops.stft(X, 8, 2, 8, window="gauss"),
        lambda: ops.istft((X, X), 4, 2, 62, window=X[0]),
        lambda: ops.cdist(X, X[:, :3]),
        lambda: ops.view_as_complex(X),
        lambda: ops.segment_sum(X, IDS, 2),
    ],
)
def test_wrong_arguments(wrong):
    with pytest.raises(ValueError):
        wrong()
