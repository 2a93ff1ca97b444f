"""From the start of a process to the first output of BERT-base; the import: `KERAS_BACKEND=jax python startup.py`."""

import argparse
import os
import statistics
import subprocess
import sys
import time

LANES = ["k3-tf", "k3-jax", "k3-torch"]  # where `nox -s bench` runs this
PEERS = ["keras-hub==0.32.0", "kagglehub==1.0.2"]  # what it installs beside
FIRST_OUTPUT = (
    "import _peers; m, x = _peers.%s(*_peers.draw_batch(8, 128)); m.predict(x, verbose=0)"
)
PROGRAMS = {  # one process each, in turns
    "b4k": FIRST_OUTPUT % "b4k",
    "keras-hub": FIRST_OUTPUT % "keras_hub",
    "import keras": "import keras",
    "import b4k_models": "import b4k_models",
}


def seconds(program):
    """The wall time of one process that runs it."""
    start = time.perf_counter()
    here = os.path.dirname(os.path.abspath(__file__))
    subprocess.run([sys.executable, "-c", program], check=True, cwd=here)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    times = {name: [] for name in PROGRAMS}
    for _ in range(1 + arguments.rounds):
        for name, program in PROGRAMS.items():
            times[name].append(seconds(program))
    median = {name: statistics.median(taken[1:]) for name, taken in times.items()}
    print("%s, from the start of a process" % os.environ.get("KERAS_BACKEND", "default backend"))
    for name, taken in median.items():
        print("  %-18s %6.2f s" % (name, taken))
    print("  b4k takes %.2f of keras-hub's time" % (median["b4k"] / median["keras-hub"]))
    print("  b4k_models adds %.2f s" % (median["import b4k_models"] - median["import keras"]))


if __name__ == "__main__":
    main()
