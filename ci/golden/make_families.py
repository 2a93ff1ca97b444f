"""A release of each family in small: its config file, its checkpoint with all that it holds, and its outputs.

The original builds the model with every head that the release has and writes the checkpoint; TensorFlow's Saver adds
what no model reads. Then the original loads it as a user does. `expected.npz` holds inputs and outputs; its header the
arguments of `build_transformer_model` and the names of the variables that stay unused.
"""

import json
import os
import shutil
import sys
import tempfile

import numpy as np
import tensorflow as tf
from _case import header, normal, numbered, random_weights, start, write
from _families import FAMILIES, SAMPLES
from _model_case import draw_tokens
from bert4keras.backend import K
from bert4keras.models import build_transformer_model
from make_encoders import GAU_alpha

TARGET = "packages/b4k-models/tests/golden/families"


# --- the model and its checkpoint


class GAU(GAU_alpha):
    """One that can be written: for that, the original draws an initial value even for vectors."""

    def initializer(self, shape, *args, **kwargs):
        if len(shape) == 1:
            return K.zeros(shape)
        return super(GAU, self).initializer(shape, *args, **kwargs)


def build(family, config_path, checkpoint_path=None, **options):
    """The original's transformer; of GAU-alpha, which it lacks, with its own layers."""
    options = dict(family.options, **options)
    model = GAU if family.model == "gau" else family.model
    return build_transformer_model(
        config_path, checkpoint_path, model=model, return_keras_model=False, **options
    )


def store(rng, family, config_path, prefix):
    """Write the checkpoint of a model of random weights, and with it what no model reads."""
    transformer = build(family, config_path, **family.stored)
    weights = transformer.model.trainable_weights
    K.batch_set_value(list(zip(weights, random_weights(rng, weights))))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.ckpt")
        transformer.save_weights_as_checkpoint(path)
        arrays = read(path)
    if SAMPLES[family.model] not in arrays:
        raise ValueError("%s has no %s" % (family.name, SAMPLES[family.model]))
    arrays.update(extra_variables(rng, family.extra, arrays))
    with tf.Graph().as_default(), tf.Session() as session:
        for name in sorted(arrays):
            tf.get_variable(name, initializer=arrays[name], use_resource=False)
        session.run(tf.global_variables_initializer())
        saver = tf.train.Saver(save_relative_paths=True)
        saver.save(session, prefix, write_meta_graph=False, write_state=False)


def read(prefix):
    """{name: array} of a checkpoint."""
    reader = tf.train.load_checkpoint(prefix)
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def extra_variables(rng, extra, arrays):
    """The arrays that the table describes: single ones, and the optimizer's for each variable."""
    extra = dict(extra)
    slots = extra.pop("slots", {})
    found = {name: value(rng, dtype, shape) for name, (dtype, shape) in extra.items()}
    trained = dict(arrays, **{name: array for name, array in found.items() if array.ndim})
    for name, array in trained.items():
        found.update((name + end, normal(rng, shape)) for end, shape in slot_shapes(slots, array))
    return found


def value(rng, dtype, shape):
    """A step of the training, or random weights."""
    return np.array(1000, dtype) if dtype == "int64" else normal(rng, shape).astype(dtype)


def slot_shapes(slots, array):
    """Yield (end of the name, shape) of what the optimizer keeps for a variable."""
    for end, axis in slots.items():
        if axis is None and (array.ndim < 2 or len(slots) < 3):
            yield end, array.shape
        elif axis is not None and array.ndim == 2:
            yield end, array.shape[axis : axis + 1]


# --- a family


def draw_inputs(rng, family, model):
    """Token ids, and segment ids or the decoder's token ids where the model has them."""
    inputs = [draw_tokens(rng, family.config)]
    if len(model.inputs) > 1:
        inputs.append(draw_second(rng, family, inputs[0]))
    return [array.astype("float32") for array in inputs]


def draw_second(rng, family, tokens):
    """What the second input takes: it depends on the family."""
    if "t5" in family.model:
        return draw_tokens(rng, family.config, [6, 4, 2])
    if family.config.get("shared_segment_embeddings"):
        return rng.randint(1, family.config["vocab_size"], tokens.shape)
    return (np.arange(tokens.shape[1]) >= np.array([[3], [2], [1]])) * (tokens > 0)


def make_family(out_dir, family):
    """The directory of one family."""
    rng = start("families-" + family.name)
    directory = os.path.join(out_dir, family.name)
    os.makedirs(directory, exist_ok=True)
    config_path, prefix = (os.path.join(directory, file) for file in family.files)
    with open(config_path, "w") as f:
        json.dump(family.config, f, indent=2, sort_keys=True)
        f.write("\n")
    store(rng, family, config_path, prefix)
    K.clear_session()
    transformer = build(family, config_path, prefix)
    inputs = draw_inputs(rng, family, transformer.model)
    outputs = transformer.model.predict(inputs)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    content = dict(numbered("input", inputs), **numbered("output", outputs))
    write(directory, about(family, transformer, prefix), content)
    shutil.move(
        os.path.join(directory, "families-%s.npz" % family.name), directory + "/expected.npz"
    )


def about(family, transformer, prefix):
    """The header: how to load the family, and what stays unused."""
    mapping = transformer.variable_mapping()
    used = {n for layer, names in mapping.items() if layer in transformer.layers for n in names}
    unused = sorted(set(read(prefix)) - used)
    target = "b4k_models.build_transformer_model"
    config = dict(family.options, model=family.model)
    about = {"config": config, "files": list(family.files), "unused": unused, "gelu": "erf"}
    return header("families-" + family.name, target, **about)


def make(out_dir):
    """Write every family into `out_dir`."""
    for family in FAMILIES:
        make_family(out_dir, family)


if __name__ == "__main__":
    make(sys.argv[1])
