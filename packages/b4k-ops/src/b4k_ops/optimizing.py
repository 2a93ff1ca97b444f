"""What an optimizer needs of the Keras in use: see b4k-optim, where their rules stand once.

- `Optimizer`: the base of an optimizer that is written as a rule on tensors;
- `extend(base, extension)`: a subclass of any optimizer of this Keras, each of whose steps runs through an extension;
- `read`, `assign`, `after`, `conditionally`: variables, and the order of their updates.
"""

import importlib

from . import _engine

_optimizing = importlib.import_module(_engine.__name__ + "_optimizing")

Optimizer = _optimizing.Optimizer
after = _optimizing.after
assign = _optimizing.assign
conditionally = _optimizing.conditionally
extend = _optimizing.extend
is_optimizer = _optimizing.is_optimizer
name_of = _optimizing.name_of
read = _optimizing.read
register = _optimizing.register

__all__ = [
    "Optimizer",
    "after",
    "assign",
    "conditionally",
    "extend",
    "is_optimizer",
    "name_of",
    "read",
    "register",
]
