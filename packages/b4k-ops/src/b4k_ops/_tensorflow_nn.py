"""`keras.ops`, nn family, on TensorFlow: activations, encodings, normalisation, losses, CTC, attention.

Convolution, pooling and patches are in `_tensorflow_conv.py`.
"""

import numpy as np
import tensorflow.compat.v2 as tf

from ._tensorflow_core import axes_of, cast, convert_to_tensor, floating, numeric, promoted, wide
from ._tensorflow_core import shape as shape_of
from ._tensorflow_dtypes import floatx
from ._tensorflow_numpy import clip, in_single, sqrt
from ._tensorflow_reductions import max as reduce_max
from ._tensorflow_reductions import mean, var

# --- activations


def celu(x, alpha=1.0):
    """x above 0, alpha * (exp(x / alpha) - 1) below. https://arxiv.org/abs/1704.07483"""
    x = floating(x)
    return tf.where(x > 0, x, alpha * tf.math.expm1(tf.minimum(x, 0) / alpha))


def elu(x, alpha=1.0):
    """x above 0, alpha * (exp(x) - 1) below. https://arxiv.org/abs/1511.07289"""
    x = floating(x)
    return tf.where(x > 0, x, alpha * tf.math.expm1(tf.minimum(x, 0)))


def gelu(x, approximate=True):
    """x times the normal distribution function, by default its tanh form. https://arxiv.org/abs/1606.08415"""
    x = floating(x)
    if approximate:
        return 0.5 * x * (1.0 + tf.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * tf.pow(x, 3))))
    return 0.5 * x * (1.0 + tf.math.erf(x / np.sqrt(2.0)))


def glu(x, axis=-1):
    """The first half along an axis times the sigmoid of the second. https://arxiv.org/abs/1612.08083"""
    x = floating(x)
    size = x.shape.as_list()[axis]
    if size is not None and size % 2:
        raise ValueError("glu halves an axis, but axis %d of shape %s is odd" % (axis, x.shape))
    first, second = tf.split(x, 2, axis)  # [..., size / 2, ...] each
    return first * tf.sigmoid(second)


def hard_shrink(x, threshold=0.5):
    """x where its absolute value exceeds the threshold, 0 elsewhere."""
    x = floating(x)
    return tf.where(tf.abs(x) > threshold, x, tf.zeros_like(x))


def hard_sigmoid(x):
    """min(max(x / 6 + 1 / 2, 0), 1)."""
    return tf.nn.relu6(floating(x) + 3) / 6


def hard_silu(x):
    """x * hard_sigmoid(x). https://arxiv.org/abs/1905.02244"""
    return floating(x) * hard_sigmoid(x)


def hard_swish(x):
    """x * hard_sigmoid(x), the same as hard_silu."""
    return hard_silu(x)


def hard_tanh(x):
    """min(max(x, -1), 1)."""
    return clip(floating(x), -1, 1)


def leaky_relu(x, negative_slope=0.2):
    """x above 0, negative_slope * x below."""
    return tf.nn.leaky_relu(floating(x), negative_slope)


def log_sigmoid(x):
    """log(1 / (1 + exp(-x))), computed without overflow."""
    return -softplus(-floating(x))


def log_softmax(x, axis=-1):
    """The logarithm of softmax, computed without overflow."""
    return _over_axes(tf.nn.log_softmax, x, axis)


def relu(x):
    """max(x, 0)."""
    return tf.nn.relu(numeric(x))


def relu6(x):
    """min(max(x, 0), 6)."""
    return tf.nn.relu6(numeric(x))


def selu(x):
    """Scaled elu that keeps mean 0 and variance 1. https://arxiv.org/abs/1706.02515"""
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return tf.sigmoid(floating(x))


def silu(x):
    """x * sigmoid(x). https://arxiv.org/abs/1710.05941"""
    x = floating(x)
    return x * tf.sigmoid(x)


def soft_shrink(x, threshold=0.5):
    """x drawn towards 0 by the threshold, 0 within it."""
    x = floating(x)
    drawn = tf.where(x > threshold, x - threshold, tf.zeros_like(x))
    return tf.where(x < -threshold, x + threshold, drawn)


