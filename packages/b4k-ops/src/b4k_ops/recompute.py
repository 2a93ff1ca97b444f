"""Recomputing a layer in the backward pass instead of keeping its intermediate values."""

import contextlib
import functools
import importlib
import inspect
import os

# Whether layers do it unless told otherwise
RECOMPUTE = os.environ.get("RECOMPUTE", "0") not in ("", "0")
_scopes = []  # the values of the scopes that are open


@contextlib.contextmanager
def recompute_scope(recompute=True):
    """Layers made in this scope recompute, or don't: `with recompute_scope(): model = build_transformer_model(...)`."""
    _scopes.append(bool(recompute))
    try:
        yield
    finally:
        _scopes.pop()


def recompute_grad(call):
    """Decorate a layer's `call`: its intermediate values are not kept for the gradient but computed once more.

    Loss and gradients are those of the plain computation: dropout drops the same values again. It is on for layers with
    `recompute=True` or made in a `recompute_scope()`, and for all others if RECOMPUTE=1 when b4k_ops is imported.
    https://arxiv.org/abs/1604.06174
    """

    @functools.wraps(call)
    def recomputed(self, *args, **kwargs):
        if not _is_on(self):
            return call(self, *args, **kwargs)
        return _engine().recompute(self, functools.partial(call, self), args, kwargs)

    # TensorFlow 1.15 does not look behind a wrapper
    recomputed.__signature__ = inspect.signature(call)
    recomputed.recomputes = True
    return recomputed


def _is_on(layer):
    recompute = getattr(layer, "recompute", None)
    return RECOMPUTE if recompute is None else recompute


@functools.lru_cache()
def _engine():
    """The module that recomputes on the Keras in use, which is chosen after this one is imported."""
    from . import _engine as engine

    return importlib.import_module(engine.__name__ + "_recomputing")


class Recomputing:
    """The part of a Layer that is the switch `recompute`: True, False, or None to do as RECOMPUTE says."""

    recompute = None

    def __init__(self, recompute=None, **kwargs):
        super().__init__(**kwargs)
        able = any(hasattr(vars(base).get("call"), "recomputes") for base in type(self).__mro__)
        if recompute and not able:
            raise ValueError(
                "%s got recompute=%r, and its call is not decorated with recompute_grad"
                % (type(self).__name__, recompute)
            )
        if recompute is None and able and _scopes:
            recompute = _scopes[-1]
        self.recompute = recompute

    def get_config(self):
        config = super().get_config()
        if self.recompute is not None:
            config["recompute"] = self.recompute
        return config


__all__ = ["recompute_grad", "recompute_scope"]
