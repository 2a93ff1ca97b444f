"""Torch's own kernels for what Keras 3 composes of several there."""

import numpy as np
import torch
from keras import tree
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


def forgets(tensors):
    """Whether nothing needs the tensors of a model between its inputs and its outputs: no gradient will be taken."""
    return not torch.is_grad_enabled() and all(map(torch.is_tensor, tensors))


def run_through_graph(model, inputs, operation_fn):
    """The outputs of a functional model, each tensor between forgotten after its last use.

    Keras keeps them all until the end: for BERT six a layer, and their fresh memory costs a tenth of the time.
    """
    depths = sorted(model._nodes_by_depth, reverse=True)
    nodes = [node for depth in depths for node in model._nodes_by_depth[depth]]
    nodes = [node for node in nodes if node.operation and not node.is_input]
    last_use = {id(x): node for node in nodes for x in node.input_tensors}
    last_use.update((id(x), None) for x in model.outputs)
    values = {id(x): value for x, value in zip(model.inputs, inputs)}
    for node in nodes:
        args, kwargs = node.arguments.fill_in(values)
        outputs = tree.flatten(operation_fn(node.operation)(*args, **kwargs))
        values.update((id(x), value) for x, value in zip(node.outputs, outputs))
        del args, kwargs, outputs
        for key in {id(x) for x in node.input_tensors if last_use[id(x)] is node}:
            del values[key]
    return tree.pack_sequence_as(model._outputs_struct, [values[id(x)] for x in model.outputs])


def share(value):
    """A numpy array as a tensor on the same memory where that may be, for Keras would copy it once more."""
    plain = isinstance(value, np.ndarray) and value.dtype.kind in "fiu" and value.flags.writeable
    return torch.from_numpy(value) if plain and min(value.strides, default=0) >= 0 else value


# --- programs


def compiled(function, variables):
    """`function` as it is, without gradients."""

    def run(*arguments):
        with torch.no_grad():
            return function(*tree.map_structure(convert_to_tensor, arguments))

    return run


def compiled_loop(condition, body, variables):
    """`while condition: state = body(state, fixed)`, the body as the operations that it comes down to.

    Keras's own calls cost twice the time of those in models of middle size. torch.compile would need a C++ compiler.
    """
    traced = {}

    def step(state, fixed):
        state = body(state, fixed)
        return condition(state, fixed), state

    def loop(state, fixed):
        goes_on, key = condition(state, fixed), _signature([state, fixed], variables())
        while goes_on:
            if key not in traced:  # tracing runs it once; to run it once more changes nothing
                traced[key] = _trace(step, state, fixed)
            goes_on, state = traced[key](state, fixed)
        return state

    return compiled(loop, variables)


def _trace(function, *arguments):
    """The function as a module of torch's own operations, without casts to the dtype that is there."""
    from torch.fx.experimental.proxy_tensor import make_fx  # takes long to import

    module = make_fx(function, pre_dispatch=True)(*arguments)
    for node in module.graph.nodes:
        if _is_idle_cast(module, node):
            node.replace_all_uses_with(node.args[0])
    module.graph.eliminate_dead_code()
    module.recompile()
    return module


def _is_idle_cast(module, node):
    """Whether a node moves nothing and leaves the dtype; Keras has one before each operation."""
    if not str(node.target).startswith("aten.to.") or "cpu" not in str(
        node.kwargs.get("device", "cpu")
    ):
        return False
    return _dtype(module, node.args[0]) == _dtype(module, node)


def _dtype(module, node):
    """The dtype of what a node gives: a constant, or what the trace saw."""
    if node.op == "get_attr":
        return getattr(module, node.target).dtype
    return node.meta["tensor_meta"].dtype


def _signature(tensors, variables):
    """What a trace depends on: shapes, dtypes, and which tensors hold the weights, though not what is in them."""
    shapes = [(tuple(x.shape), x.dtype) for x in tree.flatten(tensors)]
    return (*shapes, *(id(variable.value) for variable in variables))


def write_at(x, index, values):
    """x [batch, length, ...], written from position `index` on with values [batch, n, ...]."""
    positions = index + torch.arange(values.shape[1], device=x.device)
    return x.index_copy_(1, positions, values.to(x.dtype))


# --- devices


def get_available_gpus():
    """The names of the GPUs that torch sees."""
    return ["cuda:%d" % i for i in range(torch.cuda.device_count())]


fused = {"attention": attention, "layer_norm": layer_norm, "linear": linear}
programs = {"compiled": compiled, "compiled_loop": compiled_loop, "write_at": write_at}

__all__ = ["forgets", "fused", "get_available_gpus", "programs", "run_through_graph", "share"]
