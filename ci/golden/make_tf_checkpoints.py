"""Makes tiny checkpoints with TensorFlow 1.15's own Saver, in every layout b4k_models reads.

Each directory holds the files of `model.ckpt` as `tf.train.Saver` leaves them, and `expected.npz`:
a JSON `header` and one array `variable/<name>` for each variable whose numbers can be read.
"""

import json
import os

import numpy as np
import tensorflow as tf

TARGET = "packages/b4k-models/tests/golden/tf_checkpoint"
SEED = 20151
DEVICES = tf.ConfigProto(device_count={"CPU": 2})

DTYPES_V1 = "float32 float64 int8 int16 int32 int64 uint8 bool float16 complex64 complex128".split()
DTYPES_V2 = DTYPES_V1 + ["uint16"]
BERT_SHAPES = {
    "bert/embeddings/word_embeddings": (20, 6),
    "bert/embeddings/LayerNorm/beta": (6,),
    "bert/embeddings/LayerNorm/gamma": (6,),
    "bert/pooler/dense/kernel": (6, 6),
    "bert/pooler/dense/bias": (6,),
    "cls/predictions/output_bias": (20,),
    "global_step": (),
    "empty": (0, 3),
}
AXES = {"bert/embeddings/word_embeddings": 0, "bert/pooler/dense/kernel": 1}  # of partitioned ones


def numbers(rng, shape, dtype):
    """Numbers over the whole range of `dtype`, its ends included where the shape has room."""
    dtype = np.dtype(dtype)
    if dtype.kind in "fc":
        values = rng.standard_normal(shape) * 10.0 ** rng.randint(-3, 4, shape)
        return (values * (1 + 1j) if dtype.kind == "c" else values).astype(dtype)
    if dtype.kind == "b":
        return rng.randint(0, 2, shape).astype(dtype)
    info = np.iinfo(dtype)
    values = np.frombuffer(rng.bytes(dtype.itemsize * int(np.prod(shape))), dtype)
    values = np.concatenate([[info.min, info.max], values[2:]]) if values.size > 1 else values
    return values.astype(dtype).reshape(shape)


def bert(rng):
    """The variables of a tiny BERT, float32."""
    return {name: numbers(rng, shape, "float32") for name, shape in BERT_SHAPES.items()}


def zoo(rng, dtypes):
    """One variable per dtype, and one scalar each."""
    arrays = {"zoo/%s" % d: numbers(rng, (2, 5), d) for d in dtypes}
    return dict(arrays, **{"zoo/scalar/%s" % d: numbers(rng, (), d) for d in dtypes})


def variables(arrays, device=lambda i: "/cpu:0"):
    """Makes variables of the arrays, in the order of their names, on device(i)."""
    for i, name in enumerate(sorted(arrays)):
        with tf.device(device(i)):
            tf.get_variable(name, initializer=arrays[name], use_resource=False)


def partitioned(arrays, axes):
    """Makes variables cut along axes[name], into three slices along the first, two along others."""
    for name, axis in sorted(axes.items()):
        cuts = tf.fixed_size_partitioner(2 if axis else 3, axis=axis)
        array = arrays[name]

        def part(shape, dtype, partition_info, array=array):
            return array[region(partition_info.var_offset, shape)]

        tf.get_variable(name, array.shape, array.dtype, part, partitioner=cuts, use_resource=False)


def region(offset, shape):
    """The index of a slice in its whole."""
    return tuple(slice(start, start + size) for start, size in zip(offset, shape))


def make_v2(rng):
    """Every dtype, scalars, an empty tensor."""
    arrays = dict(bert(rng), **zoo(rng, DTYPES_V2))
    variables(arrays)
    return arrays, {}


def make_sharded(rng):
    """Two data files, one per device."""
    arrays = bert(rng)
    variables(arrays, device=lambda i: "/cpu:%d" % (i % 2))
    return arrays, {"sharded": True}


def make_partitioned(rng):
    """Slices along the first and along the second axis."""
    arrays = bert(rng)
    partitioned(arrays, AXES)
    variables({name: array for name, array in arrays.items() if name not in AXES})
    return arrays, {}


def make_unusual(rng):
    """Strings, which cannot be read, and bfloat16, which is read as float32."""
    upper_half = numbers(rng, (3, 4), "float32").view("uint32") & 0xFFFF0000
    arrays = {"brain": upper_half.view("float32")}
    tf.get_variable("brain", initializer=tf.cast(arrays["brain"], tf.bfloat16), use_resource=False)
    tf.get_variable("vocabulary", initializer=["[PAD]", "[UNK]"], use_resource=False)
    return arrays, {}


def make_v1(rng):
    """One file in the format of 2015, slices included."""
    arrays = dict(bert(rng), **zoo(rng, DTYPES_V1))
    partitioned(arrays, AXES)
    variables({name: array for name, array in arrays.items() if name not in AXES})
    return arrays, {"write_version": tf.train.SaverDef.V1}


DIRECTORIES = {
    "v2": make_v2,
    "sharded": make_sharded,
    "partitioned": make_partitioned,
    "unusual": make_unusual,
    "v1": make_v1,
}


def write_expected(directory, case, build, arrays):
    """The arrays, and how they came about."""
    header = {
        "case": case,
        "target": "b4k_models.TFCheckpoint",
        "oracle": "tf.train.Saver of TensorFlow %s" % tf.__version__,
        "meaning": build.__doc__,
        "seed": SEED,
        "versions": {"tensorflow": tf.__version__, "numpy": np.__version__},
    }
    arrays = {"variable/" + name: array for name, array in arrays.items()}
    path = os.path.join(directory, "expected.npz")
    np.savez_compressed(path, header=np.array(json.dumps(header, sort_keys=True)), **arrays)


def check(saver, prefix, arrays):
    """What TensorFlow itself restores must be what was meant to be written."""
    with tf.Session(config=DEVICES) as session:
        saver.restore(session, prefix)
        for variable in tf.global_variables():
            value, info = session.run(variable), variable._get_save_slice_info()
            if info:
                whole = arrays[info.full_name]
                np.testing.assert_array_equal(value, whole[region(info.var_offset, info.var_shape)])
            elif variable.op.name in arrays:
                expected = arrays[variable.op.name]
                np.testing.assert_array_equal(value.astype(expected.dtype), expected)


def make(out_dir):
    """Write every directory of DIRECTORIES under out_dir."""
    for case, build in DIRECTORIES.items():
        directory = os.path.join(out_dir, case)
        os.makedirs(directory, exist_ok=True)
        prefix = os.path.join(directory, "model.ckpt")
        with tf.Graph().as_default():
            arrays, options = build(np.random.RandomState(SEED))
            saver = tf.train.Saver(save_relative_paths=True, **options)
            with tf.Session(config=DEVICES) as session:
                session.run(tf.global_variables_initializer())
                saver.save(session, prefix, write_meta_graph=False)
            check(saver, prefix, arrays)
        write_expected(directory, case, build, arrays)


if __name__ == "__main__":
    import sys

    make(sys.argv[1])
