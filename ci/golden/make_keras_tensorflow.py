"""Models saved as `.keras` and `.weights.h5` by Keras 3 on tensorflow; _keras_files.py says how."""

import sys

from _keras_files import make

LANE = "k3-tf"
TARGET = "packages/b4k-models/tests/golden/keras/tensorflow"

__all__ = ["make"]

if __name__ == "__main__":
    make(sys.argv[1])
