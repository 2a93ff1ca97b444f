"""Recomputing a layer in the backward pass instead of keeping its intermediate values."""

import os


def recompute_grad(call):
    """Decorate a layer's `call`: with RECOMPUTE=1 its intermediate values are not kept for the gradient.

    Without it the function is returned as it is. https://arxiv.org/abs/1604.06174
    """
    if os.environ.get("RECOMPUTE", "0") in ("", "0"):
        return call
    raise NotImplementedError(
        "RECOMPUTE=%s asks for recomputation, which arrives with b4k-optim 0.2: unset RECOMPUTE to run without"
        % os.environ["RECOMPUTE"]
    )


__all__ = ["recompute_grad"]
