"""`DataGenerator.to_pydataset`."""

import threading

import keras

from b4k_text.fitting import as_fit_takes

__all__ = ["GeneratorDataset"]

if not hasattr(keras.utils, "PyDataset"):
    raise ImportError(
        f"to_pydataset needs Keras 3, this is Keras {keras.__version__}: "
        "use model.fit(generator.forfit(), steps_per_epoch=len(generator))"
    )


class GeneratorDataset(keras.utils.PyDataset):
    """The batches of a `DataGenerator`, a pass an epoch.

    In order they come by their index. Shuffled, each is whatever batch is next: `fit` shuffles
    the indices once more, and to follow it all batches of a pass would have to be held.
    """

    def __init__(self, generator, random, **kwargs):
        super().__init__(**kwargs)
        self.generator = generator
        self.random = random
        self.lock = threading.Lock()  # Keras may ask in several threads
        self.on_epoch_end()

    def __len__(self):
        return len(self.generator)

    def __getitem__(self, index):
        with self.lock:
            while index not in self.held:
                batch = self._next()
                self.held[index if self.random else self.given] = batch
                self.given += 1
            return self.held.pop(index)

    def _next(self):
        """The next batch; the next pass begins when one ends."""
        for _ in range(2):
            batch = next(self.batches, self)
            if batch is not self:
                return as_fit_takes(batch)
            self.on_epoch_end()
        raise ValueError(f"{type(self.generator).__name__}: a pass over its data gave no batch")

    def on_epoch_end(self):
        """Begin a pass."""
        self.batches = iter(self.generator.__iter__(self.random))
        self.held, self.given = {}, 0
