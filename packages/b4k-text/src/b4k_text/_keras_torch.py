"""`DataGenerator.to_torch`."""

import copy

from torch.utils.data import IterableDataset, get_worker_info

from b4k_text.fitting import as_fit_takes

__all__ = ["GeneratorDataset"]


class GeneratorDataset(IterableDataset):
    """The batches of a `DataGenerator`, dealt out among the workers of a `DataLoader`.

    Give it `batch_size=None`. All workers shuffle in the same order, which torch's seed decides.
    """

    def __init__(self, generator, random):
        self.generator = generator
        self.random = random

    def __iter__(self):
        return map(as_fit_takes, self._mine().__iter__(self.random))

    def _mine(self):
        """The generator, or in a worker its share of the generator."""
        worker = get_worker_info()
        if worker is None:
            return self.generator
        mine = copy.copy(self.generator)
        self.generator.epoch += 1  # for workers that stay for more than one pass
        mine.shard = (worker.id, worker.num_workers)
        mine.seed = (worker.seed - worker.id) % 2**32
        return mine
