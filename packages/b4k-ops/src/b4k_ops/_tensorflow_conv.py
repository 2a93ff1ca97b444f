"""`keras.ops`, nn family, on TensorFlow: convolution, pooling, patches.

Everything is computed with the channels last, as TensorFlow does on CPUs. The rest of the nn family is in
`_tensorflow_nn.py`.
"""

import numpy as np
import tensorflow.compat.v2 as tf

from ._tensorflow_arrays import moveaxis
from ._tensorflow_core import convert_to_tensor, floating, numeric, promoted
from ._tensorflow_core import shape as shape_of

# by the rank of the inputs; TensorFlow 2.15 has no gradient of a 3-D convolution without one
FORMATS = {3: "NWC", 4: "NHWC", 5: "NDHWC"}

# --- arguments


def _each(value, count, name):
    """An int or one for each of the spatial axes -> list of ints."""
    values = [value] * count if isinstance(value, (int, np.integer)) else list(value)
    if len(values) != count:
        raise ValueError("%s needs an int or %d of them, got %r" % (name, count, value))
    return [int(v) for v in values]


def _padding(padding):
    """The padding as TensorFlow writes it."""
    if str(padding).upper() not in ("SAME", "VALID"):
        raise ValueError("padding needs to be 'same' or 'valid', got %r" % (padding,))
    return padding.upper()


def _channels_last(data_format):
    """Whether the channels are the last axis; None asks Keras."""
    from . import keras  # chosen after this module is imported

    given = keras.backend.image_data_format() if data_format is None else data_format
    if str(given).lower() not in ("channels_last", "channels_first"):
        raise ValueError(
            "data_format needs to be 'channels_last' or 'channels_first', got %r" % (given,)
        )
    return given.lower() == "channels_last"


def _spatial(function, x, data_format):
    """Apply a function of [batch, ..., channels] to x in its data_format."""
    if x.shape.rank not in FORMATS:
        raise ValueError("expected 1 to 3 spatial axes, got a tensor of shape %s" % (x.shape,))
    if _channels_last(data_format):
        return function(x)
    return moveaxis(function(moveaxis(x, 1, -1)), -1, 1)


# --- convolution


