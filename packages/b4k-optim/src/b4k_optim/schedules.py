"""Learning rates that rise linearly from zero and then fall: as Keras's schedules, and as `lr_schedule` of
`extend_with_piecewise_linear_lr`."""

import math

import b4k_ops
import numpy as np
from b4k_ops import ops, optimizing

from .extension import check_count


class Warmup(optimizing.LearningRateSchedule):
    """`learning_rate` * `factor(step)`: from 0 to 1 in `warmup_steps`, then what `decay` says."""

    arguments = ("learning_rate", "warmup_steps")

    def __call__(self, step):
        step = ops.cast(step, b4k_ops.keras.backend.floatx())
        return self.learning_rate * self.factor(step, ops)

    def factor(self, step, xp=np):
        """What the learning rate is multiplied by at each step, floats of any shape; `xp` is numpy or ops."""
        rising = step / max(self.warmup_steps, 1)
        return xp.where(step < self.warmup_steps, rising, self.decay(step, xp))

    def decay(self, step, xp):
        """The factor at the steps after the warm-up."""
        raise NotImplementedError("%s has no decay" % type(self).__name__)

    def lr_schedule(self, points=100):
        """{step: factor}, whose lines between at most `points` steps of the decay, 2 or more, follow the factor."""
        if points < 2:
            raise ValueError("points must be 2 or more, got %r" % (points,))
        steps = np.unique(np.round(self.knots(points))).astype("int64")
        return {int(step): float(self.factor(float(step))) for step in steps}

    def knots(self, points):
        """Steps of the decay, the first its beginning."""
        return np.linspace(self.warmup_steps, self.total_steps, points)

    def get_config(self):
        return {name: getattr(self, name) for name in self.arguments}


class _Ending(Warmup):
    """One that ends."""

    arguments = ("learning_rate", "warmup_steps", "total_steps", "end")

    def __init__(self, learning_rate, warmup_steps, total_steps, end=0.0):
        if not 0 <= warmup_steps < total_steps or warmup_steps % 1 or total_steps % 1:
            raise ValueError(
                "%s needs whole numbers 0 <= warmup_steps < total_steps, got %r and %r"
                % (type(self).__name__, warmup_steps, total_steps)
            )
        self.learning_rate = learning_rate  # the highest
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps  # warm-up included
        self.end = end  # the factor from `total_steps` on

    def left(self, part, xp):
        """How much of the fall is left, from 1 to 0, after a part of it, from 0 to 1."""
        raise NotImplementedError("%s has no left" % type(self).__name__)

    def decay(self, step, xp):
        part = (step - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.end + (1 - self.end) * self.left(xp.clip(part, 0.0, 1.0), xp)


@b4k_ops.register
class WarmupLinear(_Ending):
    """Falls linearly to `end` * learning_rate, as BERT's (https://arxiv.org/abs/1810.04805)."""

    def left(self, part, xp):
        return 1 - part

    def knots(self, points):
        return [self.warmup_steps, self.total_steps]


@b4k_ops.register
class WarmupCosine(_Ending):
    """Falls as a cosine does to `end` * learning_rate: https://arxiv.org/abs/1608.03983"""

    def left(self, part, xp):
        return (1 + xp.cos(math.pi * part)) / 2


@b4k_ops.register
class WarmupInverseSquareRoot(Warmup):
    """Falls as sqrt(warmup_steps / step), as the first transformer's (https://arxiv.org/abs/1706.03762) and T5's."""

    def __init__(self, learning_rate, warmup_steps):
        check_count("warmup_steps", warmup_steps)
        self.learning_rate = learning_rate  # the highest
        self.warmup_steps = warmup_steps

    def decay(self, step, xp):
        return xp.sqrt(self.warmup_steps / xp.maximum(step, 1.0))

    def knots(self, points):
        """Up to a thousand times the warm-up, where the factor is 0.03, and then stays."""
        return np.geomspace(self.warmup_steps, 1000 * self.warmup_steps, points)


__all__ = ["WarmupCosine", "WarmupInverseSquareRoot", "WarmupLinear"]
