"""BERT-base here and at the peers, and how their times are compared: in turns, in one process."""

import statistics
import time

import keras
import numpy as np

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
BACKEND = keras.backend.backend()


# --- models, each with the inputs it takes


def draw_batch(batch, length):
    """Token and segment ids [batch, length], with some padding, as batches have."""
    tokens = np.random.RandomState(0).randint(1, BASE["vocab_size"], (batch, length))
    tokens[:, -(length // 8) :] = 0
    return tokens, np.zeros_like(tokens)


def b4k(tokens, segments):
    from b4k_models import build_transformer_model

    return build_transformer_model(**BASE), [tokens, segments]


def keras_hub(tokens, segments):
    from keras_hub.models import BertBackbone

    model = BertBackbone(
        vocabulary_size=BASE["vocab_size"],
        num_layers=BASE["num_hidden_layers"],
        num_heads=BASE["num_attention_heads"],
        hidden_dim=BASE["hidden_size"],
        intermediate_dim=BASE["intermediate_size"],
    )
    mask = (tokens > 0).astype("int32")
    return model, {"token_ids": tokens, "segment_ids": segments, "padding_mask": mask}


def hugging_face(tokens, segments):
    import torch
    from transformers import BertConfig, BertModel

    config = BertConfig(vocab_size=BASE["vocab_size"])
    inputs = {
        "input_ids": torch.as_tensor(tokens, dtype=torch.int64),
        "token_type_ids": torch.as_tensor(segments, dtype=torch.int64),
        "attention_mask": torch.as_tensor(tokens > 0, dtype=torch.int64),
    }
    return BertModel(config, add_pooling_layer=False), inputs


KERAS_MODELS = {"b4k": b4k, "keras-hub": keras_hub}


def sequence(output):
    """The vectors [batch, length, hidden] of any of these models' outputs."""
    return output["sequence_output"] if isinstance(output, dict) else output


# --- times


def take_turns(steps, rounds, warmup=2):
    """{name: function} -> {name: median seconds}; the first turns compile and warm up."""
    times = {name: [] for name in steps}
    for turn in range(warmup + rounds):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            if turn >= warmup:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}


def print_ratios(title, seconds):
    """Our time, and what part of each other's it is."""
    ours = seconds["b4k"]
    print(title)
    for name, taken in seconds.items():
        ratio = "" if name == "b4k" else "   b4k takes %.2f of it" % (ours / taken)
        print("  %-14s %8.1f ms%s" % (name, 1000 * taken, ratio), flush=True)
