"""`K`, the backend functions of Keras 2.3.1, by those of `b4k_ops.ops`.

What the Keras in use has is taken from there: in Keras 2 that is nearly all, in Keras 3 next to nothing.
"""

import types

import b4k_ops
from b4k_ops import evaluate, get_values, keras, ops, set_values

from ._keras import FUNCTIONS

__all__ = ["K"]

SAME = (  # names that `ops` has for the same, with these arguments in this order
    "abs all any argmax argmin binary_crossentropy cast categorical_crossentropy clip cos cumprod "
    "cumsum dot elu equal exp eye greater greater_equal less less_equal log logsumexp max maximum mean min minimum "
    "not_equal one_hot ones ones_like round sigmoid sign sin softmax softplus softsign sparse_categorical_crossentropy "
    "square squeeze stack std stop_gradient sum tanh tile transpose var zeros zeros_like"
).split()
RENAMED = {
    "permute_dimensions": "transpose",
    "pow": "power",
    "repeat_elements": "repeat",
    "reverse": "flip",
}


# --- what bert4keras put into `K`, on every Keras


def reshape(x, *args):
    """One shape, in which one size may be unknown, or pairs (shape, axis)."""
    if len(args) == 1 and isinstance(args[0], (list, tuple)):
        args = ([-1 if size is None else size for size in args[0]],)
    return b4k_ops.reshape(x, *args)


def where(condition, x, y):
    """x where a condition holds, y elsewhere; all three are broadcast."""
    return ops.where(ops.cast(condition, "bool"), x, y)


def symbolic(function):
    """The function as it is."""
    return function


# --- values and shapes


def get_value(x):
    """The value of a variable as an array."""
    return get_values([x])[0]


def set_value(x, value):
    """Assign an array to a variable."""
    set_values([(x, value)])


def dtype(x):
    """The name of a tensor's type; None for what is no tensor."""
    return ops.dtype(x) if hasattr(x, "dtype") else None


def int_shape(x):
    """The sizes that are known, None for the others."""
    return tuple(b4k_ops.static_shape(x.shape))


def ndim(x):
    """How many axes there are."""
    return len(x.shape)


def count_params(x):
    """How many numbers a variable holds."""
    return int(get_value(x).size)


def constant(value, dtype=None, shape=None, name=None):
    """An array as a tensor."""
    x = ops.convert_to_tensor(value, dtype or keras.backend.floatx())
    return x if shape is None else ops.broadcast_to(x, shape)


def cast_to_floatx(x):
    """A tensor in Keras's float type."""
    return ops.cast(x, keras.backend.floatx())


def prod(x, axis=None, keepdims=False):
    """The product; of sizes, such as a part of `K.shape(x)`, a size."""
    if isinstance(x, (list, tuple)) and axis is None:
        return b4k_ops.shapes.product_of(list(x))
    return ops.prod(x, axis, keepdims)


# --- shapes of results


def arange(start, stop=None, step=1, dtype="int32"):
    """The numbers from start on."""
    return ops.arange(start, stop, step, dtype)


def concatenate(tensors, axis=-1):
    """Side by side, along the last axis unless told otherwise."""
    return ops.concatenate(tensors, axis)


def expand_dims(x, axis=-1):
    """A new axis of size 1, the last unless told otherwise."""
    return ops.expand_dims(x, axis)


def batch_flatten(x):
    """All axes but the first in one."""
    return b4k_ops.flatten(x, 1)


def gather(reference, indices):
    """Rows by their numbers."""
    return ops.take(reference, ops.cast(indices, "int32"), axis=0)


def repeat(x, n):
    """[batch, dim] -> [batch, n, dim]"""
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


