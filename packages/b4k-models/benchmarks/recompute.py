"""Memory and time of a training step of BERT-base, plain and recomputed: `KERAS_BACKEND=torch python recompute.py`."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time

import numpy as np

LANES = ["k3-tf", "k3-jax", "k3-torch"]  # where `nox -s bench` runs this
PAGE = os.sysconf("SC_PAGE_SIZE")


# --- one side, in a process of its own


def resident():
    """The bytes of memory that this process has now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * PAGE


class Peak(threading.Thread):
    """Looks at the memory of this process until it is told to stop: `highest` is the most it saw since its start, and
    `activations` the same without the gradients that were there, in bytes."""

    def __init__(self, gradients):
        super().__init__(daemon=True)
        self.before, self.gradients = resident(), gradients
        self.highest, self.activations, self.over = 0, 0, False

    def run(self):
        while not self.over:
            now = resident() - self.before
            self.highest = max(self.highest, now)
            self.activations = max(self.activations, now - self.gradients.nbytes)
            time.sleep(0.002)


class Gradients:
    """The bytes of the gradients of a model's weights. Only torch says which are there; 0 elsewhere."""

    def __init__(self, model, backend):
        self.model, self.nbytes = model, 0
        self.told = backend == "torch"
        for weight in model.trainable_weights if self.told else ():
            weight.value.register_post_accumulate_grad_hook(self.add)

    def add(self, value):
        self.nbytes += value.grad.nbytes

    def clear(self):
        """Drop those of the step before."""
        self.nbytes = 0
        if self.told:
            self.model.zero_grad()


def measure(arguments):
    """Bytes kept for the backward pass, peak bytes over those before the first step, with and without the gradients,
    and seconds of a step."""
    from _peers import BACKEND, BASE
    from b4k_models import build_transformer_model
    from b4k_ops import keras, recompute_scope
    from b4k_ops.testing import engine

    tokens = np.random.RandomState(0).randint(1, 21128, (arguments.batch, arguments.length))
    with recompute_scope(arguments.side == "recompute"):
        model = build_transformer_model(
            **dict(BASE, num_hidden_layers=arguments.layers, segment_vocab_size=0)
        )
    target = np.zeros((arguments.batch, arguments.length, BASE["hidden_size"]), "float32")
    model.compile(optimizer=keras.optimizers.SGD(1e-4), loss="mse", jit_compile=BACKEND == "jax")
    gradients = Gradients(model, BACKEND)
    peak = Peak(gradients)
    peak.start()
    times = []
    for _ in range(1 + arguments.rounds):
        gradients.clear()
        start = time.perf_counter()
        model.train_on_batch(tokens, target)
        times.append(time.perf_counter() - start)
    peak.over = True
    kept = engine.kept_bytes(model, tokens)
    found = {"kept": kept, "peak": peak.highest, "activations": peak.activations}
    return dict(found, seconds=statistics.median(times[1:]))


# --- both sides


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--length", type=int, default=512)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", choices=["plain", "recompute"])
    arguments = parser.parse_args()
    if arguments.side:
        print(json.dumps(measure(arguments)))
        return
    sides, environment = {}, dict(os.environ, MALLOC_MMAP_THRESHOLD_=str(1 << 16))
    # of the C library: memory that a tensor gives back is the system's at once, and not counted on
    for side in ("plain", "recompute"):
        command = [sys.executable, __file__, *sys.argv[1:], "--side", side]
        found = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment).stdout
        sides[side] = json.loads(found.splitlines()[-1])
    print("%d layers, %d x %d" % (arguments.layers, arguments.batch, arguments.length))
    for name, unit in [("kept", 1e6), ("peak", 1e6), ("activations", 1e6), ("seconds", 1)]:
        plain, recomputed = sides["plain"][name], sides["recompute"][name]
        row = (name, plain / unit, recomputed / unit, recomputed / plain)
        print("  %-11s plain %9.2f, recompute %9.2f: %.2f of it" % row, flush=True)


if __name__ == "__main__":
    main()
