"""Conditional random field: sequence labelling with transition scores."""

from b4k_ops import Layer, integerize_shape, keras, ops, register, sequence_masking, wide

__all__ = ["ConditionalRandomField"]


class LabelChain(Layer):
    """Logits [batch, length, labels] -> the same, -inf where masked; what layers that score transitions share.

    The -inf take the mask along to the losses and metrics, which are methods. They want the layer's output as y_pred,
    and y_true [batch, length] ("sparse") or [batch, length, labels] ("dense"). Masked steps are passed over, wherever
    they stand.
    """

    def __init__(
        self,
        lr_multiplier=1,  # how many times larger the steps of the transition scores are
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.lr_multiplier = lr_multiplier

    def add_transitions(self, name, shape):
        """A weight that stores scores divided by lr_multiplier; the scores start as glorot_uniform."""
        scale = float(self.lr_multiplier) ** -2
        initializer = keras.initializers.VarianceScaling(scale, "fan_avg", "uniform")
        return self.add_weight(name=name, shape=shape, initializer=initializer)

    def multiplied(self, weight):
        """The scores that such a weight stands for, in float32 or wider."""
        return wide(ops.convert_to_tensor(weight)) * self.lr_multiplier

    def call(self, inputs, mask=None):
        return sequence_masking(inputs, mask, -float("inf"), 1)

    def compute_mask(self, inputs, mask=None):
        return None

    @integerize_shape
    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(lr_multiplier=self.lr_multiplier)
        return config


def valid_steps(y_pred):
    """Where no label is -inf: [batch, length, labels] -> bool [batch, length]."""
    return ops.all(ops.not_equal(y_pred, -float("inf")), axis=2)


def as_labels(y_true, y_pred):
    """Labels of any dtype and shape -> int32 [batch, length], 0 where y_pred [batch, length, labels] is masked."""
    y_true = ops.reshape(ops.cast(y_true, "int32"), ops.shape(y_pred)[:-1])
    return ops.where(valid_steps(y_pred), y_true, 0)


def steps_before(valid):
    """The last valid step before each: bool [batch, length] -> int32 [batch, length], -1 where there is none."""
    steps = ops.arange(ops.shape(valid)[1], dtype="int32")
    marked = ops.where(valid, steps, -1)
    latest = ops.associative_scan(ops.maximum, marked, axis=1)  # up to and with each step
    return ops.concatenate([ops.full_like(marked[:, :1], -1), latest[:, :-1]], axis=1)


def masked_accuracy(y_true, y_pred, valid):
    """The share of valid steps whose highest logit is that of the label, a scalar."""
    right = ops.equal(y_true, ops.cast(ops.argmax(y_pred, axis=2), "int32"))
    return masked_mean(ops.cast(right, "float32"), valid)


def masked_mean(x, valid):
    """The mean of x [batch, length] over the valid steps, a scalar; 0 if there is none."""
    count = ops.sum(ops.cast(valid, x.dtype))
    return ops.divide_no_nan(ops.sum(ops.where(valid, x, 0.0)), count)


@register
class ConditionalRandomField(LabelChain):
    """Scores whole sequences of labels: the logit of each, and `trans[i, j]` wherever j follows i.

    crf = ConditionalRandomField(lr_multiplier=1000)
    model = keras.models.Model(x, crf(logits))
    model.compile(optimizer, loss=crf.sparse_loss, metrics=[crf.sparse_accuracy])
    labels = crf.decode(model(x))  # [batch, length]

    https://kexue.fm/archives/5542, https://kexue.fm/archives/7196
    """

    @integerize_shape
    def build(self, input_shape):
        self._trans = self.add_transitions("trans", (input_shape[-1], input_shape[-1]))
        self.built = True

    @property
    def trans(self):
        """The transition scores [from, to]."""
        return self.multiplied(self._trans)

    # --- losses

    def sparse_loss(self, y_true, y_pred):
        """Minus the log-likelihood of the labels y_true [batch, length]: [batch]."""
        y_true = ops.one_hot(as_labels(y_true, y_pred), ops.shape(y_pred)[2])
        return self.dense_loss(y_true, y_pred)

    def dense_loss(self, y_true, y_pred):
        """The same for y_true [batch, length, labels], one-hot: [batch], 0 where all is masked."""
        valid = valid_steps(y_pred)
        shown = ops.expand_dims(valid, 2)
        y_pred = ops.where(shown, wide(y_pred), 0.0)
        y_true = ops.where(shown, ops.cast(y_true, y_pred.dtype), 0.0)
        loss = self.log_norm(y_pred, valid) - self.target_score(y_true, y_pred, valid)
        return ops.where(ops.any(valid, axis=1), loss, 0.0)

    def target_score(self, y_true, y_pred, valid):
        """The score of the labels y_true, one-hot, 0 where masked: [batch]."""
        before = ops.expand_dims(steps_before(valid), 2)  # [batch, length, 1]
        previous = ops.take_along_axis(y_true, ops.maximum(before, 0), axis=1)
        previous = ops.where(ops.less(before, 0), 0.0, previous)  # [batch, length, labels]
        scores = y_pred + ops.matmul(previous, self.trans)
        return ops.sum(y_true * scores, axis=(1, 2))

    def log_norm(self, y_pred, valid):
        """The logarithm of the sum of exp(score) over all sequences of labels: [batch]."""
        trans = self.trans

        def step(carry, x):
            totals, started = carry  # [batch, labels], by the last label; [batch, 1]
            y_pred, valid = one_step(x)  # [batch, labels], [batch, 1]
            arrived = ops.logsumexp(ops.expand_dims(totals, 2) + trans, axis=1)
            longer = y_pred + ops.where(started, arrived, 0.0)
            return (ops.where(valid, longer, totals), ops.logical_or(started, valid)), None

        (totals, _), _ = ops.scan(step, first_carry(y_pred, valid), by_time(y_pred, valid))
        return ops.logsumexp(totals, axis=1)

    # --- decoding

    def decode(self, y_pred, mask=None):
        """The best labels (Viterbi): logits, or this layer's output, -> int32 [batch, length], 0 where masked."""
        y_pred = wide(ops.convert_to_tensor(y_pred))
        valid = valid_steps(y_pred)
        if mask is not None:
            valid = ops.logical_and(valid, ops.cast(mask, "bool"))
        y_pred = ops.where(ops.expand_dims(valid, 2), y_pred, 0.0)
        best, pointers = self._best_paths(y_pred, valid)

        def step(label, pointers):
            return ops.take_along_axis(pointers, label, axis=1), label

        last = ops.cast(ops.argmax(best, axis=1, keepdims=True), "int32")  # [batch, 1]
        _, labels = ops.scan(step, last, pointers, reverse=True)  # [length, batch, 1]
        return ops.where(valid, ops.transpose(labels[:, :, 0]), 0)

    def _best_paths(self, y_pred, valid):
        """The best score by last label [batch, labels]; for each step and label the label before it."""
        trans = self.trans
        same = ops.expand_dims(ops.arange(ops.shape(y_pred)[2], dtype=y_pred.dtype), 0)

        def step(carry, x):
            best, started = carry  # [batch, labels], [batch, 1]
            y_pred, valid = one_step(x)  # [batch, labels], [batch, 1]
            scores = ops.expand_dims(best, 2) + trans  # [batch, from, to]
            longer = y_pred + ops.where(started, ops.max(scores, axis=1), 0.0)
            moves = ops.logical_and(started, valid)
            pointers = ops.where(moves, ops.cast(ops.argmax(scores, axis=1), best.dtype), same)
            started = ops.logical_or(started, valid)
            return (ops.where(valid, longer, best), started), (pointers, started)

        # Keras 3 on TensorFlow wants what a step gives in the structure and the dtypes of what it carries
        carry, steps = ops.scan(step, first_carry(y_pred, valid), by_time(y_pred, valid))
        return carry[0], ops.cast(steps[0], "int32")  # [batch, labels], [length, batch, labels]

    # --- metrics

    def sparse_accuracy(self, y_true, y_pred):
        """The share of labels y_true [batch, length] that have the highest logit: a scalar, without padding."""
        return masked_accuracy(as_labels(y_true, y_pred), y_pred, valid_steps(y_pred))

    def dense_accuracy(self, y_true, y_pred):
        """The same for y_true [batch, length, labels]."""
        return self.sparse_accuracy(ops.argmax(y_true, axis=2), y_pred)


def first_carry(y_pred, valid):
    """No score yet, and not started: zeros [batch, labels], False [batch, 1]."""
    return ops.zeros_like(y_pred[:, 0]), ops.zeros_like(valid[:, :1])


def by_time(y_pred, valid):
    """What a scan reads step by step, [length, batch, labels + 1]: one tensor.

    Keras 3 on TensorFlow refuses several of an unknown length.
    """
    valid = ops.cast(ops.expand_dims(valid, 2), y_pred.dtype)
    return ops.transpose(ops.concatenate([y_pred, valid], axis=2), (1, 0, 2))


def one_step(x):
    """[batch, labels + 1] -> y_pred [batch, labels], valid [batch, 1]"""
    return x[:, :-1], ops.greater(x[:, -1:], 0)
