"""The ops on tensors whose sizes are unknown until the model runs."""

import numpy as np
import pytest
from b4k_ops import keras, ops
from b4k_ops.testing import Apply

DYNAMIC = {  # name: (function of ops, function of numpy), x is [batch, length, 4]
    "arange": (
        lambda x: x + ops.reshape(ops.arange(ops.shape(x)[1], dtype="float32"), (1, -1, 1)),
        lambda x: x + np.arange(x.shape[1])[None, :, None],
    ),
    "argmax": (
        lambda x: x * ops.cast(ops.argmax(x, axis=1, keepdims=True), "float32"),
        lambda x: x * x.argmax(1)[:, None],
    ),
    "array_split": (
        lambda x: ops.concatenate(ops.array_split(x, 2, axis=1)[::-1], axis=1),
        lambda x: np.concatenate(np.array_split(x, 2, axis=1)[::-1], axis=1),
    ),
    "associative_scan": (
        lambda x: ops.associative_scan(lambda a, b: a + b, x, axis=1),
        lambda x: x.cumsum(1),
    ),
    "average_pool": (
        lambda x: ops.average_pool(x, 2, 1, padding="same", data_format="channels_last"),
        lambda x: np.concatenate([(x[:, :-1] + x[:, 1:]) / 2, x[:, -1:]], 1),
    ),
    "broadcast_to": (
        lambda x: ops.broadcast_to(x[:, :1], ops.shape(x)),
        lambda x: np.broadcast_to(x[:, :1], x.shape),
    ),
    "cdist": (
        lambda x: ops.cdist(x, x + 1),
        lambda x: np.sqrt(((x[:, :, None] - x[:, None] - 1) ** 2).sum(-1)),
    ),
    "conv": (
        lambda x: ops.conv(x, np.stack([np.eye(4, dtype="float32")] * 2), padding="same"),
        lambda x: np.concatenate([x[:, :-1] + x[:, 1:], x[:, -1:]], 1),
    ),
    "conv_transpose": (
        lambda x: ops.conv_transpose(x, np.eye(4, dtype="float32")[None], strides=2),
        lambda x: np.stack([x, 0 * x], 2).reshape(len(x), -1, 4),
    ),
    "ctc_loss": (
        lambda x: ops.ctc_loss(
            ops.ones((ops.shape(x)[0], 2), dtype="int32"),
            x,
            ops.zeros((ops.shape(x)[0],), dtype="int32"),
            ops.sum(ops.ones_like(x[:, :, 0], dtype="int32"), axis=1),
        ),
        lambda x: np.log(np.exp(x).sum(-1)).sum(1) - x[:, :, 0].sum(1),
    ),
    "diagonal": (
        lambda x: ops.diagonal(x, 1, axis1=1, axis2=2),
        lambda x: x.diagonal(1, 1, 2),
    ),
    "diff": (
        lambda x: ops.diff(x, axis=1),
        lambda x: np.diff(x, axis=1),
    ),
    "dot": (
        lambda x: ops.dot(x, ops.reshape(x[0, 0], (4, 1))),
        lambda x: x @ x[0, 0][:, None],
    ),
    "flip": (lambda x: ops.flip(x, axis=1), lambda x: x[:, ::-1]),
    "fori_loop": (
        lambda x: ops.fori_loop(0, 3, lambda i, y: y + x, x),
        lambda x: 4 * x,
    ),
    "kron": (
        lambda x: ops.kron(x, x[:1]),
        lambda x: np.kron(x, x[:1]),
    ),
    "map": (
        lambda x: ops.map(lambda y: y - ops.mean(y), x),
        lambda x: x - x.mean((1, 2), keepdims=True),
    ),
    "layer_normalization": (
        lambda x: ops.layer_normalization(x, epsilon=0.1),
        lambda x: (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 0.1),
    ),
    "median": (
        lambda x: x - ops.median(x, axis=1, keepdims=True),
        lambda x: x - np.median(x, axis=1, keepdims=True),
    ),
    "meshgrid": (
        lambda x: x * ops.meshgrid(x[0, 0], x[0, :, 0])[1],
        lambda x: x * x[0, :, :1],
    ),
    "nanmean": (
        lambda x: ops.nanmean(ops.where(x > 2, np.nan, x), axis=(1, 2)),
        lambda x: np.nanmean(np.where(x > 2, np.nan, x), axis=(1, 2)),
    ),
    "ones_like": (lambda x: x + ops.ones_like(x), lambda x: x + 1),
    "pad": (
        lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 0)))[:, 1:],
        lambda x: np.pad(x, ((0, 0), (0, 2), (0, 0))),
    ),
    "rearrange": (
        lambda x: ops.rearrange(x, "b t c -> b (c t)"),
        lambda x: x.transpose(0, 2, 1).reshape(len(x), -1),
    ),
    "repeat": (lambda x: ops.repeat(x, 2, axis=1), lambda x: x.repeat(2, 1)),
    "reshape": (
        lambda x: ops.reshape(x, (ops.shape(x)[0], -1, 2)),
        lambda x: x.reshape(len(x), -1, 2),
    ),
    "roll": (
        lambda x: ops.roll(x, 1, axis=1),
        lambda x: np.roll(x, 1, axis=1),
    ),
    "rot90": (
        lambda x: ops.rot90(x, axes=(1, 2)),
        lambda x: np.rot90(x, axes=(1, 2)),
    ),
    "scan": (
        lambda x: ops.scan(lambda c, y: (c + y, c * y), ops.zeros_like(x[0]), x, reverse=True)[1],
        lambda x: (np.cumsum(x[::-1], 0)[::-1] - x) * x,
    ),
    "scatter_update": (
        lambda x: ops.scatter_update(x, [[0, 1], [1, 0]], ops.ones((2, 4)), "add"),
        lambda x: x + np.isin(np.arange(x.size).reshape(x.shape) // 4, [1, x.shape[1]]),
    ),
    "slice_update": (
        lambda x: ops.slice_update(x, (0, 1, 0), ops.zeros((1, 1, 4))),
        lambda x: x * (np.arange(x.size).reshape(x.shape) // 4 != 1),
    ),
    "sort": (lambda x: ops.sort(x, axis=1), lambda x: np.sort(x, 1)),
    "take": (lambda x: ops.take(x, [-1, 0], axis=1), lambda x: x[:, [-1, 0]]),
    "take_along_axis": (
        lambda x: ops.take_along_axis(x, ops.argsort(x, axis=1), axis=1),
        lambda x: np.sort(x, 1),
    ),
    "tile": (lambda x: ops.tile(x, (1, 2, 1)), lambda x: np.tile(x, (1, 2, 1))),
    "trace": (
        lambda x: x * ops.reshape(ops.trace(x, axis1=1, axis2=2), (-1, 1, 1)),
        lambda x: x * x.trace(axis1=1, axis2=2)[:, None, None],
    ),
    "tril": (
        lambda x: ops.tril(ops.matmul(x, ops.transpose(x, (0, 2, 1)))),
        lambda x: np.tril(x @ x.transpose(0, 2, 1)),
    ),
    "vectorize": (
        lambda x: ops.vectorize(lambda a, b: a * ops.sum(b), signature="(),(n)->()")(
            x, x[:, :, None]
        ),
        lambda x: x * x.sum(-1, keepdims=True),
    ),
    "zeros": (
        lambda x: ops.concatenate([x, ops.zeros((ops.shape(x)[0], 1, 4))], axis=1),
        lambda x: np.pad(x, ((0, 0), (0, 1), (0, 0))),
    ),
}


@pytest.mark.parametrize("name", sorted(DYNAMIC))
def test_unknown_sizes(name):
    function, expected = DYNAMIC[name]
    inputs = keras.layers.Input((None, 4))
    model = keras.models.Model(inputs, Apply(function)(inputs))
    for shape in ((2, 3, 4), (3, 5, 4)):
        x = np.random.RandomState(0).standard_normal(shape).astype("float32")
        np.testing.assert_allclose(model.predict(x, verbose=0), expected(x), rtol=1e-5, atol=1e-6)
