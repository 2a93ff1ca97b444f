"""Cases for the image family of b4k_ops.ops; what makes them is in `_ops_case.py`."""

import numpy as np
from _ops_case import call, grad, make_cases, normal

TARGET = "packages/b4k-ops/tests/golden/ops/image"
LANE = "k3-jax"

X = normal("image", 2, 4, 5, 2)  # a batch of images
ONE = X[0]
FIRST = np.ascontiguousarray(X.transpose(0, 3, 1, 2))  # channels first
LARGE = normal("large image", 7, 9, 1)
BYTES = np.random.RandomState(0).randint(0, 256, (1, 4, 5, 2)).astype("uint8")
BYTE = BYTES[0]
COLOURS = np.random.RandomState(1).rand(2, 3, 4, 3).astype("float32")
COLOUR = np.array(
    [
        [[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0]],
        [[0, 0, 1], [1, 0, 1], [0.5, 0.5, 0.2], [0.2, 0.4, 0.4]],
    ],
    "float32",
)
COLOUR_BYTES = np.random.RandomState(2).randint(0, 256, (2, 3, 3)).astype("uint8")
VOLUME = normal("volume", 1, 3, 4, 3, 2)

TURN = np.array(
    [[0.8, -0.3, 0.73, 0.4, 0.9, -0.57, 0, 0], [1, 0, 1.5, 0, 1, -0.5, 0, 0]], "float32"
)
SHRINK = np.array([2.3, 0, -3.2, 0, 2.1, -2.4, 0, 0], "float32")  # reaches far outside
CORNERS = np.array([[0, 0], [4, 0], [0, 3], [4, 3]], "float32")
MOVED = np.array([[0.55, 0.2], [3.7, 0.4], [0.3, 2.6], [4.4, 2.8]], "float32")
PLACES = np.array(
    [
        [-2.7, -1, -0.3, 0, 0.6, 1.25, 2.4, 3, 3.6, 5.2],
        [0.3, 1.8, 2.1, -0.4, -3.1, 4.4, 6.8, 2, 3.3, 9.1],
    ],
    "float32",
)
MODES = ("constant", "nearest", "wrap", "mirror", "reflect")


def resize():
    rows = [grad(ONE, (6, 7)), call(X, (3, 2)), call(FIRST, (6, 3), data_format="channels_first")]
    for interpolation in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"):
        rows.append(call(LARGE, (4, 13), interpolation))
        if interpolation != "nearest":
            rows.append(call(LARGE, (3, 4), interpolation, antialias=True))
    rows += [
        call(ONE, (9, 3), crop_to_aspect_ratio=True),
        call(ONE, (3, 9), crop_to_aspect_ratio=True),
        call(ONE, (9, 3), pad_to_aspect_ratio=True, fill_value=2.5),
        call(ONE, (3, 9), pad_to_aspect_ratio=True),
        call(BYTES, (3, 7)),
        call(BYTE, (7, 3), "nearest"),
        call(
            FIRST,
            (3, 9),
            "nearest",
            pad_to_aspect_ratio=True,
            fill_value=1.0,
            data_format="channels_first",
        ),
    ]
    return rows


