"""Torch's own kernels for what Keras 3 composes of several there."""

import torch
from keras.ops import convert_to_tensor


def attention(q, k, v, mask, scale):
    """Scaled dot product attention without a copy of its inputs, [batch, T, heads, size].

    Where the bool mask hides all keys from a query, torch gives 0.
    """
    q, k, v = (x.transpose(1, 2) for x in (q, k, v))  # [batch, heads, length, size]
    o = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale)
    return o.transpose(1, 2)


def linear(x, kernel, bias):
    """x [..., in] @ kernel [in, out] + bias [out] in one pass over the output."""
    bias = None if bias is None else convert_to_tensor(bias, x.dtype)
    return torch.nn.functional.linear(x, convert_to_tensor(kernel, x.dtype).t(), bias)


def layer_norm(x, gamma, beta, epsilon):
    """Zero mean and unit variance over the last dimension of x [..., dim], times gamma, plus beta."""
    gamma = None if gamma is None else convert_to_tensor(gamma, x.dtype)
    beta = None if beta is None else convert_to_tensor(beta, x.dtype)
    return torch.nn.functional.layer_norm(x, x.shape[-1:], gamma, beta, epsilon)


def get_available_gpus():
    """The names of the GPUs that torch sees."""
    return ["cuda:%d" % i for i in range(torch.cuda.device_count())]


fused = {"attention": attention, "layer_norm": layer_norm, "linear": linear}

__all__ = ["fused", "get_available_gpus"]
