"""Random numbers: seeds mean what they say, and the numbers have the distribution they promise."""

import inspect

import numpy as np
import pytest
from b4k_ops import Layer, evaluate, keras, ops, random

SHAPE = (100, 50)
DRAWS = {
    "normal": lambda seed: random.normal(SHAPE, mean=1.0, stddev=2.0, seed=seed),
    "truncated_normal": lambda seed: random.truncated_normal(SHAPE, stddev=0.5, seed=seed),
    "uniform": lambda seed: random.uniform(SHAPE, -1.0, 3.0, seed=seed),
    "randint": lambda seed: random.randint(SHAPE, -2, 3, seed=seed),
    "categorical": lambda seed: random.categorical(np.log([[0.2, 0.5, 0.3]] * 100), 50, seed=seed),
    "dropout": lambda seed: random.dropout(ops.ones(SHAPE), 0.25, seed=seed),
}
MOMENTS = {  # name: (mean, standard deviation, smallest, largest)
    "normal": (1, 2, -15, 15),
    "truncated_normal": (0, 0.5 * 0.8796, -1, 1),
    "uniform": (1, 4 / 12**0.5, -1, 3),
    "randint": (0, 2**0.5, -2, 2),
    "categorical": (1.1, 0.7, 0, 2),
    "dropout": (1, 0.5774, 0, 4 / 3),
}


@pytest.mark.parametrize("name", sorted(DRAWS))
def test_seeds(name):
    draw = DRAWS[name]
    once, again, other = evaluate([draw(1), draw(1), draw(2)])
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other)
    unseeded = evaluate([draw(None), draw(None)])
    assert not np.array_equal(*unseeded)


@pytest.mark.parametrize("name", sorted(DRAWS))
def test_distribution(name):
    mean, deviation, smallest, largest = MOMENTS[name]
    values = evaluate(DRAWS[name](3)).astype("float64")
    assert values.shape == SHAPE
    assert abs(values.mean() - mean) < 5 * deviation / values.size**0.5
    assert abs(values.std() - deviation) < 0.05 * deviation
    assert values.min() >= smallest - 1e-5 and values.max() <= largest + 1e-5


@pytest.mark.parametrize("name", sorted(DRAWS))
def test_generator_gives_one_sequence_per_start(name):
    sequences = []
    for _ in range(2):
        generator = random.SeedGenerator(7)
        sequences.append([evaluate(DRAWS[name](generator)) for _ in range(3)])
    np.testing.assert_array_equal(*sequences)
    first, second, third = sequences[0]
    assert not np.array_equal(first, second) and not np.array_equal(second, third)


def test_randint_is_even_and_never_reaches_the_end():
    counts = np.bincount(evaluate(random.randint((6000,), 0, 6, seed=1)))
    assert len(counts) == 6 and counts.min() > 850


def test_dropout_noise_shape_drops_together():
    x = ops.ones((8, 5, 6))
    y = evaluate(random.dropout(x, 0.5, noise_shape=(None, 1, 6), seed=2))
    assert (y == y[:, :1]).all() and set(np.unique(y)) == {0, 2}
    assert (evaluate(random.dropout(x, 0.0, seed=2)) == 1).all()


def test_dtype():
    for name in ("float16", "float32"):
        assert ops.dtype(random.normal((2,), dtype=name, seed=1)) == name
    assert ops.dtype(random.randint((2,), 0, 5, seed=1)) == "int32"


class Noise(Layer):
    """Adds noise of its own generator at every call."""

    def build(self, input_shape):
        self.generator = random.SeedGenerator(1)
        self.built = True

    def call(self, inputs):
        return inputs + random.normal(ops.shape(inputs), seed=self.generator)


def test_generator_in_a_model_draws_anew_at_every_run():
    x = keras.layers.Input((4,))
    model = keras.models.Model(x, Noise()(x))
    zeros = np.zeros((3, 4), "float32")
    once, again = model.predict(zeros, verbose=0), model.predict(zeros, verbose=0)
    assert once.any() and (once != again).all()


def test_signatures_are_those_of_keras():
    expected = {
        "categorical": "(logits, num_samples, dtype='int32', seed=None)",
        "dropout": "(inputs, rate, noise_shape=None, seed=None)",
        "normal": "(shape, mean=0.0, stddev=1.0, dtype=None, seed=None)",
        "randint": "(shape, minval, maxval, dtype='int32', seed=None)",
        "truncated_normal": "(shape, mean=0.0, stddev=1.0, dtype=None, seed=None)",
        "uniform": "(shape, minval=0.0, maxval=1.0, dtype=None, seed=None)",
    }
    assert {n: str(inspect.signature(getattr(random, n))) for n in expected} == expected
    assert sorted(random.__all__) == sorted([*expected, "SeedGenerator"])