def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Convolution by a kernel [..., channels in, channels out]; fewer channels in make groups."""
    kernel = convert_to_tensor(kernel)
    arguments = _arguments(kernel, strides, padding, dilation_rate)
    inputs = convert_to_tensor(inputs, kernel.dtype)
    return _spatial(lambda x: _conv(x, kernel, *arguments), inputs, data_format)


def _arguments(kernel, strides, padding, dilation_rate):
    """The lists of strides and dilations of a kernel, and its padding."""
    count = kernel.shape.rank - 2
    dilations = _each(dilation_rate, count, "dilation_rate")
    return _each(strides, count, "strides"), _padding(padding), dilations


def _conv(x, kernel, strides, padding, dilations):
    """Convolution of [batch, ..., channels]."""
    channels, (taken, filters) = x.shape.as_list()[-1], kernel.shape.as_list()[-2:]
    if channels is None or channels % taken or filters % (channels // taken):
        raise ValueError(
            "conv by a kernel of %d channels and %d filters needs groups of so many channels, as many"
            " as divide the filters, got %s channels" % (taken, filters, channels)
        )
    _check_size(x, kernel, padding, dilations)
    if max(strides) > 1 and max(dilations) > 1:  # TensorFlow has one or the other
        kernel, dilations = _spread(kernel, dilations), [1] * len(dilations)
    groups = channels // taken
    pairs = zip(tf.split(x, groups, -1), tf.split(kernel, groups, -1))
    results = [
        tf.nn.convolution(a, b, strides, padding, FORMATS[x.shape.rank], dilations)
        for a, b in pairs
    ]
    return results[0] if groups == 1 else tf.concat(results, -1)


def _check_size(x, kernel, padding, dilations):
    """Refuse a kernel that is larger than the input, of which nothing would be left."""
    sizes, kernel_sizes = x.shape.as_list()[1:-1], _reach(kernel, dilations)
    if padding == "VALID" and any(n is not None and n < k for n, k in zip(sizes, kernel_sizes)):
        raise ValueError(
            "a convolution of size %s by a kernel that reaches over %s is empty"
            % (sizes, kernel_sizes)
        )


def _reach(kernel, dilations):
    """How many places a dilated kernel reaches over, along each axis."""
    return [(size - 1) * d + 1 for size, d in zip(kernel.shape.as_list(), dilations)]


def _spread(kernel, dilations):
    """The kernel with the zeros of its dilation written out."""
    reach = _reach(kernel, dilations)
    for axis, d in enumerate(dilations):
        if d > 1:
            sizes = kernel.shape.as_list()
            widths = [[0, d - 1 if i == axis + 1 else 0] for i in range(len(sizes) + 1)]
            kernel = tf.pad(tf.expand_dims(kernel, axis + 1), widths)  # [..., size, d, ...]
            kernel = tf.reshape(kernel, sizes[:axis] + [sizes[axis] * d] + sizes[axis + 1 :])
    return kernel[tuple(slice(n) for n in reach)]


def conv_transpose(
    inputs,
    kernel,  # [..., channels out, channels in]
    strides=1,
    padding="valid",
    output_padding=None,  # places added at the end; by default "same" gives size * stride
    data_format=None,
    dilation_rate=1,
):
    """The gradient of a convolution by its inputs, which undoes its change of shape."""
    inputs, kernel = promoted(inputs, kernel)
    strides, padding, dilations = _arguments(kernel, strides, padding, dilation_rate)
    extra = [None] * len(strides)
    if output_padding is not None:
        extra = _each(output_padding, len(strides), "output_padding")
    kernel = _spread(kernel, dilations)
    cuts = [
        _cut(size, stride, padding, more)
        for size, stride, more in zip(kernel.shape.as_list(), strides, extra)
    ]
    return _spatial(lambda x: _conv_transpose(x, kernel, strides, cuts), inputs, data_format)


def _cut(size, stride, padding, extra):
    """How many places to cut from the start and the end of (length - 1) * stride + size; negative adds."""
    if padding == "VALID":
        return 0, min(size - stride, 0) if extra is None else -extra
    total = size - stride if extra is None else size - size % 2 - extra
    before = max(total // 2, 0)
    return before, total - before


def _conv_transpose(x, kernel, strides, cuts):
    """Transposed convolution of [batch, ..., channels], cut to size."""
    filters, channels = kernel.shape.as_list()[-2:]
    if channels != x.shape.as_list()[-1]:
        raise ValueError(
            "conv_transpose has a kernel of %d channels, got %s" % (channels, x.shape[-1])
        )
    batch, *lengths, _ = shape_of(x)
    full = [(n - 1) * s + k for n, s, k in zip(lengths, strides, kernel.shape.as_list())]
    shape = tf.stack([batch] + full + [filters])
    result = tf.nn.conv_transpose(x, kernel, shape, strides, "VALID", FORMATS[x.shape.rank])
    result.set_shape([None] + [n if isinstance(n, int) else None for n in full] + [filters])
    result = tf.pad(result, [[0, 0]] + [[0, max(-after, 0)] for _, after in cuts] + [[0, 0]])
    ends = [n - after for n, (_, after) in zip(full, cuts)]
    kept = [slice(before, end) for (before, _), end in zip(cuts, ends)]
    return result[tuple([slice(None)] + kept)]


def depthwise_conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Convolution of each channel by kernels of its own, [..., channels, kernels for each]."""
    inputs, kernel = promoted(inputs, kernel)
    arguments = _arguments(kernel, strides, padding, dilation_rate)
    return _spatial(lambda x: _depthwise(x, kernel, *arguments), inputs, data_format)


def _depthwise(x, kernel, strides, padding, dilations):
    """Depthwise convolution of [batch, ..., channels]; TensorFlow has it in 2-D with equal strides."""
    sizes = kernel.shape.as_list()
    if sizes[-2] != x.shape.as_list()[-1]:
        raise ValueError(
            "depthwise_conv has a kernel of %s channels, got %s" % (sizes[-2], x.shape[-1])
        )
    _check_size(x, kernel, padding, dilations)
    if len(strides) == 1:
        result = _depthwise(x[:, None], kernel[None], strides * 2, padding, [1] + dilations)
        return tf.squeeze(result, 1)
    if len(set(strides)) > 1 or len(strides) == 3:
        groups = tf.reshape(kernel, sizes[:-2] + [1, sizes[-2] * sizes[-1]])
        return _conv(x, groups, strides, padding, dilations)
    if max(strides) > 1 and max(dilations) > 1:
        kernel, dilations = _spread(kernel, dilations), [1, 1]
    return tf.nn.depthwise_conv2d(x, kernel, [1] + strides + [1], padding, dilations=dilations)


