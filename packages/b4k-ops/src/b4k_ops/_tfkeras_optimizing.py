"""Optimizers of tf.keras: those with `update_step` (TensorFlow 2.11 and later), and OptimizerV2 before."""

import tensorflow as tf

from ._scaling import scaled
from ._tensorflow_optimizing import after, assign, conditionally, dense, name_of, read

keras = tf.keras
_HAS_BOTH = hasattr(keras.optimizers, "legacy")  # the earlier ones are there too
_EARLIER = keras.optimizers.legacy.Optimizer if _HAS_BOTH else keras.optimizers.Optimizer


def is_optimizer(base):
    """Whether a class is an optimizer of this Keras."""
    return isinstance(base, type) and issubclass(base, (keras.optimizers.Optimizer, _EARLIER))


def register(target):
    """Keras can load an optimizer class without `custom_objects`; a later class of the same name takes its place."""
    keras.utils.get_custom_objects()[target.__name__] = target
    return target


# --- optimizers that are a rule


class _Rule:
    """An optimizer that is written as a rule: `slot_shapes` and `rule`."""

    def slot_shapes(self, shape):
        """{name: shape} of the slots of a variable of this shape; all start at zero."""
        return {}

    def _update(self, gradient, variable, slots, learning_rate):
        dtype = variable.dtype.base_dtype
        new, changed = self.rule(
            name_of(variable),
            tf.cast(gradient, dtype),
            read(variable),
            {name: read(slot) for name, slot in slots.items()},
            tf.cast(self.iterations, dtype) + 1,
            tf.cast(learning_rate, dtype),
        )
        with after([new] + list(changed.values())):
            tokens = [assign(slots[name], value) for name, value in changed.items()]
            return tf.group(*_operations(tokens + [assign(variable, new)]))


def _operations(tokens):
    return [token for token in tokens if token is not None]


class _LaterOptimizer(_Rule, keras.optimizers.Optimizer):
    def __init__(self, learning_rate, name=None, **kwargs):
        super().__init__(name=name or self.__class__.__name__, **kwargs)
        self._learning_rate = self._build_learning_rate(learning_rate)

    def build(self, var_list):
        super().build(var_list)
        if getattr(self, "_built", False):
            return
        self._rule_slots = _Hidden([self._make_slots(variable) for variable in var_list])
        self._built = True

    def _make_slots(self, variable):
        shapes = self.slot_shapes(tuple(variable.shape))
        return {
            name: self.add_variable_from_reference(variable, name, shape=shape)
            for name, shape in shapes.items()
        }

    def update_step(self, gradient, variable):
        slots = self._rule_slots.value[self._index_dict[self._var_key(variable)]]
        self._update(dense(gradient), variable, slots, self.learning_rate)

    def get_config(self):
        config = super().get_config()
        config["learning_rate"] = self._serialize_hyperparameter(self._learning_rate)
        return config


class _EarlierOptimizer(_Rule, _EARLIER):
    def __init__(self, learning_rate, name=None, **kwargs):
        super().__init__(name=name or self.__class__.__name__, **kwargs)
        self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))

    def _create_slots(self, var_list):
        for variable in var_list:
            for name, shape in self.slot_shapes(tuple(variable.shape.as_list())).items():
                self.add_slot(variable, name, tf.zeros(shape, variable.dtype.base_dtype))

    def _resource_apply_dense(self, grad, var, apply_state=None):
        names = self.slot_shapes(tuple(var.shape.as_list()))
        slots = {name: self.get_slot(var, name) for name in names}
        return self._update(grad, var, slots, self._decayed_lr(var.dtype.base_dtype))

    def _resource_apply_sparse(self, grad, var, indices, apply_state=None):
        slices = tf.IndexedSlices(grad, indices, tf.shape(var))
        return self._resource_apply_dense(dense(slices), var)

    def get_config(self):
        config = super().get_config()
        config["learning_rate"] = self._serialize_hyperparameter("learning_rate")
        return config


Optimizer = _LaterOptimizer if _HAS_BOTH else _EarlierOptimizer


class _Hidden:
    """A value that Keras does not look into."""

    def __init__(self, value):
        self.value = value


# --- extensions


def extend(base, extension):
    """A subclass of an optimizer, each of whose steps runs through `extension`."""
    return (_extend_earlier if issubclass(base, _EARLIER) else _extend_later)(base, extension)


