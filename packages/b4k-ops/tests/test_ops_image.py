"""The image ops that no golden case can hold: random ones, and what is refused."""

import numpy as np
import pytest
from b4k_ops import ops

IMAGES = np.random.RandomState(0).rand(2, 6, 7, 3).astype("float32")


def value(tensor):
    return ops.convert_to_numpy(tensor)


def test_image_elastic_transform():
    x = ops.convert_to_tensor(IMAGES)
    same = ops.image.elastic_transform(x, alpha=0.0, sigma=1.0, seed=1)
    np.testing.assert_allclose(value(same), IMAGES, rtol=1e-5, atol=1e-6)
    options = {"alpha": 4.0, "sigma": 1.0, "fill_mode": "nearest"}
    first, again, other = [
        value(ops.image.elastic_transform(x, seed=seed, **options)) for seed in (1, 1, 2)
    ]
    assert first.shape == IMAGES.shape
    np.testing.assert_array_equal(first, again)
    assert abs(first - IMAGES).max() > 0.01 and abs(first - other).max() > 0.01
    assert first.min() >= IMAGES.min() and first.max() <= IMAGES.max()


def test_elastic_transform_of_one_image_channels_first():
    x = ops.convert_to_tensor(IMAGES[0].transpose(2, 0, 1))
    y = value(ops.image.elastic_transform(x, 3.0, 1.0, "nearest", data_format="channels_first"))
    assert y.shape == (3, 6, 7)
    assert set(y.ravel()) <= set(IMAGES[0].ravel())


@pytest.mark.parametrize(
    "call",
    [
        lambda x: ops.image.resize(x, (3, 3), "cubist"),
        lambda x: ops.image.resize(x, (3, 3), crop_to_aspect_ratio=True, pad_to_aspect_ratio=True),
        lambda x: ops.image.resize(x[0, 0], (3, 3)),
        lambda x: ops.image.crop_images(x, 1, 1, 1, 1, target_height=2),
        lambda x: ops.image.crop_images(x, 9, 1, 1, 1),
        lambda x: ops.image.pad_images(x, 1, 1, 1),
        lambda x: ops.image.pad_images(x, 0, 0, target_height=3, target_width=9),
        lambda x: ops.image.map_coordinates(x, x, 1),
        lambda x: ops.image.affine_transform(x, ops.zeros((2, 8)), fill_mode="fill"),
        lambda x: ops.image.perspective_transform(x, ops.zeros((3, 2)), ops.zeros((3, 2))),
        lambda x: ops.image.rgb_to_grayscale(x[..., :2]),
        lambda x: ops.image.rgb_to_hsv(ops.cast(x, "int32")),
        lambda x: ops.image.hsv_to_rgb(x, "channels_middle"),
    ],
)
def test_what_is_refused(call):
    with pytest.raises(ValueError):
        call(ops.convert_to_tensor(IMAGES))
