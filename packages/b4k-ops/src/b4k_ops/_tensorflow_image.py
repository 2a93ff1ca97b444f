"""`keras.ops`, image family, on TensorFlow: colours, sizes, warps, filters, patches.

Images are [height, width, channels] or a batch of them, or [channels, height, width] under data format
"channels_first". Inside this file they are always [batch, height, width, channels].
"""

import functools
import itertools

import numpy as np
import tensorflow.compat.v2 as tf

from ._tensorflow_arrays import moveaxis
from ._tensorflow_core import axes_of, cast, convert_to_tensor, floating, promoted, saturate_cast
from ._tensorflow_core import shape as shape_of
from ._tensorflow_dtypes import result_type

# --- arguments


def _data_format(data_format):
    """The data format, that of the Keras in use if None."""
    from . import keras  # chosen after this module is imported

    data_format = keras.backend.image_data_format() if data_format is None else data_format
    return _one_of("data_format", data_format, ("channels_last", "channels_first"))


def _one_of(name, value, allowed):
    """The value, if it is allowed."""
    if value not in allowed:
        raise ValueError("%s must be one of %s, got %r" % (name, sorted(allowed), value))
    return value


def _channels_last(images, data_format, axes=2):
    """(images as [batch, *sizes, channels], the function that gives a result the form they had)."""
    images, rank = convert_to_tensor(images), axes + 1
    first = _data_format(data_format) == "channels_first"
    if images.shape.rank not in (rank, rank + 1):
        raise ValueError(
            "images must have rank %d, or %d with a batch axis, got shape %s"
            % (rank, rank + 1, images.shape)
        )
    single = images.shape.rank == rank
    images = images[None] if single else images

    def restored(result):
        result = moveaxis(result, -1, 1) if first else result
        return result[0] if single else result

    return moveaxis(images, 1, -1) if first else images, restored


def _pair(value, count=2):
    """A value for each of the sizes."""
    values = (value,) * count if isinstance(value, int) else tuple(value)
    if len(values) != count:
        raise ValueError("one int or %d were expected, got %r" % (count, value))
    return values


# --- colours


def hsv_to_rgb(images, data_format=None):
    """Hue, saturation and value, each from 0 to 1, to red, green and blue."""
    x, restored = _channels_last(_floats_only(images), data_format)
    hue, saturation, value = tf.unstack(x, 3, axis=-1)  # [batch, height, width]
    place = tf.math.floormod(hue, 1) * 6  # on the circle of colours

    def primary(offset, slope, centre):
        part = tf.clip_by_value(offset + slope * tf.abs(place - centre), 0, 1)
        return value * (1 - saturation + saturation * part)

    return restored(tf.stack([primary(-1, 1, 3), primary(2, -1, 2), primary(2, -1, 4)], axis=-1))


def _floats_only(images):
    """The images as a tensor, which must be one of floats."""
    images = convert_to_tensor(images)
    if not images.dtype.is_floating:
        raise ValueError("images must be floats, got dtype %s" % images.dtype.name)
    return images


def rgb_to_grayscale(images, data_format=None):
    """The brightness of red, green and blue, in one channel; the dtype stays."""
    images = convert_to_tensor(images)
    x, restored = _channels_last(images, data_format)
    channels = x.shape.as_list()[-1]
    if channels not in (1, 3):
        raise ValueError("images must have 1 or 3 channels, got %s" % channels)
    if channels == 1:
        return images
    gray = tf.reduce_sum(floating(x) * [0.2989, 0.5870, 0.1140], axis=-1, keepdims=True)
    return restored(cast(gray, images.dtype))


def rgb_to_hsv(images, data_format=None):
    """Red, green and blue, from 0 to 1, to hue, saturation and value."""
    x, restored = _channels_last(_floats_only(images), data_format)
    epsilon = 2.0**-7 if x.dtype == tf.bfloat16 else np.finfo(x.dtype.as_numpy_dtype).eps
    x = tf.where(tf.abs(x) < cast(epsilon, x.dtype), tf.zeros_like(x), x)
    red, green, blue = tf.unstack(x, 3, axis=-1)  # [batch, height, width]
    value = tf.maximum(tf.maximum(red, green), blue)
    spread = value - tf.minimum(tf.minimum(red, green), blue)
    zero, one = tf.zeros_like(value), tf.ones_like(value)
    saturation = tf.where(value > 0, spread / tf.where(value > 0, value, one), zero)
    sixth = 1 / (6 * tf.where(spread > 0, spread, one))
    hue = tf.where(
        tf.equal(value, green), sixth * (blue - red) + 1 / 3, sixth * (red - green) + 2 / 3
    )
    hue = tf.where(tf.equal(value, red), sixth * (green - blue), hue)
    hue = tf.where(spread > 0, hue, zero)
    return restored(tf.stack([hue + cast(hue < 0, hue.dtype), saturation, value], axis=-1))


