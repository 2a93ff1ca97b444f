"""The devices that a training runs on: each engine is a thin adapter of what exists for them.

| `training.engine` | what it is | `training.engine_options` | how it is started |
| --- | --- | --- | --- |
| `single` | one device, any backend | | as ever |
| `jax` | `keras.distribution`, batches split over devices and the model too if asked | `model_devices=1` | as ever; on several hosts with `KERAS_DISTRIBUTION_JOB_ADDRESSES`, `_NUM_PROCESSES`, `_PROCESS_ID` |
| `ddp` | torch's DistributedDataParallel | | `torchrun --nproc_per_node=N -m b4k_pretrain train CONFIG` |
| `mirrored` | tf.distribute.MirroredStrategy, on Keras 3 or tf.keras, TensorFlow 2.4 or newer | `devices=[]` | as ever |
| `multi_worker` | tf.distribute.MultiWorkerMirroredStrategy, on tf.keras | | with `TF_CONFIG`, on each worker |
| `tpu` | tf.distribute.TPUStrategy | `address=""` | as ever |
"""  # noqa: E501 - a table

import importlib
import inspect
import os

from b4k_ops import Model, get_values

from b4k_pretrain.choosing import choose, refuse_unknown


class Single:
    """One device, any backend: what there is to say of an engine, and what the others override."""

    model_class = Model  # of the model that is trained
    rank = 0  # which random numbers this process draws

    def __init__(self, config):
        self.config = config
        options = config["training.engine_options"]
        known = inspect.signature(self.setup).parameters
        refuse_unknown(options, known, "training.engine = %r" % config["training.engine"])
        self.setup(**options)

    def setup(self):
        """Join the other processes and claim the devices; the arguments are `training.engine_options`."""
        for variable, engine in STARTED.items():
            if os.environ.get(variable, "1") != "1":
                message = "%s is set, as for several processes, and each would train alone: use training.engine = %r"
                raise ValueError(message % (variable, engine))

    def build(self, function):
        """What `function()` builds, where its variables belong on these devices."""
        return function()

    def prepare(self, model):
        """The compiled model, ready for `fit`."""
        return model

    def shard(self):
        """(which part of each batch this process feeds, of how many)."""
        return 0, 1

    def feed(self, make):
        """What `fit` is given of this process's batches; `make()` is a new generator of them."""
        return make()

    def is_chief(self):
        """Whether this process writes the checkpoints and the logs."""
        return True

    def reduce_logs(self, row):
        """{name: number} of this process -> their means over all processes."""
        return row

    def values(self, variables):
        """Numpy arrays of variables; every process must ask for them."""
        return get_values(variables)

    def check_parts(self, devices):
        """Refuse batches that can't be shared out evenly."""
        if self.config.part_size % devices:
            raise ValueError(
                "training.batch_size / training.accumulation is %d: expected a multiple of the %d devices"
                % (self.config.part_size, devices)
            )


STARTED = {  # what is set for several processes: their engine
    "WORLD_SIZE": "ddp",
    "KERAS_DISTRIBUTION_NUM_PROCESSES": "jax",
    "TF_CONFIG": "multi_worker",
}

ENGINES = {  # name: (module, class)
    "single": ("engines", "Single"),
    "jax": ("_keras_jax", "Distribution"),
    "ddp": ("_keras_torch", "DistributedDataParallel"),
    "mirrored": ("_tensorflow_strategies", "Mirrored"),
    "multi_worker": ("_tensorflow_strategies", "MultiWorkerMirrored"),
    "tpu": ("_tensorflow_strategies", "TPU"),
}


def open_engine(config):
    """The engine of a configuration, set up. Raises ValueError for what it can't do."""
    module, name = choose("training.engine", config["training.engine"], ENGINES)
    engine = getattr(importlib.import_module("b4k_pretrain." + module), name)
    return engine(config)


__all__ = ["ENGINES", "Single", "open_engine"]
