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


def lion_step(gradient, value, slots, step, rate):
    m = slots.get("m", 0.0)
    slots["m"] = 0.98 * m + 0.02 * gradient
    return value - rate * np.sign(0.95 * m + 0.05 * gradient)


def rms(x):
    return np.sqrt(np.mean(x**2))


def adafactor_step(gradient, value, slots, step, rate, beta1=0.0, factor=False, scale=True):
    """`rate` None is the relative one; `factor` matrices whose shorter side is 2 or more."""
    beta2, square = 1 - step**-0.8, gradient**2 + 1e-30
    if factor and value.ndim == 2 and min(value.shape) > 1:
        long, short = np.argmax(value.shape), np.argmin(value.shape)
        vr = slots["vr"] = beta2 * slots.get("vr", 0) + (1 - beta2) * square.mean(
            long, keepdims=True
        )
        vc = slots["vc"] = beta2 * slots.get("vc", 0) + (1 - beta2) * square.mean(
            short, keepdims=True
        )
        v = vr * vc / vr.mean(short, keepdims=True)
    else:
        v = slots["v"] = beta2 * slots.get("v", 0) + (1 - beta2) * square
    update = gradient / np.sqrt(v + 1e-30)
    update = update / max(1.0, rms(update))
    if beta1:
        update = slots["m"] = beta1 * slots.get("m", 0) + (1 - beta1) * update
    if rate is None:
        rate = min(step**-0.5, 0.01) * (1 if scale else 0.05)
    return value - rate * update * (max(rms(value), 1e-3) if scale else 1.0)


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

    def steps_within(self, depth):
        """The steps that the levels below `depth` have taken, as seen from there."""
        steps = self.iterations
        for (kind, options), state in zip(self.levels[:depth], self.state):
            if kind == "accumulation":
                steps = steps * options["k"] + state.get("count", 0)
        return steps

    def weight_decay(self, depth, weights, gradients, rate, exclude=()):
        old, lr = dict(weights), self.current_rate()
        self.run(depth, weights, gradients)
        for name in weights:
            if not any(part in name for part in exclude):
                weights[name] = weights[name] - lr * rate * old[name]

    def piecewise(self, depth, weights, gradients, schedule):
        self.run(depth, weights, gradients)

    def layer_adaptation(self, depth, weights, gradients, exclude=()):
        old, lr = dict(weights), max(self.current_rate(), 1e-7)
        self.run(depth, weights, gradients)
        for name in weights:
            move = weights[name] - old[name]
            size, moved = np.linalg.norm(old[name]), np.linalg.norm(move / lr)
            if size > 0 and moved > 0 and not any(part in name for part in exclude):
                weights[name] = old[name] + move * size / moved

    def parameter_wise(self, depth, weights, gradients, factors):
        old = dict(weights)
        self.run(depth, weights, gradients)
        for name in weights:
            factor = np.prod([value for part, value in factors.items() if part in name])
            weights[name] = old[name] + (weights[name] - old[name]) * factor

    def lazy(self, depth, weights, gradients, include):
        old = dict(weights)
        self.run(depth, weights, gradients)
        for name in weights:
            if include in name:
                moved = (gradients[name] != 0).any(-1, keepdims=True)
                weights[name] = np.where(moved, weights[name], old[name])

    def lookahead(self, depth, weights, gradients, k, alpha):
        slow, steps = self.state[depth], self.steps_within(depth)
        for name in weights:
            slow.setdefault(name, weights[name])
        self.run(depth, weights, gradients)
        if (steps + 1) % k == 0:
            for name in weights:
                slow[name] = slow[name] + alpha * (weights[name] - slow[name])
                weights[name] = slow[name]

    def average(self, depth, weights, gradients, momentum):
        state = self.state[depth]
        self.run(depth, weights, gradients)
        state["count"] = state.get("count", 0) + 1
        for name in weights:
            state[name] = momentum * state.get(name, 0.0) + (1 - momentum) * weights[name]

    def accumulation(self, depth, weights, gradients, k):
        state = self.state[depth]
        state["count"] = state.get("count", 0) + 1
        sums = state.setdefault("sums", {name: 0.0 for name in gradients})
        for name in gradients:
            sums[name] = sums[name] + gradients[name]
        if state["count"] == k:
            self.run(depth, weights, {name: sums[name] / k for name in sums})
            state["count"], state["sums"] = 0, {name: 0.0 for name in sums}
