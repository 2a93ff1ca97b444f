"""What Keras 3 does not have on TensorFlow."""

import keras
import tensorflow as tf


def compiled(function, variables):
    """`function` by XLA; TensorFlow knows by itself which variables it reads."""
    program, concrete = tf.function(function, jit_compile=True), {}

    def run(*arguments):
        arguments = keras.tree.map_structure(tf.convert_to_tensor, arguments)
        key = tuple((tuple(x.shape), x.dtype) for x in keras.tree.flatten(arguments))
        if key not in concrete:  # TensorFlow warns of functions called with many shapes
            concrete[key] = program.get_concrete_function(*arguments)
        return concrete[key](*arguments)

    return run


def compiled_loop(condition, body, variables):
    """`while condition: state = body(state, fixed)`, in one program."""

    def loop(state, fixed):
        return tf.while_loop(lambda s: condition(s, fixed), lambda s: (body(s, fixed),), [state])[0]

    return compiled(loop, variables)


def write_at(x, index, values):
    """x [batch, length, ...] with values [batch, n, ...] from position `index` on."""
    start = [0, index] + [0] * (len(x.shape) - 2)
    return keras.ops.slice_update(x, start, tf.cast(values, x.dtype))


programs = {"compiled": compiled, "compiled_loop": compiled_loop, "write_at": write_at}

__all__ = ["programs"]
