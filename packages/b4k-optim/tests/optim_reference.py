"""The optimizers and their extensions as plain numpy loops: what the tests compare with."""

import numpy as np


def adam_step(gradient, value, slots, step, rate, bias_correction=True):
    m = slots["m"] = 0.9 * slots.get("m", 0.0) + 0.1 * gradient
    v = slots["v"] = 0.999 * slots.get("v", 0.0) + 0.001 * gradient**2
    if bias_correction:
        m, v = m / (1 - 0.9**step), v / (1 - 0.999**step)
    return value - rate * m / (np.sqrt(v) + 1e-6)


def sgd_step(gradient, value, slots, step, rate):
    return value - rate * gradient


class Loop:
    """A numpy optimizer: `levels` from the inside out, each (kind, options)."""

    def __init__(self, rule, rate, levels=()):
        self.rule, self.rate, self.levels = rule, rate, list(levels)
        self.iterations = 0
        self.slots = {}
        self.state = [{} for _ in self.levels]

    def step(self, weights, gradients):
        self.run(len(self.levels), weights, gradients)

    def current_rate(self):
        rate, batches = self.rate, 1
        for kind, options in self.levels:
            if kind == "accumulation":
                batches = options["k"]
        for kind, options in self.levels:
            if kind == "piecewise":
                knots = sorted(options["schedule"].items())
                knots = knots if knots[0][0] == 0 else [(0, 0.0)] + knots
                rate = rate * np.interp(self.iterations * batches, *zip(*knots))
        return rate

    def run(self, depth, weights, gradients):
        """One step of the outermost `depth` levels; `weights` change in place."""
        if depth == 0:
            for name, gradient in gradients.items():
                slots = self.slots.setdefault(name, {})
                rate = self.current_rate()
                weights[name] = self.rule(gradient, weights[name], slots, self.iterations + 1, rate)
            self.iterations += 1
            return
        kind, options = self.levels[depth - 1]
        getattr(self, kind)(depth - 1, weights, gradients, **options)

    def weight_decay(self, depth, weights, gradients, rate, exclude=()):
        old, lr = dict(weights), self.current_rate()
        self.run(depth, weights, gradients)
        for name in weights:
            if not any(part in name for part in exclude):
                weights[name] = weights[name] - lr * rate * old[name]

    def piecewise(self, depth, weights, gradients, schedule):
        self.run(depth, weights, gradients)
