"""Loading a BERT-base-sized Google checkpoint, against safetensors: `KERAS_BACKEND=jax python loading.py`.

Both ways run in processes of their own, in turns; printed are the ratio of the median times and the peak memory in
multiples of the weights: those of the built model, which are there already, and what loading adds at its highest.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

from _peers import BACKEND, BASE

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
LANES = ["k3-tf", "k3-jax", "k3-torch"]  # where `nox -s bench` runs this


def build():
    from b4k_models import build_transformer_model

    return build_transformer_model(return_keras_model=False, with_pool=True, **BASE)


def prepare(folder):
    """Write the same random weights as a Google checkpoint and as safetensors."""
    from b4k_models import TFCheckpoint
    from safetensors.numpy import save_file

    build().save_weights_as_checkpoint(os.path.join(folder, "bert_model.ckpt"))
    checkpoint = TFCheckpoint(os.path.join(folder, "bert_model.ckpt"))
    save_file(
        {name: checkpoint[name] for name in checkpoint}, os.path.join(folder, "bert.safetensors")
    )


def load_checkpoint(transformer, folder):
    transformer.load_weights_from_checkpoint(os.path.join(folder, "bert_model.ckpt"))


def load_safetensors(transformer, folder):
    """What a user would write by hand: read each array and assign it."""
    from safetensors import safe_open

    with safe_open(os.path.join(folder, "bert.safetensors"), framework="np") as file:
        for layer_name, names in transformer.variable_mapping().items():
            layer = transformer.layers.get(layer_name)
            for weight, name in zip(layer.weights if layer else [], names):
                weight.assign(file.get_tensor(name))


WAYS = {"checkpoint": load_checkpoint, "safetensors": load_safetensors}


def measure(way, folder):
    """Print seconds, the weights' bytes, and those bytes plus what one load adds in this process at its peak."""
    transformer = build()
    weights = 4 * transformer.model.count_params()  # bytes of float32
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak, which building has raised, begins anew from here
    before = memory("VmRSS")
    start = time.perf_counter()
    WAYS[way](transformer, folder)
    seconds = time.perf_counter() - start
    print(seconds, weights, weights + memory("VmHWM") - before)


def memory(kind):
    """Bytes that Linux counts for this process: "VmRSS" now, "VmHWM" at the peak."""
    with open("/proc/self/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    return int(lines[kind].split()[0]) * 1024


def run(*arguments):
    output = subprocess.run(
        [sys.executable, __file__, *arguments], check=True, stdout=subprocess.PIPE
    ).stdout
    return [float(part) for part in output.decode().split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--measure", choices=sorted(WAYS))
    parser.add_argument("--prepare", action="store_true")
    parser.add_argument("--folder")
    arguments = parser.parse_args()
    if arguments.measure:
        return measure(arguments.measure, arguments.folder)
    if arguments.prepare:
        return prepare(arguments.folder)

    with tempfile.TemporaryDirectory() as folder:
        run("--prepare", "--folder", folder)
        results = {way: [] for way in WAYS}
        for _ in range(arguments.rounds):
            for way in WAYS:
                results[way].append(run("--measure", way, "--folder", folder))

    print("%s, loading BERT-base" % BACKEND)
    seconds = {way: statistics.median(row[0] for row in rows) for way, rows in results.items()}
    for way, rows in results.items():
        peak = max(row[2] / row[1] for row in rows)
        print("  %-12s %6.2f s   peak %.2f x the weights" % (way, seconds[way], peak))
    print("  time ratio %.2f" % (seconds["checkpoint"] / seconds["safetensors"]))


if __name__ == "__main__":
    main()
