"""b4k-optim: bert4keras's optimizers and extensions of optimizers, on every Keras."""

__version__ = "0.1.0"

from .extensions import extend_with_piecewise_linear_lr, extend_with_weight_decay
from .optimizers import Adam

__all__ = ["Adam", "extend_with_piecewise_linear_lr", "extend_with_weight_decay"]
