"""bert4keras's extensions of optimizers."""

import b4k_ops
from b4k_ops import ops, optimizing

from .extension import Extension, Transform, check_count, extender, matches


class WeightDecay(Transform):
    """Each step shrinks the weights by learning rate * `weight_decay_rate` of their value before it, except
    where `exclude_from_weight_decay`, a list of regular expressions, matches the name."""

    name = "weight_decay"
    arguments = {"weight_decay_rate": 0.01, "exclude_from_weight_decay": []}
    patterns = ("exclude_from_weight_decay",)

    def applies(self, name):
        return not matches(name, self.exclude_from_weight_decay)

    def transform(self, name, gradient, old, new, slots, counts, rate):
        return new - ops.cast(rate * self.weight_decay_rate, old.dtype) * old, {}


class PiecewiseLinearLR(Extension):
    """The learning rate is multiplied by `lr_schedule`, {step: value}, linear between its steps: {1000: 1, 2000: 0.1}
    rises from 0 to 1, falls to 0.1, and stays there. Under accumulation, its steps are batches."""

    name = "piecewise_linear_lr"
    arguments = {"lr_schedule": {0: 1}}

    def plain(self, name, value):
        if not isinstance(value, dict):
            raise ValueError("%s must be {step: value}, got %r" % (name, value))
        fractions = [step for step in value if float(step) % 1]
        if fractions:
            raise ValueError("%s must have whole steps, got %r" % (name, fractions))
        return {int(step): float(factor) for step, factor in value.items()}

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


class LayerAdaptation(Transform):
    """Each variable's step is scaled by ||weights|| / ||step without learning rate||, as in LAMB
    (https://arxiv.org/abs/1904.00962), except where `exclude_from_layer_adaptation` matches the name."""

    name = "layer_adaptation"
    arguments = {"exclude_from_layer_adaptation": []}
    patterns = ("exclude_from_layer_adaptation",)

    def applies(self, name):
        return not matches(name, self.exclude_from_layer_adaptation)

    def transform(self, name, gradient, old, new, slots, counts, rate):
        rate = ops.cast(ops.maximum(rate, b4k_ops.keras.backend.epsilon()), old.dtype)
        size = ops.sqrt(ops.sum(ops.square(old)))
        moved = ops.sqrt(ops.sum(ops.square((new - old) / rate)))
        known = ops.logical_and(size > 0, moved > 0)
        ratio = size / ops.where(known, moved, ops.ones_like(moved))
        return old + (new - old) * ops.where(known, ratio, ops.ones_like(ratio)), {}


class ParameterWiseLR(Transform):
    """The step of each variable is multiplied by all factors of `paramwise_lr_schedule`, {part of a name: factor},
    whose key its name contains."""

    name = "parameter_wise_lr"
    arguments = {"paramwise_lr_schedule": {}}
    patterns = ("paramwise_lr_schedule",)

    def match(self, pattern, name):
        return pattern in name

    def factor(self, name):
        """The product of all factors of a name."""
        factor = 1.0
        for part, value in self.paramwise_lr_schedule.items():
            factor *= value if part in name else 1.0
        return factor

    def applies(self, name):
        return self.factor(name) != 1.0

    def transform(self, name, gradient, old, new, slots, counts, rate):
        return old + (new - old) * self.factor(name), {}


class LazyOptimization(Transform):
    """Rows whose gradient is zero stay as they are, where `include_in_lazy_optimization` matches the name."""

    name = "lazy_optimization"
    arguments = {"include_in_lazy_optimization": []}
    patterns = ("include_in_lazy_optimization",)

    def applies(self, name):
        return matches(name, self.include_in_lazy_optimization)

    def transform(self, name, gradient, old, new, slots, counts, rate):
        moved = ops.any(ops.not_equal(gradient, 0), axis=-1, keepdims=True)
        return ops.where(moved, new, old), {}


class Lookahead(Transform):
    """Every `steps_per_slow_update` steps, the weights go back to slow ones, which move by `slow_step_size` of the
    way to them: https://arxiv.org/abs/1907.08610. The slow weights start from the initial ones."""

    name = "lookahead"
    arguments = {"steps_per_slow_update": 5, "slow_step_size": 0.5}
    slots = ("slow",)
    counters = ("lookahead_steps",)

    def check(self):
        check_count("steps_per_slow_update", self.steps_per_slow_update)

    def transform(self, name, gradient, old, new, slots, counts, rate):
        steps = counts["lookahead_steps"]
        slow = ops.where(ops.equal(steps, 0), old, slots["slow"])
        due = ops.equal((steps + 1) % self.steps_per_slow_update, 0)
        slow = ops.where(due, slow + self.slow_step_size * (new - slow), slow)
        return ops.where(due, slow, new), {"slow": slow}


