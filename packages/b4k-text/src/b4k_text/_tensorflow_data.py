"""`DataGenerator.to_dataset`."""

import tensorflow as tf

from b4k_text.texts import is_string

__all__ = ["to_dataset"]


def to_dataset(generator, types, shapes, names, padded_batch):
    """See `DataGenerator.to_dataset`."""

    def samples():
        for sample in generator._endless(random=True):
            yield _named(names, sample)

    types, shapes = _named(names, types), _named(names, shapes)
    if padded_batch:
        dataset = tf.data.Dataset.from_generator(samples, output_types=types)
        return dataset.padded_batch(generator.batch_size, shapes)
    dataset = tf.data.Dataset.from_generator(samples, output_types=types, output_shapes=shapes)
    return dataset.batch(generator.batch_size)


def _named(names, values):
    """The values as a dict with these names, or a tuple of dicts."""
    if names is None:
        return values
    if is_string(names):
        return {names: values}
    if is_string(names[0]):
        return dict(zip(names, values))
    return tuple(dict(zip(*pair)) for pair in zip(names, values))
