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


def constraint_of(variable):
    """What is done to a variable's new values, or None."""
    variable = getattr(variable, "primary", variable)  # of a strategy's, in TensorFlow 1.15
    return getattr(variable, "constraint", None)


def conditionally(condition, step, variables):
    """Run `step`, which updates `variables`, only where the condition holds."""

    def taken():
        with after(step()):
            return tf.constant(True)

    return [tf.cond(condition, taken, lambda: tf.constant(False))]


def dense(gradient):
    """A gradient as a tensor: rows that it does not name are zero."""
    return tf.convert_to_tensor(gradient)


def register_as_its_name(target, keras):
    """Register a class where Keras knows no packages; "Adam", in any case, would be loaded as its own."""
    if target.__name__.lower() in map(str.lower, dir(keras.optimizers)):
        target.__name__ = "b4k." + target.__name__
    keras.utils.get_custom_objects()[target.__name__] = target
    return target


def across_replicas(function, gradients, summed=False):
    """`function(gradients, each)` once for all replicas of a strategy, with the sums of their gradients; in it,
    `each(step, gradients)` takes a step with these in every replica. `summed`: the gradients given are sums already."""
    context = tf.distribute.get_replica_context()
    if context is None or not tf.distribute.has_strategy():
        return function(gradients, lambda step, gradients: step(gradients))
    reduction = tf.distribute.ReduceOp.MEAN if summed else tf.distribute.ReduceOp.SUM

    def merged(strategy, *gradients):
        def each(step, gradients):
            done = strategy.extended.call_for_each_replica(step, args=(gradients,))
            return tf.nest.flatten(strategy.experimental_local_results(done))

        return function([strategy.reduce(reduction, g, axis=None) for g in gradients], each)

    return context.merge_call(merged, args=tuple(gradients))


def clipped(gradients, clipnorm=None, clipvalue=None, global_clipnorm=None):
    """Gradients with norms and entries of at most so much."""
    if global_clipnorm:
        gradients, _ = tf.clip_by_global_norm(gradients, global_clipnorm)
    if clipnorm:
        gradients = [tf.clip_by_norm(gradient, clipnorm) for gradient in gradients]
    if clipvalue:
        gradients = [tf.clip_by_value(g, -clipvalue, clipvalue) for g in gradients]
    return gradients


__all__ = [
    "across_replicas",
    "after",
    "assign",
    "clipped",
    "conditionally",
    "constraint_of",
    "dense",
    "name_of",
    "read",
    "register_as_its_name",
]
