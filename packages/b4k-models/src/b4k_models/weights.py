"""Loading and saving weights, strictly: every tensor is accounted for, and nothing is left half loaded."""

import collections
import functools
import os
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from b4k_ops import get_values, set_values

from .errors import CheckpointError
from .huggingface import HuggingFaceCheckpoint, is_huggingface_directory, write_huggingface
from .resizing import autoresize
from .tf_checkpoint import TFCheckpoint, write_tf_checkpoint

__all__ = ["LoadReport", "load_weights", "open_checkpoint", "save_pretrained", "save_weights"]

ONE = np.float32(1)
POSITIONS = "Embedding-Position"
THREADS = 4  # that check a checkpoint

Row = collections.namedtuple("Row", "status layer variable weight_shape variable_shape")


class LoadReport:
    """What became of every weight and every variable of one load.

    `rows` has one Row per tensor; its status is "loaded", "reshaped" (loaded through keep_tokens, compound_tokens,
    a transposition or autoresize_weights), "missing" (left as initialised) or "unused" (in the checkpoint, not in the
    model).
    """

    def __init__(self, source, rows):
        self.source = source
        self.rows = rows

    def of(self, status):
        """The rows with that status."""
        return [row for row in self.rows if row.status == status]

    def summary(self):
        """One line, e.g. `bert_model.ckpt: 39 loaded, 1 reshaped, 0 missing, 5 unused`."""
        counts = collections.Counter(row.status for row in self.rows)
        parts = ["%d %s" % (counts[s], s) for s in ("loaded", "reshaped", "missing", "unused")]
        return "%s: %s" % (self.source, ", ".join(parts))

    def __str__(self):
        table = [("status", "layer", "variable", "weight", "checkpoint")]
        table += [tuple("" if cell is None else str(cell) for cell in row) for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*table)]
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip() for row in table]
        return "\n".join(lines + [self.summary()])


def open_checkpoint(checkpoint):
    """A path or a mapping -> a mapping name -> array with `.path` and `.shapes` where the file has them."""
    if isinstance(checkpoint, Mapping):
        return checkpoint
    path = os.fspath(checkpoint)
    if is_huggingface_directory(path):
        return HuggingFaceCheckpoint(path)
    return TFCheckpoint(path)


def load_weights(transformer, checkpoint, mapping):
    """Load `checkpoint` into the model by {layer: [variable names]}; returns a LoadReport.

    Checks the shape and the checksum of everything first, so that an error leaves the model as it was. Then reads one
    variable at a time, so that no second copy of the model is ever in memory.
    """
    checkpoint = open_checkpoint(checkpoint)
    source = getattr(checkpoint, "path", None) or "the given dict"
    wanted = list(_weights_by_name(transformer, mapping))
    there = [row for row in wanted if row[-1] in checkpoint]
    outline = _outline(checkpoint)
    rows = [_plan(transformer, outline, source, *row) for row in wanted]
    rows += _unused(outline, {name for _, _, name in there})
    # Tensors without a name in Google's terms
    rows += [Row("unused", None, n, None, None) for n in getattr(checkpoint, "unrecognised", ())]
    if not there:
        raise CheckpointError(
            "%s has none of the model's variables, e.g. %s; it has %s"
            % (source, next(iter(mapping.values()), ["none"])[0], sorted(checkpoint)[:5])
        )
    _check_content(checkpoint, [name for _, _, name in there])
    set_values((row[1], _value(transformer, checkpoint, source, *row)) for row in there)
    report = LoadReport(source, rows)
    _warn_of_missing(report)
    _warn_of_positions(transformer, mapping, report)
    return report


def _outline(checkpoint):
    """The checkpoint with ones for its values, which take no memory, if it knows their shapes without reading."""
    if not hasattr(checkpoint, "shapes"):
        return checkpoint
    return {name: np.broadcast_to(ONE, shape) for name, shape in checkpoint.shapes.items()}


def _plan(transformer, outline, source, layer_name, weight, name):
    """The Row of a weight, which becomes "missing", or "loaded" from what is in the outline."""
    shape = tuple(map(int, weight.shape))
    if name not in outline:
        _refuse_missing(transformer, layer_name, name, shape, source)
        return Row("missing", layer_name, name, shape, None)
    _value(transformer, outline, source, layer_name, weight, name)
    stored = np.shape(outline[name])
    return Row("loaded" if stored == shape else "reshaped", layer_name, name, shape, stored)


