"""bert4keras's extensions of optimizers."""

import b4k_ops
from b4k_ops import ops

from .extension import Extension, Transform, extender, matches


class WeightDecay(Transform):
    """Weights shrink by learning rate * `weight_decay_rate` a step, of what they were before it, except
    where `exclude_from_weight_decay`, regular expressions, match the name."""

    key = "_weight_decay"
    arguments = {"weight_decay_rate": 0.01, "exclude_from_weight_decay": []}
    patterns = ("exclude_from_weight_decay",)

    def applies(self, name):
        return not matches(name, self.exclude_from_weight_decay)

    def transform(self, name, gradient, old, new, slots, steps, rate):
        return new - ops.cast(rate * self.weight_decay_rate, old.dtype) * old, {}


class PiecewiseLinearLR(Extension):
    """The learning rate is multiplied by `lr_schedule`, {step: value}, linear between its steps: {1000: 1, 2000: 0.1}
    rises from 0 to 1, falls to 0.1, and stays there. Under accumulation, its steps are batches."""

    key = "_piecewise_linear_lr"
    arguments = {"lr_schedule": {0: 1}}

    def plain(self, name, value):
        return {int(step): float(factor) for step, factor in dict(value).items()}

    def check(self):
        steps = list(self.lr_schedule)
        if not steps or steps != sorted(steps) or steps[0] < 0:
            raise ValueError(
                "lr_schedule must be {step: value} with rising steps from 0 on, got %r"
                % (self.lr_schedule,)
            )

    def scale(self, optimizer, rate):
        rate = ops.convert_to_tensor(rate)
        batches = getattr(optimizer, "grad_accum_steps", 1)
        steps = ops.cast(ops.convert_to_tensor(optimizer.iterations), "int32") * batches
        return rate * ops.cast(b4k_ops.piecewise_linear(steps, self.lr_schedule), rate.dtype)


extend_with_weight_decay = extender(WeightDecay)
extend_with_piecewise_linear_lr = extender(PiecewiseLinearLR)

__all__ = ["extend_with_piecewise_linear_lr", "extend_with_weight_decay"]
