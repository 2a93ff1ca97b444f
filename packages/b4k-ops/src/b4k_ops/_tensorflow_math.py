"""`keras.ops`, math family, on TensorFlow: functions, the largest, segments, distances, Fourier transforms."""

import functools

import numpy as np
import tensorflow.compat.v2 as tf

from ._tensorflow_arrays import take_along_axis
from ._tensorflow_core import cast, convert_to_tensor, floating, numeric, promoted, wide
from ._tensorflow_core import shape as shape_of
from ._tensorflow_numpy import isnan, sqrt
from ._tensorflow_products import slogdet

# --- functions


def erf(x):
    """The error function."""
    return tf.math.erf(floating(x))


def erfc(x):
    """1 - erf(x), exact where erf(x) is near 1."""
    return tf.math.erfc(floating(x))


def erfinv(x):
    """The x of which the error function is this value."""
    x = floating(x)
    return cast(_erfinv(cast(x, "float64")), x.dtype)


# polynomials of M. Giles, Approximating the erfinv function, GPU Computing Gems, 2011: highest power first
_CENTER = (
    2.81022636e-08,
    3.43273939e-07,
    -3.5233877e-06,
    -4.39150654e-06,
    0.00021858087,
    -0.00125372503,
    -0.00417768164,
    0.246640727,
    1.50140941,
)
_TAIL = (
    -0.000200214257,
    0.000100950558,
    0.00134934322,
    -0.00367342844,
    0.00573950773,
    -0.0076224613,
    0.00943887047,
    1.00167406,
    2.83297682,
)


@tf.custom_gradient
def _erfinv(x):
    """erfinv of float64: a polynomial, which Newton's method refines. TensorFlow 1.15 has none."""
    inside = tf.where(tf.abs(x) < 1, x, tf.zeros_like(x))
    w = -tf.math.log((1 - inside) * (1 + inside))
    y = inside * tf.where(w < 5, _polynomial(_CENTER, w - 2.5), _polynomial(_TAIL, tf.sqrt(w) - 3))
    for _ in range(2):
        y -= (tf.math.erf(y) - inside) * _erfinv_slope(y)
    y = tf.where(
        tf.abs(x) < 1, y, tf.where(tf.equal(tf.abs(x), 1), x * np.inf, cast(np.nan, x.dtype))
    )
    return y, lambda dy: dy * _erfinv_slope(y)


def _polynomial(coefficients, x):
    """The value of a polynomial, highest power first."""
    return functools.reduce(lambda value, c: value * x + c, coefficients)


def _erfinv_slope(y):
    """The derivative of erfinv where its value is y."""
    return np.sqrt(np.pi) / 2 * tf.exp(tf.square(y))


def logdet(x):
    """The logarithm of the determinant of matrices, of its absolute value where it is negative."""
    return slogdet(x)[1]


def logsumexp(x, axis=None, keepdims=False):
    """log(sum(exp(x))), computed without overflow."""
    return tf.reduce_logsumexp(floating(x), axis, keepdims)


def rsqrt(x):
    """1 / sqrt(x)."""
    x = floating(x)
    return tf.where(
        tf.equal(x, np.inf), tf.zeros_like(x), tf.math.rsqrt(x)
    )  # 1.15: rsqrt(inf) is NaN


def view_as_complex(x):
    """The complex numbers of the (real, imaginary) pairs in the last axis."""
    x = convert_to_tensor(x)
    if x.shape.rank < 1 or x.shape.as_list()[-1] not in (2, None):
        raise ValueError("view_as_complex needs a last axis of size 2, got shape %s" % (x.shape,))
    return tf.complex(cast(x[..., 0], "float32"), cast(x[..., 1], "float32"))


def view_as_real(x):
    """The real and the imaginary part of numbers, in a new last axis."""
    x = convert_to_tensor(x)
    parts = (tf.math.real(x), tf.math.imag(x)) if x.dtype.is_complex else (x, tf.zeros_like(x))
    return tf.stack(parts, -1)


# --- the largest


def in_top_k(targets, predictions, k):
    """Whether the prediction of each target is among the k largest of its row; equal ones all are."""
    predictions, targets = convert_to_tensor(predictions), cast(targets, "int32")
    classes = shape_of(predictions)[-1]
    known = tf.logical_and(targets >= 0, targets < classes)
    index = tf.expand_dims(tf.where(known, targets, tf.zeros_like(targets)), -1)
    own = take_along_axis(predictions, index, -1)  # [..., 1]
    if own.dtype.is_floating:
        own = tf.where(isnan(own), cast(-np.inf, own.dtype), own)
    larger = tf.reduce_sum(cast(predictions > own, "int32"), -1)
    return tf.logical_and(known, larger < cast(k, "int32"))


def top_k(x, k, sorted=True):
    """The k largest values along the last axis, and their indices."""
    return tf.math.top_k(convert_to_tensor(x), k, sorted)


