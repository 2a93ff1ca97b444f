"""Optimizers of Keras 3."""

import contextlib

import keras
from keras import ops

from . import _extending
from ._extending import Hidden, Strict
from ._keras3 import register

if keras.backend.backend() == "tensorflow":
    from ._tensorflow_optimizing import across_replicas, dense
else:
    dense = ops.convert_to_tensor

    def across_replicas(function, gradients):
        """`function(gradients, each)`: gradients are whole here; `each(step, gradients)` takes a step."""
        return function(gradients, lambda step, gradients: step(gradients))


LearningRateSchedule = keras.optimizers.schedules.LearningRateSchedule

# --- variables


def read(variable):
    """A copy of a variable's value, which its next update leaves alone."""
    return ops.copy(ops.convert_to_tensor(variable))


def assign(variable, value):
    """Give a variable a value."""
    variable.assign(ops.cast(value, variable.dtype))


def after(tokens):
    """What is written in this scope runs after `tokens`; here everything runs in the order it is written in."""
    return contextlib.nullcontext()


def name_of(variable):
    """The name that patterns are matched against: layer/weight."""
    return variable.path


def constraint_of(variable):
    """What is done to a variable's new values, or None."""
    return variable.constraint


def conditionally(condition, step, variables):
    """Run `step`, which updates `variables`, only where the condition holds."""
    if keras.backend.backend() != "jax":
        return ops.cond(condition, lambda: _nothing(step()), lambda: None)
    before = [ops.convert_to_tensor(variable) for variable in variables]
    step()
    for variable, value in zip(variables, before):
        variable.assign(ops.where(condition, ops.convert_to_tensor(variable), value))


def _nothing(result):
    """None, whatever a step returns."""


# --- optimizers


def is_optimizer(base):
    """Whether a class is an optimizer of this Keras."""
    return isinstance(base, type) and issubclass(base, keras.optimizers.Optimizer)


class _WithLr:
    """Stands before an optimizer: `lr` is its learning rate, as before Keras 3."""

    def __init__(self, *args, **kwargs):
        if "lr" in kwargs:
            args, kwargs["learning_rate"] = args[1:], kwargs.pop("lr")
        super().__init__(*args, **kwargs)

    @property
    def lr(self):
        return self.learning_rate

    @lr.setter
    def lr(self, rate):
        self.learning_rate = rate


class Optimizer(_WithLr, Strict, keras.optimizers.Optimizer):
    """An optimizer that is written as a rule: `slot_shapes` and `rule`."""

    def slot_shapes(self, shape):
        """{name: shape} of the slots of a variable of this shape; all start at zero."""
        return {}

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._rule_slots = Hidden([self._make_slots(variable) for variable in variables])

    def _make_slots(self, variable):
        slots = {}
        for name, shape in self.slot_shapes(tuple(variable.shape)).items():
            if tuple(shape) == tuple(variable.shape):
                slots[name] = self.add_variable_from_reference(variable, name=name)
            else:
                key = "%s_%s" % (variable.path.replace("/", "_"), name)
                slots[name] = self.add_variable(shape, dtype=variable.dtype, name=key)
        return slots

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        slots = self._rule_slots.value[index]
        value, dtype = ops.convert_to_tensor(variable), variable.dtype
        new, changed = self.rule(
            name_of(self._trainable_variables[index]),
            ops.cast(dense(gradient), dtype),
            value,
            {name: ops.convert_to_tensor(slot) for name, slot in slots.items()},
            ops.cast(self.iterations, dtype) + 1,
            ops.cast(learning_rate, dtype),
        )
        for name, slot_value in changed.items():
            self.assign(slots[name], slot_value)
        self.assign(variable, new)


# --- extensions


class _Extended(_extending.Extended, _WithLr, Strict):
    """An optimizer with extensions."""

    name_of = staticmethod(name_of)

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.build_levels(variables)

    def key_of(self, variable):
        """What tells variables apart."""
        return self._get_variable_index(variable)

    def make_slot(self, variable, name):
        """Zeros of a variable's shape."""
        return self.add_variable_from_reference(variable, name=name)

    def make_counter(self, name):
        """The integer zero."""
        return self.add_variable((), dtype="int32", name=name)

    def state(self):
        """All variables that a step changes, those of the model aside."""
        return self.variables

    def apply(self, grads, trainable_variables=None):
        if trainable_variables is not None and not self.built:
            with keras.name_scope(self.name):
                self.build(list(trainable_variables))
        variables = list(trainable_variables or self._trainable_variables)
        pairs = [(dense(g), v) for g, v in zip(grads, variables) if g is not None]
        if not pairs:
            return super().apply(grads, variables)
        gradients, variables = zip(*pairs)
        apply = super().apply

        def step(gradients):
            apply(gradients, variables)

        def run(gradients, each):
            self.run_levels(gradients, variables, lambda gradients: each(step, gradients))

        across_replicas(run, gradients)

    def _all_reduce_sum_gradients(self, grads_and_vars):  # on TensorFlow
        # those of a step are sums already
        return grads_and_vars if self._scales else super()._all_reduce_sum_gradients(grads_and_vars)

    def current_learning_rate(self):
        """The learning rate of this step, scaled by all extensions."""
        with self.scaled():
            return ops.convert_to_tensor(self._get_current_learning_rate())

    def _get_current_learning_rate(self):
        return self.scale(super()._get_current_learning_rate())


def extend(base, extension):
    """A subclass of an optimizer, each of whose steps runs through `extension`."""
    return _extending.extend(base, extension, _Extended)


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
