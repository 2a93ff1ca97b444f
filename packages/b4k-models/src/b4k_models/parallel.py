"""One model on several devices, each of which takes a part of the batch."""

from b4k_layers import BatchConcat, BatchSplit
from b4k_ops import Model, device_scope, get_available_gpus, keras

__all__ = ["data_parallel", "layout_map"]

LAYOUTS = {  # the path of a weight: which of its axes is split; all other weights are on every device
    r".*Embedding-Token/embeddings": 1,
    r".*MultiHead\w*Attention/[qkv]_dense/kernel": 1,
    r".*MultiHead\w*Attention/[qkv]_dense/bias": 0,
    r".*MultiHead\w*Attention/o_dense/kernel": 0,
    r".*FeedForward/i\d_dense/kernel": 1,
    r".*FeedForward/i\d_dense/bias": 0,
    r".*FeedForward/o_dense/kernel": 0,
}


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


def layout_map(device_mesh, axis="model"):
    """The LayoutMap for keras.distribution.ModelParallel of a model of this package, split over an axis of a mesh.

    Heads and the insides of feed forward are split, as in Megatron-LM (https://arxiv.org/abs/1909.08053), so their
    numbers must be multiples of the devices along the axis. NotImplementedError on a Keras without LayoutMap.
    """
    if not hasattr(keras, "distribution"):
        raise NotImplementedError("layout_map is for keras.distribution, which Keras 3 has")
    layouts = keras.distribution.LayoutMap(device_mesh)
    for path, split in LAYOUTS.items():
        axes = 2 if path.endswith(("kernel", "embeddings")) else 1
        layouts[path] = tuple(axis if i == split else None for i in range(axes))
    return layouts
