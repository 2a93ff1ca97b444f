"""Batches for training and prediction."""

from itertools import islice

import numpy as np

from b4k_text.fitting import as_fit_takes, as_predict_takes

__all__ = ["LENGTHS", "DataGenerator"]

LENGTHS = (32, 64, 96, 128, 192, 256, 384, 512)  # what `buckets` pads to


class DataGenerator:
    """A base class for data: write `__iter__`, which yields batches of what `sample` yields.

    With a `seed` each pass over the data is shuffled in an order of its own, the same every time
    the program runs, and `state_dict` tells how to go on from where it was.
    """

    def __init__(
        self,
        data,  # a list, or anything that can be iterated once per pass
        batch_size=32,
        buffer_size=None,  # samples held to shuffle data without a length, 1000 batches if None
        seed=None,  # None draws from `numpy.random` itself, as bert4keras does
    ):
        if batch_size < 1:
            raise ValueError(
                f"{type(self).__name__}: expected a batch_size of 1 or more, got {batch_size}"
            )
        self.data = data
        self.batch_size = batch_size
        self.steps = -(-len(data) // batch_size) if hasattr(data, "__len__") else None
        self.buffer_size = buffer_size or batch_size * 1000
        self.seed = seed
        self.rng = np.random  # what this pass draws from; `__iter__` may draw from it as well
        self.shard = (0, 1)  # (i, n): of every n batches of samples this one takes the i-th
        self.epoch = 0  # passes begun
        self.step = 0  # batches given by `forfit`
        self._skipped = 0  # batches of the next pass that were given before `load_state_dict`
        self._begun = []  # (step, epoch) at the beginning of the last few passes

    def __len__(self):
        if self.steps is None:
            raise TypeError(f"{type(self).__name__}: its data have no length")
        return self.steps

    def __bool__(self):
        return True

    def __iter__(self, random=False):
        raise NotImplementedError(f"{type(self).__name__} has no __iter__(self, random=False)")

    def sample(self, random=False):
        """Yields (is_end, sample) over one pass, `is_end` being true at the last sample."""
        epoch, self.epoch = self.epoch, self.epoch + 1
        if self.seed is not None:
            self.rng = np.random.RandomState([self.seed, epoch])
        samples = self._sharded(self._shuffled() if random else iter(self.data))
        current = next(samples, self)
        if current is self:
            if self.shard[0] == 0:
                raise ValueError(
                    f"{type(self).__name__}: its data are empty, or an iterator that has ended"
                )
            return
        for following in samples:
            yield False, current
            current = following
        yield True, current

    def _shuffled(self):
        """The samples in random order; without a length, as random as the buffer is large."""
        if self.steps is not None:
            for i in self.rng.permutation(len(self.data)):
                yield self.data[i]
            return
        held = []
        for sample in self.data:
            held.append(sample)
            if len(held) > self.buffer_size:
                yield held.pop(self.rng.randint(len(held)))
        while held:
            yield held.pop(self.rng.randint(len(held)))

    def _sharded(self, samples):
        """The samples that fall to this shard."""
        mine, count = self.shard
        for i, sample in enumerate(samples):
            if i // self.batch_size % count == mine:
                yield sample

    # --- for Keras

    def forfit(self, random=True):
        """Endless batches for `fit`, in the form that the Keras in use takes."""
        for batch in self._endless(random):
            yield as_fit_takes(batch)

    def fortest(self, random=False):
        """Endless inputs for `predict`, in the form that the Keras in use takes."""
        while True:
            for batch in self._pass(random):
                yield as_predict_takes(batch[0])

    def _pass(self, random):
        """One pass; an error if it has no batch, where an endless loop would hang."""
        empty = True
        for batch in self.__iter__(random):
            empty = False
            yield batch
        if empty:
            raise ValueError(f"{type(self).__name__}: a pass over its data gave no batch")

    def _endless(self, random):
        """Pass after pass, beginning where `load_state_dict` says."""
        skipped, self._skipped = self._skipped, 0
        while True:
            self._begun = [*self._begun[-7:], (self.step - skipped, self.epoch)]
            for batch in islice(self._pass(random), skipped, None):
                self.step += 1
                yield batch
            skipped = 0

    def to_dataset(self, types, shapes, names=None, padded_batch=False):
        """An endless `tf.data.Dataset`; `__iter__` yields single samples, batched here.

        types, shapes: of a sample, as `tf.data.Dataset.from_generator` takes them.
        names: a name, a tuple of names or a tuple of those; samples become dicts with them.
        padded_batch: pad each batch to `shapes`, where None stands for the longest.
        """
        from b4k_text._tensorflow_data import to_dataset

        return to_dataset(self, types, shapes, names, padded_batch)

    def to_pydataset(self, random=False, **kwargs):
        """A `keras.utils.PyDataset` of Keras 3; `kwargs` are its own, such as `workers`."""
        from b4k_text._keras_pydataset import GeneratorDataset

        return GeneratorDataset(self, random, **kwargs)

    def to_torch(self, random=False):
        """A torch `IterableDataset` for `DataLoader(..., batch_size=None, num_workers=n)`."""
        from b4k_text._keras_torch import GeneratorDataset

        return GeneratorDataset(self, random)

    # --- going on

    def state_dict(self, step=None):
        """Where `forfit` is, as a dict that JSON can hold.

        step: how many of its batches were used, as `fit` fetches some ahead; None for all.
        """
        step = self.step if step is None else int(step)
        begun = [pair for pair in self._begun or [(0, 0)] if pair[0] <= step]
        if self.seed is None or not begun or step > self.step:
            raise ValueError(
                f"state_dict: needs a generator with a seed, which is {self.seed}, and a step of "
                f"the last few passes up to {self.step}, got {step}"
            )
        return {
            "seed": self.seed,
            "epoch": begun[-1][1],
            "batch": step - begun[-1][0],
            "step": step,
        }

    def load_state_dict(self, state):
        """Let the next `forfit` go on where `state_dict` was taken, with the same batches.

        The batches of that pass are made anew up to there, so that all random numbers agree.
        """
        if state.get("seed") != self.seed or self.seed is None:
            raise ValueError(
                f"load_state_dict: the state has the seed {state.get('seed')}, "
                f"the generator {self.seed}"
            )
        self.epoch, self.step = state["epoch"], state["step"]
        self._skipped, self._begun = state["batch"], []

    # --- lengths

    def buckets(
        self,
        samples,  # what a pass yields, mostly encoded texts
        length,  # function sample -> its length
        lengths=LENGTHS,  # the only lengths that batches are padded to
        random=False,  # False keeps the order of the samples
        pool=64,  # so many batches at a time are sorted by length
    ):
        """Yields (padded length, samples of a batch); with `random`, samples of similar lengths.

        A compiled model then sees `len(lengths)` shapes in all. As many batches as without.
        """
        samples, lengths = iter(samples), sorted(lengths)
        size = self.batch_size * (pool if random else 1)
        for held in iter(lambda: list(islice(samples, size)), []):
            if random:
                held = [held[i] for i in self.rng.permutation(len(held))]
                held.sort(key=length)
            batches = [held[i : i + self.batch_size] for i in range(0, len(held), self.batch_size)]
            for i in self.rng.permutation(len(batches)) if random else range(len(batches)):
                yield _padded_length(max(map(length, batches[i])), lengths), batches[i]


def _padded_length(longest, lengths):
    """The smallest of the lengths that holds the longest sample."""
    for length in lengths:
        if longest <= length:
            return length
    raise ValueError(f"buckets: a sample of length {longest} exceeds all of lengths={lengths}")
