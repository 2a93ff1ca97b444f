"""What `import b4k_ops` adds to importing the Keras in use: `python importing.py`. The target is under 0.15 s."""

import os
import statistics
import subprocess
import sys

LANES = ["k2-tf115", "tfk-tf215", "k3-tf", "k3-jax", "k3-torch"]  # where `nox -s bench` runs this
ROUNDS = 7
CODE = """
import time, os
if os.environ.get("TF_KERAS", "0") in ("", "0"):
    import keras
else:
    import tensorflow as tf
    tf.keras.layers.Layer  # loaded lazily
start = time.perf_counter()
import b4k_ops
print("took", time.perf_counter() - start)
"""


def main():
    """Print the median of fresh processes."""
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    times = []
    for _ in range(ROUNDS):
        lines = subprocess.check_output(
            [sys.executable, "-c", CODE], env=quiet, stderr=subprocess.DEVNULL
        )
        times.append(float(lines.split()[-1]))
    print("importing b4k_ops adds %.3f s to importing Keras" % statistics.median(times))


if __name__ == "__main__":
    main()
