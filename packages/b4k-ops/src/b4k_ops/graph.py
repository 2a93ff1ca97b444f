"""Looking into models: layers found by name, values taken out."""

from . import _engine

keras = _engine.keras


def search_layer(inputs, name, exclude_from=None):
    """The layer of that name among those a layer or symbolic tensor was computed by, or None.

    Models met on the way are looked into, one level deep. exclude_from: a set of layers not to visit, which grows.
    """
    visited = set() if exclude_from is None else exclude_from
    waiting = [inputs if isinstance(inputs, keras.layers.Layer) else inputs._keras_history[0]]
    while waiting:
        layer = waiting.pop()
        if layer.name == name:
            return layer
        if layer in visited:
            continue
        visited.add(layer)
        for inner in layer.layers if isinstance(layer, keras.models.Model) else ():
            if inner.name == name:
                return inner
        waiting += reversed(_engine.inbound_layers(layer))
    return None


def evaluate(values):
    """A tensor, or a list, tuple or dict of tensors -> numpy arrays in the same structure.

    In graph mode all are computed in one run of the Keras session.
    """
    tensors = []
    _each(values, tensors.append)
    arrays = iter(_engine.evaluate_all(tensors))
    return _each(values, lambda tensor: next(arrays))


def _each(values, function):
    """The structure with every tensor replaced by function(tensor)."""
    if isinstance(values, dict):
        return {key: _each(value, function) for key, value in values.items()}
    if isinstance(values, (list, tuple)):
        return type(values)([_each(value, function) for value in values])
    return function(values)


__all__ = ["evaluate", "search_layer"]
