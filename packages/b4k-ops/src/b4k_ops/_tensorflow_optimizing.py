"""Variables and the order of their updates on TensorFlow: graphs, functions and eager."""

import tensorflow as tf


def read(variable):
    """A copy of a variable's value at this point of the program."""
    return tf.identity(variable)


def assign(variable, value):
    """Give a variable a value; returns the token of this update."""
    return variable.assign(tf.cast(value, variable.dtype.base_dtype), read_value=False)


def after(tokens):
    """What is written in this scope runs after `tokens`, also in a graph."""
    # operations, since TensorFlow 2.2 puts what it is given into a set, and its tensors can't be in one
    return tf.control_dependencies([getattr(t, "op", t) for t in tokens if t is not None])


def name_of(variable):
    """The name that patterns are matched against: layer/weight."""
    return variable.name.split(":")[0]


def conditionally(condition, step, variables):
    """Run `step`, which updates `variables`, only where the condition holds."""

    def taken():
        with after(step()):
            return tf.constant(True)

    return [tf.cond(condition, taken, lambda: tf.constant(False))]


def dense(gradient):
    """A gradient as a tensor: rows that it does not name are zero."""
    return tf.convert_to_tensor(gradient)


__all__ = ["after", "assign", "conditionally", "dense", "name_of", "read"]
