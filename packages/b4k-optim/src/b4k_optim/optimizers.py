"""bert4keras's optimizers, each the rule of `rules` with its arguments."""

import b4k_ops
from b4k_ops import ops, optimizing

from . import rules
from .extension import matches


@optimizing.register
class Adam(optimizing.Optimizer):
    """Adam whose bias correction can be left out, as BERT's was."""

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-6,  # None is Keras's own
        bias_correction=True,
        **kwargs,
    ):
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon or b4k_ops.keras.backend.epsilon()
        self.bias_correction = bias_correction

    def slot_shapes(self, shape):
        return {"m": shape, "v": shape}

    def rule(self, name, gradient, value, slots, step, rate):
        options = (self.beta_1, self.beta_2, self.epsilon, self.bias_correction)
        return rules.adam(gradient, value, slots, step, rate, *options)

    def get_config(self):
        config = super().get_config()
        names = ("beta_1", "beta_2", "epsilon", "bias_correction")
        config.update({name: getattr(self, name) for name in names})
        return config


@optimizing.register
class LionV2(optimizing.Optimizer):
    """Lion: https://arxiv.org/abs/2302.06675"""

    def __init__(self, learning_rate=3e-4, beta_1=0.95, beta_2=0.98, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def slot_shapes(self, shape):
        return {"m": shape}

    def rule(self, name, gradient, value, slots, step, rate):
        return rules.lion(gradient, value, slots, step, rate, self.beta_1, self.beta_2)

    def get_config(self):
        config = super().get_config()
        config.update({name: getattr(self, name) for name in ("beta_1", "beta_2")})
        return config


Lion = LionV2


@optimizing.register
class AdaFactor(optimizing.Optimizer):
    """Second moments as an outer product of two vectors: https://arxiv.org/abs/1804.04235"""

    ARGUMENTS = (
        "beta1",
        "beta2",
        "epsilon1",
        "epsilon2",
        "multiply_by_parameter_scale",
        "clipping_threshold",
        "min_dim_size_to_factor",
    )

    def __init__(
        self,
        learning_rate=1e-3,  # None is min(1 / sqrt(step), 0.01)
        beta1=0.0,
        beta2=None,  # None is 1 - step ** -0.8
        epsilon1=1e-30,
        epsilon2=1e-3,
        multiply_by_parameter_scale=True,
        clipping_threshold=1.0,  # None does not clip
        min_dim_size_to_factor=128,
        exclude_from_parameter_scale=None,  # regular expressions
        **kwargs,
    ):
        super().__init__(1.0 if learning_rate is None else learning_rate, **kwargs)
        self.relative = learning_rate is None
        given = (beta1, beta2, epsilon1, epsilon2, multiply_by_parameter_scale)
        given += (clipping_threshold, min_dim_size_to_factor)
        for name, value in zip(self.ARGUMENTS, given):
            setattr(self, name, value)
        self.exclude_from_parameter_scale = tuple(exclude_from_parameter_scale or ())

    def slot_shapes(self, shape):
        slots = {"m": shape} if self.beta1 > 0 else {}
        axes = rules.factored_axes(shape, self.min_dim_size_to_factor)
        if axes is None:
            return dict(slots, v=shape)
        first, second = axes
        slots["vr"] = tuple(1 if axis == first else n for axis, n in enumerate(shape))
        slots["vc"] = tuple(1 if axis == second else n for axis, n in enumerate(shape))
        return slots

    def rule(self, name, gradient, value, slots, step, rate):
        beta2 = 1.0 - step**-0.8 if self.beta2 is None else self.beta2
        axes = rules.factored_axes(tuple(value.shape), self.min_dim_size_to_factor)
        square = ops.square(gradient) + self.epsilon1
        moment, changed = rules.second_moment(square, slots, beta2, axes)
        update = gradient / ops.sqrt(moment + self.epsilon1)
        if self.clipping_threshold is not None:
            size = rules.root_mean_square(update) / self.clipping_threshold
            update = update / ops.maximum(size, ops.ones_like(size))
        if self.beta1 > 0:
            update = self.beta1 * slots["m"] + (1 - self.beta1) * update
            changed["m"] = update
        if self._scales_with(name):
            size = rules.root_mean_square(value)
            update = update * ops.maximum(size, ops.ones_like(size) * self.epsilon2)
        return value - rate * self._relative_step(step) * update, changed

    def _scales_with(self, name):
        excluded = matches(name, self.exclude_from_parameter_scale)
        return self.multiply_by_parameter_scale and not excluded

    def _relative_step(self, step):
        """What the learning rate is multiplied by: one, if it was given."""
        if not self.relative:
            return 1.0
        rate = ops.minimum(1.0 / ops.sqrt(step), ops.ones_like(step) * 0.01)
        return rate if self.multiply_by_parameter_scale else rate * 0.05

    def get_config(self):
        config = super().get_config()
        config.update({name: getattr(self, name) for name in self.ARGUMENTS})
        config["exclude_from_parameter_scale"] = list(self.exclude_from_parameter_scale)
        if self.relative:
            config["learning_rate"] = None
        return config


AdaFactorBase = AdaFactorV1 = AdaFactorV2 = AdaFactor  # bert4keras's, for Keras and for tf.keras

custom_objects = {"Adam": Adam, "AdaFactor": AdaFactor}

__all__ = [
    "AdaFactor",
    "AdaFactorBase",
    "AdaFactorV1",
    "AdaFactorV2",
    "Adam",
    "Lion",
    "LionV2",
    "custom_objects",
]
