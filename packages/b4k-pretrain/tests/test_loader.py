"""Batches are functions of their step, and shards share them out."""

import itertools

import numpy as np
import pytest
from b4k_pretrain import Loader, build_objective, open_records, write_records
from b4k_pretrain.randomness import permuted
from drawn_records import SPECIAL, VOCAB_SIZE, drawn, facts


class Plain:
    """An objective that gives the indices."""

    def batch(self, records, indices, seed, epoch):
        return {"index": indices}, {"epoch": np.full(len(indices), epoch)}


@pytest.fixture
def records(tmp_path):
    write_records(str(tmp_path), [drawn(23)], "memmap", **facts())
    return open_records(str(tmp_path))


def same(first, second):
    """Whether two batches are equal."""
    return all(
        x.keys() == y.keys() and all(np.array_equal(x[key], y[key]) for key in x)
        for x, y in zip(first, second)
    )


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 16, 17, 1000, 4097])
def test_orders_are_permutations(count):
    orders = [
        permuted(np.arange(count), count, seed, epoch).tolist()
        for seed in (0, 1)
        for epoch in range(3)
    ]
    assert all(sorted(order) == list(range(count)) for order in orders)
    if count > 5:
        assert len(set(map(tuple, orders))) == 6


def test_orders_are_even():
    """Over 600 orders each of 7 items is about as often at each place; chi-square with 36 degrees below 80."""
    orders = np.array([permuted(np.arange(7), 7, 5, epoch) for epoch in range(600)])
    counts = np.array([np.bincount(column, minlength=7) for column in orders.T])
    assert ((counts - 600 / 7) ** 2 / (600 / 7)).sum() < 80
    neighbours = np.abs(np.diff(permuted(np.arange(10000), 10000, 1, 0)))
    assert abs(neighbours.mean() - 10000 / 3) < 100


def test_part_of_an_order_needs_no_more():
    whole = permuted(np.arange(10**5), 10**5, 3, 2)
    assert np.array_equal(permuted(np.arange(500, 520), 10**5, 3, 2), whole[500:520])


def test_each_epoch_has_all_records_but_the_uneven_rest(records):
    loader = Loader(records, Plain(), 5, seed=1)
    assert loader.steps_per_epoch == 4
    batches = [loader.batch(step) for step in range(8)]
    assert [targets["epoch"].tolist() for _, targets in batches] == [[0] * 5] * 4 + [[1] * 5] * 4
    epochs = [np.concatenate([inputs["index"] for inputs, _ in batches[i : i + 4]]) for i in (0, 4)]
    assert [len(set(indices.tolist())) for indices in epochs] == [20, 20]
    assert not np.array_equal(*epochs)


@pytest.mark.parametrize("name", ["mlm", "causal_lm"])
def test_a_batch_is_a_function_of_its_step(name, records):
    loader = Loader(records, build_objective(name, SPECIAL, VOCAB_SIZE), 4, seed=3)
    again = Loader(records, build_objective(name, SPECIAL, VOCAB_SIZE), 4, seed=3)
    ahead = list(itertools.islice(loader.batches(), 9))
    assert all(same(batch, again.batch(step)) for step, batch in reversed(list(enumerate(ahead))))
    resumed = itertools.islice(again.batches(start_step=6), 3)
    assert all(same(*pair) for pair in zip(ahead[6:], resumed))
    assert not same(ahead[0], Loader(records, loader.objective, 4, seed=4).batch(0))


def test_shards_are_the_whole_batch(records):
    objective = build_objective("mlm", SPECIAL, VOCAB_SIZE)
    shards = [Loader(records, objective, 6, shard=i, shards=3) for i in range(3)]
    for step in (0, 2, 11):
        parts, whole = (
            [shard.batch(step) for shard in shards],
            Loader(records, objective, 6).batch(step),
        )
        joined = tuple(
            {key: np.concatenate([part[i][key] for part in parts]) for key in whole[i]}
            for i in (0, 1)
        )
        assert same(joined, whole)


def test_errors_of_the_thread_are_raised(records):
    class Broken(Plain):
        def batch(self, records, indices, seed, epoch):
            if epoch:
                raise OSError("the disk is gone")
            return super().batch(records, indices, seed, epoch)

    batches = Loader(records, Broken(), 5).batches()
    assert len(list(itertools.islice(batches, 4))) == 4
    with pytest.raises(OSError, match="the disk is gone"):
        next(batches)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"batch_size": 24}, "batch_size must be from 1 to the 23 records, not 24"),
        ({"batch_size": 0}, "not 0"),
        ({"batch_size": 4, "shards": 3}, "batch_size 4 can't be shared out evenly as shard 0 of 3"),
        ({"batch_size": 4, "shards": 2, "shard": 2}, "shard 2 of 2"),
    ],
)
def test_bad_sizes(options, message, records):
    with pytest.raises(ValueError, match=message):
        Loader(records, Plain(), **options)
