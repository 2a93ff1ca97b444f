"""The part of make_legacy.py that runs with TF_KERAS=1: `_legacy_tf_keras.py CONFIG GIVEN WEIGHTS_FILE MODEL_FILE`."""

import json
import sys

import numpy as np
from bert4keras.backend import is_tf_keras, keras
from bert4keras.models import build_transformer_model

if not is_tf_keras:
    raise RuntimeError("this is the part for tf.keras: set TF_KERAS=1")


def main(config, given, weights_file, model_file):
    """Build the classifier, give it the weights, save it both ways and run it."""
    model = build_transformer_model(**json.loads(config))
    x = keras.layers.Lambda(eval("lambda x: x[:, 0]"), name="CLS-token")(model.output)
    x = keras.layers.Dropout(0.1)(x)
    x = keras.layers.Dense(8, activation="relu")(x)
    x = keras.layers.Dense(3, activation="softmax")(x)
    model = keras.models.Model(model.inputs, x)
    with np.load(given) as arrays:
        arrays = [arrays["arr_%d" % i] for i in range(len(arrays.files))]
    n = len(model.weights)
    model.set_weights(arrays[:n])
    model.save_weights(weights_file)
    model.save(model_file)
    np.save(given + ".output.npy", model.predict(arrays[n:]))


if __name__ == "__main__":
    main(*sys.argv[1:])