CASES = {
    "image.affine_transform": [
        call(X, TURN),
        call(ONE, TURN[0], "nearest"),
        call(ONE, SHRINK, fill_value=1.5),
        call(FIRST, TURN, data_format="channels_first"),
    ]
    + [call(ONE, SHRINK, fill_mode=mode) for mode in ("nearest", "reflect")],
    "image.crop_images": [
        grad(X, top_cropping=1, left_cropping=2, target_height=2, target_width=3),
        call(ONE, top_cropping=1, left_cropping=0, bottom_cropping=2, right_cropping=1),
        call(
            FIRST,
            bottom_cropping=1,
            right_cropping=1,
            target_height=2,
            target_width=2,
            data_format="channels_first",
        ),
        call(BYTE, 0, 0, 0, 0),
    ],
    "image.extract_patches": [
        grad(ONE, 2),
        call(X, (2, 3), strides=(1, 2)),
        call(ONE, (2, 2), strides=1, dilation_rate=2),
        call(ONE, (3, 2), strides=2, padding="same"),
        call(ONE, 2, strides=1, dilation_rate=2, padding="same"),
        call(FIRST, 2, data_format="channels_first"),
        call(VOLUME, (2, 2, 1)),
    ],
    "image.extract_patches_3d": [
        grad(VOLUME, 2),
        call(VOLUME[0], (2, 2, 3), strides=(1, 2, 1)),
        call(VOLUME, 2, strides=2, padding="same"),
        call(VOLUME, (1, 2, 2), strides=1, dilation_rate=(1, 2, 1)),
        call(VOLUME.transpose(0, 4, 1, 2, 3).copy(), 2, data_format="channels_first"),
    ],
    "image.gaussian_blur": [
        grad(ONE, data_format="channels_last"),
        call(FIRST, (5, 5), (0.7, 0.7), "channels_first"),
        call(X, (5, 3), (0.7, 2.0), "channels_last"),
    ],
    "image.hsv_to_rgb": [
        grad(COLOURS),
        call(COLOUR),
        call(COLOURS.transpose(0, 3, 1, 2).copy(), "channels_first"),
    ],
    "image.map_coordinates": [grad(ONE[..., 0], PLACES, 1)]
    + [call(ONE[..., 0], PLACES, order, mode) for mode in MODES for order in (0, 1)]
    + [
        call(ONE[..., 0], PLACES, 1, fill_value=0.5),
        call(BYTE[..., 0], PLACES, 1, "nearest"),
        call(X[..., 0], np.abs(normal("places", 3, 2, 3)), 1),
    ],
    "image.pad_images": [
        grad(ONE, top_padding=1, left_padding=2, target_height=6, target_width=7),
        call(ONE, 1, 0, 2, 1),
        call(
            FIRST,
            bottom_padding=0,
            right_padding=1,
            target_height=5,
            target_width=6,
            data_format="channels_first",
        ),
        call(BYTE, 0, 0, 1, 1),
    ],
    "image.perspective_transform": [
        grad(ONE, CORNERS, MOVED),
        call(X, np.stack([CORNERS, MOVED]), np.stack([MOVED, CORNERS]), "nearest"),
        call(FIRST[:1], CORNERS, MOVED, fill_value=1.5, data_format="channels_first"),
        call(ONE, MOVED, CORNERS, fill_value=3),
    ],
    "image.resize": resize(),
    "image.rgb_to_grayscale": [
        grad(COLOURS),
        call(COLOUR_BYTES),
        call(COLOURS.transpose(0, 3, 1, 2).copy(), "channels_first"),
        call(COLOURS[..., :1].copy()),
    ],
    "image.rgb_to_hsv": [
        grad(COLOURS),
        call(COLOUR),
        call(COLOURS.transpose(0, 3, 1, 2).copy(), "channels_first"),
    ],
    "image.scale_and_translate": [
        grad(
            ONE,
            (6, 4, 2),
            np.array([1.3, 0.6], "float32"),
            np.array([0.4, -0.3], "float32"),
            (0, 1),
            "linear",
        ),
        call(
            X,
            (2, 6, 4, 2),
            np.array([1.2, 0.5], "float32"),
            np.array([1, 1], "float32"),
            (1, 2),
            "cubic",
        ),
        call(
            ONE,
            (4, 3, 2),
            np.array([0.6], "float32"),
            np.array([0], "float32"),
            (-2,),
            "lanczos3",
            antialias=False,
        ),
    ],
    "image.sobel_edges": [grad(X), call(FIRST, "channels_first")],
    "image.ssim": [
        grad(COLOURS, COLOURS[::-1].copy(), filter_size=3),
        call(COLOURS, COLOURS, filter_size=3),
        call(
            LARGE, LARGE * 0.7 + 0.1, max_val=2.0, filter_size=5, filter_sigma=0.8, k1=0.02, k2=0.1
        ),
        call(FIRST, FIRST + 0.2, filter_size=4, data_format="channels_first"),
    ],
}


def make(out_dir):
    make_cases(out_dir, CASES)
