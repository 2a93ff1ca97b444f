"""Static shapes as plain tuples, whatever the Keras in use hands to `build`, and products of sizes."""

import functools
import operator


def static_shape(shape):
    """A shape, or a list of shapes, as tuples of int or None: TensorShapes compare unequal if unknown."""
    if hasattr(shape, "as_list"):  # tf.TensorShape
        return tuple(shape.as_list())
    if hasattr(shape, "value"):  # tf.Dimension of TensorFlow 1
        return shape.value
    if isinstance(shape, (list, tuple)):
        parts = [static_shape(part) for part in shape]
        nested = any(isinstance(part, (list, tuple)) for part in parts)
        return parts if nested else tuple(parts)
    return shape


def integerize_shape(method):
    """Decorate `build` or `compute_output_shape`: `input_shape` is a tuple of int or None, or a list of tuples."""

    @functools.wraps(method)
    def wrapper(self, input_shape):
        return method(self, static_shape(input_shape))

    return wrapper


def product_of(sizes):
    """The product of sizes, an int if all are; 1 of none."""
    return functools.reduce(operator.mul, sizes, 1)


__all__ = ["integerize_shape", "product_of", "static_shape"]