def separable_conv(
    inputs,
    depthwise_kernel,
    pointwise_kernel,
    strides=1,
    padding="valid",
    data_format=None,
    dilation_rate=1,
):
    """A depthwise convolution, then one of size 1 that mixes the channels."""
    x = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(x, pointwise_kernel, 1, "valid", data_format, dilation_rate)


# --- pooling


def adaptive_average_pool(inputs, output_size, data_format=None):
    """The means of so many windows of nearly equal size along each axis."""

    def average(windows, inside, axis):
        weights = tf.cast(inside, windows.dtype)
        weights /= tf.reduce_sum(weights, 1, keepdims=True)  # [size, widest]
        rest = [1] * (windows.shape.rank - axis - 2)
        weights = tf.reshape(weights, list(shape_of(weights)) + rest)
        return tf.reduce_sum(windows * weights, axis + 1)

    return _adaptive(average, floating(inputs), output_size, data_format)


def adaptive_max_pool(inputs, output_size, data_format=None):
    """The largest values of so many windows of nearly equal size along each axis."""

    def largest(windows, inside, axis):
        return tf.reduce_max(windows, axis + 1)

    return _adaptive(largest, numeric(inputs), output_size, data_format)


def _adaptive(reduce, inputs, output_size, data_format):
    """Reduce the windows of one axis after the other."""
    sizes = _each(output_size, inputs.shape.rank - 2, "output_size")

    def pool(x):
        for axis, size in enumerate(sizes, 1):
            x = reduce(*_windows(x, axis, size), axis)
        return x

    return _spatial(pool, inputs, data_format)


def _windows(x, axis, size):
    """`size` windows of x, [..., size, widest, ...]; what is inside, [size, widest]; the rest repeats the last."""
    length = shape_of(x)[axis]
    index = tf.range(size)
    start, end = index * length // size, ((index + 1) * length + size - 1) // size
    widest = (length + size - 1) // size + 1
    places = start[:, None] + tf.range(widest)[None]  # [size, widest]
    inside = places < end[:, None]
    return tf.gather(x, tf.minimum(places, end[:, None] - 1), axis=axis), inside


def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """The means of windows, a stride apart (their size by default); what is padded does not count."""
    return _pool(tf.nn.avg_pool, floating(inputs), pool_size, strides, padding, data_format)


def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """The largest values of windows, a stride apart (their size by default)."""
    return _pool(tf.nn.max_pool, numeric(inputs), pool_size, strides, padding, data_format)


def _pool(function, inputs, pool_size, strides, padding, data_format):
    """Pool in 1-D or 2-D; in 3-D first height and width, for TensorFlow pools few dtypes in 3-D."""
    count = inputs.shape.rank - 2
    sizes, padding = _each(pool_size, count, "pool_size"), _padding(padding)
    steps = sizes if strides is None else _each(strides, count, "strides")

    def pool(x):
        if count < 3:
            return function(x, sizes, steps, padding)
        batch, depth, height, width, channels = shape_of(x)
        x = tf.reshape(x, [batch * depth, height, width, channels])
        x = function(x, sizes[1:], steps[1:], padding)
        height, width = shape_of(x)[1:3]
        x = tf.reshape(x, [batch, depth, height * width, channels])
        x = function(x, [sizes[0], 1], [steps[0], 1], padding)
        return tf.reshape(x, [batch, shape_of(x)[1], height, width, channels])

    return _spatial(pool, inputs, data_format)


# --- patches


