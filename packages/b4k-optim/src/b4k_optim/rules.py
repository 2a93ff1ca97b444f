"""What one step of an optimizer does with one variable. Written once, on ops; every rule is
(gradient, value, slots, step from 1, learning rate) -> (new value, new slots)."""

from b4k_ops import ops


def adam(gradient, value, slots, step, rate, beta_1, beta_2, epsilon, bias_correction):
    """Adam (https://arxiv.org/abs/1412.6980); without bias correction, BERT's."""
    m = beta_1 * slots["m"] + (1 - beta_1) * gradient
    v = beta_2 * slots["v"] + (1 - beta_2) * ops.square(gradient)
    mean, square = m, v
    if bias_correction:
        mean, square = m / (1 - beta_1**step), v / (1 - beta_2**step)
    return value - rate * mean / (ops.sqrt(square) + epsilon), {"m": m, "v": v}


__all__ = ["adam"]
