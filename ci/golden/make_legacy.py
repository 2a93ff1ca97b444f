"""Files that users of bert4keras have on disk, written by Keras 2.3.1 and by tf.keras: HDF5 weights and whole models.

Each case is a file as `save_weights` or `save` left it, and `<case>.npz` with the inputs and outputs of the model; its
header names the file, the `config` of the transformer and the `top` that the user had put on it.
"""

import json
import os
import struct
import subprocess
import sys
import time

import keras
import numpy as np
from _case import header, normal, numbered, padding_mask, random_weights, start, write
from bert4keras.backend import K
from bert4keras.models import build_transformer_model

TARGET = "packages/b4k-models/tests/golden/legacy"

BASE = {
    "model": "bert",
    "vocab_size": 30,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "hidden_act": "gelu",
    "max_position": 12,
}
CONDITION = {"input": 5}  # stands for an Input of shape (5,), named Input-Condition
CLASSES = 3
T5 = {"model": "t5.1.1", "hidden_act": ["gelu", "linear"], "with_lm": "linear"}

CASES = {  # case: (file, top, whole model, options)
    "classifier": ("best.weights", "classifier", False, {"num_hidden_layers": 2}),
    "classifier-whole": ("best_model.h5", "classifier", True, {}),
    "pool": ("pool.weights", "dense", False, {"with_pool": True}),
    "mlm": ("best_model.weights", None, False, {"with_mlm": "linear"}),
    "prefix": ("student.weights", None, False, {"prefix": "Student-", "with_nsp": True}),
    "nested": ("nested.hdf5", "nested", False, {}),
    "conditional": (
        "conditional.weights",
        None,
        False,
        {"layer_norm_cond": CONDITION, "layer_norm_cond_hidden_size": 4},
    ),
    "albert": (
        "albert.weights",
        "classifier",
        False,
        {"model": "albert", "embedding_size": 8, "num_hidden_layers": 3},
    ),
    "t5-whole": ("t5.h5", None, True, T5),
    "gpt2": ("gpt2.weights", None, False, {"model": "gpt2", "final_activation": "linear"}),
}
TF_KERAS = {"tf_keras": "classifier.h5", "tf_keras-whole": "classifier-whole.h5"}  # of "classifier"


# --- models


def build(config):
    """The transformer of a config, with an Input where the config says so."""
    config = dict(config)
    if "layer_norm_cond" in config:
        condition = keras.layers.Input((CONDITION["input"],), name="Input-Condition")
        config.update(layer_norm_cond=condition, additional_input_layers=condition)
    return build_transformer_model(return_keras_model=False, **config)


def classifier(model):
    """The classifier of bert4keras's examples; the lambda is one that tells no path."""
    x = keras.layers.Lambda(eval("lambda x: x[:, 0]"), name="CLS-token")(model.output)
    x = keras.layers.Dropout(0.1)(x)
    x = keras.layers.Dense(8, activation="relu")(x)
    x = keras.layers.Dense(CLASSES, activation="softmax")(x)
    return keras.models.Model(model.inputs, x)


def dense(model):
    """Scores over the pooled vector, from a layer that Keras named."""
    return keras.models.Model(model.inputs, keras.layers.Dense(CLASSES)(model.output))


def nested(model):
    """The transformer as one layer of another model."""
    inputs = [keras.layers.Input((None,)) for _ in model.inputs]
    x = keras.layers.Dense(CLASSES)(model(inputs))
    return keras.models.Model(inputs, x)


TOPS = {None: lambda model: model, "classifier": classifier, "dense": dense, "nested": nested}


def draw_inputs(rng, model):
    """Padded token ids, segment ids or what a decoder reads and, where the model has one, a condition."""
    padded = padding_mask([8, 5, 3], 8)
    tokens = rng.randint(1, BASE["vocab_size"], padded.shape) * padded
    tokens[-1, 0] = 0
    decodes = any(name.startswith("Decoder-") for name in model.input_names)
    inputs = [tokens]
    if len(model.inputs) > 1:
        inputs.append(rng.randint(0, BASE["vocab_size"] if decodes else 2, tokens.shape))
    if len(model.inputs) > 2:
        inputs.append(normal(rng, (len(tokens), CONDITION["input"])))
    return [array.astype("float32") for array in inputs]


# --- files


def save(model, path, whole):
    """What users call, the optimizer's state included; the same bytes whenever it runs."""
    since = int(time.time())
    if whole:
        optimizer = keras.optimizers.SGD(0.0, momentum=0.9)
        model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizer)
        shapes = [(1, 4) for _ in model.inputs]
        labels = np.zeros((1, 4, 1) if len(model.output_shape) > 2 else 1)
        model.train_on_batch([np.ones(shape) for shape in shapes], labels)
        model.save(path)
    else:
        model.save_weights(path)
    forget_times(path, since)


def forget_times(path, since):
    """Set the time of every dataset, a message of version 1 and seconds, to zero."""
    with open(path, "rb") as f:
        content = f.read()
    for second in range(since, int(time.time()) + 1):
        content = content.replace(struct.pack("<B3xI", 1, second), struct.pack("<B3xI", 1, 0))
    with open(path, "wb") as f:
        f.write(content)


def make_case(out_dir, name, file, top, whole, options):
    """One model, its file, its inputs and outputs."""
    rng = start("legacy-" + name)
    config = dict(BASE, **options)
    model = TOPS[top](build(config).model)
    K.batch_set_value(list(zip(model.weights, random_weights(rng, model.weights))))
    inputs = draw_inputs(rng, model)
    save(model, os.path.join(out_dir, file), whole)
    write_case(out_dir, name, file, top, config, inputs, model.predict(inputs))
    return model.get_weights(), inputs, config


def write_case(out_dir, name, file, top, config, inputs, output):
    """The numbers that belong to a file."""
    fields = {"config": config, "file": file, "top": top}
    about = header("legacy-" + name, "b4k_models.load_legacy_weights", **fields)
    write(out_dir, about, dict(numbered("input", inputs), **{"output/0": output}))


def make_tf_keras(out_dir, weights, inputs, config):
    """The same classifier in a process where bert4keras runs on tf.keras."""
    since = int(time.time())
    given = os.path.join(out_dir, "given.npz")
    np.savez(given, *(weights + inputs))
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_legacy_tf_keras.py")
    files = [os.path.join(out_dir, file) for file in TF_KERAS.values()]
    command = [sys.executable, script, json.dumps(config), given] + files
    subprocess.run(command, env=dict(os.environ, TF_KERAS="1"), check=True)
    output = np.load(given + ".output.npy")
    os.remove(given)
    os.remove(given + ".output.npy")
    for (name, file), path in zip(TF_KERAS.items(), files):
        forget_times(path, since)
        write_case(out_dir, name, file, "classifier", config, inputs, output)


def make(out_dir):
    """Write every case into `out_dir`."""
    made = {name: make_case(out_dir, name, *row) for name, row in CASES.items()}
    make_tf_keras(out_dir, *made["classifier-whole"])


if __name__ == "__main__":
    make(sys.argv[1])