# --- sizes


def crop_images(
    images,
    top_cropping=None,
    left_cropping=None,
    bottom_cropping=None,
    right_cropping=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    """Cut borders off; of top, bottom and target height two are given, and so for the width."""
    x, restored = _channels_last(images, data_format)
    height, width = shape_of(x)[1:3]
    top, _, target_height = _completed(
        height, 1, top=top_cropping, bottom=bottom_cropping, target_height=target_height
    )
    left, _, target_width = _completed(
        width, 1, left=left_cropping, right=right_cropping, target_width=target_width
    )
    return restored(x[:, top : top + target_height, left : left + target_width])


def _completed(size, sign, **given):
    """The three values, of which one is None, such that size = target + sign * (before + after)."""
    (before, after, target), names = given.values(), list(given)
    if [before, after, target].count(None) != 1:
        raise ValueError("exactly two of %s must be given, got %s" % (names, given))
    if target is None:
        target = size - sign * (before + after)
    if before is None:
        before = sign * (size - target) - after
    if after is None:
        after = sign * (size - target) - before
    for name, value in zip(names, (before, after, target)):
        if isinstance(value, int) and value < 0:
            raise ValueError("%s must be 0 or more, it is %d for %s" % (name, value, given))
    return before, after, target


def pad_images(
    images,
    top_padding=None,
    left_padding=None,
    bottom_padding=None,
    right_padding=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    """Add borders of zeros; of top, bottom and target height two are given, and so for the width."""
    x, restored = _channels_last(images, data_format)
    height, width = shape_of(x)[1:3]
    top, bottom, _ = _completed(
        height, -1, top=top_padding, bottom=bottom_padding, target_height=target_height
    )
    left, right, _ = _completed(
        width, -1, left=left_padding, right=right_padding, target_width=target_width
    )
    return restored(tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]))


def resize(
    images,
    size,
    interpolation="bilinear",
    antialias=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    fill_mode="constant",
    fill_value=0.0,
    data_format=None,
):
    """Images of another height and width, cropped or padded first to keep the proportions if asked for."""
    _one_of("interpolation", interpolation, ("nearest",) + RESIZING)
    _one_of("fill_mode", fill_mode, ("constant",))
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("only one of crop_to_aspect_ratio and pad_to_aspect_ratio can be True")
    size = _pair(tuple(size))
    x, restored = _channels_last(images, data_format)
    if crop_to_aspect_ratio:
        x = _cropped_to_ratio(x, *size)
    if pad_to_aspect_ratio:
        x = _padded_to_ratio(x, *size, fill_value)
    if interpolation == "nearest":
        return restored(_nearest(_nearest(x, 1, size[0]), 2, size[1]))
    y = floating(x)
    for axis, target in enumerate(size, 1):
        stride = cast(shape_of(x)[axis], "float64") / cast(target, "float64")
        y = _resample(y, axis, target, stride, 0, interpolation, antialias)
    if x.dtype.is_integer:
        y = saturate_cast(tf.round(y), x.dtype)
    return restored(y)


RESIZING = ("bilinear", "bicubic", "lanczos3", "lanczos5")


