"""The losses of fifty batches of the original's pretraining: BERT, its masks, LAMB or Adam.

It runs in the TF_KERAS=1 mode, in a process of its own. `input/<i>` are the ids and segments, `labels` and `weights`
what is to be told, all [batches, batch, length]; `variable/<name>` the first weights, `loss/0` the loss of each batch.
"""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np
from _case import ORACLE, header, start, write

TARGET = "packages/b4k-pretrain/tests/golden/pretraining"

STEPS, SIZE, LENGTH, VOCABULARY, MASK = 50, 4, 12, 30, 4
CONFIG = {
    "vocab_size": VOCABULARY,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "hidden_act": "gelu",
    "max_position": LENGTH,
    "segment_vocab_size": 2,
}
EXCLUDED = ["Norm", "bias"]
OPTIONS = {
    "learning_rate": 0.01,
    "bias_correction": False,
    "weight_decay_rate": 0.01,
    "exclude_from_weight_decay": EXCLUDED,
    "lr_schedule": {10: 1, STEPS: 0},
}
CASES = {  # case: (optimizer, its arguments)
    "lamb": ("lamb", dict(OPTIONS, exclude_from_layer_adaptation=EXCLUDED)),
    "adam": ("adam", dict(OPTIONS, learning_rate=0.001)),
}


def make_batches(rng):
    """Ids with masks and padding, segments, labels and weights: [batches, batch, length] each."""
    labels = rng.randint(5, VOCABULARY, (STEPS, SIZE, LENGTH))
    labels[:, 0, -3:] = 0  # padding
    chosen = (rng.random_sample(labels.shape) < 0.3) & (labels > 0)
    kept = rng.random_sample(labels.shape) < 0.2
    ids = np.where(chosen & ~kept, MASK, labels)
    return ids, np.zeros_like(ids), labels, chosen


def run_original(name, seed, batches):
    """{key: array} of what the original computes for a case."""
    optimizer, options = CASES[name]
    case = {"config": CONFIG, "seed": seed, "optimizer": optimizer, "options": options}
    names = "input/0", "input/1", "labels", "weights"
    arrays = {key: value.astype("float32") for key, value in zip(names, batches)}
    with tempfile.TemporaryDirectory() as folder:
        given, made = (os.path.join(folder, each) for each in ("in.npz", "out.npz"))
        np.savez(given, case=np.array(json.dumps(case)), **arrays)
        script = os.path.join(
            os.path.dirname(os.path.abspath(__file__)), "_pretraining_tf_keras.py"
        )
        env = dict(os.environ, TF_KERAS="1")
        subprocess.run([sys.executable, script, given, made], check=True, env=env)
        with np.load(made) as found:
            return dict(arrays, **{key: found[key] for key in found.files})


def make(out_dir):
    """Write all cases."""
    for name in CASES:
        rng = start("pretraining-" + name)
        optimizer, options = CASES[name]
        about = header(name, "b4k_pretrain.training.Training", config=CONFIG)
        about.update(optimizer=optimizer, options=options)
        about["oracle"] = ORACLE.replace("Keras 2.3.1", "TF_KERAS=1")
        write(out_dir, about, run_original(name, about["seed"], make_batches(rng)))


if __name__ == "__main__":
    make(sys.argv[1])
