"""What the golden makers share: seeds, masked inputs, gradients of the original, byte-equal files.

Everything here runs in the oracle environment only: Keras 2.3.1 on TensorFlow 1.15.5 in graph mode
with bert4keras 0.11.5. The format of a case is described in README.md beside this file.
"""

import io
import json
import os
import zipfile
import zlib
from collections import namedtuple

import bert4keras
import keras
import numpy as np
import tensorflow as tf
from bert4keras.backend import K, is_tf_keras

if is_tf_keras:
    raise RuntimeError("the oracle is Keras 2.3.1, not tf.keras: unset TF_KERAS")

VERSIONS = {
    "bert4keras": bert4keras.__version__,
    "keras": keras.__version__,
    "tensorflow": tf.__version__,
    "numpy": np.__version__,
}
ORACLE = "bert4keras==%(bert4keras)s Keras %(keras)s TensorFlow %(tensorflow)s" % VERSIONS
EPOCH = (1980, 1, 1, 0, 0, 0)  # the time stamp of all members: equal cases are equal bytes


# --- random numbers


def seed_of(name):
    """The seed of a case comes from its name: a new case leaves the others as they are."""
    return zlib.crc32(name.encode("utf-8")) & 0x7FFFFFFF


def start(name):
    """An empty graph, a session of one thread (one order of sums), the case's random numbers."""
    K.clear_session()
    config = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    K.set_session(tf.Session(config=config))
    return np.random.RandomState(seed_of(name))


def normal(rng, shape, scale=1.0):
    """Normal float32 numbers of `shape`."""
    return (scale * rng.standard_normal(shape)).astype("float32")


def random_weights(rng, variables):
    """One array per Keras variable, none at its initial value; the gammas are about one."""
    return [
        normal(rng, K.int_shape(v), 0.3) + ("gamma" in v.name and "kernel" not in v.name)
        for v in variables
    ]


def padding_mask(lengths, length):
    """[batch, length] bool, True on the first `lengths[i]` steps of row i."""
    return np.arange(length)[None, :] < np.asarray(lengths)[:, None]


# --- inputs

Draw = namedtuple("Draw", "sample shape dtype")  # sample(rng) -> array; what Keras is told


def known(size):
    """What Keras is told of an array of `size`: only the last dimension."""
    return (None,) * (len(size) - 1) + tuple(size[-1:])


def floats(*size, **options):
    """floats(3, 5, 6): normal numbers, known to Keras as (None, None, 6)."""
    shape = options.get("shape", known(size))
    return Draw(lambda rng: normal(rng, size, options.get("scale", 1.0)), shape, "float32")


def bools(*size):
    """bools(3, 5, 5): an attention mask, one in three False; key 0 stays: no row is empty."""
    first = np.arange(size[-1]) == 0
    return Draw(lambda rng: (rng.uniform(size=size) > 1 / 3) | first, (None,) * len(size), "bool")


def given(array, dtype="float32", shape=None):
    """An array written out. Token ids are floats here: the original's inputs are."""
    array = np.asarray(array, dtype)
    return Draw(lambda rng: array, shape or (None,) * array.ndim, dtype)


class WithMask(keras.layers.Layer):
    """[x, mask] -> x, carrying `mask` as its Keras mask."""

    def __init__(self, **kwargs):
        super(WithMask, self).__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs):
        return inputs[0]

    def compute_mask(self, inputs, mask=None):
        return inputs[1]

    def compute_output_shape(self, input_shape):
        return input_shape[0]


# --- running the original


def dense(gradient):
    """The gradient of an embedding table comes as slices; cases hold plain arrays."""
    return None if gradient is None else tf.convert_to_tensor(gradient)


def differentiate(rng, inputs, arrays, outputs, variables, extra=()):
    """Run the original: (outputs, extra, cotangents, gradients), lists of arrays.

    The cotangents are drawn here, one per float output; the gradients are those of
    sum(outputs * cotangents) by `variables`, None where there is none (token ids).
    """
    fetched = [tf.identity(t) for t in list(outputs) + list(extra)]  # an input may be an output
    n = len(outputs)
    results = [np.asarray(r) for r in K.function(inputs, fetched)(arrays)]
    outputs, results, extra = fetched[:n], results[:n], results[n:]
    cotangents = [normal(rng, r.shape) if r.dtype.kind == "f" else None for r in results]
    loss = tf.add_n([K.sum(o * c) for o, c in zip(outputs, cotangents) if c is not None])
    gradients = [dense(g) for g in K.gradients(loss, variables)] if variables else []
    there = [g for g in gradients if g is not None]
    found = iter(K.function(inputs, there)(arrays) if there else [])
    gradients = [None if g is None else next(found) for g in gradients]
    return results, extra, cotangents, gradients


# --- writing


def header(name, target, **fields):
    """What every header says; `fields` are those of this kind of case."""
    base = {"case": name, "target": target, "oracle": ORACLE, "versions": VERSIONS}
    return dict(base, seed=seed_of(name), **fields)


def numbered(group, arrays):
    """{group/0: array, group/1: array ...}, leaving out those that are None."""
    return {"%s/%d" % (group, i): a for i, a in enumerate(arrays) if a is not None}


def check(name, arrays):
    """A case whose numbers could not tell right from wrong is refused."""
    for key, value in arrays.items():
        if value.dtype.kind == "f" and np.isnan(value).any():
            raise ValueError("case %s: %s holds NaN" % (name, key))
        if key.startswith("output/") and value.size > 1 and (value == value.flat[0]).all():
            raise ValueError("case %s: %s is constant" % (name, key))
        if key.startswith("gradient/") and not value.any():
            raise ValueError("case %s: %s is all zero" % (name, key))


def write(out_dir, about, arrays):
    """Write `<out_dir>/<case>.npz`: its header is `about`; equal content is equal bytes."""
    check(about["case"], arrays)
    text = json.dumps(about, sort_keys=True, ensure_ascii=False)
    with zipfile.ZipFile(os.path.join(out_dir, about["case"] + ".npz"), "w") as archive:
        for key, value in [("header", np.array(text))] + sorted(arrays.items()):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(value, order="C"), allow_pickle=False)
            info = zipfile.ZipInfo(key + ".npy", date_time=EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue())