def softmax(x, axis=-1):
    """exp(x) over its sum along an axis or several, computed without overflow."""
    return _over_axes(tf.nn.softmax, x, axis)


def _over_axes(function, x, axis):
    """Apply a function of one axis to several axes at once; None means all."""
    x = floating(x)
    if isinstance(axis, int):
        return function(x, axis)
    axes = axes_of(axis, x.shape.rank)
    order = [i for i in range(x.shape.rank) if i not in axes] + axes
    moved = tf.transpose(x, order)
    flat = tf.reshape(moved, list(shape_of(moved)[: len(order) - len(axes)]) + [-1])
    return tf.transpose(tf.reshape(function(flat, -1), shape_of(moved)), np.argsort(order))


def softplus(x):
    """log(1 + exp(x)), computed without overflow."""
    return in_single(tf.math.softplus, floating(x))


def softsign(x):
    """x / (1 + abs(x))."""
    x = floating(x)
    return x / (1 + tf.abs(x))


def sparse_plus(x):
    """0 up to -1, x from 1 on, (x + 1) ** 2 / 4 between."""
    x = floating(x)
    between = tf.square(clip(x, -1, 1) + 1) / 4
    return tf.where(x >= 1, x, between)


def sparse_sigmoid(x):
    """min(max((x + 1) / 2, 0), 1), the derivative of sparse_plus."""
    return clip((floating(x) + 1) / 2, 0, 1)


def sparsemax(x, axis=-1):
    """max(x - t, 0) with a threshold t along an axis. https://arxiv.org/abs/1602.02068

    The threshold is Keras 3's, whose results add up to less than 1: it takes all running sums where the paper takes
    the last one.
    """
    x = floating(x)
    (axis,) = axes_of(axis, x.shape.rank)
    ordered = tf.sort(x, axis, "DESCENDING")
    sums = tf.cumsum(ordered, axis)
    count = cast(tf.range(1, shape_of(x)[axis] + 1), x.dtype)
    count = tf.reshape(count, [-1] + [1] * (x.shape.rank - axis - 1))  # [size, 1, ...]
    support = count * ordered > sums - 1
    total = tf.reduce_sum(tf.where(support, sums, tf.zeros_like(sums)), axis, keepdims=True)
    return tf.nn.relu(x - (total - 1) / tf.reduce_sum(cast(support, x.dtype), axis, keepdims=True))


def squareplus(x, b=4):
    """(x + sqrt(x ** 2 + b)) / 2. https://arxiv.org/abs/2112.11687"""
    x = floating(x)
    return (x + sqrt(tf.square(x) + b)) / 2


def swish(x):
    """x * sigmoid(x), the same as silu."""
    return silu(x)


def tanh_shrink(x):
    """x - tanh(x)."""
    x = floating(x)
    return x - tf.tanh(x)


def threshold(x, threshold, default_value):
    """x where it exceeds the threshold, the default value elsewhere."""
    x, default_value = promoted(x, default_value)
    return tf.where(x > threshold, x, default_value)


# --- encodings


def multi_hot(inputs, num_classes=None, axis=-1, dtype=None, sparse=False, **kwargs):
    """1 at every index that occurs in a row of inputs, 0 elsewhere."""
    num_classes = kwargs.get("num_tokens") if num_classes is None else num_classes
    if num_classes is None:
        raise ValueError("multi_hot needs num_classes, got None")
    each = one_hot(inputs, num_classes, axis, dtype, sparse)
    return reduce_max(each, axis=1 if each.shape.rank > 2 else 0)


def one_hot(x, num_classes, axis=-1, dtype=None, sparse=False):
    """A new axis of size num_classes, 1 at the index x and 0 elsewhere."""
    if sparse:
        raise ValueError("one_hot makes dense tensors on TensorFlow, sparse=True was asked for")
    x = convert_to_tensor(x, "int64")
    return cast(tf.one_hot(x, num_classes, axis=axis), dtype or floatx())


# --- numbers


def polar(abs_, angle):
    """The complex number of that absolute value and angle."""
    abs_, angle = promoted(abs_, angle, at_least="float")
    return tf.complex(abs_ * tf.cos(angle), abs_ * tf.sin(angle))


# --- normalisation


