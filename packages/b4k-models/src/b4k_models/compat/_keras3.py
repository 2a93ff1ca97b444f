"""What old scripts expect of Keras's classes, for those of Keras 3."""

import functools
import inspect

import b4k_ops
import keras
import numpy as np
from b4k_ops import register

from ..legacy import is_legacy, load_legacy_weights
from ._files import read_as, written_as
from .finding import borrow

if b4k_ops.BACKEND == "tensorflow":
    from . import _keras3_tensorflow
else:
    _keras3_tensorflow = None

__all__ = ["FUNCTIONS", "REPLACED", "renewed"]

WEIGHTS = ".weights.h5"  # what Keras 3 wants names of files to end with
MODEL = ".keras"
STATIC_GRAPH = (
    "%s was part of Keras 2.3.1's static graph, and Keras %s has no such graph. For adversarial training and "
    "gradient penalties see b4k_optim.adversarial_training, virtual_adversarial_training and gradient_penalty"
)


# --- models


@register
class Model(b4k_ops.Model):
    """Keras's Model; files may have any name, batches be lists, inputs nested lists; layers have `get_output_at`."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for layer in self.layers:
            if not hasattr(layer, "get_output_at"):
                layer.get_output_at = functools.partial(_output_at, layer)

    def save_weights(self, filepath, overwrite=True, **kwargs):
        with written_as(filepath, WEIGHTS, overwrite) as path:
            super(Model, _uncompiled(self)).save_weights(path, **kwargs)

    def load_weights(self, filepath, by_name=False, **kwargs):
        if is_legacy(filepath):
            return load_legacy_weights(self, filepath, by_name)
        with read_as(filepath, WEIGHTS) as path:
            super(Model, _uncompiled(self)).load_weights(path, **kwargs)

    def save(self, filepath, overwrite=True, **kwargs):
        with written_as(filepath, MODEL, overwrite) as path:
            super().save(path, **kwargs)

    def predict(self, x, batch_size=None, verbose=0, **kwargs):
        return super().predict(_as_arrays(self, x), batch_size, verbose, **kwargs)

    def fit(self, x=None, y=None, **kwargs):
        kwargs["validation_data"] = _as_fit_takes(self, kwargs.get("validation_data"))
        return super().fit(_as_fit_takes(self, x), y, **kwargs)

    fit_generator = fit

    def predict_generator(self, generator, **kwargs):
        return self.predict(generator, **kwargs)

    def _make_train_function(self):
        raise NotImplementedError(STATIC_GRAPH % ("_make_train_function", keras.__version__))


def _uncompiled(model):
    """The same layers without the optimizer, whose state Keras 3 takes for weights of the model."""
    return renewed(model) if getattr(model, "optimizer", None) and model.inputs else model


def _output_at(layer, node_index):
    """What a layer's call of that number gave; -1 is the last."""
    outputs = layer._inbound_nodes[node_index].output_tensors
    return outputs if len(outputs) > 1 else outputs[0]


def _as_fit_takes(model, x):
    """Data for `fit`: generators and datasets as Keras 3 takes them, anything else as it is."""
    if inspect.isgenerator(x):
        as_fit_takes = borrow("b4k_text.fitting", "a generator of lists").as_fit_takes
        x = (as_fit_takes(batch) for batch in x)
        return _keras3_tensorflow.as_dataset(model, x) if _keras3_tensorflow else x
    return _keras3_tensorflow.unnamed(model, x) if _keras3_tensorflow else x


def _as_arrays(model, x):
    """Inputs with arrays for nested lists: a list of them if the model has several."""
    if not isinstance(x, (list, tuple)):
        return x
    if len(model.inputs) == 1:
        return x if len(x) == 1 and hasattr(x[0], "shape") else np.asarray(x)
    return [np.asarray(item) if isinstance(item, (list, tuple)) else item for item in x]


def renewed(model):
    """The same layers as such a Model."""
    outputs = model.outputs if len(model.outputs) > 1 else model.outputs[0]
    return Model(model.inputs, outputs, name=model.name)


def load_model(filepath, custom_objects=None, compile=True, **kwargs):
    """Load what `model.save` wrote under any name."""
    with read_as(filepath, MODEL) as path:
        return keras.models.load_model(path, custom_objects, compile, **kwargs)


# --- layers


_called = []  # the layers of scripts that are being called, outermost first