def _unused(outline, used):
    """The Rows of what is in the checkpoint and not in the model."""
    for name in sorted(set(outline) - used):
        yield Row("unused", None, name, None, np.shape(outline[name]))


def _check_content(checkpoint, names):
    """Raise a CheckpointError if one can't be read; looked at by several threads, which run side by side."""
    if hasattr(checkpoint, "check"):
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(checkpoint.check, dict.fromkeys(names)))


def _value(transformer, checkpoint, source, layer_name, weight, name):
    """The array of a variable as the layer's weight takes it."""
    value, shape = transformer.load_variable(checkpoint, name), tuple(map(int, weight.shape))
    if transformer.autoresize_weights and value.shape != shape:
        value = _autoresize(transformer, layer_name, weight, value, source)
    if value.shape != shape:
        raise CheckpointError(
            "%s: %s has shape %s, and layer %s wants %s"
            % (source, name, np.shape(checkpoint[name]), transformer.prefixed(layer_name), shape)
        )
    return value


def _weights_by_name(transformer, mapping):
    """Yield (layer name, weight, variable name) for every layer of the mapping that the model has."""
    for layer_name, names in mapping.items():
        layer = transformer.layers.get(transformer.prefixed(layer_name))
        if layer is not None:
            for weight, name in zip(layer.weights, names):
                yield layer_name, weight, name


def _autoresize(transformer, layer_name, weight, value, source):
    """The value of a variable in the shape of a layer's weight."""
    layer = transformer.layers[transformer.prefixed(layer_name)]
    index = [w is weight for w in layer.weights].index(True)
    try:
        return autoresize(transformer, layer, index, value, tuple(map(int, weight.shape)))
    except ValueError as error:
        message = "%s: weight %d of layer %s can't be resized: %s"
        raise CheckpointError(message % (source, index, layer.name, error)) from None


def _refuse_missing(transformer, layer_name, name, shape, source):
    if transformer.ignore_invalid_weights or transformer.is_head(layer_name):
        return
    raise CheckpointError(
        "%s lacks %s, which layer %s wants with shape %s; ignore_invalid_weights=True would leave it as initialised"
        % (source, name, transformer.prefixed(layer_name), shape)
    )


def _warn_of_missing(report):
    missing = report.of("missing")
    if missing:
        warnings.warn(
            "%s lacks %d variables, whose weights stay as initialised: %s"
            % (report.source, len(missing), ", ".join(row.variable for row in missing)),
            stacklevel=4,
        )


def _warn_of_positions(transformer, mapping, report):
    """BERT's checkpoints have all that NEZHA and RoFormer want, and a table of positions beside."""
    table = mapping.get(POSITIONS, [])
    unused = {row.variable for row in report.of("unused")}
    if unused.intersection(table) and transformer.prefixed(POSITIONS) not in transformer.layers:
        warnings.warn(
            "%s has %s, and the model has no layer %s: is it the checkpoint of another model?"
            % (report.source, table[0], POSITIONS),
            stacklevel=4,
        )


def save_weights(transformer, filename, mapping, dtype=None):
    """Write the mapped weights as a Google TF checkpoint `filename`; an interrupted write leaves an old one whole."""
    write_tf_checkpoint(filename, _variables(transformer, filename, mapping, dtype))


def save_pretrained(transformer, directory, **options):
    """Write the model as a Hugging Face directory; `options` are those of `write_huggingface`."""
    mapping = transformer.variable_mapping()
    get_variables = functools.partial(_variables, transformer, directory, mapping)
    write_huggingface(transformer, directory, get_variables, **options)


def _variables(transformer, target, mapping, dtype=None):
    """{variable name: array} of the mapped weights, as checkpoints have them."""
    rows = list(_weights_by_name(transformer, mapping))
    values = get_values([weight for _, weight, _ in rows])
    variables = {}
    for (layer_name, _, name), value in zip(rows, values):
        variable = transformer.create_variable(name, value, dtype)
        if not np.array_equal(variables.setdefault(name, variable), variable):
            raise CheckpointError(
                "%s can hold one %s, and layer %s has another than the layers before it: give a mapping with a name "
                "for each" % (target, name, transformer.prefixed(layer_name))
            )
    return variables