class _Level:
    """An extension of one optimizer, with its slots."""

    def __init__(self, extension):
        self.extension = extension
        self.slots, self.counters = {}, None


def _extended(base, extension):
    """What both kinds of extended optimizers share."""

    class Extended(base):
        def __init__(self, *args, **kwargs):
            options = {name: kwargs.pop(name) for name in extension.arguments if name in kwargs}
            level = extension(**options)
            super().__init__(*args, **kwargs)
            setattr(self, extension.key, _Level(level))

        def apply_gradients(self, grads_and_vars, name=None, **options):
            pairs = list(grads_and_vars)
            with tf.init_scope():
                self._make_variables([variable for _, variable in pairs])
            pairs = [(dense(g), v) for g, v in pairs if g is not None]
            if not pairs:
                return super().apply_gradients(pairs, **options)
            gradients, variables = zip(*pairs)
            level = getattr(self, extension.key)
            slots = _slots_of(level, variables)
            step = super().apply_gradients

            def base_step(gradients):
                with scaled(self):
                    return [step(list(zip(gradients, variables)), **options)]

            tokens = level.extension.run(
                self, gradients, variables, slots, level.counters, steps_within(self), base_step
            )
            return self.iterations if tf.executing_eagerly() else tf.group(*_operations(tokens))

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
        return steps() if steps else tf.cast(tf.identity(optimizer.iterations), "int32")

    return Extended


def _key(variable):
    """What tells variables apart, also across the devices of a strategy."""
    return getattr(variable, "_unique_id", None) or variable._shared_name


def _slots_of(level, variables):
    return [level.slots[_key(variable)] for variable in variables]


def _extend_later(base, extension):
    """An optimizer with `update_step`."""

    class Extended(_extended(base, extension)):
        def build(self, var_list):
            super().build(var_list)
            level = getattr(self, extension.key)
            if level.counters is not None:
                return
            level.extension.check_names([name_of(variable) for variable in var_list])
            for variable in var_list:
                level.slots[_key(variable)] = {
                    name: self.add_variable_from_reference(variable, name)
                    for name in extension.slots
                }
            level.counters = {
                name: self.add_variable((), "int32", name=name) for name in extension.counters
            }
            level.extension.attach(var_list, _slots_of(level, var_list), level.counters)

        def _make_variables(self, variables):
            self.build(variables)
            self._compute_current_learning_rate()

        def current_learning_rate(self):
            """The learning rate of this step, scaled by all extensions."""
            self._compute_current_learning_rate()
            with scaled(self):
                return tf.convert_to_tensor(self.learning_rate)

        def state(self):
            """All variables that a step changes, those of the model aside."""
            return self.variables

        @property
        def learning_rate(self):
            rate = super().learning_rate
            if not getattr(self, "_scales", False):
                return rate
            return getattr(self, extension.key).extension.scale(self, rate)

        @learning_rate.setter
        def learning_rate(self, rate):
            base.learning_rate.fset(self, rate)

    return Extended


def _extend_earlier(base, extension):
    """An OptimizerV2."""

    class Extended(_extended(base, extension)):
        def _create_slots(self, var_list):
            super()._create_slots(var_list)
            level = getattr(self, extension.key)
            for variable in var_list:
                level.slots[_key(variable)] = {
                    name: self.add_slot(variable, name) for name in extension.slots
                }
            if level.counters is None:
                level.extension.check_names([name_of(variable) for variable in var_list])
                level.counters = {name: self._make_counter(name) for name in extension.counters}
            level.extension.attach(var_list, _slots_of(level, var_list), level.counters)

        def _make_counter(self, name):
            counter = self.add_weight(name, shape=[], dtype=tf.int32, trainable=False)
            self._weights.append(counter)
            return counter

        def _make_variables(self, variables):
            _ = self.iterations
            self._create_hypers()
            self._create_slots(variables)

        def current_learning_rate(self):
            """The learning rate of this step, scaled by all extensions."""
            return self._decayed_lr(tf.as_dtype(keras.backend.floatx()))

        def state(self):
            """All variables that a step changes, those of the model aside."""
            return self.weights

        def _decayed_lr(self, var_dtype):
            rate = super()._decayed_lr(var_dtype)
            return getattr(self, extension.key).extension.scale(self, rate)

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