class Remembering:
    """The part of a layer by which `K` knows, in its `call`, whether it trains and where random numbers come from."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.seed_generator = keras.random.SeedGenerator()

    def __call__(self, *args, **kwargs):
        _called.append(self)
        try:
            return super().__call__(*args, **kwargs)
        finally:
            _called.pop()

    def add_weight(self, *args, **kwargs):
        if args and isinstance(args[0], str):  # Keras 2's first argument
            kwargs["name"], args = args[0], args[1:]
        return super().add_weight(*args, **kwargs)


class Layer(Remembering, keras.layers.Layer):
    """Keras's Layer, with the arguments of Keras 2."""


class Lambda(Remembering, keras.layers.Lambda):
    """Keras's Lambda, for functions that use `K`."""


def caller(what):
    """The layer that is being called; raises RuntimeError outside of any."""
    if not _called:
        raise RuntimeError(
            "K.%s is known in the call of a layer only, one derived from keras.layers.Layer, or a Lambda"
            % what
        )
    return _called[-1]


def learning_phase():
    """Whether the layer that is being called trains."""
    return bool(caller("learning_phase")._get_call_context().get_value("training"))


# --- functions of K


def in_train_phase(x, alt, training=None):
    """x in training and alt otherwise; both may be functions without arguments."""
    training = learning_phase() if training is None else training
    chosen = x if training else alt
    return chosen() if callable(chosen) else chosen


def in_test_phase(x, alt, training=None):
    """alt in training and x otherwise."""
    return in_train_phase(alt, x, training)


def random_uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Other numbers at every call of the layer."""
    seed = caller("random_uniform").seed_generator if seed is None else seed
    return keras.random.uniform(shape, minval, maxval, dtype, seed)


def random_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Other numbers at every call of the layer."""
    seed = caller("random_normal").seed_generator if seed is None else seed
    return keras.random.normal(shape, mean, stddev, dtype, seed)


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Other numbers at every call of the layer."""
    seed = caller("truncated_normal").seed_generator if seed is None else seed
    return keras.random.truncated_normal(shape, mean, stddev, dtype, seed)


def random_binomial(shape, p=0.0, dtype=None, seed=None):
    """1 with probability p, else 0; others at every call of the layer."""
    drawn = random_uniform(shape, seed=seed)
    return keras.ops.cast(drawn <= p, dtype or keras.backend.floatx())


def dropout(x, level, noise_shape=None, seed=None):
    """Drop a share `level` of the entries, and scale the others up."""
    seed = caller("dropout").seed_generator if seed is None else seed
    return keras.random.dropout(x, level, noise_shape, seed)


def variable(value, dtype=None, name=None, constraint=None):
    """A variable."""
    return keras.Variable(np.asarray(value), dtype=dtype or keras.backend.floatx(), name=name)


def update(x, new_x):
    """Assign."""
    return x.assign(new_x)


def update_add(x, increment):
    """Add to a variable."""
    return x.assign(x + increment)


def update_sub(x, decrement):
    """Subtract from a variable."""
    return x.assign(x - decrement)


def function(inputs, outputs, updates=None, **kwargs):
    """A function from a list of arrays to a list of arrays, by symbolic inputs and outputs."""
    single = not isinstance(outputs, (list, tuple))
    model = Model(list(inputs), [outputs] if single else list(outputs))

    def run(arrays):
        results = model.predict_on_batch(list(arrays))
        results = results if isinstance(results, list) else [results]
        return results[0] if single else results

    return run


def gradients(loss, variables):
    """Gradients in the `call` of a layer, of one of its inputs by another; TensorFlow alone has them there."""
    found = _keras3_tensorflow.gradients(loss, variables) if _keras3_tensorflow else None
    if found is None:
        raise NotImplementedError(STATIC_GRAPH % ("K.gradients", keras.__version__))
    return found


FUNCTIONS = {
    "dropout": dropout,
    "function": function,
    "gradients": gradients,
    "in_test_phase": in_test_phase,
    "in_train_phase": in_train_phase,
    "learning_phase": learning_phase,
    "random_binomial": random_binomial,
    "random_normal": random_normal,
    "random_uniform": random_uniform,
    "truncated_normal": truncated_normal,
    "update": update,
    "update_add": update_add,
    "update_sub": update_sub,
    "variable": variable,
}
REPLACED = {
    "keras": {"Model": Model},
    "keras.layers": {
        "Add": b4k_ops.Add,  # Keras 3's lose masks
        "Concatenate": b4k_ops.Concatenate,
        "Lambda": Lambda,
        "Layer": Layer,
    },
    "keras.models": {"Model": Model, "load_model": load_model},
}
