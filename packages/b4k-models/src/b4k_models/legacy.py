"""Loads the HDF5 files that bert4keras left on disks: of `model.save_weights("best.weights")`, `model.save("x.h5")`."""

import contextlib
import itertools
import os
import re

from b4k_ops import set_values

from ._hdf5 import SIGNATURE, HDF5File
from .errors import CheckpointError
from .weights import LoadReport, Row

__all__ = ["is_legacy", "load_legacy_weights"]


def is_legacy(path):
    """Whether there is a file that `load_legacy_weights` reads: HDF5, and not of Keras 3."""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        if file.read(len(SIGNATURE)) != SIGNATURE:
            return False
    with _open(path) as file:
        members = file.root.members or {}
        return _names(file.root, "layer_names") is not None or "model_weights" in members


def load_legacy_weights(
    model,  # a Keras model built as the saved one was, with the same layers on top
    path,  # an HDF5 file of weights or of a whole model, whatever its name
    by_name=False,  # load only layers whose names are in both; the others stay as they are
):
    """Load what Keras 2 or tf.keras wrote with `save_weights` or `save`; returns a LoadReport.

    Layers are paired by the names they were given, and by their order where Keras made the name up (`dense_13`): there
    must be as many in the file as in the model. Layers without weights don't count, so the file may have a pooling
    Lambda where the model has FirstToken. Of a whole model the weights are read; no code in it is run.

    Everything is read and checked before anything is assigned. Raises CheckpointError, naming file, layer and shapes.
    """
    layers = {layer.name: layer for layer in model.layers if layer.weights}
    with _open(path) as file:
        stored = _stored_layers(file)
        pairing = _pair_by_name(layers, stored, by_name)
        if not by_name:
            pairing.update(_pair_by_order(file.path, layers, stored, pairing))
        if not pairing:
            raise CheckpointError(
                "%s has none of the model's layers; it has %s, the model has %s"
                % (file.path, _some(stored), _some(layers))
            )
        loaded = [
            item
            for name, stored_name in pairing.items()
            for item in _read_layer(file, layers[name], stored_name, stored[stored_name])
        ]
    rows = [row for _, _, row in loaded] + _left_over(layers, stored, pairing)
    set_values([(weight, value) for weight, value, _ in loaded])
    return LoadReport(file.path, rows)


# --- the file: a group per layer, a dataset per weight, both listed in attributes


def _open(path):
    """The HDF5File of a path, to be closed."""
    path = os.fspath(path)
    if not os.path.isfile(path):
        hint = ""
        if os.path.exists(path + ".index"):
            hint = "; %s.index is of a TensorFlow checkpoint, as tf.keras writes without .h5" % path
        raise CheckpointError("%s: no such file%s" % (path, hint))
    return contextlib.closing(HDF5File(path))


def _stored_layers(file):
    """{layer name: {weight name: array not yet read}} of the layers with weights, in the file's order."""
    root = file.root
    if _names(root, "layer_names") is None:
        root = root.member("model_weights") or root
    names = _names(root, "layer_names")
    if names is None:
        members = root.members or {}
        hint = "; Keras 3's .weights.h5 are read by model.load_weights" * ("layers" in members)
        file.refuse("no weights of Keras 2: it has %s%s" % (_some(members), hint))
    layers = {name: _stored_weights(file, root.member(name), name) for name in names}
    return {name: weights for name, weights in layers.items() if weights}


def _stored_weights(file, group, layer):
    """{weight name: array not yet read} of a layer."""
    names = None if group is None else _names(group, "weight_names")
    if names is None:
        file.refuse("damaged: it lists the layer %s and has no such group" % layer)
    weights = {name: group.member(name) for name in names}
    for name, array in weights.items():
        if array is None or array.shape is None or array.dtype.kind not in "fiu":
            file.refuse("damaged: %s of the layer %s is no array of numbers" % (name, layer))
    return weights


def _names(group, key):
    """The list of names in an attribute, or in several, key0, key1 ..., if it is long; None without any."""
    names = group.texts(key)
    if names is None:
        parts = (group.texts("%s%d" % (key, i)) for i in itertools.count())
        parts = list(itertools.takewhile(lambda part: part is not None, parts))
        names = list(itertools.chain(*parts)) if parts else None
    if names and len(set(names)) < len(names):
        group.file.refuse("damaged: a name is twice in the attribute %s" % key)
    return names


# --- which layer of the file goes into which of the model


def _pair_by_name(layers, stored, automatic):
    """{layer of the model: layer of the file} of equal names; `automatic` says whether any name will do."""
    names = [name for name in layers if name in stored]
    return {name: name for name in names if automatic or not _is_automatic(layers[name])}


def _pair_by_order(path, layers, stored, pairing):
    """The same for the layers that are still without a partner, of which there must be equally many."""
    left = [name for name in layers if name not in pairing]
    right = [name for name in stored if name not in pairing.values()]
    if len(left) != len(right):
        raise CheckpointError(
            "%s has %d layers with weights and the model has %d: it is of another model. Beyond those of equal names "
            "the file has %s, the model has %s"
            % (path, len(stored), len(layers), _some(right), _some(left))
        )
    return dict(zip(left, right))


def _is_automatic(layer):
    """Whether Keras made up the layer's name: that of its class in snake case, and perhaps a number."""
    words = re.sub("([a-z0-9])([A-Z])", r"\1_\2", type(layer).__name__).lower()
    names = [words, "model", "functional", "sequential"]
    return re.sub(r"_\d+$", "", layer.name) in names


def _some(names):
    """The first few of many names."""
    names = list(names)
    return ", ".join(names[:5] + ["..."] * (len(names) > 5)) or "none"


# --- one layer


def _read_layer(file, layer, stored_name, stored):
    """[(weight, its value, its Row)] of a layer, in the order that both keep."""
    shapes = [tuple(int(size) for size in weight.shape) for weight in layer.weights]
    stored_shapes = [array.shape for array in stored.values()]
    if shapes != stored_shapes:
        raise CheckpointError(
            "%s: its layer %s has the shapes %s, and layer %s wants %s"
            % (file.path, stored_name, stored_shapes, layer.name, shapes)
        )
    return [
        (weight, stored[name].read(), Row("loaded", layer.name, name, shape, shape))
        for weight, name, shape in zip(layer.weights, stored, shapes)
    ]


def _left_over(layers, stored, pairing):
    """The rows of what only one of the two has."""
    missing = [layer for name, layer in layers.items() if name not in pairing]
    rows = [
        Row("missing", layer.name, None, tuple(weight.shape), None)
        for layer in missing
        for weight in layer.weights
    ]
    unused = [weights for name, weights in stored.items() if name not in pairing.values()]
    return rows + [
        Row("unused", None, name, None, array.shape)
        for weights in unused
        for name, array in weights.items()
    ]
