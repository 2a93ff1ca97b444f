"""DataGenerator: passes, shuffles, going on, buckets; its samples are those of test_snippets."""

import json
import sys
from itertools import islice

import numpy as np
import pytest
from b4k_text import DataGenerator


class Batches(DataGenerator):
    """Batches as users make them, with a random number each."""

    def __iter__(self, random=False):
        batch = []
        for is_end, item in self.sample(random):
            batch.append(item)
            if len(batch) == self.batch_size or is_end:
                yield [np.array(batch), np.array(batch)], self.rng.randint(1000)
                batch = []


def shown(batches, count):
    """The first few batches as lists."""
    return [(x[0].tolist(), y) for x, y in islice(batches, count)]


def test_steps():
    assert [len(Batches(range(n), 4)) for n in (1, 4, 5)] == [1, 1, 2]
    assert Batches(iter([1])).buffer_size == 32000
    with pytest.raises(TypeError, match="Batches: its data have no length"):
        len(Batches(iter([1])))


def test_fortest_is_endless_and_in_order():
    xs = islice(Batches(range(5), 3).fortest(), 4)
    firsts = [x[0] if isinstance(x, list) else x[0][0] for x in xs]  # [x, x] or ((x, x),)
    assert [x.tolist() for x in firsts] == [[0, 1, 2], [3, 4]] * 2


def test_forfit_draws_what_numpy_draws_without_a_seed():
    np.random.seed(3)
    first = shown(Batches(range(10), 4).forfit(), 6)
    np.random.seed(3)
    order = np.random.permutation(10)
    assert first[0][0] == order[:4].tolist() and first[0][1] == np.random.randint(1000)
    np.random.seed(3)
    assert shown(Batches(range(10), 4).forfit(), 6) == first


def test_seeded_passes_differ_and_come_again():
    one, two = (Batches(range(10), 4, seed=7) for _ in range(2))
    assert shown(one.forfit(), 9) == shown(two.forfit(), 9)
    assert shown(one.forfit(), 3) != shown(Batches(range(10), 4, seed=7).forfit(), 3)
    assert shown(Batches(range(10), 4, seed=7).forfit(), 3) != shown(two.forfit(), 3)


@pytest.mark.parametrize("sized", [True, False])
@pytest.mark.parametrize("count", [0, 1, 3, 4, 8])
def test_going_on(count, sized):
    class Endless(list):
        """Data that are read anew at each pass."""

    def fresh():
        data = Endless(range(11)) if sized else Stream()
        return Batches(data, 4, buffer_size=5, seed=1)

    whole = shown(fresh().forfit(), 12)
    first, then = fresh(), fresh()
    assert shown(first.forfit(), count) == whole[:count]
    then.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert shown(then.forfit(), 12 - count) == whole[count:]
    again = fresh()
    again.load_state_dict(then.state_dict(step=9))
    assert shown(again.forfit(), 3) == whole[9:]


class Stream:
    """Data without a length."""

    def __iter__(self):
        return iter(range(11))


def test_state_errors():
    seeded = Batches(range(9), 4, seed=1)
    for call in (
        lambda: Batches(range(9)).state_dict(),
        lambda: seeded.state_dict(step=5),
        lambda: seeded.load_state_dict({"seed": 2}),
        lambda: Batches(range(9)).load_state_dict({"seed": None}),
    ):
        with pytest.raises(ValueError, match="seed"):
            call()


@pytest.mark.parametrize("data", [[], iter([])])
@pytest.mark.parametrize("name", ["forfit", "fortest"])
def test_empty_data(data, name):
    with pytest.raises(ValueError, match="Batches: its data are empty"):
        next(getattr(Batches(data), name)())


def test_generator_that_gives_nothing_or_ends_early():
    class Nothing(DataGenerator):
        def __iter__(self, random=False):
            return iter([])

    with pytest.raises(ValueError, match="Nothing: a pass over its data gave no batch"):
        next(Nothing([1]).forfit())
    with pytest.raises(ValueError, match="an iterator that has ended"):
        list(islice(Batches(iter(range(3)), 2).forfit(), 3))
    with pytest.raises(NotImplementedError, match="__iter__"):
        next(DataGenerator([1]).forfit())


@pytest.mark.parametrize("random", [False, True])
def test_buckets(random):
    lengths = np.random.RandomState(0).randint(1, 60, 203).tolist()
    generator = DataGenerator(lengths, 8, seed=1)
    samples = (item for _, item in generator.sample(random))
    got = list(generator.buckets(samples, int, [16, 32, 64], random, pool=10))
    assert len(got) == len(generator) and {length for length, _ in got} <= {16, 32, 64}
    flat = [item for _, batch in got for item in batch]
    assert sorted(flat) == sorted(lengths) and (flat == lengths) is not random
    padded = sum(length * len(batch) for length, batch in got)
    assert (padded < 1.6 * sum(lengths)) is random
    assert all(length >= max(batch) for length, batch in got)


def test_bucket_errors():
    with pytest.raises(ValueError, match=r"length 9 exceeds all of lengths=\[4, 8\]"):
        list(DataGenerator([]).buckets([3, 9], int, [8, 4]))


def test_shards_are_the_batches_dealt_out():
    def of(shard):
        generator = Batches(range(23), 4, seed=5)
        generator.shard = shard
        return [x[0].tolist() for x, _ in generator.__iter__(random=True)]

    whole, parts = of((0, 1)), [of((i, 3)) for i in range(3)]
    assert [parts[i % 3][i // 3] for i in range(6)] == whole
    assert list(DataGenerator([1], 4).sample()) == [(True, 1)]


def test_forms(monkeypatch):
    class Fixed(DataGenerator):
        def __iter__(self, random=False):
            yield self.data

    a, b = np.zeros(2), np.ones(2)
    monkeypatch.setitem(sys.modules, "keras", type(sys)("keras"))
    forms = {"2.3.1": ([a, b], None), "2.15.0": ((a, b),), "3.15.1": ((a, b),)}
    for version, expected in forms.items():
        monkeypatch.setattr(sys.modules["keras"], "__version__", version, raising=False)
        assert next(Fixed([[a, b], None]).forfit()) == expected
        assert next(Fixed(([a, b], [1, 2])).forfit())[1] == [1, 2]
        taken = next(Fixed([[a, b], None]).fortest())
        assert taken == ([a, b] if version == "2.3.1" else ((a, b),))
