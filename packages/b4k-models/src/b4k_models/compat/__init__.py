"""Old scripts: `bert4keras` and `bert4keras3` are b4k, and `keras` is what Keras 2 was, for who asks for it here.

    python -m b4k_models.compat script.py --its --arguments

or `import b4k_models.compat` as the script's first line, which runs the script that way. Both end with the process;
nothing of Keras or TensorFlow is changed, and other modules see them as they are.
"""

import sys

from .finding import install
from .running import run, seen_as_before

__all__ = ["install", "run"]


def _importer():
    """The global names of the module a line of which imports this one, no function of it."""
    frame = sys._getframe()
    while frame and (frame.f_globals is globals() or "importlib" in frame.f_code.co_filename):
        frame = frame.f_back
    at_top = frame and frame.f_code.co_name == "<module>"
    return frame.f_globals if at_top else {}


def _take_over(names):
    """Run the script that imports this module, whose lines so far have seen another `keras`; then it has ended."""
    if names.get("__name__") != "__main__":
        return
    if "__file__" not in names:  # a notebook or a prompt: what comes next is compiled by itself
        names["__builtins__"] = seen_as_before()
    elif names.get("__spec__") is None:  # `python script.py`, not `python -m`
        run(names["__file__"])
        raise SystemExit


install()
_take_over(_importer())
