"""Optimizers of Keras 2.3.1: their `get_updates` lists the updates of all variables."""

import keras
import tensorflow as tf
from keras import backend as K

from ._keras2 import register
from ._tensorflow_optimizing import after, conditionally, dense, name_of, read


def assign(variable, value):
    """Give a variable a value; returns the token of this update."""
    return K.update(variable, tf.cast(value, K.dtype(variable)))


def is_optimizer(base):
    """Whether a class is an optimizer of this Keras."""
    return isinstance(base, type) and issubclass(base, keras.optimizers.Optimizer)


class Optimizer(keras.optimizers.Optimizer):
    """An optimizer that is written as a rule: `slot_shapes` and `rule`."""

    def __init__(self, learning_rate, name=None, **kwargs):
        learning_rate = kwargs.pop("lr", learning_rate)
        super().__init__(**kwargs)
        with K.name_scope(self.__class__.__name__):
            self.iterations = K.variable(0, dtype="int64", name="iterations")
            self.learning_rate = K.variable(learning_rate, name="learning_rate")

    def slot_shapes(self, shape):
        """{name: shape} of the slots of a variable of this shape; all start at zero."""
        return {}

    @K.symbolic
    def get_updates(self, loss, params):
        gradients = self.get_gradients(loss, params)
        slots = [self._make_slots(variable) for variable in params]
        self.weights = [self.iterations] + [slot for each in slots for slot in each.values()]
        steps = read(self.iterations)
        self.updates = []
        for variable, gradient, each in zip(params, gradients, slots):
            self.updates.extend(self._update(dense(gradient), variable, each, steps))
        with after([steps]):
            self.updates.append(K.update_add(self.iterations, 1))
        return self.updates

    def _make_slots(self, variable):
        shapes = self.slot_shapes(K.int_shape(variable))
        dtype = K.dtype(variable)
        return {
            name: K.zeros(shape, dtype, "%s_%s" % (name_of(variable).replace("/", "_"), name))
            for name, shape in shapes.items()
        }

    def _update(self, gradient, variable, slots, steps):
        dtype = K.dtype(variable)
        new, changed = self.rule(
            name_of(variable),
            gradient,
            read(variable),
            {name: read(slot) for name, slot in slots.items()},
            tf.cast(steps, dtype) + 1,
            tf.cast(self.learning_rate, dtype),
        )
        if getattr(variable, "constraint", None) is not None:
            new = variable.constraint(new)
        with after([new] + list(changed.values())):
            tokens = [assign(slots[name], value) for name, value in changed.items()]
            return tokens + [assign(variable, new)]

    def get_config(self):
        config = super().get_config()
        config["learning_rate"] = float(K.get_value(self.learning_rate))
        return config


def extend(base, extension):
    """A subclass of an optimizer, each of whose steps runs through `extension`."""

    class Extended(base):
        def __init__(self, *args, **kwargs):
            options = {name: kwargs.pop(name) for name in extension.arguments if name in kwargs}
            level = extension(**options)
            super().__init__(*args, **kwargs)
            setattr(self, extension.key, level)
            self._given_gradients = None

        def get_gradients(self, loss, params):
            if self._given_gradients is not None:
                return list(self._given_gradients)
            return super().get_gradients(loss, params)

        @K.symbolic
        def get_updates(self, loss, params):
            level = getattr(self, extension.key)
            level.check_names([name_of(variable) for variable in params])
            gradients = [dense(gradient) for gradient in self.get_gradients(loss, params)]
            slots, counters = make_slots(params), counters_of(self)
            level.attach(params, slots, counters)
            scaled = self._enter_step()
            step = super().get_updates

            def base_step(gradients):
                before, self._given_gradients = self._given_gradients, gradients
                try:
                    return step(loss, params)
                finally:
                    self._given_gradients = before

            try:
                steps = steps_within(self)
                with after([steps, self.current_learning_rate()]):
                    updates = level.run(self, gradients, params, slots, counters, steps, base_step)
            finally:
                self._leave_step(scaled)
            own = [variable for each in slots for variable in each.values()]
            self.weights = self.weights + own + list(counters.values())
            self.updates = [update for update in updates if update is not None]
            return self.updates

        def _enter_step(self):
            """Put the scaled learning rate in place of the given one, once for all extensions."""
            if getattr(self, "_scales", False):
                return None
            given = self.learning_rate
            self._scales = True
            self.learning_rate = self._scale(given)
            return given

        def _leave_step(self, given):
            if given is not None:
                self._scales = False
                self.learning_rate = given

        def _scale(self, rate):
            below = getattr(super(), "_scale", None)
            rate = below(rate) if below else rate
            return getattr(self, extension.key).scale(self, rate)

        def state(self):
            """All variables that a step changes, those of the model aside."""
            return self.weights

        def current_learning_rate(self):
            """The learning rate of this step, scaled by all extensions."""
            return tf.convert_to_tensor(self.learning_rate)

        def steps_taken(self):
            """The number of calls before this one, as seen from outside."""
            level = getattr(self, extension.key)
            return level.steps_taken(steps_within(self), counters_of(self))

        def get_config(self):
            config = super().get_config()
            config.update(getattr(self, extension.key).options)
            return config

    def make_slots(params):
        return [
            {name: K.zeros(K.int_shape(p), K.dtype(p), name) for name in extension.slots}
            for p in params
        ]

    def counters_of(optimizer):  # an outer extension may ask for them first
        key = extension.key + "_counters"
        if not hasattr(optimizer, key):
            counters = {name: K.variable(0, "int32", name) for name in extension.counters}
            setattr(optimizer, key, counters)
        return getattr(optimizer, key)

    def steps_within(optimizer):
        steps = getattr(super(Extended, optimizer), "steps_taken", None)
        return steps() if steps else tf.cast(read(optimizer.iterations), "int32")

    return Extended


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
