"""bert4keras's activations, and how a layer's `activation` argument is read and saved.

"gelu" means what `set_gelu` last chose: the erf form at first, although `keras.ops.gelu` is the tanh form.
"""

from . import _engine, ops

_keras_activations = _engine.keras.activations


@_engine.register
def gelu_erf(x):
    """GELU by the error function. https://arxiv.org/abs/1606.08415"""
    return ops.gelu(x, approximate=False)


@_engine.register
def gelu_tanh(x):
    """GELU by its tanh approximation, as in Google's BERT code. https://arxiv.org/abs/1606.08415"""
    return ops.gelu(x, approximate=True)


@_engine.register
def swish(x):
    """x * sigmoid(x). https://arxiv.org/abs/1710.05941"""
    return ops.silu(x)


@_engine.register
def leaky_relu(x, alpha=0.2):
    """x above 0, alpha * x below."""
    return ops.leaky_relu(x, alpha)


def root_mean_square(x, axis=None, keepdims=False):
    """The square root of the mean square: a length that doesn't grow with the number of elements."""
    return ops.sqrt(ops.mean(ops.square(x), axis=axis, keepdims=keepdims))


_GELU_VERSIONS = {"erf": gelu_erf, "tanh": gelu_tanh}
_ACTIVATIONS = {
    "gelu": gelu_erf,
    "gelu_erf": gelu_erf,
    "gelu_tanh": gelu_tanh,
    "leaky_relu": leaky_relu,
    "swish": swish,
}


def set_gelu(version):
    """Choose what "gelu" means, "erf" or "tanh", for layers made from now on."""
    name = str(version).lower()
    if name not in _GELU_VERSIONS:
        raise ValueError("set_gelu got %r, expected 'erf' or 'tanh'" % (version,))
    _ACTIVATIONS["gelu"] = _GELU_VERSIONS[name]


def get(identifier):
    """The function an `activation` argument means: a name, a function or None (no activation).

    A list of those gives a list, as `FeedForward(activation=["gelu", "linear"])` needs.
    """
    if isinstance(identifier, (list, tuple)):
        return [get(item) for item in identifier]
    if isinstance(identifier, str) and identifier in _ACTIVATIONS:
        return _ACTIVATIONS[identifier]
    return _keras_activations.get(identifier)


def serialize(activation):
    """What `get` understands and JSON can hold: the name of a function, or a list of names."""
    if isinstance(activation, (list, tuple)):
        return [serialize(item) for item in activation]
    name = getattr(activation, "__name__", None)
    if name != "gelu" and _ACTIVATIONS.get(name) is activation:
        return name
    return _keras_activations.serialize(activation)


__all__ = [
    "gelu_erf",
    "gelu_tanh",
    "get",
    "leaky_relu",
    "root_mean_square",
    "serialize",
    "set_gelu",
    "swish",
]
