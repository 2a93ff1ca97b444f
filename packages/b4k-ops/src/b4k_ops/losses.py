"""The multi-label losses of bert4keras: softmax and cross-entropy for more than one class. Written once, on ops."""

from . import _engine, ops
from .masking import batch_gather
from .precision import wide

FAR = 1e30  # as good as infinity: its exponential overflows or vanishes alike, but its gradient is no NaN


@_engine.register
def multilabel_categorical_crossentropy(y_true, y_pred):
    """The loss of several classes at once: y_true and y_pred [..., classes] -> [...].

    y_true: the probability of each class, 0 to 1;
    y_pred: any real numbers (no activation), -inf where a class does not count; classes above 0 are predicted.
    https://kexue.fm/archives/7359, https://kexue.fm/archives/9064
    """
    y_true, logits = wide(y_true), wide(y_pred)
    absent = ops.equal(logits, -float("inf"))
    logits = ops.where(absent, 0.0, logits)
    negatives = ops.where(absent, -FAR, logits + ops.log(1.0 - y_true))
    positives = ops.where(absent, -FAR, -logits + ops.log(y_true))
    threshold = ops.zeros_like(logits[..., :1])
    losses = [
        ops.logsumexp(ops.concatenate([x, threshold], axis=-1), axis=-1)
        for x in (negatives, positives)
    ]
    return ops.cast(losses[0] + losses[1], y_pred.dtype)


@_engine.register
def sparse_multilabel_categorical_crossentropy(y_true, y_pred, mask_zero=False):
    """The same for the numbers of the right classes: y_true [..., positives], y_pred [..., classes] -> [...].

    y_pred: any real numbers (no activation); classes above 0 are predicted;
    mask_zero: class 0 is no class, it fills up y_true.
    https://kexue.fm/archives/7359
    """
    logits = ops.maximum(wide(y_pred), -FAR)
    threshold = ops.zeros_like(logits[..., :1])
    if mask_zero:
        logits = ops.concatenate([threshold - FAR, logits[..., 1:]], axis=-1)
    picked = batch_gather(logits, y_true)  # [..., positives]
    opposite = ops.where(ops.not_equal(y_true, 0), -picked, -FAR) if mask_zero else -picked
    positive_loss = ops.logsumexp(ops.concatenate([opposite, threshold], axis=-1), axis=-1)

    # the negatives are all classes without the positives, and at least epsilon of them
    everything = ops.logsumexp(ops.concatenate([logits, threshold], axis=-1), axis=-1)
    share = ops.logsumexp(picked, axis=-1) - everything
    rest = ops.clip(-ops.expm1(share), _engine.keras.backend.epsilon(), 1.0)
    return ops.cast(positive_loss + everything + ops.log(rest), y_pred.dtype)


__all__ = ["multilabel_categorical_crossentropy", "sparse_multilabel_categorical_crossentropy"]
