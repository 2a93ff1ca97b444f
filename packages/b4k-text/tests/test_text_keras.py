"""What b4k-text does for Keras, TensorFlow and torch, each with those that the lane has."""

import importlib.util
import os
from itertools import islice

import numpy as np
import pytest
from b4k_text import AutoRegressiveDecoder, DataGenerator


def is_on(switch):
    """Whether an environment variable is set, and not to 0."""
    return os.environ.get(switch, "0") not in ("", "0")


def lane_keras():
    """The Keras of the lane."""
    if is_on("TF_USE_LEGACY_KERAS"):
        return importlib.import_module("tf_keras")
    if is_on("TF_KERAS"):
        return importlib.import_module("tensorflow").keras
    return importlib.import_module("keras")


KERAS = lane_keras()
HAS = {name: importlib.util.find_spec(name) is not None for name in ("tensorflow", "torch")}
HAS["keras 3"] = hasattr(KERAS.utils, "PyDataset") or is_on("TF_USE_LEGACY_KERAS")


class Pairs(DataGenerator):
    """Two inputs in a list, and a target."""

    def __iter__(self, random=False):
        batch = []
        for is_end, item in self.sample(random):
            batch.append(item)
            if len(batch) == self.batch_size or is_end:
                x = np.array(batch, "float32")[:, None]
                yield [x, 2 * x], 3 * x
                batch = []


def sum_model():
    """Adds its two inputs with a weight that begins as one."""
    inputs = [KERAS.layers.Input((1,)) for _ in range(2)]
    added = KERAS.layers.Add()(inputs)
    output = KERAS.layers.Dense(1, use_bias=False, kernel_initializer="ones")(added)
    model = KERAS.models.Model(inputs, output)
    model.compile("sgd", "mse")
    return model


def generator_method(model, name):
    """`fit`, or `fit_generator` where Keras has it."""
    return getattr(model, name + "_generator", getattr(model, name))


def test_fit_and_predict_with_generators_of_lists():
    generator, model = Pairs(range(10), 4), sum_model()
    generator_method(model, "fit")(generator.forfit(), steps_per_epoch=3, epochs=2, verbose=0)
    predicted = generator_method(model, "predict")(generator.fortest(), steps=3)
    assert np.allclose(predicted[:, 0], 3 * np.arange(10), atol=1e-4)


class Single(DataGenerator):
    """Single samples, for `to_dataset`."""

    def __iter__(self, random=False):
        for _, item in self.sample():
            yield [item] * item, item % 2


def test_to_dataset():
    generator = Single([1, 2, 3], 2)
    types, shapes = ("int32", "float32"), ([None], [])
    if not HAS["tensorflow"]:
        with pytest.raises(ImportError, match="tensorflow"):
            generator.to_dataset(types, shapes)
        return
    spec = {"plain": None, "named": ("ids", "label")}
    for names in spec.values():
        dataset = generator.to_dataset(types, shapes, names, padded_batch=True)
        batches = first_batches(dataset, 2)
        if names:
            batches = [(batch["ids"], batch["label"]) for batch in batches]
        assert batches[0][0].tolist() == [[1, 0], [2, 2]] and batches[1][1].tolist() == [1, 1]


def first_batches(dataset, count):
    """The first batches of a tf.data.Dataset, with and without graphs."""
    tf = importlib.import_module("tensorflow")
    if tf.executing_eagerly():
        return [arrays(batch, lambda x: x.numpy()) for batch in islice(iter(dataset), count)]
    following = tf.compat.v1.data.make_one_shot_iterator(dataset).get_next()
    with tf.compat.v1.Session() as session:
        return [session.run(following) for _ in range(count)]


def arrays(batch, convert):
    """A tuple or dict of tensors as one of arrays."""
    if isinstance(batch, dict):
        return {name: convert(x) for name, x in batch.items()}
    return tuple(map(convert, batch))


def test_to_pydataset():
    generator = Pairs(range(10), 4)
    if not HAS["keras 3"]:
        with pytest.raises(ImportError, match="(Keras 3|keras)"):
            generator.to_pydataset()
        return
    dataset = generator.to_pydataset(workers=2)
    assert len(dataset) == 3 and dataset[1][1][:, 0].tolist() == [12, 15, 18, 21]
    shuffled = generator.to_pydataset(random=True)
    seen = [x for i in (2, 0, 1) for x in shuffled[i][0][0][:, 0]]
    assert sorted(seen) == list(range(10)) != seen
    if KERAS.__name__ == "keras":
        model, dataset = sum_model(), generator.to_pydataset(workers=2)
        assert np.allclose(model.predict(dataset, verbose=0)[:, 0], 3 * np.arange(10), atol=1e-4)
        model.fit(generator.to_pydataset(random=True), epochs=2, verbose=0)


def test_to_torch():
    generator = Pairs(range(10), 4)
    if not HAS["torch"]:
        with pytest.raises(ImportError, match="torch"):
            generator.to_torch()
        return
    loader = importlib.import_module("torch.utils.data").DataLoader
    for workers in (0, 2):
        batches = list(loader(generator.to_torch(), batch_size=None, num_workers=workers))
        assert [y[0, 0].item() for _, y in batches] == [0, 12, 24]
        random = list(loader(generator.to_torch(True), batch_size=None, num_workers=workers))
        assert sorted(y.item() for _, ys in random for y in ys[:, 0]) == list(range(0, 30, 3))


class Model(KERAS.models.Model):
    """A class of somebody's own, of the same name."""


@pytest.mark.parametrize("model_class", [KERAS.models.Model, Model])
def test_last_token(model_class):
    inputs = KERAS.layers.Input((None,))
    embedded = KERAS.layers.Embedding(9, 4, mask_zero=True)(inputs)
    model = model_class(inputs, KERAS.layers.Dense(3)(embedded))
    decoder = AutoRegressiveDecoder(0, 1, 3)
    last, ids = decoder.last_token(model), np.array([[1, 2, 3], [4, 5, 6]])
    assert decoder.last_token(model) is last
    outputs = [m.predict(ids) for m in (model, last)]
    assert outputs[1].shape == (2, 3) and np.allclose(outputs[1], outputs[0][:, -1], atol=1e-6)
