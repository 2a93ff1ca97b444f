"""Golden cases, and how to run them on the Keras in use: for the tests of b4k's packages.

    @pytest.mark.parametrize("case", cases(__file__, "layers"), ids=str)
    def test_same_numbers_as_the_original(case):
        assert_close(run_layer(case.load_target(), case), case)

A case is one .npz file made by a script in ci/golden, whose README describes the format. What was
run comes back as {"output/0": array, "gradient/weight/3": array ...}, under the keys of the file.
"""

import functools
import hashlib
import importlib
import inspect
import json
import os
import re

import numpy as np

from . import BACKEND, GENERATION, Layer, get_values, keras, ops, set_gelu, set_values

__all__ = [
    "Apply",
    "Case",
    "Judge",
    "MaskOf",
    "TOLERANCE",
    "WithMask",
    "assert_close",
    "cases",
    "examples",
    "fresh_session",
    "run_function",
    "run_layer",
    "run_model",
    "run_training",
]

engine = importlib.import_module("b4k_ops._%s_testing" % GENERATION)  # how to run and differentiate

fresh_session = engine.fresh_session  # what tests with graphs begin with

RESULTS = ("output", "output_mask", "gradient", "loss", "final")  # what a run must reproduce

TOLERANCE = {  # the largest difference; of a gradient relative to its largest entry
    ("tensorflow", "float32"): {"output": 2e-5, "gradient": 1e-4},
    ("jax", "float32"): {"output": 2e-5, "gradient": 1e-4},
    ("torch", "float32"): {"output": 2e-5, "gradient": 1e-4},
}
NOISE = 1e-6  # nor is a gradient more exact than this part of the largest one in its case


# --- cases


class Case:
    """One golden case: `header` (the JSON as a dict) and `arrays` {key: array}."""

    def __init__(self, path):
        self.path = path
        with np.load(path) as archive:
            self.arrays = {key: archive[key] for key in archive.files}
        self.header = json.loads(str(self.arrays.pop("header")), object_hook=_decode)
        self.name = self.header["case"]
        self.config = self.header.get("config", {})
        self.call = self.header.get("call", {})

    def __str__(self):
        return self.name

    def load_target(self):
        """The class or function that the header names, imported."""
        package, _, path = self.header["target"].partition(".")
        return functools.reduce(getattr, path.split("."), importlib.import_module(package))

    def group(self, name):
        """{rest of the key: array} for the keys that start with `name/`."""
        start = name + "/"
        return {k[len(start) :]: v for k, v in self.arrays.items() if k.startswith(start)}

    def numbered(self, name):
        """{i: array} for the keys `name/<i>`, i rising."""
        found = self.group(name)
        return {i: found[str(i)] for i in sorted(int(k) for k in found if k.isdigit())}

    def expected(self):
        """{key: array} of what a run must reproduce."""
        return {k: v for k, v in self.arrays.items() if k.split("/")[0] in RESULTS}


def _decode(item):
    """{"tuple": [...]} stands for a tuple, which JSON doesn't have."""
    return tuple(item["tuple"]) if set(item) == {"tuple"} else item


def cases(test_file, folder):
    """The cases in golden/<folder> beside `test_file`, by name: all of MANIFEST.json, intact."""
    golden = os.path.join(os.path.dirname(os.path.abspath(test_file)), "golden")
    with open(os.path.join(golden, "MANIFEST.json")) as manifest:
        listed = {k: v for k, v in json.load(manifest).items() if k.startswith(folder + "/")}
    files = sorted(os.listdir(os.path.join(golden, folder)))
    there = {"%s/%s" % (folder, f): _sha256(os.path.join(golden, folder, f)) for f in files}
    if not there or there != listed:
        wrong = sorted(k for k in set(there) | set(listed) if there.get(k) != listed.get(k))
        raise ValueError(
            "%s: %d files and %d lines of MANIFEST.json don't agree, or there are none: %s"
            % (os.path.join(golden, folder), len(there), len(listed), ", ".join(wrong))
        )
    return [Case(os.path.join(golden, folder, f)) for f in files if f.endswith(".npz")]


def _sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


# --- examples


def examples(readme, language="python"):
    """The code of the examples in a README."""
    with open(readme, encoding="utf-8") as file:
        return re.findall(r"^```%s\n(.*?)^```" % language, file.read(), re.MULTILINE | re.DOTALL)


# --- functions in models


class Apply(Layer):
    """Apply a function in a model."""

    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, inputs):
        return self.function(inputs)


class Judge(Layer):
    """Apply a loss or metric to `[y_true, y_pred]` in a model."""

    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, inputs):
        return self.function(*inputs)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return (None,)