class ExponentialMovingAverage(Transform):
    """Averages of the weights, of momentum `ema_momentum`: `apply_ema_weights` puts them into the model and
    `reset_old_weights` takes them out again."""

    name = "exponential_moving_average"
    arguments = {"ema_momentum": 0.999}
    slots = ("average",)
    counters = ("ema_steps",)
    methods = ("apply_ema_weights", "reset_old_weights")
    kept = old_weights = None
    applied = None  # the step whose averages are in the model

    def check(self):
        if not 0 <= self.ema_momentum < 1:
            raise ValueError("ema_momentum must be in [0, 1), got %r" % (self.ema_momentum,))

    def attach(self, variables, slots, counters):
        averages = [slot["average"] for slot in slots]
        self.kept = list(variables), averages, counters["ema_steps"]

    def transform(self, name, gradient, old, new, slots, counts, rate):
        average = self.ema_momentum * slots["average"] + (1 - self.ema_momentum) * new
        return None, {"average": average}

    def apply_ema_weights(self, bias_correction=True):
        """Keep the model's weights aside and put the averages in their place.

        bias_correction: divide by 1 - ema_momentum ** steps, for averages start from zero. RuntimeError before a step.
        """
        steps = 0 if self.kept is None else int(b4k_ops.get_values([self.kept[2]])[0])
        if steps == 0:
            raise RuntimeError("apply_ema_weights needs averages: the optimizer has made no step")
        variables, averages, _ = self.kept
        if self.applied != steps:  # else the averages are there, and what was kept still counts
            self.old_weights = [value.copy() for value in b4k_ops.get_values(variables)]
        self.applied = steps
        scale = 1.0 - self.ema_momentum**steps if bias_correction else 1.0
        values = [value / scale for value in b4k_ops.get_values(averages)]
        b4k_ops.set_values(list(zip(variables, values)))

    def reset_old_weights(self):
        """Put the weights back that `apply_ema_weights` kept aside."""
        if self.old_weights is None:
            raise RuntimeError("reset_old_weights comes after apply_ema_weights")
        b4k_ops.set_values(list(zip(self.kept[0], self.old_weights)))
        self.applied = None


class GradientAccumulation(Extension):
    """One step every `grad_accum_steps` batches, with the mean of their gradients."""

    name = "gradient_accumulation"
    arguments = {"grad_accum_steps": 2}
    slots = ("accumulated",)
    counters = ("accumulated_batches",)

    def check(self):
        check_count("grad_accum_steps", self.grad_accum_steps)

    def run(self, optimizer, gradients, variables, slots, counters, base_step):
        counter = counters["accumulated_batches"]
        count = optimizing.read(counter) + 1
        due = ops.equal(count, self.grad_accum_steps)
        places = [slot["accumulated"] for slot in slots]
        sums = [
            optimizing.read(place) + ops.cast(gradient, place.dtype)
            for place, gradient in zip(places, gradients)
        ]
        with optimizing.after(sums + [count]):
            tokens = optimizing.conditionally(
                due,
                lambda: base_step([total / self.grad_accum_steps for total in sums]),
                list(optimizer.state()) + list(variables),
            )
        tokens = list(tokens or ())
        with optimizing.after(tokens):
            for place, total in zip(places, sums):
                rest = ops.where(due, ops.zeros_like(total), total)
                tokens.append(optimizing.assign(place, rest))
            rest = ops.where(due, ops.zeros_like(count), count)
            tokens.append(optimizing.assign(counter, rest))
        return tokens


extend_with_exponential_moving_average = extender(ExponentialMovingAverage)
extend_with_gradient_accumulation = extender(GradientAccumulation)
extend_with_layer_adaptation = extender(LayerAdaptation)
extend_with_lazy_optimization = extender(LazyOptimization)
extend_with_lookahead = extender(Lookahead)
extend_with_parameter_wise_lr = extender(ParameterWiseLR)
extend_with_piecewise_linear_lr = extender(PiecewiseLinearLR)
extend_with_weight_decay = extender(WeightDecay)

# the names that bert4keras has for tf.keras
extend_with_exponential_moving_average_v2 = extend_with_exponential_moving_average
extend_with_gradient_accumulation_v2 = extend_with_gradient_accumulation
extend_with_layer_adaptation_v2 = extend_with_layer_adaptation
extend_with_lazy_optimization_v2 = extend_with_lazy_optimization
extend_with_lookahead_v2 = extend_with_lookahead
extend_with_parameter_wise_lr_v2 = extend_with_parameter_wise_lr
extend_with_piecewise_linear_lr_v2 = extend_with_piecewise_linear_lr
extend_with_weight_decay_v2 = extend_with_weight_decay

__all__ = [
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
