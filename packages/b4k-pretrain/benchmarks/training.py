"""Training beside a bare `fit`, the loader beside the model, and what BERT-base on 100 GB of text would cost.

`KERAS_BACKEND=jax python training.py [--base] [--peak 312]`: `--base` trains BERT-base instead of 4 layers x 256; a
peak in teraflops gives the utilisation.
"""

import argparse
import tempfile
import time

import numpy as np
from b4k_ops import BACKEND
from b4k_pretrain import write_records
from b4k_pretrain.config import Config
from b4k_pretrain.speed import flops_per_token
from b4k_pretrain.training import Training, feed

LANES = ["k3-jax", "k3-torch", "k3-tf"]  # where `nox -s bench` runs this
SMALL = {"hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4}
BASE = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12}
SPECIAL_IDS = {"pad": 0, "unk": 1, "start": 2, "end": 3, "mask": 4}

# The plan: 100 GB of Chinese text, of three bytes a token, once; BERT's batch of 4096 sequences of 512
TOKENS, BATCH_TOKENS = 100e9 / 3, 4096 * 512
BASE_WEIGHTS = 102e6  # with a vocabulary of 21128
BASE_FLOPS = 664e6  # of a token, by `flops_per_token`
NETWORK = {
    1: None,
    8: 300e9,
    256: 12.5e9,
}  # accelerators: bytes a second between them, NVLink and 100 Gbit/s


def make_run(arguments, folder):
    """A Training on random records."""
    sizes = BASE if arguments.base else SMALL
    vocab_size = arguments.vocabulary
    ids = np.random.RandomState(0).randint(5, vocab_size, (2048, arguments.length))
    write_records(folder + "/records", [ids], vocab_size=vocab_size, special_ids=SPECIAL_IDS)
    options = dict(sizes, intermediate_size=4 * sizes["hidden_size"], hidden_act="gelu")
    options.update(max_position=arguments.length, dropout_rate=0.1)
    steps = arguments.steps
    tables = {
        "data": {"records": "records"},
        "model": {"options": options},
        "optimizer": {"warmup": 1},
        "training": {
            "folder": "run",
            "batch_size": arguments.batch,
            "accumulation": 1,
            "steps": steps * (arguments.rounds + 1),
            "interval": steps,
        },
        "logs": {"progress": False},
    }
    return Training(Config(tables, folder=folder))


def seconds(function):
    """How long a call takes: by the clock, and of the processors' time, which other programs don't change."""
    start = np.array([time.perf_counter(), time.process_time()])
    function()
    return np.array([time.perf_counter(), time.process_time()]) - start


def bare(run, batches):
    """`fit` on batches that are there already, nothing around it."""
    run.model.fit(
        (batch for batch in batches), steps_per_epoch=len(batches), shuffle=False, verbose=0
    )


def plan(rate, devices):
    """Days, and the seconds of an update in computing and in sending, if a device trains `rate` tokens a second."""
    computing = BATCH_TOKENS / devices / rate
    network = NETWORK[devices]
    sending = (
        0 if network is None else 2 * 4 * BASE_WEIGHTS / network
    )  # all-reduce of float32 gradients
    updates = TOKENS / BATCH_TOKENS
    return updates * max(computing, sending) / 86400, computing, sending


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", action="store_true")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--vocabulary", type=int, default=21128)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peak", type=float, default=0.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = make_run(arguments, folder)
        batches = list(feed(run.loader, 0, arguments.steps, 2))
        run.train_interval()
        bare(run, batches)
        times = [
            (seconds(run.train_interval), seconds(lambda: bare(run, batches)))
            for _ in range(arguments.rounds)
        ]
        saving = np.median([seconds(run.save) for _ in range(3)], axis=0)
        ratio = np.median([(interval - saving) / fit for interval, fit in times], axis=0)
        ours = np.median(times, axis=0)[0, 0]
        tokens = arguments.batch * arguments.length * arguments.steps
        loading = seconds(lambda: [run.loader.batch(i) for i in range(arguments.steps)])[0]
        flops = flops_per_token(run.transformer, arguments.length)
    print(
        "%s: %.0f tokens a second, %.1f gigaflops"
        % (BACKEND, tokens / ours, tokens * flops / ours / 1e9)
    )
    if arguments.peak:
        print("utilisation: %.1f %%" % (100 * tokens * flops / ours / arguments.peak / 1e12))
    print(
        "a step over one of a bare fit: %.3f by the clock, %.3f of the processors' time"
        % tuple(ratio)
    )
    print("a checkpoint: %.2f s, %d steps: %.2f s" % (saving[0], arguments.steps, ours - saving[0]))
    print("the loader over the model: %.1f" % (ours / loading))
    rate = tokens * flops / ours / BASE_FLOPS  # tokens of BERT-base a second
    for devices in NETWORK:
        days, computing, sending = plan(rate, devices)
        print(
            "BERT-base on 100 GB, %d devices as this one: %.1f days; an update computes %.2f s, sends %.3f s"
            % (devices, days, computing, sending)
        )


if __name__ == "__main__":
    main()
