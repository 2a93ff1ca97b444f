"""What all extensions of an optimizer share: `extend_with_*` make a class of one of these and of any optimizer."""

import numbers
import re
import warnings

from b4k_ops import optimizing


class Extension:
    """One extension: its arguments, its slots for each variable, and what it makes of a step."""

    name = None  # what follows extend_with_
    arguments = {}  # {name: default}
    slots = ()  # a tensor of each variable's shape, zero at first
    counters = ()  # an integer, zero at first
    patterns = ()  # the arguments that name variables
    methods = ()  # what the optimizer can do besides

    def __init__(self, **options):
        for name, default in self.arguments.items():
            setattr(self, name, self.plain(name, options.get(name, default)))
        self.check()

    def plain(self, name, value):
        """An argument as plain Python, whatever Keras wrapped it in."""
        if isinstance(value, dict):
            return dict(value)
        return list(value) if isinstance(value, (list, tuple)) else value

    def check(self):
        """Raise a ValueError if an argument makes no sense."""
        for argument in self.patterns:
            if isinstance(getattr(self, argument), str):
                raise ValueError(
                    "%s must hold patterns, got the string %r" % (argument, getattr(self, argument))
                )

    @property
    def options(self):
        """The arguments as `get_config` has them."""
        return {name: self.plain(name, getattr(self, name)) for name in self.arguments}

    def match(self, pattern, name):
        """Whether a pattern fits a variable's name."""
        return bool(re.search(pattern, name))

    def attach(self, variables, slots, counters):
        """Keep what the methods of the optimizer need besides its steps."""

    def check_names(self, names):
        """Warn about patterns that match no variable."""
        for argument in self.patterns:
            lost = [p for p in getattr(self, argument) if not any(self.match(p, n) for n in names)]
            if lost:
                warnings.warn(
                    "%s has patterns that match no variable: %s; the variables are %s"
                    % (argument, ", ".join(map(repr, lost)), ", ".join(names)),
                    stacklevel=2,
                )

    def scale(self, optimizer, rate):
        """The learning rate that the step uses."""
        return rate

    def run(self, optimizer, gradients, variables, slots, counters, base_step):
        """One step; returns the tokens of its updates."""
        return base_step(gradients)


class Transform(Extension):
    """An extension that looks at each variable before and after the step; its counters count its steps."""

    def applies(self, name):
        """Whether the variable of this name is looked at."""
        return True

    def transform(self, name, gradient, old, new, slots, counts, rate):
        """(the value after the step or None where it stays, {slot: new value})."""
        raise NotImplementedError("%s has no transform" % type(self).__name__)

    def run(self, optimizer, gradients, variables, slots, counters, base_step):
        chosen = [
            (optimizing.name_of(variable), gradient, variable, optimizing.read(variable), slot)
            for gradient, variable, slot in zip(gradients, variables, slots)
            if self.applies(optimizing.name_of(variable))
        ]
        rate = optimizer.current_learning_rate()
        counts = {counter: optimizing.read(counters[counter]) for counter in counters}
        before = [old for _, _, _, old, _ in chosen] + list(counts.values())
        with optimizing.after(before + [rate]):
            tokens = list(base_step(gradients) or ())
        with optimizing.after(tokens):
            for each in chosen:
                tokens = tokens + self._transform_one(counts, rate, *each)
            for counter, count in counts.items():
                tokens.append(optimizing.assign(counters[counter], count + 1))
        return tokens

    def _transform_one(self, counts, rate, name, gradient, variable, old, slots):
        values = {slot: optimizing.read(slots[slot]) for slot in slots}
        now = optimizing.read(variable)
        new, changed = self.transform(name, gradient, old, now, values, counts, rate)
        tokens = [optimizing.assign(slots[slot], value) for slot, value in changed.items()]
        if new is not None:
            constraint = optimizing.constraint_of(variable)
            new = new if constraint is None else constraint(new)
            tokens.append(optimizing.assign(variable, new))
        return tokens


def matches(name, patterns):
    """Whether one of the regular expressions is found in the name."""
    return any(re.search(pattern, name) for pattern in patterns)


def check_count(name, value):
    """Raise a ValueError unless an argument is a whole number from 1 on."""
    whole = isinstance(value, numbers.Real) and not isinstance(value, bool) and value % 1 == 0
    if not whole or value < 1:
        raise ValueError("%s must be a whole number from 1 on, got %r" % (name, value))


def export_to_custom_objects(base_extend_with):
    """Decorate a function that makes an optimizer class of another: it takes the `name` of the new class as well, and
    models compiled with it load."""

    def extend_with(BaseOptimizer, name=None):
        extended = base_extend_with(BaseOptimizer)
        extended.__name__ = extended.__qualname__ = name or extended.__name__
        return optimizing.register(extended)

    extend_with.__name__ = extend_with.__qualname__ = base_extend_with.__name__
    extend_with.__doc__ = base_extend_with.__doc__
    return extend_with


def extender(extension):
    """The `extend_with_*` of an extension."""

    def extend_with(BaseOptimizer):
        if not optimizing.is_optimizer(BaseOptimizer):
            raise TypeError(
                "an optimizer class of this Keras can be extended, got %r" % (BaseOptimizer,)
            )
        extended = optimizing.extend(BaseOptimizer, extension)
        extended.__doc__ = extension.__doc__
        for argument in extension.arguments:
            setattr(extended, argument, _option(extension, argument))
        for method in extension.methods:
            setattr(extended, method, _method(extension, method))
        return extended

    extend_with.__name__ = "extend_with_" + extension.name
    extend_with.__doc__ = "A subclass of an optimizer. " + extension.__doc__
    return export_to_custom_objects(extend_with)


def _option(extension, argument):
    """A property that is an argument of the extension, also where Keras's own optimizers have one of its name."""

    def give(optimizer):
        return getattr(optimizer.extension(extension), argument)

    def take(optimizer, value):
        if optimizer.levels:  # else it is Keras's own, while the optimizer is being made
            setattr(optimizer.extension(extension), argument, value)

    return property(give, take)


def _method(extension, name):
    """A method that is the extension's."""

    def method(optimizer, *args, **kwargs):
        return getattr(optimizer.extension(extension), name)(*args, **kwargs)

    method.__name__ = name
    method.__doc__ = getattr(extension, name).__doc__
    return method


__all__ = [
    "Extension",
    "Transform",
    "check_count",
    "export_to_custom_objects",
    "extender",
    "matches",
]
