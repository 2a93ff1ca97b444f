"""`python -m b4k_ops`: which Keras is in use and why, and what each op is on every generation."""

import os
import sys

from . import BACKEND, GENERATION, __version__, keras
from ._names import table

SWITCHES = ("TF_KERAS", "TF_USE_LEGACY_KERAS", "KERAS_BACKEND", "KERAS_HOME", "RECOMPUTE")


def choice():
    """The lines that say which Keras was chosen, by which environment variables, and its versions."""
    home = keras.layers.Layer.__module__.split(".")[0]  # keras, tf_keras, or tensorflow before 2.6
    yield "b4k_ops %s on Python %s" % (__version__, sys.version.split()[0])
    yield "Keras:   %s, %s %s" % (GENERATION, home, _version(keras, home))
    yield "backend: %s %s" % (BACKEND, sys.modules[BACKEND].__version__)
    for name in SWITCHES:
        yield "%s is %s" % (name, os.environ.get(name, "not set"))


def _version(module, home):
    """The version a module says, or else the package it lives in."""
    return getattr(module, "__version__", None) or sys.modules[home].__version__


if __name__ == "__main__":
    print("\n".join([*choice(), "", *table()]))
