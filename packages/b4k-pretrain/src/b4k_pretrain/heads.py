"""What an objective asks of a model: its head, and from the targets of a batch to the loss and the metric."""

import numpy as np
from b4k_models.build import MODELS
from b4k_ops import Layer, Model, keras, ops, register, wide

HEADS = {  # objective: arguments of build_transformer_model
    "mlm": {},
    "causal_lm": {"application": "lm"},
    "unilm": {"application": "unilm"},
    "nsp": {"with_nsp": True},
    "sop": {"with_nsp": True},
    "t5": {"with_lm": "linear"},
}


@register
class LogProbabilities(Layer):
    """Scores [..., vocab_size] -> their logarithms of the softmax, in float32 at least and without a mask."""

    def call(self, inputs):
        return ops.log_softmax(wide(inputs), axis=-1)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return input_shape


def head_options(objective, model):
    """The arguments of build_transformer_model that give a model the head of an objective, its scores as they are."""
    if objective not in HEADS:
        raise ValueError("training knows the objectives %s, not %r" % (sorted(HEADS), objective))
    activation = MODELS[model].output_activation
    return dict(HEADS[objective], **({activation: "linear"} if activation else {}))


def training_model(transformer, model_class=Model):
    """The model that is trained: a transformer whose scores are log-probabilities; NSP's come before them."""
    *others, scores = transformer.outputs
    outputs = others + [LogProbabilities(name="Log-Probabilities", dtype="float32")(scores)]
    return model_class(transformer.inputs, outputs if others else outputs[0])


# --- targets


def packed(targets):
    """{"labels" and "weights" [batch, length], and NSP's "label" [batch]} -> what `fit` takes as y.

    Labels and weights become one float32 array [batch, length, 2]: to `fit` of every Keras it is one target.
    """
    tokens = np.stack([targets["labels"], targets["weights"]], axis=-1).astype("float32")
    return (targets["label"], tokens) if "label" in targets else tokens


def _unpacked(y_true):
    """The labels, integers, and the weights [batch, length]."""
    return ops.cast(y_true[..., 0], "int32"), y_true[..., 1]


def _mean(values, weights):
    """The mean of values where weights are 1; 0 where there are none, as the original's."""
    return ops.sum(values * weights) / (ops.sum(weights) + keras.backend.epsilon())


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


def losses(model):
    """The losses of a training model's outputs."""
    return ["sparse_categorical_crossentropy"] * (len(model.outputs) - 1) + [token_loss]


def metrics(model):
    """The metrics of a training model's outputs."""
    return [["sparse_categorical_accuracy"]] * (len(model.outputs) - 1) + [[accuracy]]


__all__ = [
    "LogProbabilities",
    "accuracy",
    "head_options",
    "losses",
    "metrics",
    "packed",
    "token_loss",
    "training_model",
]
