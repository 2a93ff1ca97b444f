"""b4k-optim: bert4keras's optimizers and extensions of optimizers, on every Keras."""

__version__ = "0.1.0"

from .extensions import (
    extend_with_exponential_moving_average,
    extend_with_gradient_accumulation,
    extend_with_layer_adaptation,
    extend_with_lazy_optimization,
    extend_with_lookahead,
    extend_with_parameter_wise_lr,
    extend_with_piecewise_linear_lr,
    extend_with_weight_decay,
)
from .optimizers import AdaFactor, Adam, Lion, LionV2

__all__ = [
    "AdaFactor",
    "Adam",
    "Lion",
    "LionV2",
    "extend_with_exponential_moving_average",
    "extend_with_gradient_accumulation",
    "extend_with_layer_adaptation",
    "extend_with_lazy_optimization",
    "extend_with_lookahead",
    "extend_with_parameter_wise_lr",
    "extend_with_piecewise_linear_lr",
    "extend_with_weight_decay",
]
