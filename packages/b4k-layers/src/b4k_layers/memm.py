"""Maximum entropy Markov model: sequence labelling in both directions, faster than a CRF."""

from b4k_ops import integerize_shape, ops, register, wide

from .crf import LabelChain, as_labels, masked_accuracy, masked_mean, steps_before, valid_steps

__all__ = ["MaximumEntropyMarkovModel"]


@register
class MaximumEntropyMarkovModel(LabelChain):
    """Predicts each label from its logits and from the label before it, and once more from the one after it.

    memm = MaximumEntropyMarkovModel(lr_multiplier=1000)
    model = b4k_ops.Model(x, memm(logits))  # with Keras's own Model, metrics can't read weights on jax
    model.compile(optimizer, loss=memm.sparse_loss, metrics=[memm.sparse_accuracy])

    Losses and metrics are scalars over all valid steps of the batch. https://kexue.fm/archives/7213
    """

    def __init__(
        self,
        lr_multiplier=1,  # how many times larger the steps of the transition scores are
        hidden_dim=None,  # the rank of the transition scores, full if None
        **kwargs,
    ):
        super().__init__(lr_multiplier, **kwargs)
        self.hidden_dim = hidden_dim

    @integerize_shape
    def build(self, input_shape):
        labels = input_shape[-1]
        if self.hidden_dim is None:
            self._trans = self.add_transitions("trans", (labels, labels))
        else:
            self._l_trans = self.add_transitions("l_trans", (labels, self.hidden_dim))
            self._r_trans = self.add_transitions("r_trans", (labels, self.hidden_dim))
        self.built = True

    @property
    def trans(self):
        """The transition scores [from, to]."""
        if self.hidden_dim is None:
            return self.multiplied(self._trans)
        return ops.matmul(self.l_trans, ops.transpose(self.r_trans))

    @property
    def l_trans(self):
        """The left factor of the transition scores, [from, hidden_dim]."""
        return self.multiplied(self._l_trans)

    @property
    def r_trans(self):
        """The right factor, [to, hidden_dim]."""
        return self.multiplied(self._r_trans)

    def conditional_logits(self, y_true, y_pred, go_backwards=False):
        """The mean of logits and transition scores from the label before (after): [batch, length, labels].

        y_true: int32 [batch, length]. The first (last) label stands on its logits alone; masked steps are 0.
        """
        valid = valid_steps(y_pred)
        neighbours = self._labels_beside(y_true, valid, go_backwards)
        trans = ops.transpose(self.trans) if go_backwards else self.trans
        history = ops.take(trans, ops.maximum(neighbours, 0), axis=0)
        history = ops.where(ops.expand_dims(ops.less(neighbours, 0), 2), wide(y_pred), history)
        return ops.where(ops.expand_dims(valid, 2), (wide(y_pred) + history) / 2, 0.0)

    def _labels_beside(self, labels, valid, go_backwards):
        """The label of the last valid step before (of the next one after) each: [batch, length], -1 for none."""
        if go_backwards:
            labels, valid = ops.flip(labels, axis=1), ops.flip(valid, axis=1)
        before = steps_before(valid)
        found = ops.take_along_axis(labels, ops.maximum(before, 0), axis=1)
        found = ops.where(ops.less(before, 0), -1, found)
        return ops.flip(found, axis=1) if go_backwards else found

    # --- losses and metrics

    def basic_loss(self, y_true, y_pred, go_backwards=False):
        """The cross-entropy in one direction: y_true [batch, length] -> a scalar."""
        y_true = as_labels(y_true, y_pred)
        logits = self.conditional_logits(y_true, y_pred, go_backwards)
        loss = ops.sparse_categorical_crossentropy(y_true, logits, from_logits=True)
        return masked_mean(loss, valid_steps(y_pred))

    def sparse_loss(self, y_true, y_pred):
        """The mean cross-entropy of both directions: y_true [batch, length] -> a scalar."""
        return (self.basic_loss(y_true, y_pred) + self.basic_loss(y_true, y_pred, True)) / 2

    def dense_loss(self, y_true, y_pred):
        """The same for y_true [batch, length, labels], one-hot."""
        return self.sparse_loss(ops.argmax(y_true, axis=2), y_pred)

    def basic_accuracy(self, y_true, y_pred, go_backwards=False):
        """The share of labels that are the most likely beside the true ones, in one direction: a scalar."""
        y_true = as_labels(y_true, y_pred)
        logits = self.conditional_logits(y_true, y_pred, go_backwards)
        return masked_accuracy(y_true, logits, valid_steps(y_pred))

    def sparse_accuracy(self, y_true, y_pred):
        """The mean accuracy of both directions: y_true [batch, length] -> a scalar."""
        return (self.basic_accuracy(y_true, y_pred) + self.basic_accuracy(y_true, y_pred, True)) / 2

    def dense_accuracy(self, y_true, y_pred):
        """The same for y_true [batch, length, labels]."""
        return self.sparse_accuracy(ops.argmax(y_true, axis=2), y_pred)

    def get_config(self):
        config = super().get_config()
        config.update(hidden_dim=self.hidden_dim)
        return config
