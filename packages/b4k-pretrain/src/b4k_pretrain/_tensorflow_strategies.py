"""The strategies of tf.distribute: each device takes its part of a batch, Keras adds up the gradients."""

import json
import os

import numpy as np
from b4k_ops import BACKEND, GENERATION

from b4k_pretrain.engines import Single


class Mirrored(Single):
    """MirroredStrategy: all devices of one host, or those that `devices` names."""

    name = "mirrored"

    def setup(self, devices=()):
        tf = self.tensorflow()
        self.use(tf.distribute.MirroredStrategy(list(devices) or None))

    def tensorflow(self):
        """TensorFlow, whose `fit` takes distributed datasets. Raises ValueError where the engine can't be had."""
        if BACKEND != "tensorflow":
            message = "training.engine = %r is TensorFlow's: use 'jax' on jax, 'ddp' under torchrun on torch"
            raise ValueError(message % self.name)
        import tensorflow as tf

        if not hasattr(tf.distribute.Strategy, "distribute_datasets_from_function"):
            message = "training.engine = %r needs TensorFlow 2.4 or newer, this is %s: use 'single'"
            raise ValueError(message % (self.name, tf.__version__))
        return tf

    def use(self, strategy):
        """Train under a strategy."""
        self.strategy = strategy
        self.check_parts(strategy.num_replicas_in_sync)

    def build(self, function):
        with self.strategy.scope():
            return function()

    def feed(self, make):
        """A distributed dataset: of a plain generator Keras gives each device a whole batch, without a word."""
        import tensorflow as tf

        devices = self.strategy.num_replicas_in_sync // self.shard()[1]

        def parts():  # anew for each iterator that Keras makes
            return (part for batch in make() for part in split(batch, devices))

        first = next(parts())
        types = tf.nest.map_structure(lambda array: tf.as_dtype(array.dtype), first)
        shapes = tf.nest.map_structure(lambda array: array.shape, first)
        data = tf.data.Dataset.from_generator(parts, types, shapes)
        return self.strategy.distribute_datasets_from_function(lambda context: data)


def split(batch, devices):
    """The parts of a nested tuple of arrays [batch, ...], one for each device."""
    if isinstance(batch, tuple):
        return list(zip(*(split(each, devices) for each in batch)))
    return np.split(batch, devices)


class MultiWorkerMirrored(Mirrored):
    """MultiWorkerMirroredStrategy: one process for each worker, with its part of every batch."""

    name = "multi_worker"

    def setup(self):
        if GENERATION == "keras3":
            raise ValueError(
                "training.engine = 'multi_worker': `fit` of Keras 3 can't (keras-team/keras#20585): set TF_KERAS=1 "
                "TF_USE_LEGACY_KERAS=1 for tf_keras, or use 'jax' with KERAS_BACKEND=jax"
            )
        tf = self.tensorflow()
        if "TF_CONFIG" not in os.environ:
            raise ValueError("training.engine = 'multi_worker' needs TF_CONFIG on each worker")
        self.use(tf.distribute.MultiWorkerMirroredStrategy())

    def shard(self):
        config = json.loads(os.environ["TF_CONFIG"])
        return config["task"]["index"], len(config["cluster"]["worker"])

    def is_chief(self):
        return self.shard()[0] == 0


class TPU(Mirrored):
    """TPUStrategy at an address, by default that of this host."""

    name = "tpu"

    def setup(self, address=""):
        if GENERATION == "keras3":
            raise ValueError(
                "training.engine = 'tpu' is that of tf.keras (TF_KERAS=1): with KERAS_BACKEND=jax use 'jax'"
            )
        tf = self.tensorflow()
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(address)
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
        self.use(tf.distribute.TPUStrategy(resolver))


__all__ = ["TPU", "Mirrored", "MultiWorkerMirrored"]
