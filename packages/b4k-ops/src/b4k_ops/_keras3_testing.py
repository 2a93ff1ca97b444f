"""Forward passes and gradients of Keras 3: jax.grad, torch.autograd or TensorFlow's tape."""

import contextlib
import os
import tempfile

import numpy as np

from . import BACKEND, keras, ops

seed_all = keras.utils.set_random_seed
POLICIES = ("mixed_float16", "mixed_bfloat16")  # of half precision, under which layers are tested
TRAINING_POLICIES = POLICIES  # and under which models are trained

COMPILATIONS = ({"run_eagerly": True},)  # ways to compile a model besides the default
if BACKEND == "tensorflow":
    COMPILATIONS += ({"jit_compile": True}, {"jit_compile": False})
UNREPEATABLE = ()  # and such that draw other numbers in every run


def fresh_session():
    """Nothing: Keras 3 keeps no graph, and clearing what it keeps takes longer than most tests."""


def under_policy(policy, function):
    """What a function gives while the dtype policy is this one."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return function()
    finally:
        keras.config.set_dtype_policy(before)


def loss_scaled(optimizer):
    """The optimizer as mixed precision uses it: a step whose gradients are not finite is left out."""
    return keras.optimizers.LossScaleOptimizer(optimizer)


def train_on_two_devices(build, ids, targets, batch_size):
    """The weights after one pass of the compiled model that `build()` gives, each of two devices training on half of
    every batch; in a process that has computed nothing yet."""
    if BACKEND == "torch":
        return _train_in_two_processes(build, ids, targets, batch_size)
    with _two_devices():
        model = build()
    model.fit(ids, targets, batch_size=batch_size, epochs=1, shuffle=False, verbose=0)
    return model.get_weights()


def _two_devices():
    """The scope in which models are built for two devices on this CPU."""
    if BACKEND == "tensorflow":
        from ._tfkeras_testing import two_devices

        return two_devices()
    os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"
    devices = keras.distribution.list_devices()
    if len(devices) != 2:
        raise RuntimeError("jax computed before it was told of two devices: it sees %s" % devices)
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices))
    return contextlib.nullcontext()


def _train_in_two_processes(build, ids, targets, batch_size):
    import torch

    with tempfile.TemporaryDirectory() as folder:
        options = build, ids, targets, batch_size, folder
        torch.multiprocessing.start_processes(_train_one_of_two, options, 2, start_method="fork")
        with np.load(os.path.join(folder, "weights.npz")) as saved:
            return [saved[name] for name in saved.files]


def _train_one_of_two(rank, build, ids, targets, batch_size, folder):
    """The part of a process: every second row of each batch; torch averages the gradients."""
    import torch

    meeting = "file://" + os.path.join(folder, "meeting")
    torch.distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=2)
    model = build()
    parallel = torch.nn.parallel.DistributedDataParallel(model)
    for start in range(0, len(ids), batch_size):
        rows = slice(start + rank, start + batch_size, 2)
        model.zero_grad()
        model.compute_loss(y=targets[rows], y_pred=parallel(ids[rows])).backward()
        weights = model.trainable_weights
        with torch.no_grad():
            model.optimizer.apply([weight.value.grad for weight in weights], weights)
    if rank == 0:
        np.savez(os.path.join(folder, "weights.npz"), *model.get_weights())


def run_model(model, arrays, cotangents, variables, by_inputs):
    """(outputs, gradients) of a model at inference, as in _keras2_testing."""

    def function(tensors):
        outputs = model(tensors if len(tensors) > 1 else tensors[0], training=False)
        return outputs if isinstance(outputs, (list, tuple)) else [outputs]

    return _run(function, arrays, cotangents, list(variables), by_inputs)


def run_function(function, arrays, shapes, cotangents, by_inputs):
    """The same for a function: list of tensors -> list of tensors or None."""
    return _run(function, arrays, cotangents, [], by_inputs)


def _run(function, arrays, cotangents, variables, by_inputs):
    tensors = [ops.convert_to_tensor(array) for array in arrays]
    cotangents = {i: ops.convert_to_tensor(array) for i, array in cotangents.items()}

    def loss_and_outputs(tensors):
        outputs = list(function(tensors))
        return sum(ops.sum(outputs[i] * c) for i, c in cotangents.items()), outputs

    outputs, gradients = ENGINES[BACKEND](loss_and_outputs, tensors, variables, by_inputs)
    to_array = ops.convert_to_numpy
    return [None if o is None else to_array(o) for o in outputs], [to_array(g) for g in gradients]


def _with_jax(loss_and_outputs, tensors, variables, by_inputs):
    import jax

    def of_sources(values, sources):
        given = dict(zip(by_inputs, sources))
        with keras.StatelessScope(state_mapping=list(zip(variables, values))):
            return loss_and_outputs([given.get(i, x) for i, x in enumerate(tensors)])

    values, sources = [v.value for v in variables], [tensors[i] for i in by_inputs]
    if not values + sources:
        return loss_and_outputs(tensors)[1], []
    # not under jax.jit, which takes three times as long
    gradient = jax.grad(of_sources, argnums=(0, 1), has_aux=True)
    gradients, outputs = gradient(values, sources)
    return outputs, gradients[0] + gradients[1]


def _with_torch(loss_and_outputs, tensors, variables, by_inputs):
    import torch

    sources = [v.value for v in variables] + [tensors[i].requires_grad_() for i in by_inputs]
    loss, outputs = loss_and_outputs(tensors)
    if not sources:
        return outputs, []
    gradients = torch.autograd.grad(loss, sources, allow_unused=True)
    return outputs, [torch.zeros_like(s) if g is None else g for g, s in zip(gradients, sources)]


def _with_tensorflow(loss_and_outputs, tensors, variables, by_inputs):
    import tensorflow as tf

    sources = [v.value for v in variables] + [tensors[i] for i in by_inputs]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        loss, outputs = loss_and_outputs(tensors)
    if not sources:
        return outputs, []
    gradients = tape.gradient(loss, sources, unconnected_gradients="zero")
    return outputs, [tf.convert_to_tensor(g) for g in gradients]


# --- what is kept for the gradient


def kept_bytes(model, array):
    """The bytes of all that a training call keeps for its backward pass, without what was there before."""
    return KEPT[BACKEND](model, ops.convert_to_tensor(array))


def _loss(model, x):
    return sum(ops.mean(ops.square(y)) for y in _as_list(model(x, training=True)))


def _as_list(outputs):
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def _kept_by_jax(model, x):
    import jax
    from jax._src.ad_checkpoint import saved_residuals  # jax.ad_checkpoint only prints them

    variables, rest = model.trainable_variables, model.non_trainable_variables

    def loss(values):
        pairs = list(zip(variables, values)) + [(v, v.value) for v in rest]
        with keras.StatelessScope(state_mapping=pairs):
            return _loss(model, x)

    found = saved_residuals(jax.jit(loss).__wrapped__, [v.value for v in variables])
    return sum(a.size * a.dtype.itemsize for a, where in found if "from the argument" not in where)


def _kept_by_torch(model, x):
    import torch

    there = {v.value.untyped_storage().data_ptr() for v in model.variables}
    kept = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in there:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = _loss(model, x)  # noqa: F841 - it holds what is kept, so that no address is used twice
    return sum(kept.values())


def _kept_by_tensorflow(model, x):
    from ._keras2_testing import bytes_between

    return bytes_between(lambda: _loss(model, x), [v.value for v in model.trainable_variables])


KEPT = {"jax": _kept_by_jax, "torch": _kept_by_torch, "tensorflow": _kept_by_tensorflow}
ENGINES = {"jax": _with_jax, "torch": _with_torch, "tensorflow": _with_tensorflow}
