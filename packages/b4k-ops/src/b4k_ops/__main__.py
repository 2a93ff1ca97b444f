"""`python -m b4k_ops [ops]`: which Keras is in use and why; `ops` adds what each op is on every generation."""

import os
import sys

from . import BACKEND, GENERATION, __version__, keras
from ._names import table

SWITCHES = ("TF_KERAS", "TF_USE_LEGACY_KERAS", "KERAS_BACKEND", "KERAS_HOME", "RECOMPUTE")


def choice():
    """The lines that say which Keras was chosen, why, and its versions."""
    home = keras.layers.Layer.__module__.split(".")[0]  # keras, tf_keras, or tensorflow before 2.6
    yield "b4k_ops %s on Python %s" % (__version__, sys.version.split()[0])
    yield "Keras:   %s, %s %s" % (GENERATION, home, _version(keras, home))
    yield "backend: %s %s" % (BACKEND, sys.modules[BACKEND].__version__)
    yield "because " + reason()
    for name in SWITCHES:
        yield "%s is %s" % (name, os.environ.get(name, "not set"))


def reason():
    """Which switch, or the lack of one, decided."""
    if GENERATION == "tfkeras":
        legacy = os.environ.get("TF_USE_LEGACY_KERAS", "0").lower() in ("1", "true")
        return "TF_KERAS asks for TensorFlow's own Keras" + (
            ", and TF_USE_LEGACY_KERAS makes that tf_keras" if legacy else ""
        )
    chosen = "TF_KERAS is not set and the installed keras is %s" % keras.__version__
    if GENERATION == "keras2":
        return chosen + ", which runs on TensorFlow"
    if os.environ.get("KERAS_BACKEND"):
        return chosen + ", and KERAS_BACKEND chooses its backend"
    return chosen + ", whose backend keras.json or its default chooses: KERAS_BACKEND is not set"


def _version(module, home):
    """The version a module says, or else the package it lives in."""
    return getattr(module, "__version__", None) or sys.modules[home].__version__


if __name__ == "__main__":
    print("\n".join([*choice(), *(["", *table()] if "ops" in sys.argv[1:] else [])]))