def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=0.001):
    """(x - mean) / sqrt(variance + epsilon) * scale + offset, each given for one axis."""
    scale, offset = 1 if scale is None else scale, 0 if offset is None else offset
    x, *given = promoted(x, mean, variance, scale, offset, at_least="float")
    (axis,) = axes_of(axis, x.shape.rank)
    column = [-1] + [1] * (x.shape.rank - axis - 1)  # [size, 1, ...]
    mean, variance, scale, offset = [tf.reshape(value, column) for value in given]
    return (x - mean) * (tf.math.rsqrt(variance + epsilon) * scale) + offset


def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=None, **kwargs):
    """x less its mean, over its standard deviation along axes. https://arxiv.org/abs/1607.06450

    Computed in float32 at least. `rms_scaling=True` (deprecated by Keras) leaves mean and beta out.
    """
    x = convert_to_tensor(x)
    values, axes = wide(x), sorted(axes_of(axis, x.shape.rank))
    sizes = [n if i in axes else 1 for i, n in enumerate(shape_of(x))]  # of gamma and beta
    rms_scaling = kwargs.get("rms_scaling", False)
    average, variance = moments(values, axes, keepdims=True)
    factor = tf.math.rsqrt(variance + (_epsilon() if epsilon is None else epsilon))
    outputs = (values if rms_scaling else values - average) * factor
    if gamma is not None:
        outputs *= _reshaped(gamma, sizes, values.dtype)
    if beta is not None and not rms_scaling:
        outputs += _reshaped(beta, sizes, values.dtype)
    return cast(outputs, x.dtype)


def _reshaped(values, sizes, dtype):
    """The weights of a normalisation in these sizes, unless they have as many axes already."""
    values = cast(values, dtype)
    return values if values.shape.rank == len(sizes) else tf.reshape(values, sizes)


def moments(x, axes, keepdims=False, synchronized=False):
    """The mean and the variance along axes; of half precision computed in float32."""
    if synchronized:
        raise NotImplementedError(
            "moments has no synchronized=True on TensorFlow, nor has Keras on jax: use synchronized=False"
        )
    x = floating(x)
    values = wide(x)
    results = mean(values, axes, keepdims), var(values, axes, keepdims)
    if x.dtype != values.dtype:
        limit = float(tf.float16.max)
        results = [cast(clip(y, -limit, limit), x.dtype) for y in results]
    return tuple(results)


def normalize(x, axis=-1, order=2, epsilon=None):
    """x over its norm of that order along an axis; a norm below epsilon counts as epsilon."""
    if not isinstance(order, int) or order < 1:
        raise ValueError("normalize needs an order that is an int >= 1, got %r" % (order,))
    x = floating(x)
    values = wide(tf.reshape(x, [1]) if x.shape.rank == 0 else x)
    size = tf.abs(values)
    # in units of the largest value: powers neither overflow nor have an infinite derivative
    unit = tf.stop_gradient(tf.reduce_max(size, axis, keepdims=True))
    unit = tf.maximum(unit, _epsilon() if epsilon is None else epsilon)
    total = tf.reduce_sum(tf.pow(size / unit, order), axis, keepdims=True)
    return cast(values / (unit * tf.pow(tf.maximum(total, 1), 1 / order)), x.dtype)


def rms_normalization(x, scale=None, axis=-1, epsilon=None):
    """x over the root of its mean square along axes. https://arxiv.org/abs/1910.07467"""
    x = convert_to_tensor(x)
    values = wide(tf.reshape(x, [1]) if x.shape.rank == 0 else x)
    square = tf.reduce_mean(tf.square(values), axis, keepdims=True)
    values *= tf.math.rsqrt(square + (_epsilon() if epsilon is None else epsilon))
    return cast(values if scale is None else values * cast(scale, values.dtype), x.dtype)


def _epsilon():
    """The small number of the Keras in use."""
    from . import keras  # chosen after this module is imported

    return keras.backend.epsilon()


# --- losses


