"""Optimizers of tf.keras: those with `update_step` (TensorFlow 2.11 and later), and OptimizerV2 before."""

import tensorflow as tf

from . import _extending, _tfkeras
from ._extending import Hidden, Strict
from ._tensorflow_optimizing import (
    across_replicas,
    after,
    assign,
    clipped,
    conditionally,
    constraint_of,
    dense,
    name_of,
    read,
    register_as_its_name,
)

keras = tf.keras
_HAS_BOTH = hasattr(keras.optimizers, "legacy")  # the earlier ones are there too
_EARLIER = keras.optimizers.legacy.Optimizer if _HAS_BOTH else keras.optimizers.Optimizer
LearningRateSchedule = keras.optimizers.schedules.LearningRateSchedule


def is_optimizer(base):
    """Whether a class is an optimizer of this Keras."""
    return isinstance(base, type) and issubclass(base, (keras.optimizers.Optimizer, _EARLIER))


def register(target):
    """Keras can load an optimizer class without `custom_objects`, also by the plain name that bert4keras saved, unless
    that is Keras's own; a later class of the same name takes its place."""
    if not hasattr(keras.utils, "register_keras_serializable"):
        return register_as_its_name(target, keras)  # TensorFlow 1.15
    known, name = keras.utils.get_custom_objects(), target.__name__
    known.pop("b4k>" + name, None)
    if name.lower() not in map(str.lower, dir(keras.optimizers)):
        known[name] = target
    return _tfkeras.register(target)


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


class _LaterOptimizer(_Rule, Strict, keras.optimizers.Optimizer):
    def __init__(self, learning_rate, name=None, **kwargs):
        learning_rate = kwargs.pop("lr", learning_rate)
        super().__init__(name=name or self.__class__.__name__, **kwargs)
        self._learning_rate = self._build_learning_rate(learning_rate)

    def build(self, var_list):
        super().build(var_list)
        if getattr(self, "_built", False):
            return
        self._rule_slots = Hidden([self._make_slots(variable) for variable in var_list])
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


# --- extensions


def extend(base, extension):
    """A subclass of an optimizer, each of whose steps runs through `extension`."""
    mixin = _ExtendedEarlier if issubclass(base, _EARLIER) else _ExtendedLater
    return _extending.extend(base, extension, mixin)


class _Extended(_extending.Extended):
    """What both kinds of extended optimizers share."""

    name_of = staticmethod(name_of)

    def key_of(self, variable):
        """What tells variables apart, also across the devices of a strategy."""
        return getattr(variable, "_unique_id", None) or variable._shared_name

    def apply_gradients(self, grads_and_vars, name=None, **options):
        pairs = list(grads_and_vars)
        with tf.init_scope():
            self.make_variables([variable for _, variable in pairs])
        pairs = [(dense(g), v) for g, v in pairs if g is not None]
        if not pairs:
            return super().apply_gradients(pairs, **options)
        gradients, variables = zip(*pairs)
        apply = super().apply_gradients
        # fit of TensorFlow 2.2 sums the gradients of replicas itself
        summed = not options.pop("experimental_aggregate_gradients", True)
        summed = options.pop("skip_gradients_aggregation", False) or summed

        def step(gradients):
            # Keras sums the gradients of replicas
            replicas = tf.distribute.get_strategy().num_replicas_in_sync
            parts = [gradient / replicas for gradient in gradients]
            return [apply(list(zip(parts, variables)), **options)]

        def run(gradients, each):
            return self.run_levels(gradients, variables, lambda gradients: each(step, gradients))

        tokens = across_replicas(run, gradients, summed)
        return self.iterations if tf.executing_eagerly() else tf.group(*_operations(tokens))


class _ExtendedLater(_Extended, Strict):
    """An optimizer with `update_step`."""

    def build(self, var_list):
        super().build(var_list)
        self.build_levels(var_list)

    def make_variables(self, variables):
        """Make all variables of the optimizer."""
        self.build(variables)
        self._compute_current_learning_rate()

    def make_slot(self, variable, name):
        """Zeros of a variable's shape."""
        return self.add_variable_from_reference(variable, name)

    def make_counter(self, name):
        """The integer zero."""
        return self.add_variable((), "int32", name=name)

    def state(self):
        """All variables that a step changes, those of the model aside."""
        return self.variables

    def current_learning_rate(self):
        """The learning rate of this step, scaled by all extensions."""
        self._compute_current_learning_rate()
        with self.scaled():
            return tf.convert_to_tensor(self.learning_rate)

    @property
    def learning_rate(self):
        return self.scale(super().learning_rate)

    @learning_rate.setter
    def learning_rate(self, rate):
        keras.optimizers.Optimizer.learning_rate.fset(self, rate)


class _ExtendedEarlier(_Extended):
    """An OptimizerV2. Where it clips the gradients of each batch, they are clipped in the step instead."""

    def __init__(self, *args, **kwargs):
        names = () if hasattr(_EARLIER, "_transform_gradients") else ("clipnorm", "clipvalue")
        self._clipping = {name: kwargs.pop(name) for name in names if name in kwargs}
        super().__init__(*args, **kwargs)

    def clip(self, gradients):
        return clipped(gradients, **self._clipping)

    def get_config(self):
        return dict(super().get_config(), **self._clipping)

    def _create_slots(self, var_list):
        super()._create_slots(var_list)
        self.build_levels(var_list)

    def make_variables(self, variables):
        """Make all variables of the optimizer."""
        _ = self.iterations
        self._create_hypers()
        self._create_slots(variables)

    def make_slot(self, variable, name):
        """Zeros of a variable's shape."""
        return self.add_slot(variable, name)

    def make_counter(self, name):
        """The integer zero."""
        counter = self.add_weight(name, shape=[], dtype=tf.int32, trainable=False)
        self._weights.append(counter)
        return counter

    def state(self):
        """All variables that a step changes, those of the model aside."""
        return self.weights

    def current_learning_rate(self):
        """The learning rate of this step, scaled by all extensions."""
        with self.scaled():
            return tf.identity(self._decayed_lr(tf.as_dtype(keras.backend.floatx())))

    def _decayed_lr(self, var_dtype):
        return self.scale(super()._decayed_lr(var_dtype))


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
