"""The part of make_pretraining.py that runs with TF_KERAS=1: `_pretraining_tf_keras.py IN.npz OUT.npz`."""

import json
import sys

import numpy as np
from bert4keras import optimizers
from bert4keras.backend import K, is_tf_keras, keras
from bert4keras.models import build_transformer_model

if not is_tf_keras:
    raise RuntimeError("the original pretrains by tf.keras alone: set TF_KERAS=1")


def make_bert(config, rng):
    """The original's BERT with scores over the vocabulary, and {Google's name: array} of its random weights."""
    bert = build_transformer_model(with_mlm="linear", return_keras_model=False, **config)
    variables = {}
    for layer, names in bert.variable_mapping().items():
        weights = bert.layers[layer].trainable_weights if layer in bert.layers else []
        values = [0.2 * rng.standard_normal(K.int_shape(weight)) for weight in weights]
        values = [v + ("gamma" in w.name) for v, w in zip(values, weights)]
        K.batch_set_value(list(zip(weights, values)))
        variables.update(zip(names, (value.astype("float32") for value in values)))
    return bert, variables


def with_loss(bert):
    """The model that is trained: the mean cross-entropy where weights are 1 is its loss."""
    labels = keras.layers.Input((None,), name="labels")
    weights = keras.layers.Input((None,), name="weights")

    def loss(inputs):
        labels, weights, scores = inputs
        losses = K.sparse_categorical_crossentropy(labels, scores, from_logits=True)
        return K.sum(losses * weights) / (K.sum(weights) + K.epsilon())

    model = keras.models.Model(bert.inputs + [labels, weights], bert.output)
    model.add_loss(keras.layers.Lambda(loss)([labels, weights, bert.output]))
    return model


def make_optimizer(name, config):
    """The optimizer of the original's script."""
    kind = optimizers.extend_with_weight_decay(optimizers.Adam, name="Decaying")
    if name == "lamb":
        kind = optimizers.extend_with_layer_adaptation(kind, name="Lamb")
    kind = optimizers.extend_with_piecewise_linear_lr(kind, name="Scheduled")
    return kind(**config)


def main(given, target):
    """Write the first weights, and the loss of each batch."""
    with np.load(given) as arrays:
        case = json.loads(str(arrays["case"]))
        batches = zip(
            *(arrays["input/%d" % i] for i in range(2)), arrays["labels"], arrays["weights"]
        )
        batches = list(batches)
    bert, variables = make_bert(case["config"], np.random.RandomState(case["seed"]))
    model = with_loss(bert)
    model.compile(make_optimizer(case["optimizer"], case["options"]))
    K.batch_set_value([])  # the session begins with the first weights
    losses = np.array([np.ravel(model.train_on_batch(list(batch), None))[0] for batch in batches])
    found = {"variable/" + name: value for name, value in variables.items()}
    np.savez(target, **{"loss/0": losses.astype("float32")}, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