def binary_crossentropy(target, output, from_logits=False):
    """-log of the probability that the output gives to a target of 0 or 1, element by element."""
    target, output = promoted(target, output, at_least="float")
    _same_shape("binary_crossentropy", target.shape, output.shape)
    truth, values = wide(target), wide(output)
    if from_logits:
        loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=truth, logits=values)
    else:
        values = clip(values, _epsilon(), 1 - _epsilon())
        loss = -truth * tf.math.log(values) - (1 - truth) * tf.math.log(1 - values)
    return cast(loss, output.dtype)


def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """-log of the probability that the output gives to the target, a distribution along an axis."""
    target, output = promoted(target, output, at_least="float")
    _same_shape("categorical_crossentropy", target.shape, output.shape)
    if not output.shape.rank:
        raise ValueError("categorical_crossentropy needs an axis of classes, got a scalar")
    log_probability = _log_probability(output, from_logits, axis)
    return cast(-tf.reduce_sum(wide(target) * log_probability, axis), output.dtype)


def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """-log of the probability that the output gives to the target, the index of a class."""
    target, output = cast(target, "int32"), floating(output)
    if not output.shape.rank:
        raise ValueError("sparse_categorical_crossentropy needs an axis of classes, got a scalar")
    (axis,) = axes_of(axis, output.shape.rank)
    if target.shape.rank == output.shape.rank and target.shape[-1] == 1:
        target = tf.squeeze(target, -1)
    sizes = output.shape.as_list()
    rest = tf.TensorShape(sizes[:axis] + sizes[axis + 1 :])
    _same_shape("sparse_categorical_crossentropy", target.shape, rest)
    log_probability = _log_probability(output, from_logits, axis)
    chosen = tf.one_hot(target, shape_of(output)[axis], True, False, axis)  # as output
    picked = tf.where(chosen, log_probability, tf.zeros_like(log_probability))
    return cast(-tf.reduce_sum(picked, axis), output.dtype)


def _same_shape(name, target, output):
    """Refuse a target whose shape cannot be the one expected."""
    if not target.is_compatible_with(output):
        raise ValueError("%s needs a target of shape %s, got %s" % (name, output, target))


def _log_probability(output, from_logits, axis):
    """The logarithm, float32 at least, of logits or of probabilities that need not add up to 1."""
    output = wide(output)
    if from_logits:
        return tf.nn.log_softmax(output, axis)
    output /= tf.reduce_sum(output, axis, keepdims=True)
    return tf.math.log(clip(output, _epsilon(), 1 - _epsilon()))


def psnr(x1, x2, max_val):
    """The peak signal to noise ratio in decibel; `max_val` is the largest possible value."""
    x1, x2 = promoted(x1, x2, at_least="float")
    _same_shape("psnr", x1.shape, x2.shape)
    error = mean(tf.square(x1 - x2))
    peak = cast(max_val, x2.dtype)
    return (20 * tf.math.log(peak) - 10 * tf.math.log(error)) / np.log(10.0)


# --- connectionist temporal classification, CTC

IMPOSSIBLE = -1e30  # instead of the logarithm of 0, whose derivative is no number
MISFIT = 1e5  # the loss of a target that cannot come out of so few steps


def ctc_decode(
    inputs,  # [batch, T, classes], logits
    sequence_lengths,  # [batch], the steps that count
    strategy="greedy",  # or "beam_search"
    beam_width=100,  # the paths kept at each step of a beam search
    top_paths=1,  # the paths that a beam search returns
    merge_repeated=True,  # whether the greedy strategy takes a class that stays for one label
    mask_index=0,  # the blank; None means the last class
):
    """The likeliest labels [paths, batch, T], -1 behind their end, and their scores [batch, paths].

    The score is the log probability of a path, and for the greedy strategy minus the sum of the largest logits.
    """
    inputs, lengths = wide(floating(inputs)), cast(sequence_lengths, "int32")
    blank = _index_of_blank(mask_index, inputs)
    if strategy == "greedy":
        return _ctc_greedy(inputs, lengths, merge_repeated, blank)
    if strategy == "beam_search":
        return _ctc_beam_search(inputs, lengths, beam_width, top_paths, blank)
    raise ValueError("ctc_decode has strategies 'greedy' and 'beam_search', got %r" % (strategy,))


def _index_of_blank(mask_index, logits):
    """The index of the blank among [..., classes], from the start."""
    classes = shape_of(logits)[-1]
    mask_index = -1 if mask_index is None else mask_index
    return mask_index + classes if mask_index < 0 else mask_index