def batch_dot(x, y, axes=None):
    """Products of each pair of the batch over one axis of x and one of y; at least [batch, 1]."""
    if axes is None:
        axes = (len(x.shape) - 1, max(1, len(y.shape) - 2))
    axes = (axes, axes) if isinstance(axes, int) else axes
    letters = ["a" + "bcdefg"[: len(x.shape) - 1], "a" + "hijklm"[: len(y.shape) - 1]]
    axes = [axis % len(names) for axis, names in zip(axes, letters)]
    letters = [names[:axis] + "z" + names[axis + 1 :] for names, axis in zip(letters, axes)]
    kept = "a" + "".join(letters).replace("a", "").replace("z", "")
    result = ops.einsum("%s,%s->%s" % (*letters, kept), x, y)
    return ops.expand_dims(result, 1) if len(kept) == 1 else result


# --- numbers


def sqrt(x):
    """The root; 0 for what is below."""
    return ops.sqrt(ops.maximum(x, 0))


def l2_normalize(x, axis=None):
    """x over its length."""
    square = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(square, 1e-12))


def relu(x, alpha=0.0, max_value=None, threshold=0.0):
    """x above the threshold, alpha times what is below, at most max_value."""
    above = ops.where(x >= threshold, x, alpha * (x - threshold))
    return above if max_value is None else ops.minimum(above, max_value)


def hard_sigmoid(x):
    """0.2 x + 0.5 in [0, 1]"""
    return ops.clip(0.2 * x + 0.5, 0.0, 1.0)


def bias_add(x, bias, data_format=None):
    """Add to the last axis."""
    return x + bias


def switch(condition, then_expression, else_expression):
    """One of two tensors, or of what two functions give."""
    x, y = (f() if callable(f) else f for f in (then_expression, else_expression))
    condition = ops.cast(condition, "bool")
    missing = len(x.shape) - len(condition.shape)
    for _ in range(missing if len(condition.shape) else 0):
        condition = ops.expand_dims(condition, -1)
    return ops.where(condition, x, y)


def in_top_k(predictions, targets, k):
    """Whether each target is among the k highest of its predictions."""
    return ops.in_top_k(targets, predictions, k)


def map_fn(fn, elems, name=None, dtype=None):
    """A function of each entry along the first axis."""
    return ops.map(fn, elems)


def identity(x, name=None):
    """The same."""
    return x


def moving_average_update(x, value, momentum):
    """Let a variable follow a value."""
    return x.assign(x * momentum + value * (1.0 - momentum))


# --- K


ALWAYS = {  # whatever Keras has
    "flatten": b4k_ops.flatten,
    "logsumexp": ops.logsumexp,
    "reshape": reshape,
    "symbolic": symbolic,
    "where": where,
}
OTHERWISE = {  # if Keras has none
    "batch_get_value": get_values,
    "batch_set_value": set_values,
    "eval": evaluate,
    "is_tensor": ops.is_tensor,
    "name_scope": keras.name_scope if hasattr(keras, "name_scope") else None,
    "shape": ops.shape,
}
OTHERWISE.update((name, getattr(ops, name)) for name in SAME)
OTHERWISE.update((name, getattr(ops, new)) for name, new in RENAMED.items())
OTHERWISE.update(
    (function.__name__, function)
    for function in (
        dtype, get_value, set_value, int_shape, ndim, count_params, constant, cast_to_floatx, prod, arange, concatenate,
        expand_dims, batch_flatten, gather, repeat, batch_dot, sqrt, l2_normalize, relu, hard_sigmoid, bias_add,
        switch, in_top_k, map_fn, identity, moving_average_update,
    )
)  # fmt: skip
OTHERWISE.update(FUNCTIONS)


class Functions(types.ModuleType):
    """`K`: a name is looked up in ALWAYS, in Keras's own backend, in OTHERWISE."""

    def __getattr__(self, name):
        for found in (ALWAYS, vars(keras.backend), OTHERWISE):
            if found.get(name) is not None:
                return found[name]
        if hasattr(keras.backend, name):  # a lazy module
            return getattr(keras.backend, name)
        raise AttributeError(
            "K.%s is not among what b4k has of Keras 2.3.1's backend: write it by b4k_ops.ops, which has all names of "
            "keras.ops" % name
        )

    def __dir__(self):
        return sorted({*ALWAYS, *dir(keras.backend), *OTHERWISE})


K = Functions("keras.backend", "The backend functions of Keras 2.3.1.")
