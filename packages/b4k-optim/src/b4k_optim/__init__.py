"""b4k-optim: bert4keras's optimizers and extensions of optimizers, on every Keras."""

__version__ = "0.1.0"

from .extensions import (
    extend_with_exponential_moving_average,
    extend_with_exponential_moving_average_v2,
    extend_with_gradient_accumulation,
    extend_with_gradient_accumulation_v2,
    extend_with_layer_adaptation,
    extend_with_layer_adaptation_v2,
    extend_with_lazy_optimization,
    extend_with_lazy_optimization_v2,
    extend_with_lookahead,
    extend_with_lookahead_v2,
    extend_with_parameter_wise_lr,
    extend_with_parameter_wise_lr_v2,
    extend_with_piecewise_linear_lr,
    extend_with_piecewise_linear_lr_v2,
    extend_with_weight_decay,
    extend_with_weight_decay_v2,
)
from .optimizers import AdaFactor, AdaFactorV1, AdaFactorV2, Adam, Lion, LionV2, custom_objects
from .schedules import WarmupCosine, WarmupInverseSquareRoot, WarmupLinear

__all__ = [
    "AdaFactor",
    "AdaFactorV1",
    "AdaFactorV2",
    "Adam",
    "Lion",
    "LionV2",
    "WarmupCosine",
    "WarmupInverseSquareRoot",
    "WarmupLinear",
    "custom_objects",
    "extend_with_exponential_moving_average",
    "extend_with_exponential_moving_average_v2",
    "extend_with_gradient_accumulation",
    "extend_with_gradient_accumulation_v2",
    "extend_with_layer_adaptation",
    "extend_with_layer_adaptation_v2",
    "extend_with_lazy_optimization",
    "extend_with_lazy_optimization_v2",
    "extend_with_lookahead",
    "extend_with_lookahead_v2",
    "extend_with_parameter_wise_lr",
    "extend_with_parameter_wise_lr_v2",
    "extend_with_piecewise_linear_lr",
    "extend_with_piecewise_linear_lr_v2",
    "extend_with_weight_decay",
    "extend_with_weight_decay_v2",
]
