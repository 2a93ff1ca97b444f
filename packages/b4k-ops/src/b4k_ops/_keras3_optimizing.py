"""Optimizers of Keras 3."""

import contextlib

import keras
from keras import ops

from ._keras3 import register
from ._scaling import scaled

if keras.backend.backend() == "tensorflow":
    from tensorflow import convert_to_tensor as dense
else:
    dense = ops.convert_to_tensor

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


class Optimizer(keras.optimizers.Optimizer):
    """An optimizer that is written as a rule: `slot_shapes` and `rule`."""

    def slot_shapes(self, shape):
        """{name: shape} of the slots of a variable of this shape; all start at zero."""
        return {}

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._slots = _Slots(self._make_slots(variable) for variable in variables)

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
        slots = self._slots[index]
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


class _Slots(list):
    """A list that Keras does not look into: its variables are tracked already."""

    def __init__(self, slots):
        super().__init__(slots)


def extend(base, extension):
    """A subclass of an optimizer, each of whose steps runs through `extension`."""

    class Extended(base):
        def __init__(self, *args, **kwargs):
            options = {name: kwargs.pop(name) for name in extension.arguments if name in kwargs}
            level = extension(**options)
            super().__init__(*args, **kwargs)
            setattr(self, extension.key, _Level(level))

        def build(self, variables):
            if self.built:
                return
            super().build(variables)
            level = getattr(self, extension.key)
            level.extension.check_names([name_of(variable) for variable in variables])
            level.slots = [
                {
                    name: self.add_variable_from_reference(variable, name=name)
                    for name in extension.slots
                }
                for variable in variables
            ]
            level.counters = {
                name: self.add_variable((), dtype="int32", name=name) for name in extension.counters
            }
            level.extension.attach(variables, level.slots, level.counters)

        def apply(self, grads, trainable_variables=None):
            if trainable_variables is not None and not self.built:
                with keras.name_scope(self.name):
                    self.build(list(trainable_variables))
            variables = list(trainable_variables or self._trainable_variables)
            pairs = [(g, v) for g, v in zip(grads, variables) if g is not None]
            if not pairs:
                return super().apply(grads, variables)
            gradients, variables = zip(*pairs)
            gradients = [dense(gradient) for gradient in gradients]
            level = getattr(self, extension.key)
            slots = [level.slots[self._get_variable_index(variable)] for variable in variables]
            step = super().apply

            def base_step(gradients):
                with scaled(self):
                    step(gradients, variables)

            level.extension.run(
                self, gradients, variables, slots, level.counters, steps_within(self), base_step
            )
            return None

        def current_learning_rate(self):
            """The learning rate of this step, scaled by all extensions."""
            with scaled(self):
                return ops.convert_to_tensor(self._get_current_learning_rate())

        def state(self):
            """All variables that a step changes, those of the model aside."""
            return self.variables

        def _get_current_learning_rate(self):
            rate = super()._get_current_learning_rate()
            if not getattr(self, "_scales", False):
                return rate
            return getattr(self, extension.key).extension.scale(self, rate)

        def steps_taken(self):
            """The number of calls before this one, as seen from outside."""
            level = getattr(self, extension.key)
            return level.extension.steps_taken(steps_within(self), level.counters)

        def get_config(self):
            config = super().get_config()
            config.update(getattr(self, extension.key).extension.options)
            return config

    def steps_within(optimizer):
        steps = getattr(super(Extended, optimizer), "steps_taken", None)
        return steps() if steps else ops.cast(read(optimizer.iterations), "int32")

    return Extended


class _Level:
    """An extension of one optimizer, with its slots."""

    def __init__(self, extension):
        self.extension = extension
        self.slots, self.counters = [], {}


__all__ = [
    "Optimizer",
    "after",
    "assign",
    "conditionally",
    "extend",
    "is_optimizer",
    "name_of",
    "read",
    "register",
]
