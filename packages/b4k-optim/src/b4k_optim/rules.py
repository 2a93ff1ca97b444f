"""What one step of an optimizer does with one variable. Written once, on ops; every rule is
(gradient, value, slots, step from 1, learning rate) -> (new value, new slots)."""

import numpy as np
from b4k_ops import ops


def adam(gradient, value, slots, step, rate, beta_1, beta_2, epsilon, bias_correction):
    """Adam (https://arxiv.org/abs/1412.6980); without bias correction, BERT's."""
    m = beta_1 * slots["m"] + (1 - beta_1) * gradient
    v = beta_2 * slots["v"] + (1 - beta_2) * ops.square(gradient)
    mean, square = m, v
    if bias_correction:
        mean, square = m / (1 - beta_1**step), v / (1 - beta_2**step)
    return value - rate * mean / (ops.sqrt(square) + epsilon), {"m": m, "v": v}


def lion(gradient, value, slots, step, rate, beta_1, beta_2):
    """Lion (https://arxiv.org/abs/2302.06675): the sign of one average moves, another is kept."""
    direction = ops.sign(beta_1 * slots["m"] + (1 - beta_1) * gradient)
    return value - rate * direction, {"m": beta_2 * slots["m"] + (1 - beta_2) * gradient}


def factored_axes(shape, min_dim_size):
    """(the longest axis, the second longest) of a tensor that AdaFactor factors, else None."""
    if len(shape) < 2:
        return None
    axes = np.argpartition(shape, -2)
    second, first = int(axes[-2]), int(axes[-1])
    return None if shape[second] < min_dim_size else (first, second)


def second_moment(square, slots, beta_2, axes):
    """(the average of squared gradients, its new slots): of rank one where `axes` are given."""
    if axes is None:
        v = beta_2 * slots["v"] + (1 - beta_2) * square
        return v, {"v": v}
    first, second = axes
    vr = beta_2 * slots["vr"] + (1 - beta_2) * ops.mean(square, axis=first, keepdims=True)
    vc = beta_2 * slots["vc"] + (1 - beta_2) * ops.mean(square, axis=second, keepdims=True)
    return vr * vc / ops.mean(vr, axis=second, keepdims=True), {"vr": vr, "vc": vc}


def root_mean_square(x):
    """A number: the size of a typical entry."""
    return ops.sqrt(ops.mean(ops.square(x)))


__all__ = ["adam", "factored_axes", "lion", "root_mean_square", "second_moment"]
