"""keras.distribution on jax: data and model parallel, on one host or several."""

import os

from b4k_models import layout_map
from b4k_ops import BACKEND, get_values, keras

from b4k_pretrain.engines import Single


class Distribution(Single):
    """DataParallel; with `model_devices` > 1 ModelParallel, whose variables b4k-models lays out."""

    def setup(self, model_devices=1):
        if BACKEND != "jax":
            raise ValueError(
                "training.engine = 'jax' is keras.distribution, which does nothing on other backends: use 'ddp' under "
                "torchrun on torch, 'mirrored' on tensorflow"
            )
        if "KERAS_DISTRIBUTION_JOB_ADDRESSES" in os.environ:
            keras.distribution.initialize()
        devices = keras.distribution.list_devices()
        if len(devices) % model_devices:
            raise ValueError(
                "training.engine_options: model_devices = %d does not divide the %d devices"
                % (model_devices, len(devices))
            )
        self.check_parts(len(devices) // model_devices)
        self.distribution = distribution_of(devices, model_devices)
        keras.distribution.set_distribution(self.distribution)

    def shard(self):
        replicas = self.distribution.num_model_replicas
        return self.distribution.data_shard_id, min(self.distribution.num_processes, replicas)

    def is_chief(self):
        import jax

        return jax.process_index() == 0

    def values(self, variables):
        return [_whole(variable) for variable in variables]


def distribution_of(devices, model_devices):
    """A distribution over devices, so many of which hold one model together."""
    distribution = keras.distribution
    if model_devices == 1:
        return distribution.DataParallel(devices=devices, auto_shard_dataset=False)
    shape = (len(devices) // model_devices, model_devices)
    mesh = distribution.DeviceMesh(shape, ["batch", "model"], devices)
    layouts = layout_map(mesh, "model")
    return distribution.ModelParallel(
        layout_map=layouts, batch_dim_name="batch", auto_shard_dataset=False
    )


def _whole(variable):
    """The array of a variable, gathered where its parts are on several hosts."""
    from jax.experimental import multihost_utils

    value = variable.value
    if value.is_fully_addressable or value.is_fully_replicated:
        return get_values([variable])[0]
    return multihost_utils.process_allgather(value, tiled=True)


__all__ = ["Distribution"]
