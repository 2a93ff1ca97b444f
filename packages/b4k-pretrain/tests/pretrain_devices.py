"""Trains on two devices of this CPU, or as one of two processes: `pretrain_devices.py ENGINE CONFIG [MOMENT]`.

At the moment, see pretrain_killed.py, the second process of two kills itself.
"""

import os
import sys

engine, path, *moments = sys.argv[1:]
if engine == "jax-model":
    os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"

from b4k_pretrain.config import load_config  # noqa: E402 - jax reads the flags when it is imported
from b4k_pretrain.training import train  # noqa: E402
from pretrain_killed import killed_at  # noqa: E402

if engine == "mirrored":
    import tensorflow as tf

    (cpu,) = tf.config.experimental.list_physical_devices("CPU")
    halves = [tf.config.experimental.VirtualDeviceConfiguration()] * 2
    tf.config.experimental.set_virtual_device_configuration(cpu, halves)
if moments and os.environ["RANK"] == "1":
    killed_at(int(moments[0]))
train(load_config(path))
