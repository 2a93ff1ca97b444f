"""Optimizers with extensions, the part that is the same on every Keras: see `optimizing.extend`."""

import contextlib


class Hidden:
    """A value that Keras does not look into."""

    def __init__(self, value):
        self.value = value


class Level:
    """An extension of one optimizer, with its slots for each variable and its counters."""

    def __init__(self, extension):
        self.extension = extension
        self.forget()

    def forget(self):
        """Start anew, without variables."""
        self.variables, self.slots, self.counters = [], {}, None

    def slots_of(self, keys):
        """[{name: slot}] of the variables that the keys tell apart."""
        return [self.slots[key] for key in keys]


class Extended:
    """What stands before an optimizer in the bases of an extended class; its steps run through all `extensions`, the
    innermost first. The adapters of each Keras say where that takes a step, and make slots and counters."""

    extensions = ()
    _scales = False

    def __init__(self, *args, **kwargs):
        if "lr" in kwargs:  # which later tf.keras ignores
            kwargs["learning_rate"] = kwargs.pop("lr")
        levels = [Level(extension(**kwargs)) for extension in self.extensions]
        taken = {name for extension in self.extensions for name in extension.arguments}
        super().__init__(*args, **{k: v for k, v in kwargs.items() if k not in taken})
        self._levels = Hidden(levels)

    @property
    def levels(self):
        """The extensions of this optimizer, the innermost first; empty while it is being made."""
        return self._levels.value if hasattr(self, "_levels") else []

    def extension(self, kind):
        """The extension of a kind, None while the optimizer is being made."""
        return next((x.extension for x in self.levels if type(x.extension) is kind), None)

    def get_config(self):
        config = super().get_config()
        for level in self.levels:
            config.update(level.extension.options)
        return config

    # --- what the extensions keep

    def build_levels(self, variables):
        """Make the slots and counters that are not there yet."""
        for level in self.levels:
            new = [v for v in variables if self.key_of(v) not in level.slots]
            extension = level.extension
            if level.counters is None:
                extension.check_names([self.name_of(variable) for variable in variables])
                level.counters = {name: self.make_counter(name) for name in extension.counters}
            for variable in new:
                slots = {name: self.make_slot(variable, name) for name in extension.slots}
                level.slots[self.key_of(variable)] = slots
            level.variables += new
            slots = level.slots_of(map(self.key_of, level.variables))
            extension.attach(level.variables, slots, level.counters)

    # --- a step

    def run_levels(self, gradients, variables, step, depth=None):
        """One step through the innermost `depth` extensions, by default all, around Keras's own `step(gradients)`;
        returns the tokens of its updates."""
        depth = len(self.levels) if depth is None else depth
        if depth == 0:
            with self.scaled():
                return step(self.clip(gradients))
        level = self.levels[depth - 1]

        def base_step(gradients):
            return self.run_levels(gradients, variables, step, depth - 1)

        slots = level.slots_of(map(self.key_of, variables))
        return level.extension.run(self, gradients, variables, slots, level.counters, base_step)

    def clip(self, gradients):
        """The gradients of a step, clipped where Keras itself does so before a step only."""
        return gradients

    # --- the learning rate

    @contextlib.contextmanager
    def scaled(self):
        """Where the learning rate is the one of the step: elsewhere, callbacks read and set the given one."""
        before, self._scales = self._scales, True
        try:
            yield
        finally:
            self._scales = before

    def scale(self, rate):
        """A learning rate, in a step scaled by all extensions."""
        for level in self.levels if self._scales else ():
            rate = level.extension.scale(self, rate)
        return rate


class Strict:
    """Stands before an optimizer whose Keras would assign the weights of another one as far as they fit."""

    def set_weights(self, weights):
        check_state(self, self.variables, weights)
        super().set_weights(weights)

    def load_own_variables(self, store):
        built = getattr(self, "built", getattr(self, "_built", False))  # the second is tf.keras's
        # a file may hold weights only; a state that is not built yet Keras leaves, with a warning
        if built and len(store.keys()):
            values = [store[str(i)] for i in range(len(store.keys()))]
            check_state(self, self.variables, values)
        super().load_own_variables(store)


def check_state(optimizer, variables, values):
    """Raise a ValueError unless a state has one value for each variable, of its shape."""
    where = (
        "the state is that of another model or optimizer than this %s" % type(optimizer).__name__
    )
    if len(variables) != len(values):
        message = "%s: it has %d arrays, %d variables are there"
        raise ValueError(message % (where, len(values), len(variables)))
    for variable, value in zip(variables, values):
        if tuple(variable.shape) != tuple(value.shape):
            message = "%s: for %s of shape %s it has an array of shape %s"
            shapes = tuple(variable.shape), tuple(value.shape)
            raise ValueError(message % ((where, variable.name) + shapes))


def extend(base, extension, mixin):
    """A subclass of an optimizer, each of whose steps runs through `extension` too; `mixin` is Keras's Extended."""
    if not issubclass(base, Extended):
        return type("NewOptimizer", (mixin, base), {"extensions": (extension,)})
    if extension in base.extensions:
        raise ValueError("%s has the extension %s already" % (base.__name__, extension.name))
    return type("NewOptimizer", (base,), {"extensions": base.extensions + (extension,)})


__all__ = ["Extended", "Hidden", "Strict", "extend"]
