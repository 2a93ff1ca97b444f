"""What training needs of the Keras in use, beyond `fit`: see b4k-optim for the regularisers, b4k-pretrain for the rest.

- `change_loss(model, change)`: training minimises `change(loss_of, predict, y_pred)` instead of `loss_of(y_pred)`;
- `gradient(function, variable, model, keep)`: of a scalar `function()` by a variable;
- `moved(variable, step, model)`: a context in which a variable reads as the value it has plus a step;
- `state_of(model)`: all variables that training a compiled model changes, metrics aside, made if they are not there;
- `evaluate(model, batches, steps)`: {name: value} of the loss and the metrics;
- `set_random_seed(seed)`: of initial weights and dropout;
- `PRECISIONS`: the policies in which a training computes and can be gone on with.
"""

import importlib

from . import _engine

_training = importlib.import_module(_engine.__name__ + "_training")

change_loss = _training.change_loss
gradient = _training.gradient
moved = _training.moved
state_of = _training.state_of
evaluate = _training.evaluate
set_random_seed = _training.set_random_seed
PRECISIONS = _training.PRECISIONS

__all__ = [
    "PRECISIONS",
    "change_loss",
    "evaluate",
    "gradient",
    "moved",
    "set_random_seed",
    "state_of",
]
