"""What a regulariser of training needs of the Keras in use: see b4k-optim.

- `change_loss(model, change)`: training minimises `change(loss_of, predict, y_pred)` instead of `loss_of(y_pred)`;
- `gradient(function, variable, model, keep)`: of a scalar `function()` by a variable;
- `moved(variable, step, model)`: a context in which a variable reads as the value it has plus a step.
"""

import importlib

from . import _engine

_training = importlib.import_module(_engine.__name__ + "_training")

change_loss = _training.change_loss
gradient = _training.gradient
moved = _training.moved

__all__ = ["change_loss", "gradient", "moved"]
