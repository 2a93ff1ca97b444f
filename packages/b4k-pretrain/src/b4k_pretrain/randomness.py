"""Random numbers and orders as functions of where they are used, so that nothing needs to be kept to go on."""

import numpy as np

__all__ = ["permuted", "uniform"]

ORDER = 1  # the stream of the orders; the objectives draw from stream 0
ROUNDS = 6  # of the Feistel network
WORD = (1 << 64) - 1


def uniform(shape, seed, index, epoch, stream=0):
    """Numbers in [0, 1) of a shape, by Philox (https://doi.org/10.1145/2063384.2063405).

    The position in its period is (index, epoch), so that no two records share a number. All draws are
    of this kind, since numpy promises no other to stay as it is from release to release.
    """
    key = np.array([seed & WORD, stream], np.uint64)
    counter = np.array([0, index, epoch, 0], np.uint64)
    return np.random.Generator(np.random.Philox(counter=counter, key=key)).random(shape)


def permuted(positions, count, seed, epoch):
    """Where `positions` [n] of 0 ... count-1 go in the order of an epoch: each epoch a permutation of its own.

    A Feistel network over twice as many bits as are needed for half of a position, walked until the
    result is below `count` (Black and Rogaway, https://doi.org/10.1007/3-540-45760-7_9): an order of
    any length takes no memory.
    """
    positions = np.asarray(positions, np.uint64)
    half = max(1, ((count - 1).bit_length() + 1) // 2)
    keys = (uniform(ROUNDS, seed, 0, epoch, ORDER) * 2.0**53).astype(np.uint64)
    outside = np.ones(positions.shape, bool)
    while outside.any():
        positions = np.where(outside, _feistel(positions, keys, np.uint64(half)), positions)
        outside = positions >= np.uint64(count)
    return positions.astype(np.int64)


def _feistel(values, keys, half):
    """A permutation of the numbers of 2 * half bits, one round a key."""
    low = np.uint64((1 << int(half)) - 1)
    left, right = values >> half, values & low
    for key in keys:
        left, right = right, left ^ (_mixed(right, key) & low)
    return (left << half) | right


def _mixed(values, key):
    """The bits of each number and the key, stirred by the finalizer of SplitMix64."""
    values = values * np.uint64(0x9E3779B97F4A7C15) + key
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
