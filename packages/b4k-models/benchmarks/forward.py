"""BERT-base forward against its peers on one backend: `KERAS_BACKEND=torch python forward.py`.

The models take turns, and the ratio of the median times is printed; below 1 means that b4k is faster.
"""

import argparse
import contextlib
import os
import statistics
import time

import keras
import numpy as np
from b4k_models import build_transformer_model

LANES = ["k3-tf", "k3-jax", "k3-torch"]  # where `nox -s bench` runs this
PEERS = ["keras-hub==0.32.0", "kagglehub==1.0.2", "transformers==5.23.0"]  # what it installs beside
BASE = dict(
    vocab_size=21128,
    hidden_size=768,
    num_hidden_layers=12,
    num_attention_heads=12,
    intermediate_size=3072,
    hidden_act="gelu",
    max_position=512,
    dropout_rate=0.1,
    attention_dropout_rate=0.1,
)


def b4k_bert(tokens, segments):
    model = build_transformer_model(**BASE)
    return compiled(model, [tokens, segments])


def keras_hub_bert(tokens, segments):
    import keras_hub

    model = keras_hub.models.BertBackbone(
        vocabulary_size=BASE["vocab_size"],
        num_layers=12,
        num_heads=12,
        hidden_dim=768,
        intermediate_dim=3072,
    )
    mask = (tokens > 0).astype("int32")
    return compiled(model, {"token_ids": tokens, "segment_ids": segments, "padding_mask": mask})


def hugging_face_bert(tokens, segments):
    import torch
    from transformers import BertConfig, BertModel

    config = BertConfig(vocab_size=BASE["vocab_size"])
    model = BertModel(config, add_pooling_layer=False).eval()
    inputs = {
        "input_ids": torch.as_tensor(tokens, dtype=torch.int64),
        "token_type_ids": torch.as_tensor(segments, dtype=torch.int64),
        "attention_mask": torch.as_tensor(tokens > 0, dtype=torch.int64),
    }
    return lambda: model(**inputs).last_hidden_state.numpy()


def compiled(model, inputs):
    """A function that runs the model as `predict` would: jitted on jax, a graph on tensorflow, eager on torch."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        variables = [
            [v.value for v in model.trainable_variables],
            [v.value for v in model.non_trainable_variables],
        ]
        step = jax.jit(lambda t, n, x: model.stateless_call(t, n, x, training=False)[0])
        return lambda: first(step(*variables, inputs)).block_until_ready()
    if backend == "tensorflow":
        import tensorflow as tf

        step = tf.function(lambda x: model(x, training=False))
        inputs = keras.tree.map_structure(tf.constant, inputs)
        return lambda: first(step(inputs)).numpy()
    inputs = keras.tree.map_structure(keras.ops.convert_to_tensor, inputs)
    return lambda: first(model(inputs, training=False)).numpy()


def first(output):
    return output["sequence_output"] if isinstance(output, dict) else output


def no_gradients():
    if keras.backend.backend() != "torch":
        return contextlib.nullcontext()
    import torch

    return torch.no_grad()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()

    random = np.random.RandomState(0)
    tokens = random.randint(1, BASE["vocab_size"], (arguments.batch, arguments.length))
    tokens[:, -arguments.length // 8 :] = 0  # some padding, as batches have
    segments = np.zeros_like(tokens)
    makers = {"b4k": b4k_bert, "keras-hub": keras_hub_bert}
    if keras.backend.backend() == "torch":
        makers["hugging-face"] = hugging_face_bert

    with no_gradients():
        steps = {name: make(tokens, segments) for name, make in makers.items()}
        times = {name: [] for name in steps}
        for turn in range(arguments.rounds + 2):  # the first two compile and warm up
            for name, step in steps.items():
                start = time.perf_counter()
                step()
                if turn >= 2:
                    times[name].append(time.perf_counter() - start)

    ours = statistics.median(times.pop("b4k"))
    print("%s, %d x %d" % (keras.backend.backend(), arguments.batch, arguments.length))
    print("  b4k            %7.1f ms" % (1000 * ours))
    for name, taken in times.items():
        theirs = statistics.median(taken)
        print("  %-14s %7.1f ms   b4k takes %.2f of it" % (name, 1000 * theirs, ours / theirs))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()
