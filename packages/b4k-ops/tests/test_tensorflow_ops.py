"""What our own ops on TensorFlow do beyond those of Keras 3, where these tests are not collected (see conftest.py)."""

import numpy as np
import pytest
from b4k_ops import keras, ops
from b4k_ops.testing import Apply, engine

X = np.random.RandomState(0).standard_normal((2, 32)).astype("float32")
IDS = np.array([1, 0, 4, -1], "int32")
IMAGES = np.random.RandomState(0).rand(2, 6, 7, 3).astype("float32")


def test_istft_inverts_stft_up_to_the_edges():
    spectrum = ops.stft(X, 8, 2, 10, center=False)
    result = ops.convert_to_numpy(ops.istft(spectrum, 8, 2, 10, center=False))
    np.testing.assert_allclose(result[:, 2:-2], X[:, 2:-2], atol=1e-5)


def test_gradient_of_the_distance_to_itself_is_finite():
    _, (gradient,) = engine.run_function(
        lambda tensors: [ops.cdist(tensors[0], tensors[0])],
        [X[:, :3]],
        [(2, 3)],
        {0: np.ones((2, 2), "float32")},
        [0],
    )
    assert np.isfinite(gradient).all() and gradient.any()


def test_segments_without_their_number():
    x = np.array([1.0, 2.0, 3.0, 4.0], "float32")
    for op, nothing in ((ops.segment_sum, 0), (ops.segment_prod, 1), (ops.segment_max, -np.inf)):
        result = ops.convert_to_numpy(op(x, IDS))
        np.testing.assert_array_equal(result, [2, 1, nothing, nothing, 3])
    np.testing.assert_array_equal(ops.convert_to_numpy(ops.segment_sum(x, IDS, 2)), [2, 1])


def test_in_top_k_of_an_unknown_class():
    targets = np.array([5, -1, 1], "int32")
    result = ops.convert_to_numpy(ops.in_top_k(targets, np.ones((3, 2), "float32"), 2))
    assert list(result) == [False, False, True]


@pytest.mark.parametrize("pattern", ["a b -> a", "a b", "a a -> a", "a -> a", "a (b c) -> a b c"])
def test_rearrange_names_a_wrong_pattern(pattern):
    with pytest.raises(ValueError, match="rearrange"):
        ops.rearrange(X, pattern)


# --- images of unknown sizes


DYNAMIC = {  # what works where height and width are unknown until the model runs
    "affine_transform": lambda x: ops.image.affine_transform(
        x, ops.convert_to_tensor(np.array([[1, 0.1, 0.5, 0, 0.9, 0, 0, 0]] * 2, "float32"))
    ),
    "crop_images": lambda x: ops.image.crop_images(x, 1, 2, 1, 0),
    "extract_patches": lambda x: ops.image.extract_patches(x, 2, padding="same"),
    "gaussian_blur": lambda x: ops.image.gaussian_blur(x, data_format="channels_last"),
    "pad_images": lambda x: ops.image.pad_images(x, 1, 2, 1, 0),
    "resize": lambda x: ops.image.resize(x, (4, 3), "bicubic"),
    "resize_crop": lambda x: ops.image.resize(x, (3, 9), crop_to_aspect_ratio=True),
    "resize_pad": lambda x: ops.image.resize(x, (3, 9), pad_to_aspect_ratio=True),
    "sobel_edges": lambda x: ops.image.sobel_edges(x),
    "ssim": lambda x: ops.image.ssim(x, 0.5 * x, filter_size=3),
}


@pytest.mark.parametrize("name", sorted(DYNAMIC))
def test_unknown_sizes(name):
    inputs = keras.layers.Input((None, None, 3))
    model = keras.models.Model(inputs, Apply(DYNAMIC[name])(inputs))
    for x in (IMAGES, IMAGES[:, :5, :3]):
        expected = ops.convert_to_numpy(DYNAMIC[name](ops.convert_to_tensor(x)))
        np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-6)