def _cropped_to_ratio(x, target_height, target_width):
    """The largest middle part of x [batch, height, width, channels] with the target's proportions."""
    height, width = shape_of(x)[1:3]
    inner_height = _larger(_smaller(height, width * target_height // target_width), 1)
    inner_width = _larger(_smaller(width, height * target_width // target_height), 1)
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    return x[:, top : top + inner_height, left : left + inner_width]


def _padded_to_ratio(x, target_height, target_width, fill_value):
    """x [batch, height, width, channels] amidst borders that give it the target's proportions."""
    height, width = shape_of(x)[1:3]
    top = (_larger(height, width * target_height // target_width) - height) // 2
    left = (_larger(width, height * target_width // target_height) - width) // 2
    fill_value = cast(fill_value, x.dtype)
    return tf.pad(x, [[0, 0], [top, top], [left, left], [0, 0]], constant_values=fill_value)


def _larger(a, b):
    """The larger of two sizes, an int if both are."""
    return max(a, b) if isinstance(a, int) and isinstance(b, int) else tf.maximum(a, b)


def _smaller(a, b):
    """The smaller of two sizes, an int if both are."""
    return -_larger(-a, -b)


def _nearest(x, axis, target):
    """x with an axis of another size, each element that of the nearest centre."""
    centres = (2 * tf.range(target) + 1) * shape_of(x)[axis]  # in units of half a target element
    return tf.gather(x, centres // (2 * target), axis=axis)


def scale_and_translate(
    images, output_shape, scale, translation, spatial_dims, method, antialias=True
):
    """Scale and shift axes: what is at p goes to p * scale + translation; outside of the images is 0."""
    _one_of("method", method, sorted(_KERNELS))
    x, (scale, translation) = floating(images), promoted(scale, translation, at_least="float")
    for i, axis in enumerate(axes_of(spatial_dims, x.shape.rank)):
        stride = 1 / cast(scale[i], "float64")
        shift = cast(translation[i], "float64")
        x = _resample(x, axis, output_shape[axis], stride, shift, method, antialias)
    return x


def _resample(x, axis, target, stride, shift, method, antialias):
    """x with an axis of the target size, whose element i is taken at (i + 0.5 - shift) * stride - 0.5."""
    size = shape_of(x)[axis]
    at = (tf.range(tf.cast(target, "float64"), dtype="float64") + 0.5 - shift) * stride - 0.5
    there = tf.range(tf.cast(size, "float64"), dtype="float64")[:, None]
    width = tf.maximum(stride, 1) if antialias else 1.0
    weights = _KERNELS[method](tf.abs(at - there) / width)  # [size, target]
    total = tf.reduce_sum(weights, 0, keepdims=True)
    some = tf.abs(total) > 1e-4
    inside = (at >= -0.5) & (at <= tf.cast(size, "float64") - 0.5)
    weights /= tf.where(some, total, tf.ones_like(total))
    weights = tf.where(some & inside, weights, tf.zeros_like(weights))
    result = tf.tensordot(x, tf.cast(weights, x.dtype), [[axis], [0]])
    return moveaxis(result, -1, axis)


def _triangle(x):
    """The weight of linear interpolation at a distance x."""
    return tf.maximum(1 - x, 0)


def _cubic(x):
    """Keys' cubic weight at a distance x. https://ieeexplore.ieee.org/document/1163711"""
    near, far = (1.5 * x - 2.5) * x * x + 1, ((2.5 - 0.5 * x) * x - 4) * x + 2
    return tf.where(x < 1, near, tf.where(x < 2, far, tf.zeros_like(x)))


def _lanczos(radius, x):
    """sinc(x) * sinc(x / radius), 0 beyond the radius."""
    angle = np.pi * tf.where(x > 1e-3, x, tf.ones_like(x))
    value = radius * tf.sin(angle) * tf.sin(angle / radius) / angle**2
    return tf.where(x > radius, tf.zeros_like(x), tf.where(x > 1e-3, value, tf.ones_like(x)))


_KERNELS = {
    "linear": _triangle,
    "bilinear": _triangle,
    "trilinear": _triangle,
    "cubic": _cubic,
    "bicubic": _cubic,
    "tricubic": _cubic,
    "lanczos3": functools.partial(_lanczos, 3.0),
    "lanczos5": functools.partial(_lanczos, 5.0),
}

# --- warps


def affine_transform(
    images,
    transform,
    interpolation="bilinear",
    fill_mode="constant",
    fill_value=0,
    data_format=None,
):
    """Fetch each pixel (x, y) from ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k), k = c0 x + c1 y + 1.

    transform: [a0, a1, a2, b0, b1, b2, c0, c1], or one for each image.
    """
    transform = floating(transform)
    if transform.shape.rank not in (1, 2):
        raise ValueError("transform must have rank 1 or 2, got shape %s" % transform.shape)
    x, restored = _channels_last(images, data_format)
    places = _projected(transform if transform.shape.rank == 2 else transform[None], x)
    return restored(_sample(x, places, interpolation, fill_mode, fill_value))


def _projected(transform, x):
    """[rows, columns], each [batch, height, width]: whence the transforms [batch, 8] fetch x's pixels."""
    a0, a1, a2, b0, b1, b2, c0, c1 = tf.unstack(transform[:, None, None], 8, axis=-1)
    row, column = _grid(x, transform.dtype)
    k = c0 * column + c1 * row + 1
    places = [(b0 * column + b1 * row + b2) / k, (a0 * column + a1 * row + a2) / k]
    return [tf.broadcast_to(place, shape_of(x)[:3]) for place in places]


def _grid(x, dtype):
    """The row numbers [1, height, 1] and column numbers [1, 1, width] of x [batch, height, width, ...]."""
    height, width = shape_of(x)[1:3]
    return cast(tf.range(height), dtype)[None, :, None], cast(tf.range(width), dtype)[None, None]


def elastic_transform(
    images,
    alpha=20.0,
    sigma=5.0,
    interpolation="bilinear",
    fill_mode="reflect",
    fill_value=0.0,
    seed=None,
    data_format=None,
):
    """Distort by random shifts of strength alpha, smoothed over sigma pixels; the same for the same seed."""
    x, restored = _channels_last(images, data_format)
    shape = tf.stack(shape_of(x)[:3] + (2,))
    if seed is None:
        noise = tf.random.normal(shape)
    else:
        noise = tf.random.stateless_normal(shape, [int(seed), 0])
    size = int(6 * sigma) | 1
    shifts = alpha * _blurred(sigma * noise, (size, size), (sigma, sigma))
    places = [place + shifts[..., i] for i, place in enumerate(_grid(x, shifts.dtype))]
    return restored(_sample(x, places, interpolation, fill_mode, fill_value))


def map_coordinates(inputs, coordinates, order, fill_mode="constant", fill_value=0):
    """The values at coordinates [rank of inputs, ...]: of the nearest element (order 0) or interpolated (1)."""
    inputs, coordinates = convert_to_tensor(inputs), convert_to_tensor(coordinates)
    if coordinates.shape.rank < 2 or coordinates.shape.as_list()[0] != inputs.shape.rank:
        raise ValueError(
            "coordinates must be [%d, ...], one row for each axis of inputs, got shape %s"
            % (inputs.shape.rank, coordinates.shape)
        )
    interpolation = {v: k for k, v in _ORDERS.items()}[_one_of("order", order, (0, 1))]
    places = tf.unstack(floating(coordinates)[:, None])  # each [1, ...]
    return _sample(inputs[None, ..., None], places, interpolation, fill_mode, fill_value)[0, ..., 0]


def perspective_transform(
    images, start_points, end_points, interpolation="bilinear", fill_value=0, data_format=None
):
    """Move the four corners (x, y) at start_points to end_points, [4, 2] or [batch, 4, 2], and all in between."""
    start, end = promoted(start_points, end_points, at_least="float32")
    for points in (start, end):
        if points.shape.rank not in (2, 3) or points.shape.as_list()[-2:] != [4, 2]:
            raise ValueError("points must be [4, 2] or [batch, 4, 2], got shape %s" % points.shape)
    if start.shape.rank != end.shape.rank:
        raise ValueError(
            "start_points and end_points must have the same shape, got %s and %s"
            % (start.shape, end.shape)
        )
    if start.shape.rank == 2:
        start, end = start[None], end[None]
    x, restored = _channels_last(images, data_format)
    places = _projected(_homography(start, end), x)
    return restored(_sample(x, places, interpolation, "constant", fill_value))


def _homography(start, end):
    """The transforms [batch, 8] that fetch the pixels at `end` [batch, 4, 2] from `start`."""
    x, y = end[..., :1], end[..., 1:]  # [batch, 4, 1]
    one, zeros = tf.ones_like(x), tf.zeros_like(end[..., :1]) * tf.ones([3], end.dtype)
    columns = tf.concat([-start[..., :1] * end, -start[..., 1:] * end], axis=1)  # [batch, 8, 2]
    here = tf.concat([x, y, one], axis=-1)  # [batch, 4, 3]
    left = tf.concat([here, zeros], axis=1)
    middle = tf.concat([zeros, here], axis=1)
    matrix = tf.concat([left, middle, columns], axis=-1)  # [batch, 8, 8]
    target = tf.concat([start[..., :1], start[..., 1:]], axis=1)  # [batch, 8, 1]
    return tf.linalg.solve(matrix, target)[..., 0]


_ORDERS = {"nearest": 0, "bilinear": 1}


def _sample(x, places, interpolation, fill_mode, fill_value):
    """x [batch, *sizes, channels] at places, a tensor [batch, ...] for each of the sizes."""
    _one_of("interpolation", interpolation, _ORDERS)
    _one_of("fill_mode", fill_mode, _FILL_MODES)
    dtype, sizes = result_type(x.dtype.name, "float32"), shape_of(x)[1:-1]
    total = 0
    for corner in itertools.product(*[_neighbours(place, interpolation) for place in places]):
        indices = [_FILL_MODES[fill_mode](i, n) for (i, _), n in zip(corner, sizes)]
        values = cast(tf.gather_nd(x, tf.stack(indices, -1), batch_dims=1), dtype)
        if fill_mode == "constant":
            inside = [(i >= 0) & (i < n) for (i, _), n in zip(corner, sizes)]
            inside = functools.reduce(tf.logical_and, inside)[..., None]
            values = tf.where(inside, values, cast(cast(fill_value, x.dtype), dtype))
        weight = functools.reduce(tf.multiply, [weight for _, weight in corner])
        total += cast(weight, dtype)[..., None] * values
    return cast(_rounded(total) if x.dtype.is_integer else total, x.dtype)


def _neighbours(place, interpolation):
    """[(index, weight), ...] of the elements that a place on an axis is computed from."""
    if interpolation == "nearest":
        return [(cast(_rounded(place), "int32"), tf.ones_like(place))]
    low = tf.floor(place)
    index = cast(low, "int32")
    return [(index, 1 - (place - low)), (index + 1, place - low)]


def _rounded(x):
    """The nearest whole number, halves away from zero."""
    size = tf.abs(x)
    whole = tf.floor(size)
    return tf.sign(x) * (whole + cast(size - whole >= 0.5, x.dtype))


def _clipped(index, size):
    """The nearest index inside."""
    return tf.minimum(tf.maximum(index, 0), size - 1)


def _mirrored(index, size):
    """Indices outside as those inside mirrored at the outermost elements."""
    last = size - 1
    return tf.abs(tf.math.floormod(index + last, _larger(2 * last, 1)) - last)


_FILL_MODES = {  # fill mode: (index, size) -> index inside
    "constant": _clipped,
    "nearest": _clipped,
    "wrap": tf.math.floormod,
    "mirror": _mirrored,
    "reflect": lambda index, size: (_mirrored(2 * index + 1, 2 * size + 1) - 1) // 2,
}

# --- filters


def gaussian_blur(images, kernel_size=(3, 3), sigma=(1.0, 1.0), data_format=None):
    """Averages weighted by a normal distribution; kernel_size and sigma are those of the width and the height."""
    x, restored = _channels_last(images, data_format)
    return restored(cast(_blurred(floating(x), kernel_size, sigma), x.dtype))


def _blurred(x, kernel_size, sigma):
    """x [batch, height, width, channels] blurred; zeros are around it."""
    across, down = [_gaussian(n, cast(s, x.dtype)) for n, s in zip(kernel_size, sigma)]
    return _filtered(x, (down[:, None] * across)[..., None], "SAME")[..., 0]


def _gaussian(size, sigma):
    """The weights [size] of a normal distribution around the middle, their sum is 1."""
    distance = cast(tf.range(size), sigma.dtype) - (size - 1) / 2
    weights = tf.exp(-0.5 * tf.square(distance / sigma))
    return weights / tf.reduce_sum(weights)


def _filtered(x, kernels, padding):
    """x [batch, height, width, channels] under kernels [height, width, n], each channel by itself: [..., n]."""
    batch, height, width, channels = shape_of(x)
    planes = tf.reshape(moveaxis(x, -1, 1), [-1, height, width, 1])  # [batch * channels, ...]
    planes = tf.nn.conv2d(planes, kernels[:, :, None], strides=1, padding=padding)
    planes = tf.reshape(planes, (batch, channels) + shape_of(planes)[1:])
    return moveaxis(planes, 1, 3)


def sobel_edges(images, data_format=None):
    """How brightness grows [down, to the right] at each pixel of a batch, in a new last axis."""
    images = convert_to_tensor(images)
    if images.shape.rank != 4:
        raise ValueError("sobel_edges needs a batch of images, got shape %s" % images.shape)
    x, _ = _channels_last(images, data_format)
    down = np.outer([-1, 0, 1], [1, 2, 1])
    kernels = cast(np.stack([down, down.T], axis=-1), floating(x).dtype)  # [3, 3, 2]
    edges = cast(_filtered(floating(x), kernels, "SAME"), x.dtype)
    return moveaxis(edges, 3, 1) if _data_format(data_format) == "channels_first" else edges


def ssim(
    image1,
    image2,
    max_val=1.0,
    filter_size=11,
    filter_sigma=1.5,
    k1=0.01,
    k2=0.03,
    data_format=None,
):
    """The structural similarity of each pair of images. https://doi.org/10.1109/TIP.2003.819861"""
    dtype = convert_to_tensor(image1).dtype
    x, _ = _channels_last(floating(image1), data_format)
    y, _ = _channels_last(cast(image2, x.dtype), data_format)
    weights = _gaussian(filter_size, cast(filter_sigma, x.dtype))

    def local(z):
        return _filtered(z, (weights[:, None] * weights)[..., None], "VALID")[..., 0]

    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    mean_x, mean_y = local(x), local(y)
    variances = local(x * x) - mean_x**2 + local(y * y) - mean_y**2
    covariance = local(x * y) - mean_x * mean_y
    similarity = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    similarity /= (mean_x**2 + mean_y**2 + c1) * (variances + c2)
    result = cast(tf.reduce_mean(similarity, axis=[1, 2, 3]), dtype)  # [batch]
    return result[0] if convert_to_tensor(image1).shape.rank == 3 else result


# --- patches


def extract_patches(images, size, strides=None, dilation_rate=1, padding="valid", data_format=None):
    """The patches of images, or of volumes if size has three numbers, flattened into the channels."""
    axes = 2 if isinstance(size, int) else len(size)
    if axes not in (2, 3):
        raise ValueError("size must be one int, two, or three for volumes, got %r" % (size,))
    return _patches(images, _pair(size, axes), strides, dilation_rate, padding, data_format)


def extract_patches_3d(
    volumes, size, strides=None, dilation_rate=1, padding="valid", data_format=None
):
    """The patches of volumes [depth, height, width, channels], flattened into the channels."""
    return _patches(volumes, _pair(size, 3), strides, dilation_rate, padding, data_format)


def _patches(images, size, strides, dilation_rate, padding, data_format):
    """The patches of images with as many axes as there are sizes."""
    axes = len(size)
    strides, rates = _pair(strides or size, axes), _pair(dilation_rate, axes)
    _one_of("padding", padding, ("valid", "same"))
    x, restored = _channels_last(images, data_format, axes)
    if padding == "same":
        x = _padded_to_strides(x, size, strides, rates)
    for i in range(axes):  # axis 1 + 2 * i becomes [patches, in patch]
        x = _windows(x, 1 + 2 * i, size[i], strides[i], rates[i])
    order = list(range(1, 2 * axes, 2)) + list(range(2, 2 * axes + 1, 2))
    x = tf.transpose(x, [0] + order + [2 * axes + 1])  # [batch, *patches, *in patch, channels]
    sizes = shape_of(x)
    return restored(tf.reshape(x, sizes[: axes + 1] + (np.prod(size) * sizes[-1],)))


def _padded_to_strides(x, size, strides, rates):
    """x amidst as many zeros as it takes for one patch each stride."""
    widths = []
    for n, length, stride, rate in zip(shape_of(x)[1:], size, strides, rates):
        last = (-(-n // stride) - 1) * stride + (length - 1) * rate  # where the last patch ends
        missing = _larger(last + 1 - n, 0)
        widths.append([missing // 2, missing - missing // 2])
    return tf.pad(x, [[0, 0]] + widths + [[0, 0]])


def _windows(x, axis, size, stride, rate):
    """x with an axis split into [windows, size]."""
    count = (shape_of(x)[axis] - (size - 1) * rate - 1) // stride + 1
    return tf.gather(x, tf.range(count)[:, None] * stride + np.arange(size) * rate, axis=axis)


__all__ = [
    "affine_transform",
    "crop_images",
    "elastic_transform",
    "extract_patches",
    "extract_patches_3d",
    "gaussian_blur",
    "hsv_to_rgb",
    "map_coordinates",
    "pad_images",
    "perspective_transform",
    "resize",
    "rgb_to_grayscale",
    "rgb_to_hsv",
    "scale_and_translate",
    "sobel_edges",
    "ssim",
]
