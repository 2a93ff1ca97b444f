"""`keras.ops`, core family, control flow, on TensorFlow: branches, loops, and gradients of one's own.

The rest of the core family is in `_tensorflow_core.py`.
"""

import functools

import tensorflow.compat.v2 as tf

from ._tensorflow_core import axes_of, cast, convert_to_tensor, promoted
from ._tensorflow_core import shape as shape_of
from ._tensorflow_dtypes import is_number

# --- branches


def cond(pred, true_fn, false_fn):
    """Call one of two functions; only that one is computed."""
    known = tf.get_static_value(tf.convert_to_tensor(pred))
    if known is not None:
        return true_fn() if known else false_fn()
    return tf.cond(tf.cast(pred, "bool"), true_fn, false_fn)


def switch(index, branches, *operands):
    """Call the branch of that number with the operands; a number outside is the nearest one inside."""
    index = cast(index, "int32")
    calls = [functools.partial(branch, *operands) for branch in branches]
    known = tf.get_static_value(index)
    if known is not None:
        return calls[min(max(int(known), 0), len(calls) - 1)]()
    return tf.switch_case(tf.minimum(tf.maximum(index, 0), len(calls) - 1), calls)


# --- loops


def associative_scan(f, elems, reverse=False, axis=0):
    """The running results of `f(earlier, later)`, which must be associative, in log2(size) steps."""
    elems = _tensors(elems)
    flat = tf.nest.flatten(elems)
    sizes = [shape_of(x)[axes_of(axis, x.shape.rank)[0]] for x in flat]
    if len({n for n in sizes if isinstance(n, int)}) > 1:
        raise ValueError(
            "associative_scan needs tensors of one size along axis %s, got shapes %s"
            % (axis, [x.shape for x in flat])
        )
    if reverse:
        elems = _each(lambda x: tf.reverse(x, axes_of(axis, x.shape.rank)), elems)
    elems = _doubling(f, elems, axis, min(sizes, key=tf.is_tensor))
    if reverse:
        elems = _each(lambda x: tf.reverse(x, axes_of(axis, x.shape.rank)), elems)
    return elems


def _doubling(f, elems, axis, size):
    """The scan itself: with d = 1, 2, 4, ... every element takes in what stands d before it."""

    def cut(x, start, stop):
        (i,) = axes_of(axis, x.shape.rank)
        return x[(slice(None),) * i + (slice(start, stop),)]

    def step(d, xs):
        early, late = _each(lambda x: cut(x, 0, size - d), xs), _each(lambda x: cut(x, d, size), xs)
        return _each(lambda x, y: tf.concat([cut(x, 0, d), y], axis), xs, f(early, late))

    if tf.is_tensor(size):
        return while_loop(lambda d, xs: d < size, lambda d, xs: (2 * d, step(d, xs)), (1, elems))[1]
    for power in range(max(size - 1, 0).bit_length()):
        elems = step(2**power, elems)
    return elems


def fori_loop(lower, upper, body_fun, init_val):
    """Repeat `value = body_fun(i, value)` for i from lower to upper - 1."""
    lower, upper = promoted(lower, upper)

    def step(i, value):
        return i + 1, body_fun(i, value)

    return while_loop(lambda i, value: i < upper, step, (lower, init_val))[1]


def map(f, xs):
    """The results of f on each slice along the first axis, stacked."""
    return scan(lambda nothing, x: (nothing, f(x)), (), xs)[1]


