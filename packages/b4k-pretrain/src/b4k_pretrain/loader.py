"""Batches of records under an objective: each a function of its step, so that training goes on anywhere."""

import queue
import threading

import numpy as np

from b4k_pretrain.randomness import permuted

__all__ = ["Loader"]

PREFETCHED = 4  # batches that wait


class Loader:
    """The batches of an endless training: every epoch all records in a new order, the last uneven batch dropped.

    With several shards each gives its part of the batch: in the order of the shards they are the whole batch.
    """

    def __init__(
        self,
        records,  # of `open_records`, or anything with `len(records)` and `records[indices]`
        objective,  # of `build_objective`
        batch_size,  # of all shards together
        seed=0,  # of the order and of the objective
        shard=0,  # which part of each batch this process takes,
        shards=1,  # of how many
    ):
        if not 1 <= batch_size <= len(records):
            message = "batch_size must be from 1 to the %d records, not %r"
            raise ValueError(message % (len(records), batch_size))
        if batch_size % shards or not 0 <= shard < shards:
            message = "batch_size %r can't be shared out evenly as shard %r of %r"
            raise ValueError(message % (batch_size, shard, shards))
        self.records = records
        self.objective = objective
        self.batch_size = batch_size
        self.seed = seed
        self.rows = slice(batch_size // shards * shard, batch_size // shards * (shard + 1))

    @property
    def steps_per_epoch(self):
        """How many whole batches the records make."""
        return len(self.records) // self.batch_size

    def indices(self, step):
        """The records [batch] of this shard at a step, and the epoch."""
        epoch, batch = divmod(step, self.steps_per_epoch)
        places = batch * self.batch_size + np.arange(self.batch_size)[self.rows]
        return permuted(places, len(self.records), self.seed, epoch), epoch

    def batch(self, step):
        """(inputs, targets): dicts of arrays [batch, ...], the same at the same step."""
        indices, epoch = self.indices(step)
        return self.objective.batch(self.records, indices, self.seed, epoch)

    def batches(self, start_step=0):
        """Yields the batches from a step on without end, made ahead by a thread; its errors are raised here."""
        done, ready = threading.Event(), queue.Queue(PREFETCHED)
        arguments = (start_step, ready, done)
        threading.Thread(target=self._prefetch, args=arguments, daemon=True).start()
        try:
            while True:
                batch, error = ready.get()
                if error is not None:
                    raise error
                yield batch
        finally:
            done.set()

    def _prefetch(self, step, ready, done):
        """Put (batch, error) of one step after another, until it is done or an error is."""
        error = None
        while not done.is_set() and error is None:
            try:
                item = self.batch(step), None
            except Exception as problem:
                item, error = (None, problem), problem
            while not done.is_set():
                try:
                    ready.put(item, timeout=0.1)
                    break
                except queue.Full:
                    pass
            step += 1