def _ctc_greedy(logits, lengths, merge_repeated, blank):
    """The largest logit of each step."""
    steps = tf.range(shape_of(logits)[1])[None]  # [1, T]
    counts = steps < lengths[:, None]  # [batch, T]
    best = tf.where(counts, tf.argmax(logits, -1, output_type="int32"), blank)
    kept = tf.not_equal(best, blank)
    if merge_repeated:
        before = tf.pad(best[:, :-1], [[0, 0], [1, 0]], constant_values=-1)
        kept = tf.logical_and(kept, tf.not_equal(best, before))
    order = tf.argsort(cast(tf.logical_not(kept), "int32"), -1, stable=True)  # the kept ones first
    labels = tf.gather(tf.where(kept, best, -1), order, batch_dims=1)  # [batch, T]
    largest = tf.reduce_max(logits, -1)
    score = -tf.reduce_sum(tf.where(counts, largest, tf.zeros_like(largest)), -1, keepdims=True)
    return labels[None], score


def _ctc_beam_search(logits, lengths, beam_width, top_paths, blank):
    """The best of the paths through all steps; TensorFlow wants the blank last."""
    batch, length, classes = shape_of(logits)
    labels = tf.range(classes - 1)
    labels = tf.concat([labels + cast(labels >= blank, "int32"), [blank]], 0)  # [classes]
    scores = cast(tf.nn.log_softmax(tf.gather(logits, labels, axis=-1)), "float32")
    paths, score = tf.nn.ctc_beam_search_decoder(
        tf.transpose(scores, [1, 0, 2]), lengths, beam_width, top_paths
    )
    shape = [cast(n, "int64") for n in (batch, length)]
    paths = [tf.SparseTensor(path.indices, path.values, shape) for path in paths]
    found = tf.stack([tf.sparse.to_dense(path, default_value=-1) for path in paths])
    named = tf.gather(labels, tf.maximum(found, 0))  # [paths, batch, T]
    return tf.where(found < 0, -1, named), cast(score, logits.dtype)


def ctc_loss(target, output, target_length, output_length, mask_index=0):
    """-log of the probability that logits [batch, T, classes] give to labels [batch, N].

    1e5 where the labels do not fit in the steps. https://www.cs.toronto.edu/~graves/icml_2006.pdf
    """
    target, count = cast(target, "int32"), cast(target_length, "int32")[:, None]  # [batch, 1]
    scores, length = tf.nn.log_softmax(wide(floating(output))), cast(output_length, "int32")
    states, skips = _ctc_states(target, _index_of_blank(mask_index, scores))  # [batch, S]
    states = tf.clip_by_value(states, 0, shape_of(scores)[-1] - 1)  # also those behind a target
    scores = tf.gather(tf.transpose(scores, [0, 2, 1]), states, batch_dims=1)  # [batch, S, T]

    index = tf.range(shape_of(states)[1])[None]  # [1, S]
    start = tf.where(tf.equal(index, 0), 0.0, IMPOSSIBLE)
    start = cast(tf.broadcast_to(start, shape_of(states)), scores.dtype)
    last = _ctc_forward(tf.transpose(scores, [2, 0, 1]), skips, length, start)
    final = tf.logical_and(index <= 2 * count, index >= 2 * count - 1)  # the last label, or a blank
    loss = -tf.reduce_logsumexp(tf.where(final, last, IMPOSSIBLE), -1)
    return tf.where(loss < -IMPOSSIBLE / 2, loss, cast(MISFIT, loss.dtype))


def _ctc_states(target, blank):
    """Labels [batch, N] as states [batch, S = 2 N + 1], blanks between; and which can follow the last but one."""
    changes = tf.not_equal(target[:, 1:], target[:, :-1])
    changes = tf.pad(changes, [[0, 0], [1, 0]])[:, : shape_of(target)[1]]  # [batch, N]

    def alternating(between, values):
        pairs = tf.stack([tf.fill(shape_of(values), between), values], -1)  # [batch, N, 2]
        flat = tf.reshape(pairs, [shape_of(values)[0], 2 * shape_of(values)[1]])
        return tf.pad(flat, [[0, 0], [0, 1]], constant_values=between)

    return alternating(blank, target), alternating(False, changes)