# --- segments


def segment_max(data, segment_ids, num_segments=None, sorted=False):
    """The largest of the slices with the same id, [num_segments, ...]; of none -inf or the least integer."""
    return _extreme_of_segments(
        tf.math.unsorted_segment_max, -np.inf, data, segment_ids, num_segments
    )


def segment_min(data, segment_ids, num_segments=None, sorted=False):
    """The smallest of the slices with the same id, [num_segments, ...]; of none inf or the largest integer."""
    return _extreme_of_segments(
        tf.math.unsorted_segment_min, np.inf, data, segment_ids, num_segments
    )


def _extreme_of_segments(reduce, nothing, data, segment_ids, num_segments):
    """segment_max or segment_min: TensorFlow has a finite number for no slices, and loses NaN and infinities."""
    segments = _segments(data, segment_ids, num_segments)
    result = reduce(*segments)
    data, ids, count = segments
    if not data.dtype.is_floating:
        return result
    one, zero, nan = (cast(value, data.dtype) for value in (1, 0, np.nan))
    some = tf.math.unsorted_segment_sum(tf.where(tf.equal(data, nothing), zero, one), ids, count)
    result = tf.where(some > 0, result, cast(nothing, data.dtype))
    return result + tf.math.unsorted_segment_sum(tf.where(isnan(data), nan, zero), ids, count)


def segment_prod(data, segment_ids, num_segments=None, sorted=False):
    """The product of the slices with the same id, [num_segments, ...]; of none 1."""
    return tf.math.unsorted_segment_prod(*_segments(data, segment_ids, num_segments))


def segment_sum(data, segment_ids, num_segments=None, sorted=False):
    """The sum of the slices with the same id, [num_segments, ...]; of none 0."""
    return tf.math.unsorted_segment_sum(*_segments(data, segment_ids, num_segments))


def _segments(data, segment_ids, num_segments):
    """Data, ids and number of segments: the largest id + 1 by default. Ids outside it are -1, which count nowhere."""
    data, ids = numeric(data), cast(segment_ids, "int32")
    if ids.shape.rank != 1 or not data.shape[:1].is_compatible_with(ids.shape):
        raise ValueError(
            "segments need one id for each slice of the data, got shapes %s and %s"
            % (ids.shape, data.shape)
        )
    if num_segments is None:
        return data, ids, tf.maximum(tf.reduce_max(ids) + 1, 0)
    return data, tf.where(ids < num_segments, ids, -tf.ones_like(ids)), num_segments


# --- distances


def cdist(x, y):
    """The distances between vectors [..., n, size] and [..., m, size], [..., n, m]."""
    x, y = promoted(convert_to_tensor(x), convert_to_tensor(y), at_least="float")
    if min(x.shape.rank, y.shape.rank) < 2 or not x.shape[-1:].is_compatible_with(y.shape[-1:]):
        raise ValueError(
            "cdist needs vectors of the same size, [..., n, size], got shapes %s and %s"
            % (x.shape, y.shape)
        )
    squares = tf.reduce_sum(tf.square(x[..., :, None, :] - y[..., None, :, :]), -1)
    apart = squares > 0  # the gradient of sqrt at 0 is infinite
    return tf.where(apart, sqrt(tf.where(apart, squares, tf.ones_like(squares))), squares)


# --- Fourier transforms: complex tensors are tuples (real, imaginary)


def extract_sequences(x, sequence_length, sequence_stride):
    """Windows over the last axis, one every `sequence_stride`: [..., number of windows, sequence_length]."""
    return tf.signal.frame(convert_to_tensor(x), sequence_length, sequence_stride)


def fft(x):
    """The Fourier transform along the last axis of (real, imaginary)."""
    return _parts(tf.signal.fft(_complex(x)))


def fft2(x):
    """The Fourier transform along the last two axes of (real, imaginary)."""
    return _parts(tf.signal.fft2d(_complex(x)))


def ifft2(x):
    """The inverse of fft2."""
    return _parts(tf.signal.ifft2d(_complex(x)))


def _complex(x):
    """(real, imaginary) as a complex tensor."""
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ValueError("a Fourier transform needs a tuple (real, imaginary), got %s" % (x,))
    real, imaginary = map(convert_to_tensor, x)
    if not (real.dtype.is_floating and imaginary.dtype.is_floating) or not (
        real.shape.is_compatible_with(imaginary.shape)
    ):
        raise ValueError("a Fourier transform needs two float tensors of one shape, got %s" % (x,))
    return tf.complex(*promoted(real, imaginary))


def _parts(x):
    """A complex tensor as (real, imaginary)."""
    return tf.math.real(x), tf.math.imag(x)


