"""One model on several devices, each of which takes a part of the batch."""

from b4k_layers import BatchConcat, BatchSplit
from b4k_ops import Model, device_scope, get_available_gpus

__all__ = ["data_parallel"]


def data_parallel(model, devices=None, parts=None):
    """A model of the same weights that splits each batch [batch, ...] over devices and joins what comes out.

    devices: a list of names, or how many GPUs, all by default; parts: one weight for each device, e.g. `[2, 1, 1]`,
    equal ones by default. Only where Keras itself builds a graph: elsewhere a NotImplementedError says what that
    Keras has instead.
    """
    devices = _names(devices)
    if parts is not None and len(parts) != len(devices):
        raise ValueError(
            "%d parts were given for %d devices, %s" % (len(parts), len(devices), devices)
        )
    pieces = BatchSplit(parts or len(devices))(model.inputs)  # those of the first input first
    outputs = []
    for i, device in enumerate(devices):
        with device_scope(device):
            output = model(pieces[i :: len(devices)])
        outputs.append(output if isinstance(output, (list, tuple)) else [output])
    return Model(model.inputs, [BatchConcat()(list(parts)) for parts in zip(*outputs)])


def _names(devices):
    """The names of the devices meant."""
    if devices is None:
        devices = get_available_gpus()
    elif isinstance(devices, int):
        devices = ["/device:GPU:%d" % i for i in range(devices)]
    if not devices:
        raise ValueError("there is no GPU to share the batch: pass the names of some devices")
    return list(devices)
