"""Batches as `fit` of Keras 3 on TensorFlow takes them, of changing lengths, or with names; gradients in its graphs.

From a generator, Keras takes any size that the first two batches have in common for one that all have.
"""

import itertools

import tensorflow as tf

__all__ = ["as_dataset", "gradients", "unnamed"]


def as_dataset(model, batches):
    """A generator of (inputs, targets ...) as a dataset whose sizes are known where the model knows them."""
    first = next(batches)
    stream = itertools.chain([first], batches)
    inputs, *others = first if isinstance(first, tuple) else (first,)
    signature = (_input_specs(model, inputs), *map(_spec, others))
    if not isinstance(first, tuple):
        signature = signature[0]
    return tf.data.Dataset.from_generator(lambda: stream, output_signature=signature)


def _input_specs(model, inputs):
    """The specs of all inputs, by the model's own shapes."""
    shapes = [tuple(tensor.shape) for tensor in model.inputs]
    if isinstance(inputs, tuple) and len(inputs) == len(shapes):
        return tuple(tf.TensorSpec(*pair) for pair in zip(shapes, (x.dtype for x in inputs)))
    return _spec(inputs)


def _spec(part):
    """The spec of an array or of several; only sizes of 1 are taken for fixed, as those of labels."""
    if isinstance(part, tuple):
        return tuple(map(_spec, part))
    if isinstance(part, dict):
        return {name: _spec(value) for name, value in part.items()}
    part = tf.convert_to_tensor(part)
    sizes = [None, *(size if size == 1 else None for size in part.shape[1:])]
    return tf.TensorSpec(sizes[: len(part.shape)], part.dtype)


def unnamed(model, dataset):
    """A dataset whose targets are no dict of one name, which Keras 3 refuses where a model has one output."""
    spec = getattr(dataset, "element_spec", None)
    named = isinstance(spec, tuple) and len(spec) > 1 and isinstance(spec[1], dict)
    if not named or len(model.outputs) > 1:
        return dataset
    return dataset.map(lambda x, y, *others: (x, *y.values(), *others))


def gradients(loss, variables):
    """Gradients between the tensors of a graph, such as `predict` makes of a model; None where there is no graph."""
    return None if tf.executing_eagerly() else tf.gradients(loss, variables)
