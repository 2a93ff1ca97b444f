"""Recomputing on Keras 3: the backend's own checkpoints, around a call that changes no variable."""

import contextlib

import keras
from keras.src.backend.common import global_state
from keras.src.backend.common.masking import get_keras_mask, set_keras_mask
from keras.src.backend.common.stateless_scope import get_stateless_scope
from keras.src.random.seed_generator import global_seed_generator

BACKEND = keras.backend.backend()
SURROUNDINGS = ("autocast_scope", "current_call_ctx")  # Keras's names


if BACKEND == "torch":
    import torch
    from torch.utils.checkpoint import checkpoint as _checkpoint

    pays = torch.is_grad_enabled

    def checkpoint(function, tensors):
        return _checkpoint(function, *tensors, use_reentrant=False)

elif BACKEND == "jax":
    import jax

    def pays():
        return True

    def checkpoint(function, tensors):
        return jax.checkpoint(function)(*tensors)

else:
    from ._tensorflow_recomputing import checkpoint, pays


def recompute(layer, function, args, kwargs):
    """`function(*args, **kwargs)`, of whose tensors only those that come in are kept for the gradient."""
    flat = keras.tree.flatten((args, kwargs))
    if not pays() or any(map(keras.backend.is_keras_tensor, flat)):
        return function(*args, **kwargs)
    places = [i for i, x in enumerate(flat) if _is_float_tensor(x)]
    masks = [get_keras_mask(flat[i]) for i in places]
    states = states_of(layer)
    before = [state.value * 1 for state in states]  # copies: values are written over
    surroundings, outer = _surroundings(), get_stateless_scope()
    moved, values = _moved(layer, outer)

    def pure(*tensors):
        given, values = list(flat), tensors[len(places) :]
        for i, x, mask in zip(places, tensors, masks):
            given[i] = _marked(x, mask)
        inner_args, inner_kwargs = keras.tree.pack_sequence_as((args, kwargs), given)
        with surroundings(), scope_like(states + moved, [*before, *values], outer) as scope:
            outputs = function(*inner_args, **inner_kwargs)
            after = [scope.get_current_value(state) for state in states]
        output_masks = [get_keras_mask(x) for x in keras.tree.flatten(outputs)]
        return outputs, output_masks, scope.losses, after

    comes_in = [flat[i] for i in places] + values
    outputs, output_masks, losses, after = checkpoint(pure, comes_in)
    for state, value in zip(states, after):
        state.assign(value)
    for loss in losses:
        layer.add_loss(loss)
    for x, mask in zip(keras.tree.flatten(outputs), output_masks):
        _marked(x, mask)
    return outputs


def _moved(layer, scope):
    """The weights that have another value in the scope around, and these: gradients go to them as to what comes in.

    TensorFlow finds only the gradients of variables by itself; the others find those of all that a function uses.
    """
    if BACKEND != "tensorflow" or scope is None:
        return [], []
    there = {id(weight): weight for weight in layer.trainable_variables}
    moved = [weight for key, weight in there.items() if key in scope.state_mapping]
    return moved, [scope.state_mapping[id(weight)] for weight in moved]


def _is_float_tensor(x):
    return keras.ops.is_tensor(x) and keras.backend.is_float_dtype(
        keras.backend.standardize_dtype(x.dtype)
    )


def _marked(x, mask):
    """x, which carries the mask if there is one."""
    if mask is not None:
        set_keras_mask(x, mask)
    return x


def states_of(layer):
    """The variables that a call may change: seeds, statistics, and Keras's seed for what has none."""
    layers = layer._flatten_layers()
    states = [s for each in layers for s in each._non_trainable_variables + _seeds(each)]
    states += [] if BACKEND == "jax" else [global_seed_generator().state]
    return list({id(state): state for state in states}.values())


def _seeds(layer):
    return [generator.state for generator in layer._seed_generators]


def scope_like(variables, values, outer=None):
    """A scope where the variables have these values, and all else is as in `outer` or else in the scope around it."""
    outer = outer or get_stateless_scope()
    scope = keras.StatelessScope(
        state_mapping=list(zip(variables, values)), collect_losses=True, initialize_variables=False
    )
    if outer is not None:
        scope.state_mapping = {**outer.state_mapping, **scope.state_mapping}
    return scope


def _surroundings():
    """A context that sets again what layers look at now: the dtype to compute in, whether this is training.

    Keras does not filter tracebacks there: torch ends recomputation by an error, which Keras would put into a reference
    cycle together with all the tensors of the frames that it came through.
    """
    now = {name: global_state.get_global_attribute(name) for name in SURROUNDINGS}
    now["traceback_filtering"] = False

    @contextlib.contextmanager
    def surroundings():
        before = {name: global_state.get_global_attribute(name) for name in now}
        try:
            for name, value in now.items():
                global_state.set_global_attribute(name, value)
            yield
        finally:
            for name, value in before.items():
                global_state.set_global_attribute(name, value)

    return surroundings


__all__ = ["recompute", "scope_like", "states_of"]