def scan(f, init, xs=None, length=None, reverse=False, unroll=1):
    """Repeat `carry, y = f(carry, x)` over the first axis of xs: the last carry and the stacked ys."""
    if xs is None and length is None:
        raise ValueError("scan needs xs or length, to know how many steps there are")
    if not isinstance(unroll, bool) and not (isinstance(unroll, int) and unroll > 0):
        raise ValueError("scan needs unroll to be a bool or an int above 0, got %r" % (unroll,))
    init, xs = _tensors(init), _tensors(xs)
    size = _leading_size(xs, length)
    read = _each(lambda x: _array(x.dtype, x.shape[1:], size).unstack(x), xs)
    kinds = _kinds_of_y(f, init, xs)  # known before the loop, which needs them
    write = [_array(kind.dtype, kind.shape, size) for kind in _present(kinds)]

    def step(i, carry, write):
        at = size - 1 - i if reverse else i
        carry, y = f(carry, _each(lambda array: array.read(at), read))
        return i + 1, _alike(init, carry), [w.write(at, v) for w, v in zip(write, _present(y))]

    _, carry, write = tf.while_loop(lambda i, *_: i < size, step, [0, init, write])
    ys = iter([_of_size(array.stack(), size) for array in write])
    return carry, _each(lambda kind: next(ys), kinds)


def _leading_size(xs, length):
    """The common size of the first axes, an int if known; it must be `length` if that is given too."""
    sizes = [shape_of(x)[0] for x in _present(xs)] + ([] if length is None else [length])
    if len({n for n in sizes if isinstance(n, int)}) > 1:
        raise ValueError(
            "scan and map need tensors of one size along axis 0, and length to be that size, got %s"
            % (sizes,)
        )
    return min(sizes, key=tf.is_tensor)


def _kinds_of_y(f, init, xs):
    """The structure of f's second result, each tensor as one that is traced in a graph and never computed."""
    kinds = (
        _each(lambda x: tf.TensorSpec(x.shape, x.dtype), init),
        _each(lambda x: tf.TensorSpec(x.shape[1:], x.dtype), xs),
    )

    def traced(*tensors):
        values = iter(tensors)
        return f(*_each(lambda kind: next(values), kinds))[1]

    function = tf.function(traced, autograph=False)
    return function.get_concrete_function(*_present(kinds)).structured_outputs


def _array(dtype, shape, size):
    """A TensorArray for so many tensors of that shape."""
    return tf.TensorArray(dtype, size, element_shape=shape)


def _of_size(x, size):
    """x, its first size noted if it is known."""
    if isinstance(size, int):
        x.set_shape([size] + x.shape.as_list()[1:] if x.shape.rank else None)
    return x


def vectorized_map(function, elements):
    """The results of a function on each slice along the first axis, stacked; the same as map."""
    return map(function, elements)  # TensorFlow 1.15 can vectorize few functions


def while_loop(cond, body, loop_vars, maximum_iterations=None):
    """Repeat `loop_vars = body(*loop_vars)` while `cond(*loop_vars)`."""
    several = isinstance(loop_vars, (tuple, list))
    start = [_tensors(x) for x in (loop_vars if several else [loop_vars])]

    def step(*variables):
        outputs = body(*variables)
        return _alike(start, list(outputs) if several else [outputs])

    outputs = tf.while_loop(cond, step, start, maximum_iterations=maximum_iterations)
    return tuple(outputs) if several else outputs[0]


# --- tensors in tuples, lists and dicts, where None stands for no tensor


def _each(function, *structures):
    """Apply a function to the tensors that stand at the same place."""
    return tf.nest.map_structure(
        lambda x, *more: None if x is None else function(x, *more), *structures, check_types=False
    )


def _tensors(structure):
    """The structure with tensors for all that can be one."""
    return _each(convert_to_tensor, structure)


def _present(structure):
    """The tensors in a structure as a list."""
    return [x for x in tf.nest.flatten(structure) if x is not None]


def _alike(start, outputs):
    """What a step of a loop gave, in the structure, and with the static shapes, of what it was given."""

    def alike(x, y):
        return tf.ensure_shape(convert_to_tensor(y, x.dtype if is_number(y) else None), x.shape)

    return _each(alike, start, outputs)


# --- gradients


def custom_gradient(f):
    """Decorate a function that returns its result and a function from its result's gradient to its arguments'."""
    return tf.custom_gradient(f)


__all__ = [
    "associative_scan",
    "cond",
    "custom_gradient",
    "fori_loop",
    "map",
    "scan",
    "switch",
    "vectorized_map",
    "while_loop",
]
