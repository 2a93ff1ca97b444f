"""What an optimizer needs of the Keras in use: see b4k-optim, where their rules stand once.

- `LearningRateSchedule`: that of Keras; a mere object on Keras 2.3.1, which has none;
- `Optimizer`: the base of an optimizer that is written as a rule on tensors;
- `extend(base, extension)`: a subclass of any optimizer of this Keras, each of whose steps runs through an extension;
- `read`, `assign`, `constraint_of`, `after`, `conditionally`: variables, and the order of their updates.
"""

import importlib

from . import _engine

_optimizing = importlib.import_module(_engine.__name__ + "_optimizing")

LearningRateSchedule = _optimizing.LearningRateSchedule
Optimizer = _optimizing.Optimizer
after = _optimizing.after
assign = _optimizing.assign
conditionally = _optimizing.conditionally
constraint_of = _optimizing.constraint_of
extend = _optimizing.extend
is_optimizer = _optimizing.is_optimizer
name_of = _optimizing.name_of
read = _optimizing.read
register = _optimizing.register

__all__ = [
    "LearningRateSchedule",
    "Optimizer",
    "after",
    "assign",
    "conditionally",
    "constraint_of",
    "extend",
    "is_optimizer",
    "name_of",
    "read",
    "register",
]
