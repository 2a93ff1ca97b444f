"""Forward passes and gradients of tf.keras: by tape if TensorFlow runs eagerly, else in a graph."""

import tensorflow as tf

from . import _keras2_testing as graph
from ._tfkeras_training import set_random_seed as seed_all  # noqa: F401 - the tests seed with it

fresh_session = graph.fresh_session

_mixed = getattr(tf.keras, "mixed_precision", None)
POLICIES = ()  # of half precision, under which layers are tested
# and under which models are trained
TRAINING_POLICIES = ("mixed_float16",) if hasattr(_mixed, "set_global_policy") else ()
COMPILATIONS = ({"run_eagerly": True},) if tf.executing_eagerly() else ({},)
# and such that draw other numbers in every run
UNREPEATABLE = ({"jit_compile": True},) if hasattr(tf.keras.Model, "compute_loss") else ()


def under_policy(policy, function):
    """What a function gives while the dtype policy is this one."""
    before = _mixed.global_policy()
    _mixed.set_global_policy(policy)
    try:
        return function()
    finally:
        _mixed.set_global_policy(before)


def loss_scaled(optimizer):
    """The optimizer as mixed precision uses it: a step whose gradients are not finite is left out."""
    mixed = tf.keras.mixed_precision
    if hasattr(mixed, "LossScaleOptimizer"):
        return mixed.LossScaleOptimizer(optimizer)
    return mixed.experimental.LossScaleOptimizer(optimizer, "dynamic")  # before TensorFlow 2.4


def two_devices():
    """The scope in which models are built for two devices on this CPU."""
    config, cpu = tf.config.experimental, "CPU"
    one = config.VirtualDeviceConfiguration()
    config.set_virtual_device_configuration(config.list_physical_devices(cpu)[0], [one, one])
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope()


def train_on_two_devices(build, ids, targets, batch_size):
    """The weights after one pass of the compiled model that `build()` gives, each of two devices training on half of
    every batch; in a process that has computed nothing yet."""
    with two_devices():
        model = build()
    model.fit(ids, targets, batch_size=batch_size, epochs=1, shuffle=False, verbose=0)
    return model.get_weights()


def run_model(model, arrays, cotangents, variables, by_inputs):
    """(outputs, gradients) of a model at inference, as in _keras2_testing."""
    if not tf.executing_eagerly():
        return graph.run_model(model, arrays, cotangents, variables, by_inputs)

    def function(tensors):
        outputs = model(tensors if len(tensors) > 1 else tensors[0], training=False)
        return outputs if isinstance(outputs, (list, tuple)) else [outputs]

    return _run(function, arrays, cotangents, variables, by_inputs)


def run_function(function, arrays, shapes, cotangents, by_inputs):
    """The same for a function: list of tensors -> list of tensors or None."""
    if not tf.executing_eagerly():
        return graph.run_function(function, arrays, shapes, cotangents, by_inputs)
    return _run(function, arrays, cotangents, [], by_inputs)


def run_traced(function, arrays):
    """The outputs of a function of tensors whose values are not there while it runs, as arrays."""
    if not tf.executing_eagerly():
        return graph.run_traced(function, arrays)
    outputs = tf.function(lambda *tensors: function(list(tensors)))(*map(tf.constant, arrays))
    return [output.numpy() for output in outputs]


def _run(function, arrays, cotangents, variables, by_inputs):
    tensors = [tf.constant(array) for array in arrays]
    sources = list(variables) + [tensors[i] for i in by_inputs]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        outputs = function(tensors)
        loss = sum(tf.reduce_sum(outputs[i] * c) for i, c in cotangents.items())
    gradients = []
    if sources:
        gradients = tape.gradient(loss, sources, unconnected_gradients="zero")
    dense = [tf.convert_to_tensor(g).numpy() for g in gradients]
    return [None if o is None else o.numpy() for o in outputs], dense


def kept_bytes(model, array):
    """The bytes of all that a training call keeps for its backward pass, as in _keras2_testing."""
    if not tf.executing_eagerly():
        return graph.kept_bytes(model, array)

    def loss():
        outputs = model(tf.constant(array), training=True)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        return tf.add_n([tf.reduce_mean(tf.square(y)) for y in outputs])

    return graph.bytes_between(loss, model.trainable_weights)
