"""The math and einops families where no golden case can hold them: inverses, what Keras 3 refuses or leaves NaN."""

import numpy as np
import pytest
from b4k_ops import GENERATION, ops
from b4k_ops.testing import engine

own = pytest.mark.skipif(GENERATION == "keras3", reason="Keras 3 has ops of its own")
X = np.random.RandomState(0).standard_normal((2, 32)).astype("float32")
IDS = np.array([1, 0, 4, -1], "int32")


@pytest.mark.parametrize("window", ["hann", "hamming", np.linspace(0.5, 1, 8, dtype="float32")])
def test_istft_inverts_stft(window):
    spectrum = ops.stft(X, 8, 4, 8, window=window)
    result = ops.convert_to_numpy(ops.istft(spectrum, 8, 4, 8, window=window))
    np.testing.assert_allclose(result, X, atol=1e-5)


@own
def test_istft_inverts_stft_up_to_the_edges():
    spectrum = ops.stft(X, 8, 2, 10, center=False)
    result = ops.convert_to_numpy(ops.istft(spectrum, 8, 2, 10, center=False))
    np.testing.assert_allclose(result[:, 2:-2], X[:, 2:-2], atol=1e-5)


def test_erfinv_inverts_erf():
    x = np.linspace(-3, 3, 101).astype("float32")
    result = ops.convert_to_numpy(ops.erfinv(ops.erf(x)))
    np.testing.assert_allclose(result, x, rtol=1e-2)  # near 3 a float32 has few digits left
    np.testing.assert_allclose(result[30:71], x[30:71], atol=1e-5)


@own
def test_gradient_of_the_distance_to_itself_is_finite():
    _, (gradient,) = engine.run_function(
        lambda tensors: [ops.cdist(tensors[0], tensors[0])],
        [X[:, :3]],
        [(2, 3)],
        {0: np.ones((2, 2), "float32")},
        [0],
    )
    assert np.isfinite(gradient).all() and gradient.any()


@own
def test_segments_without_their_number():
    x = np.array([1.0, 2.0, 3.0, 4.0], "float32")
    for op, nothing in ((ops.segment_sum, 0), (ops.segment_prod, 1), (ops.segment_max, -np.inf)):
        result = ops.convert_to_numpy(op(x, IDS))
        np.testing.assert_array_equal(result, [2, 1, nothing, nothing, 3])
    np.testing.assert_array_equal(ops.convert_to_numpy(ops.segment_sum(x, IDS, 2)), [2, 1])


@own
def test_in_top_k_of_an_unknown_class():
    targets = np.array([5, -1, 1], "int32")
    result = ops.convert_to_numpy(ops.in_top_k(targets, np.ones((3, 2), "float32"), 2))
    assert list(result) == [False, False, True]


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


@own
@pytest.mark.parametrize("pattern", ["a b -> a", "a b", "a a -> a", "a -> a", "a (b c) -> a b c"])
def test_rearrange_names_a_wrong_pattern(pattern):
    with pytest.raises(ValueError, match="rearrange"):
        ops.rearrange(X, pattern)