# --- masks, in and out


class WithMask(Layer):
    """[x, mask] -> x [batch, length, ...], carrying `mask` [batch, length] as its Keras mask."""

    def call(self, inputs):
        return inputs[0] * 1  # a new tensor: the input itself must stay without a mask

    def compute_mask(self, inputs, mask=None):
        return inputs[1]

    def compute_output_shape(self, input_shape):
        return input_shape[0]


class MaskOf(Layer):
    """The Keras mask of x [batch, length, ...] as zeros and ones, or -1 if x carries none."""

    def call(self, inputs, mask=None):
        if mask is None:
            return inputs[..., 0] * 0 - 1
        return ops.cast(mask, "float32")

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return (None,) + tuple(input_shape)[1:-1]


# --- running


def run_function(function, case):
    """Run a function on arrays: outputs, and gradients by its float inputs."""
    if inspect.isclass(function):
        function = function(**case.config)

    def call(tensors):
        args = [_resolve(value, tensors) for value in case.header["args"]]
        kwargs = {key: _resolve(value, tensors) for key, value in case.call.items()}
        return _as_list(function(*args, **kwargs))

    arrays = list(case.numbered("input").values())
    by_inputs = sorted(case.numbered("gradient/input"))
    outputs, gradients = engine.run_function(
        call, arrays, case.header["shapes"], case.numbered("cotangent"), by_inputs
    )
    results = _keyed("output", enumerate(outputs))
    results.update(_keyed("gradient/input", zip(by_inputs, gradients)))
    return results


def _resolve(value, tensors):
    """The tensor that "input/<i>" stands for, anything else as it is."""
    if isinstance(value, str) and value.startswith("input/"):
        return tensors[int(value[len("input/") :])]
    return value


def run_layer(layer_class, case, judge=None):
    """Run a layer with the case's weights and masks: outputs, masks, gradients by both.

    If the case names losses or metrics under `judges`, its last input is y_true, and the outputs are what
    `judge(layer, name)(y_true, y_pred)` gives for each name.
    """
    fresh_session()
    layer = layer_class(**case.config)
    judges = [judge(layer, name) for name in case.header.get("judges", [])]
    arrays, masks = case.numbered("input"), case.numbered("mask")
    inputs = [
        keras.layers.Input(batch_shape=tuple(shape), dtype=array.dtype.name)
        for shape, array in zip(case.header["shapes"], arrays.values())
    ]
    mask_inputs = {i: keras.layers.Input(batch_shape=(None, None), dtype="bool") for i in masks}
    carried = [WithMask()([x, mask_inputs[i]]) if i in masks else x for i, x in enumerate(inputs)]
    y_true = carried.pop() if judges else None
    outputs = _as_list(layer(carried if len(carried) > 1 else carried[0], **case.call))
    probes = [] if judges else [MaskOf()(output) for output in outputs]
    if judges:
        outputs = [Judge(function)([y_true, outputs[0]]) for function in judges]
    model = keras.models.Model(inputs + list(mask_inputs.values()), outputs + probes)
    layer.set_weights(list(case.numbered("weight").values()))

    by_inputs = sorted(case.numbered("gradient/input"))
    values, gradients = engine.run_model(
        model,
        list(arrays.values()) + list(masks.values()),
        case.numbered("cotangent"),
        layer.weights,
        by_inputs,
    )
    n, m = len(outputs), len(layer.weights)
    results = _keyed("output", enumerate(values[:n]))
    results.update(_keyed("output_mask", enumerate(map(_as_mask, values[n:]))))
    results.update(_keyed("gradient/weight", enumerate(gradients[:m])))
    results.update(_keyed("gradient/input", zip(by_inputs, gradients[m:])))
    return results


def _as_mask(probe):
    """What MaskOf gave as a bool array, or None."""
    return None if (probe < 0).any() else probe.astype("bool")


def run_model(build, case):
    """Build a model, load its variables and run it: outputs, and gradients by every trainable weight."""
    model = _build(build, case).model
    _set_extras(_weights_by_name(model), case)
    weights = _weights_by_name(model, "trainable_weights")
    outputs, gradients = engine.run_model(
        model,
        list(case.numbered("input").values()),
        case.numbered("cotangent"),
        list(weights.values()),
        [],
    )
    results = _keyed("output", enumerate(outputs))
    results.update(_keyed("gradient", zip(weights, gradients)))
    return results