def _ctc_forward(scores, skips, length, start):
    """log of the probability of all ways to each state [batch, S] after `length` of the T steps of scores."""

    def step(before, now):
        scores, t = now
        ways = [tf.pad(before, [[0, 0], [n, 0]], constant_values=IMPOSSIBLE) for n in (0, 1, 2)]
        stay, one, two = [way[:, : shape_of(before)[1]] for way in ways]
        after = tf.reduce_logsumexp(tf.stack([stay, one, tf.where(skips, two, IMPOSSIBLE)]), 0)
        return tf.where((t < length)[:, None], after + scores, before)

    return tf.foldl(step, (scores, tf.range(shape_of(scores)[0])), start)


# --- attention


def dot_product_attention(
    query,  # [batch, T, heads, size]
    key,  # [batch, S, heads or fewer, size]
    value,  # [batch, S, heads or fewer, size]
    bias=None,  # broadcastable to [batch, heads, T, S], added to the scores
    mask=None,  # bool, broadcastable to [batch, heads, T, S], True where attention may look
    scale=None,  # factor of the scores, 1 / sqrt(size) if None
    is_causal=False,  # whether a position sees only itself and what is before
    flash_attention=None,  # there is none on TensorFlow: True is refused
    attn_logits_soft_cap=None,  # refused, as by Keras on everything but jax on TPU
):
    """Scaled dot product attention, [batch, T, heads, size]. https://arxiv.org/abs/1706.03762

    The softmax is computed in float32 at least. A row with everything masked attends to all keys alike.
    """
    if flash_attention or attn_logits_soft_cap is not None:
        raise ValueError(
            "dot_product_attention on TensorFlow has neither flash_attention nor attn_logits_soft_cap, got %r and %r"
            % (flash_attention, attn_logits_soft_cap)
        )
    query, key, value = promoted(query, key, value)
    if not query.shape.rank == key.shape.rank == value.shape.rank == 4:
        raise ValueError(
            "dot_product_attention needs query, key and value [batch, length, heads, size], got shapes %s, %s, %s"
            % (query.shape, key.shape, value.shape)
        )
    heads = query.shape.as_list()[2]
    key, value = _shared_heads(key, heads), _shared_heads(value, heads)

    scores = tf.einsum("btnh,bsnh->bnts", query, key)  # [batch, heads, T, S]
    scores = wide(scores)
    size = shape_of(query)[-1]
    scores *= (
        tf.math.rsqrt(cast(size, scores.dtype)) if scale is None else cast(scale, scores.dtype)
    )
    if bias is not None:
        scores += cast(bias, scores.dtype)
    if is_causal:
        mask = _and_causal(mask, *shape_of(scores)[2:])
    if mask is not None:
        # finite, so that a row with everything masked has no NaN
        scores = tf.where(cast(mask, "bool"), scores, cast(-0.7 * scores.dtype.max, scores.dtype))
    weights = cast(tf.nn.softmax(scores), value.dtype)  # [batch, heads, T, S]
    return tf.einsum("bnts,bsnh->btnh", weights, value)  # [batch, T, heads, size]


def _shared_heads(x, heads):
    """[batch, S, fewer heads, size] with each head repeated for the queries that share it."""
    own = x.shape.as_list()[2]
    return x if own == heads else tf.repeat(x, heads // own, axis=2)


def _and_causal(mask, length, key_length):
    """The mask, if any, AND key <= query, [T, S]."""
    causal = tf.range(key_length)[None] <= tf.range(length)[:, None]
    return causal if mask is None else tf.logical_and(cast(mask, "bool"), causal)


__all__ = [
    "batch_normalization",
    "binary_crossentropy",
    "categorical_crossentropy",
    "celu",
    "ctc_decode",
    "ctc_loss",
    "dot_product_attention",
    "elu",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "layer_normalization",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "moments",
    "multi_hot",
    "normalize",
    "one_hot",
    "polar",
    "psnr",
    "relu",
    "relu6",
    "rms_normalization",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_categorical_crossentropy",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh_shrink",
    "threshold",
]
