"""Losses and metrics of the outputs of a training model, and the form in which `fit` takes their targets."""

import numpy as np
from b4k_ops import keras, ops, wide

SCALE = 30.0  # of cosines, before their softmax
DISCRIMINATOR = 50.0  # what ELECTRA's discriminator counts, beside its generator


def packed(targets):
    """{"labels" and "weights" [batch, length], NSP's "label" [batch], ELECTRA's "there"} -> what `fit` takes.

    Labels and weights become one float32 array [batch, length, 2]: to `fit` of every Keras it is one target.
    """
    tokens = _pair(targets["labels"], targets["weights"])
    if "there" in targets:
        return [tokens, _pair(targets["labels"], targets["there"])]
    return [targets["label"], tokens] if "label" in targets else tokens


def _pair(labels, weights):
    return np.stack([labels, weights], axis=-1).astype("float32")


def _unpacked(y_true):
    """The labels, integers, and the weights [batch, length]."""
    return ops.cast(y_true[..., 0], "int32"), y_true[..., 1]


def _mean(values, weights):
    """The mean of values where weights are 1; 0 where there are none, as the original's."""
    return ops.sum(values * weights) / (ops.sum(weights) + keras.backend.epsilon())


# --- tokens


def token_loss(y_true, y_pred):
    """The cross-entropy: y_true as `packed`, y_pred log-probabilities [batch, length, vocab_size] -> [1].

    Under a strategy of TensorFlow Keras does not divide a loss without axes by the number of devices.
    """
    labels, weights = _unpacked(y_true)
    chosen = ops.take_along_axis(y_pred, ops.expand_dims(labels, -1), axis=-1)  # [batch, length, 1]
    return ops.reshape(_mean(-ops.squeeze(chosen, -1), weights), (1,))


def accuracy(y_true, y_pred):
    """The part of the weighted positions where the most probable token is the label."""
    labels, weights = _unpacked(y_true)
    right = ops.equal(ops.cast(ops.argmax(y_pred, axis=-1), "int32"), labels)
    return _mean(ops.cast(right, "float32"), weights)


# --- replaced tokens


def _replaced(labels, tokens):
    """1.0 where the tokens [batch, length] are not the labels."""
    return ops.cast(ops.not_equal(ops.cast(tokens, "int32"), labels), "float32")


def replaced_loss(y_true, y_pred):
    """50 times the binary cross-entropy: y_pred scores and tokens [batch, length, 2] -> [1].

    A token was replaced if it isn't the label, whoever put it there. https://arxiv.org/abs/2003.10555
    """
    labels, weights = _unpacked(y_true)
    scores, tokens = y_pred[..., 0], y_pred[..., 1]  # [batch, length]
    values = ops.softplus(scores) - _replaced(labels, tokens) * scores
    return ops.reshape(DISCRIMINATOR * _mean(values, weights), (1,))


def replaced_accuracy(y_true, y_pred):
    """The part of the tokens that were rightly told to be replaced or not."""
    labels, weights = _unpacked(y_true)
    told = ops.cast(y_pred[..., 0] > 0, "float32")
    right = ops.equal(told, _replaced(labels, y_pred[..., 1]))
    return _mean(ops.cast(right, "float32"), weights)


# --- similar texts


def _similarities(vectors):
    """Vectors [batch, size] -> log-probabilities [batch, batch] of which other row is similar; and the right one."""
    rows = ops.arange(ops.shape(vectors)[0])  # [batch]
    vectors = ops.normalize(wide(vectors), axis=-1)
    scores = SCALE * ops.matmul(vectors, ops.transpose(vectors))  # [batch, batch]
    itself = ops.equal(ops.expand_dims(rows, 0), ops.expand_dims(rows, 1))
    scores = ops.where(itself, ops.full_like(scores, -1e12), scores)
    return ops.log_softmax(scores, axis=-1), rows + 1 - 2 * (rows % 2)


def similarity_loss(y_true, y_pred):
    """The cross-entropy of telling the similar row: y_pred vectors [batch, size] -> [batch].

    It is the row before or after, also in a device's part of the batch, so that y_true is not asked.
    https://kexue.fm/archives/7427
    """
    logs, partners = _similarities(y_pred)
    return -ops.squeeze(ops.take_along_axis(logs, ops.expand_dims(partners, -1), axis=-1), -1)


def similarity_accuracy(y_true, y_pred):
    """Whether the most similar row is the right one, [batch]."""
    logs, partners = _similarities(y_pred)
    nearest = ops.cast(ops.argmax(logs, axis=-1), partners.dtype)
    return ops.cast(ops.equal(nearest, partners), "float32")


__all__ = [
    "accuracy",
    "packed",
    "replaced_accuracy",
    "replaced_loss",
    "similarity_accuracy",
    "similarity_loss",
    "token_loss",
]