def run_training(build, case):
    """Train a classifier on a pooled model, or on the mean of all tokens, by plain SGD: each step's loss, the final
    weights."""
    training = case.header["training"]
    bottom = _build(build, case).model
    classifier = keras.layers.Dense(training["classes"], activation="softmax", name="Classifier")
    x = bottom.outputs[0]
    model = keras.models.Model(bottom.inputs, classifier(x if len(x.shape) == 2 else Mean()(x)))
    weights = _weights_by_name(model)
    _set_extras(weights, case)
    optimizer = keras.optimizers.SGD(training["learning_rate"])
    model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizer)
    inputs, targets = list(case.numbered("input").values()), case.arrays["target/0"]
    losses = []
    for step in range(training["steps"]):
        model.reset_metrics()  # Keras 3 returns the mean loss since the last reset
        i = step % len(targets)
        losses.append(np.ravel(model.train_on_batch([x[i] for x in inputs], targets[i]))[0])
    results = {"loss/0": np.array(losses)}
    results.update(_keyed("final", zip(weights, get_values(weights.values()))))
    return results


class Mean(Layer):
    """The mean over all tokens, padding included: [batch, length, dim] -> [batch, dim]."""

    def call(self, inputs):
        return ops.mean(inputs, axis=1)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])


def _build(build, case):
    """The transformer of a case, its variables loaded."""
    fresh_session()
    config = dict(case.config)
    if "layer_norm_cond" in config:
        size = config["layer_norm_cond"]["input"]
        condition = keras.layers.Input((size,), name="Input-Condition")
        config.update(layer_norm_cond=condition, additional_input_layers=condition)
    set_gelu(case.header["gelu"])
    try:
        transformer = build(return_keras_model=False, **config)
    finally:
        set_gelu("erf")
    transformer.load_weights_from_checkpoint(case.group("variable"))
    return transformer


def _weights_by_name(model, kind="weights"):
    """{"<layer name>/<i>": variable} for the weights of all layers, or for their trainable weights."""
    return {
        "%s/%d" % (layer.name, i): weight
        for layer in model.layers
        for i, weight in enumerate(getattr(layer, kind))
    }


def _set_extras(weights, case):
    """Assign the weights that no checkpoint holds."""
    set_values([(weights[key], array) for key, array in case.group("extra").items()])


def _as_list(outputs):
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def _keyed(group, pairs):
    """{"group/<i>": array} without the arrays that are None."""
    return {"%s/%s" % (group, i): array for i, array in pairs if array is not None}


# --- comparing


def assert_close(got, case):
    """Assert that `got` is what the case expects; the message shows each key's worst element."""
    expected = case.expected()
    where = "case %s on %s" % (case.name, os.environ.get("B4K_LANE", BACKEND))
    missing, extra = sorted(set(expected) - set(got)), sorted(set(got) - set(expected))
    assert not missing and not extra, "%s: missing %s, not expected %s" % (where, missing, extra)
    gradients = [abs(v).max() for k, v in expected.items() if k.startswith("gradient/") and v.size]
    floor = NOISE * max(gradients, default=0)
    lines = []
    for key in sorted(expected):
        _assert_telling(key, expected[key], where)
        lines.extend(_difference(key, np.asarray(got[key]), expected[key], floor))
    assert not lines, "%s:\n  %s" % (where, "\n  ".join(lines))


def _assert_telling(key, expected, where):
    """Assert that the expected numbers could tell right from wrong."""
    constant = expected.size > 1 and (expected == expected.flat[0]).all()
    if key.startswith("output/"):
        assert expected.any() and not constant, "%s: expected %s is constant" % (where, key)


def _difference(key, got, expected, floor):
    """The line that says how `got` differs from `expected`: a list of none or one."""
    if got.shape != expected.shape:
        return ["%s: shape %s, expected %s" % (key, got.shape, expected.shape)]
    if expected.dtype == bool:
        allowed, error = 0, np.not_equal(got, expected).astype("float64")
    else:
        allowed = _allowed(key, expected, floor)
        with np.errstate(invalid="ignore"):
            error = abs(got.astype("float64") - expected)
        error = np.where(got == expected, 0, np.where(np.isnan(error), np.inf, error))
    worst = np.unravel_index(np.argmax(error), error.shape)
    if error[worst] <= allowed:
        return []
    place = tuple(int(i) for i in worst)
    numbers = (key, place, got[worst].item(), expected[worst].item(), error[worst], allowed)
    return ["%s: at %s got %s, expected %s: off by %.3g, allowed %.3g" % numbers]


def _allowed(key, expected, floor):
    """The largest difference that passes."""
    tolerance = TOLERANCE[BACKEND, expected.dtype.name]
    if key.startswith("gradient/"):
        return max(tolerance["gradient"] * abs(expected).max(), floor)
    return tolerance["output"]
