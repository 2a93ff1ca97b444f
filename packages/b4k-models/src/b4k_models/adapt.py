"""LoRA and quantization of whole models, by what Keras 3 has for single layers."""

from b4k_ops import Dense, keras

__all__ = ["enable_lora", "quantize"]


def enable_lora(model, rank, lora_alpha=None):
    """Give every Dense of the model a trainable update of low rank, and freeze all else; how many there are.

    model: what `build_transformer_model` returns; put heads of your own on it, and compile, afterwards.
    lora_alpha: the update counts lora_alpha / rank times, once if None. Keras 3 only.
    https://arxiv.org/abs/2106.09685
    """
    layers = _adaptable(model, "enable_lora")
    if not isinstance(rank, int) or rank < 1:
        raise ValueError("enable_lora: rank must be an int above 0, got %r" % (rank,))
    before = list(model.weights)
    for layer in layers:
        layer.enable_lora(rank, lora_alpha=lora_alpha)
    for weight in before:
        weight.trainable = False
    _forget_traces(model)
    return len(layers)


def quantize(model, mode="int8"):
    """Store the kernel of every Dense of the model in 8 bits and compute with them; how many there are.

    The other weights stay, the token table among them, which is also an output matrix. For inference, on Keras 3 only.
    """
    if mode != "int8":
        raise ValueError("quantize knows the mode 'int8', not %r" % (mode,))
    layers = _adaptable(model, "quantize")
    for layer in layers:
        layer.quantize(mode, type_check=False)  # it takes Keras's very own Dense for the only one
    _forget_traces(model)
    return len(layers)


def _forget_traces(model):
    """Have Keras make the compiled functions anew, for those it has know the layers as they were."""
    model.train_function = model.test_function = model.predict_function = None


def _adaptable(model, method):
    """The Dense layers of a model, at least one, if this Keras has the method."""
    if not hasattr(Dense, method):
        raise NotImplementedError(
            "%s needs Keras 3, which has it for single layers; this is %s"
            % (method, getattr(keras, "__version__", "tf.keras"))
        )
    found = {id(layer): layer for layer in model._flatten_layers() if isinstance(layer, Dense)}
    layers = list(found.values())  # a layer used twice is one
    if not layers:
        raise ValueError("%s found no Dense layer in the model %r" % (method, model.name))
    return layers
