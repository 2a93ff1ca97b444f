"""Cases for convolution, pooling and patches of b4k_ops.ops; what makes them is in `_ops_case.py`."""

import numpy as np
from _ops_case import call, grad, make_cases, normal

TARGET = "packages/b4k-ops/tests/golden/ops/conv"
LANE = "k3-jax"

LINE, IMAGE = normal("line", 2, 7, 4), normal("image", 1, 5, 6, 2)
VOLUME, FIRST = normal("volume", 1, 4, 3, 5, 2), normal("first", 1, 2, 5, 6)
SAME = {"padding": "same"}


def kernel(*shape):
    return normal("kernel%s" % (shape,), *shape)


def windows():
    """Pooling in one to three dimensions."""
    return [
        grad(LINE, 2, 2),
        grad(IMAGE, 3, 2, **SAME),
        call(IMAGE, (2, 3), strides=(1, 2)),
        call(VOLUME, 2, strides=1),
        grad(VOLUME, (2, 3, 1), (2, 3, 1), **SAME),
        call(FIRST, 2, 2, data_format="channels_first"),
    ]


CASES = {
    "adaptive_average_pool": [
        grad(LINE, 3),
        grad(IMAGE, (2, 4)),
        call(IMAGE, 3, data_format="channels_first"),
        call(VOLUME, (2, 3, 4)),
        call(LINE, 9),
        call(FIRST, (1, 2), "channels_first"),
    ],
    "adaptive_max_pool": [
        grad(LINE, 3),
        grad(IMAGE, (2, 4)),
        call(IMAGE, 3, data_format="channels_first"),
        call(VOLUME, (2, 3, 4)),
        call(LINE, 9),
    ],
    "average_pool": windows(),
    "conv": [
        grad(LINE, kernel(3, 4, 3)),
        grad(LINE, kernel(3, 4, 3), strides=2, **SAME),
        grad(LINE, kernel(2, 4, 3), dilation_rate=3),
        grad(IMAGE, kernel(3, 2, 2, 3), (2, 1), "same"),
        call(IMAGE, kernel(2, 3, 2, 3), dilation_rate=(2, 1), **SAME),
        grad(IMAGE, kernel(3, 2, 1, 4), strides=2, **SAME),
        call(FIRST, kernel(3, 3, 2, 2), data_format="channels_first"),
        call(VOLUME, kernel(2, 2, 3, 2, 2), strides=(1, 2, 1)),
        grad(VOLUME, kernel(2, 1, 2, 2, 1), **SAME),
        call(LINE, kernel(3, 2, 6), 1, "valid", "channels_last", 2),
        call(IMAGE, kernel(3, 2, 2, 1), strides=2, dilation_rate=(2, 3), **SAME),
    ],
    "conv_transpose": [
        grad(LINE, kernel(3, 2, 4)),
        grad(LINE, kernel(3, 2, 4), strides=2, **SAME),
        call(LINE, kernel(2, 3, 4), strides=3),
        call(LINE, kernel(4, 1, 4), 2, "valid", 1),
        call(IMAGE, kernel(3, 2, 3, 2), (2, 1), "same"),
        grad(IMAGE[:, :3, :3], kernel(3, 2, 1, 2), dilation_rate=2),
        call(IMAGE[:, :3, :3], kernel(4, 3, 2, 2), strides=2, output_padding=1, **SAME),
        call(FIRST[:, :, :2, :3], kernel(2, 2, 3, 2), strides=2, data_format="channels_first"),
        call(VOLUME[:, :2, :2, :2], kernel(2, 3, 2, 2, 2), strides=2, **SAME),
        call(LINE, kernel(1, 2, 4), strides=2, **SAME),
    ],
    "depth_to_space": [
        grad(normal("depth", 1, 2, 3, 8), 2),
        call(normal("nine", 2, 2, 1, 9), block_size=3),
        call(normal("planes", 2, 4, 3, 2), 2, "channels_first"),
        call(normal("more", 1, 8, 2, 2), 2, data_format="channels_first"),
        call(np.arange(8, dtype="int32").reshape(1, 1, 2, 4), 2),
    ],
    "depthwise_conv": [
        grad(LINE, kernel(3, 4, 2)),
        grad(IMAGE, kernel(3, 2, 2, 2), 2, "same"),
        call(LINE, kernel(3, 4, 1), dilation_rate=2, **SAME),
        grad(IMAGE, kernel(2, 2, 2, 1), dilation_rate=(1, 2)),
        call(IMAGE, kernel(3, 2, 2, 2), strides=2, dilation_rate=2, **SAME),
        call(IMAGE, kernel(3, 3, 2, 1), strides=(1, 2)),
        call(FIRST, kernel(3, 3, 2, 2), data_format="channels_first"),
        call(LINE, kernel(2, 4, 1), 2),
    ],
    "fold": [
        grad(normal("patches", 2, 8, 9), 4, 2),
        call(normal("stepping", 1, 12, 4), (5, 6), (2, 3), stride=(2, 1), dilation=(2, 2)),
        call(normal("padded", 1, 9, 9), (5, 5), 3, padding=1, stride=2),
        call(np.ones((1, 4, 4), "float32"), output_size=(4, 4), kernel_size=2, stride=2),
        call(normal("all", 1, 18, 3), (3, 3), 3, 1, (1, 0), (1, 1)),
    ],
    "max_pool": windows(),
    "separable_conv": [
        grad(LINE, kernel(3, 4, 2), kernel(1, 8, 3)),
        grad(IMAGE, kernel(3, 2, 2, 2), kernel(1, 1, 4, 2), 2, "same"),
        call(IMAGE, kernel(2, 2, 2, 1), kernel(1, 1, 2, 3), dilation_rate=2),
        call(FIRST, kernel(3, 3, 2, 2), kernel(1, 1, 4, 2), data_format="channels_first"),
    ],
    "space_to_depth": [
        grad(normal("space", 1, 4, 6, 2), 2),
        call(normal("threes", 2, 6, 3, 1), block_size=3),
        call(normal("single", 2, 1, 4, 6), 2, "channels_first"),
        call(normal("double", 1, 2, 4, 4), 2, data_format="channels_first"),
        call(np.arange(8, dtype="int32").reshape(1, 2, 4, 1), 2),
    ],
    "unfold": [
        grad(FIRST, 2),
        grad(FIRST, (2, 3), stride=(2, 1), dilation=(2, 2)),
        call(FIRST, 3, padding=1, stride=2),
        call(FIRST[:, :1], 3, 1, (1, 0), (2, 3)),
    ],
}


def make(out_dir):
    make_cases(out_dir, CASES)