def irfft(x, fft_length=None):
    """The inverse of rfft: real numbers, `fft_length` of them, by default an even number."""
    x = _complex(x)  # [..., n // 2 + 1]
    length = 2 * (shape_of(x)[-1] - 1) if fft_length is None else fft_length
    x = _fitted(x, length // 2 + 1)
    mirrored = tf.math.conj(tf.reverse(x[..., 1 : (length + 1) // 2], [-1]))
    return tf.math.real(tf.signal.ifft(tf.concat([x, mirrored], -1)))


def istft(
    x,  # (real, imaginary), each [..., windows, fft_length // 2 + 1]
    sequence_length,
    sequence_stride,
    fft_length,
    length=None,  # of the result
    window="hann",
    center=True,
):
    """The inverse of stft: the windows are added where they were, and divided by the sum of their weights squared."""
    _check_windows(sequence_length, sequence_stride, fft_length)
    parts = irfft(x, fft_length)  # [..., windows, fft_length]
    if parts.shape.rank < 2:
        raise ValueError("istft needs at least 2 axes, got shape %s" % (parts.shape,))
    weights = _window(window, sequence_length, fft_length, parts.dtype)
    total = tf.signal.overlap_and_add(parts * weights, sequence_stride)
    squares = tf.broadcast_to(tf.square(weights), list(shape_of(parts))[-2:])
    norm = tf.signal.overlap_and_add(squares, sequence_stride)
    total /= tf.where(norm > 1e-10, norm, tf.ones_like(norm))
    if window is None:
        total *= fft_length / sequence_stride  # as Keras has it on jax
    start = fft_length // 2 if center else 0
    end = shape_of(total)[-1] - start if length is None else start + length
    return total[..., start:end]


def rfft(x, fft_length=None):
    """The first half of the Fourier transform of real numbers (the other mirrors it), cut or filled to `fft_length`."""
    x = floating(x)
    length = shape_of(x)[-1] if fft_length is None else fft_length
    x = _fitted(wide(x), length)
    return _parts(tf.signal.fft(tf.complex(x, tf.zeros_like(x)))[..., : length // 2 + 1])


def stft(x, sequence_length, sequence_stride, fft_length, window="hann", center=True):
    """Fourier transforms of windows over the last axis, (real, imaginary) [..., windows, fft_length // 2 + 1].

    A window is "hann", "hamming", None for ones, or a tensor [sequence_length]; it is centered in fft_length.
    With `center`, x is mirrored at both ends, so that window i is around i * sequence_stride.
    """
    _check_windows(sequence_length, sequence_stride, fft_length)
    x = convert_to_tensor(x)
    if x.dtype not in (tf.float32, tf.float64):
        raise TypeError("stft needs a float32 or float64 tensor, got %s" % (x.dtype.name,))
    if center:
        half = [fft_length // 2, fft_length // 2]
        x = tf.pad(x, [[0, 0]] * (x.shape.rank - 1) + [half], "REFLECT")
    parts = extract_sequences(x, fft_length, sequence_stride)  # [..., windows, fft_length]
    return rfft(parts * _window(window, sequence_length, fft_length, x.dtype))


def _check_windows(length, stride, fft_length):
    if not isinstance(stride, int) or stride <= 0 or fft_length < length:
        raise ValueError(
            "needed: a positive int as sequence_stride, and fft_length >= sequence_length, got %r, %r and %r"
            % (stride, fft_length, length)
        )


def _window(window, length, fft_length, dtype):
    """The weights of a window, [fft_length]: zeros before and after `length` ones of them."""
    if window is None:
        return tf.ones([fft_length], dtype)
    if isinstance(window, str):
        if window not in _COSINES:
            raise ValueError("windows are %s, got %r" % (sorted(_COSINES), window))
        angle = 2 * np.pi * np.arange(length) / length
        window = _COSINES[window] - (1 - _COSINES[window]) * np.cos(angle) if length > 1 else [1.0]
    window = convert_to_tensor(window, dtype)
    if not window.shape.is_compatible_with([length]):
        raise ValueError("window should have the shape [%d], got %s" % (length, window.shape))
    before = (fft_length - length) // 2
    return tf.pad(window, [[before, fft_length - length - before]])


_COSINES = {"hamming": 0.54, "hann": 0.5}  # name: the mean of the weights


def _fitted(x, size):
    """x with its last axis cut or filled with zeros to a size."""
    sizes = list(shape_of(x))[:-1]
    x = x[..., :size]
    missing = size - shape_of(x)[-1]
    return tf.reshape(tf.pad(x, [[0, 0]] * len(sizes) + [[0, missing]]), sizes + [size])


__all__ = [
    "cdist",
    "erf",
    "erfc",
    "erfinv",
    "extract_sequences",
    "fft",
    "fft2",
    "ifft2",
    "in_top_k",
    "irfft",
    "istft",
    "logdet",
    "logsumexp",
    "rfft",
    "rsqrt",
    "segment_max",
    "segment_min",
    "segment_prod",
    "segment_sum",
    "stft",
    "top_k",
    "view_as_complex",
    "view_as_real",
]
