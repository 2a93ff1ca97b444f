"""Optimizers of Keras 2.3.1: their `get_updates` lists the updates of all variables."""

import keras
import tensorflow as tf
from keras import backend as K

from . import _extending
from ._tensorflow_optimizing import (
    after,
    clipped,
    conditionally,
    constraint_of,
    dense,
    name_of,
    read,
    register_as_its_name,
)


class LearningRateSchedule:
    """What Keras has no base for, and whose optimizers take none: a mere object."""

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def assign(variable, value):
    """Give a variable a value; returns the token of this update."""
    return K.update(variable, tf.cast(value, K.dtype(variable)))


def register(target):
    """Keras can load an optimizer class without `custom_objects`; a later class of the same name takes its place."""
    return register_as_its_name(target, keras)


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
        return {name: _zeros(variable, shape, name) for name, shape in shapes.items()}

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
        constraint = constraint_of(variable)
        new = new if constraint is None else constraint(new)
        with after([new] + list(changed.values())):
            tokens = [assign(slots[name], value) for name, value in changed.items()]
            return tokens + [assign(variable, new)]

    def get_config(self):
        config = super().get_config()
        config["learning_rate"] = float(K.get_value(self.learning_rate))
        return config


def _zeros(variable, shape, name):
    """A slot of a variable; its name tells whose, since Keras saves the weights of optimizers by name."""
    name = "%s_%s" % (name_of(variable).replace("/", "_"), name)
    return K.zeros(shape, K.dtype(variable), name)


# --- extensions


class _Extended(_extending.Extended):
    """An optimizer with extensions. Keras clips the gradients of each batch; here those of a step are clipped."""

    name_of = staticmethod(name_of)
    _given_gradients = None

    def __init__(self, *args, **kwargs):
        names = ("clipnorm", "clipvalue")
        self._clipping = {name: kwargs.pop(name) for name in names if name in kwargs}
        super().__init__(*args, **kwargs)

    def clip(self, gradients):
        norm, value = map(self._clipping.get, ("clipnorm", "clipvalue"))
        return clipped(gradients, global_clipnorm=norm, clipvalue=value)

    def get_config(self):
        return dict(super().get_config(), **self._clipping)

    def get_gradients(self, loss, params):
        if self._given_gradients is not None:
            return list(self._given_gradients)
        return super().get_gradients(loss, params)

    @K.symbolic
    def get_updates(self, loss, params):
        gradients = [dense(gradient) for gradient in self.get_gradients(loss, params)]
        for level in self.levels:
            level.forget()  # as Keras does: its own slots are made anew
        self.build_levels(params)
        given = self.learning_rate
        with self.scaled():
            self.learning_rate = self.scale(given)
        step = super().get_updates

        def base_step(gradients):
            self._given_gradients = gradients
            return step(loss, params)

        try:
            with after([self.current_learning_rate()]):
                updates = self.run_levels(gradients, params, base_step)
        finally:
            self.learning_rate, self._given_gradients = given, None
        self.weights = self.weights + self._variables_of_levels()
        self.updates = [update for update in updates if update is not None]
        return self.updates

    def _variables_of_levels(self):
        found = []
        for level in self.levels:
            found += [slot for slots in level.slots.values() for slot in slots.values()]
            found += list(level.counters.values())
        return found

    def key_of(self, variable):
        """What tells variables apart."""
        return id(variable)

    def make_slot(self, variable, name):
        """Zeros of a variable's shape."""
        return _zeros(variable, K.int_shape(variable), name)

    def make_counter(self, name):
        """The integer zero."""
        return K.variable(0, "int32", name)

    def state(self):
        """All variables that a step changes, those of the model aside."""
        return self.weights

    def current_learning_rate(self):
        """The learning rate of this step, scaled by all extensions."""
        return tf.convert_to_tensor(self.learning_rate)


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
