"""The names of `keras.ops`, as Keras 3.15 defines them, on the Keras in use.

On Keras 3 each one is `keras.ops`'s own object. `_names.py` lists them, and `python -m b4k_ops ops`
prints the list.
"""

from . import _engine, _names

_functions = [name for name in _names.NAMES if "." not in name]  # not those of `ops.image` alone
__all__ = sorted(_functions) + sorted(_engine.op_families)


def _find(name):
    """The function of that name in the first module of the engine that has it."""
    for module in _engine.op_modules:
        if hasattr(module, name):
            return getattr(module, name)
    raise ImportError(
        "keras %s has no ops.%s, which b4k_ops expects of Keras 3: install a newer keras"
        % (_engine.keras.__version__, name)
    )


globals().update((name, _find(name)) for name in _functions)
globals().update(_engine.op_families)