def depth_to_space(x, block_size, data_format="channels_last"):
    """Every channels / block_size ** 2 channels become a pixel of a block."""
    x, b = convert_to_tensor(x), _block(block_size)
    if _channels_last(data_format):
        n, h, w, c = shape_of(x)
        x = tf.reshape(x, [n, h, w, b, b, c // b**2])
        return tf.reshape(tf.transpose(x, [0, 1, 3, 2, 4, 5]), [n, h * b, w * b, c // b**2])
    n, c, h, w = shape_of(x)
    x = tf.reshape(x, [n, c // b**2, b, b, h, w])
    return tf.reshape(tf.transpose(x, [0, 1, 4, 2, 5, 3]), [n, c // b**2, h * b, w * b])


def space_to_depth(x, block_size, data_format="channels_last"):
    """The pixels of a block become channels, which undoes depth_to_space."""
    x, b = convert_to_tensor(x), _block(block_size)
    if _channels_last(data_format):
        n, h, w, c = shape_of(x)
        x = tf.reshape(x, [n, h // b, b, w // b, b, c])
        return tf.reshape(tf.transpose(x, [0, 1, 3, 2, 4, 5]), [n, h // b, w // b, c * b**2])
    n, c, h, w = shape_of(x)
    x = tf.reshape(x, [n, c, h // b, b, w // b, b])
    return tf.reshape(tf.transpose(x, [0, 1, 3, 5, 2, 4]), [n, c * b**2, h // b, w // b])


def _block(size):
    """The block size of depth_to_space and space_to_depth."""
    if size < 2:
        raise ValueError("block_size needs to be at least 2, got %r" % (size,))
    return size


def fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Images [batch, channels, height, width] whose patches, added where they overlap, are x; see unfold."""
    x = convert_to_tensor(x)
    if x.shape.rank != 3:
        raise ValueError("fold needs patches [batch, values, number], got shape %s" % (x.shape,))
    sizes = _each(output_size, 2, "output_size")
    rows, columns, pads = _patches(sizes, kernel_size, dilation, padding, stride)
    (kh, nh), (kw, nw) = rows.shape, columns.shape
    _, values, number = x.shape.as_list()
    if number not in (None, nh * nw) or (values or 0) % (kh * kw):
        raise ValueError(
            "fold to size %s takes [batch, channels * %d, %d], got %s"
            % (sizes, kh * kw, nh * nw, x.shape)
        )
    batch, values, _ = shape_of(x)
    x = tf.reshape(x, [batch, values // (kh * kw), kh, kw, nh, nw])
    x = tf.transpose(x, [2, 4, 3, 5, 0, 1])  # [kh, nh, kw, nw, batch, channels]
    x = _added(x, rows, sizes[0] + 2 * pads[0])  # [height, kw, nw, batch, channels]
    x = _added(tf.transpose(x, [1, 2, 0, 3, 4]), columns, sizes[1] + 2 * pads[1])
    x = tf.transpose(x, [2, 3, 1, 0])  # [batch, channels, height, width]
    return x[:, :, pads[0] : pads[0] + sizes[0], pads[1] : pads[1] + sizes[1]]


def _added(x, places, size):
    """x [k, n, ...] added up at places [k, n] of the first axis of the result, [size, ...]."""
    return tf.math.unsorted_segment_sum(x, tf.constant(places, "int32"), size)


def unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    """The patches of images [batch, channels, height, width] -> [batch, channels * patch, number]."""
    x = convert_to_tensor(x)
    if x.shape.rank != 4:
        raise ValueError(
            "unfold needs images [batch, channels, height, width], got shape %s" % (x.shape,)
        )
    batch, channels, *sizes = shape_of(x)
    rows, columns, (ph, pw) = _patches(sizes, kernel_size, dilation, padding, stride)
    x = tf.pad(x, [[0, 0], [0, 0], [ph, ph], [pw, pw]])
    x = tf.gather(tf.gather(x, columns, axis=3), rows, axis=2)  # [.., kh, nh, kw, nw]
    kh, nh, kw, nw = shape_of(x)[2:]
    x = tf.transpose(x, [0, 1, 2, 4, 3, 5])
    return tf.reshape(x, [batch, channels * kh * kw, nh * nw])


def _patches(sizes, kernel_size, dilation, padding, stride):
    """Rows [kh, nh] and columns [kw, nw] of all patches in the padded image; the padding."""
    kernel_size, pads = _each(kernel_size, 2, "kernel_size"), _each(padding, 2, "padding")
    dilation, stride = _each(dilation, 2, "dilation"), _each(stride, 2, "stride")
    places = []
    for n, k, d, p, s in zip(sizes, kernel_size, dilation, pads, stride):
        number = (n + 2 * p - d * (k - 1) - 1) // s + 1
        start = np.arange(number) if isinstance(number, int) else tf.range(number)
        places.append(np.arange(k, dtype="int32")[:, None] * d + start[None] * s)
    return places + [pads]


__all__ = [
    "adaptive_average_pool",
    "adaptive_max_pool",
    "average_pool",
    "conv",
    "conv_transpose",
    "depth_to_space",
    "depthwise_conv",
    "fold",
    "max_pool",
    "separable_conv",
    "space_to_depth",
    "unfold",
]
