"""Transformer, the base of every model: what is configured, how layers are applied, how weights come and go."""

import numpy as np
from b4k_layers import MultiHeadAttention
from b4k_ops import Model, keras

from .blocks import Blocks
from .generation import Generation
from .resizing import choose_rows
from .weights import load_weights, save_pretrained, save_weights

__all__ = ["Transformer"]

Input = keras.layers.Input
Dropout = keras.layers.Dropout


class Transformer(Blocks, Generation):
    """A model in four methods, each of which a subclass may override.

    `get_inputs` -> `apply_embeddings` -> `apply_main_layers` for each layer -> `apply_final_layers`. Layers are applied
    by name through `apply`; a name that was used before means the same layer again. `variable_mapping` says what each
    layer's weights are called in a checkpoint.
    """

    applications = ("encoder", "lm", "unilm")  # those that have a meaning
    refuses = ()  # arguments that would change nothing here: setting one is an error
    use_bias = True  # of all Dense, MultiHeadAttention and FeedForward
    output_activation = None  # the argument that says how the next token's scores are activated
    p_bias = None  # how MultiHeadAttention takes what compute_position_bias returns

    def __init__(
        self,
        vocab_size,
        hidden_size,
        num_hidden_layers,
        num_attention_heads,
        intermediate_size,  # width inside FeedForward
        hidden_act,  # activation inside FeedForward: a name, a function, or a list for a gated unit
        dropout_rate=None,
        attention_dropout_rate=None,
        embedding_size=None,  # hidden_size by default
        attention_head_size=None,  # size of each head of v, hidden_size // heads by default
        attention_key_size=None,  # size of each head of q and k, attention_head_size by default
        sequence_length=None,  # fix the length of the inputs
        keep_tokens=None,  # ids of the checkpoint's vocabulary to keep, in the new order
        compound_tokens=None,  # new tokens after them, each the mean of a list of ids, or of (ids, weights)
        residual_attention_scores=False,  # RealFormer, https://arxiv.org/abs/2012.11747
        layer_norm_epsilon=None,  # the model family's own by default
        pad_token_id=0,  # the id of padding; None: every id is a token
        ignore_invalid_weights=False,  # leave weights that the checkpoint lacks as they were initialised
        autoresize_weights=False,  # stretch or cut variables of another shape, see `orthogonally_resize`
        layers=None,  # {name: layer} to share with another model
        prefix=None,  # put before every layer's name
        name=None,
    ):
        if keep_tokens is not None:
            vocab_size = len(keep_tokens)
        if compound_tokens is not None:
            vocab_size += len(compound_tokens)
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.num_hidden_layers = num_hidden_layers
        self.num_attention_heads = num_attention_heads
        self.attention_head_size = attention_head_size or hidden_size // num_attention_heads
        self.attention_key_size = attention_key_size or self.attention_head_size
        self.intermediate_size = intermediate_size
        self.hidden_act = hidden_act
        self.dropout_rate = dropout_rate or 0
        self.attention_dropout_rate = attention_dropout_rate or 0
        self.embedding_size = embedding_size or hidden_size
        self.sequence_length = sequence_length
        self.keep_tokens = keep_tokens
        self.compound_tokens = compound_tokens
        self.residual_attention_scores = residual_attention_scores
        self.layer_norm_epsilon = layer_norm_epsilon
        self.pad_token_id = pad_token_id
        self.ignore_invalid_weights = ignore_invalid_weights
        self.autoresize_weights = autoresize_weights
        self.layers = {} if layers is None else layers
        self.prefix = prefix or ""
        self.name = name
        self.attention_bias = None
        self.position_bias = None
        self.attention_scores = None
        self.attention_caches = {}
        self.programs = {}  # of `generate`
        self.load_report = None
        self.built = False

    # --- building

    def build(
        self,
        attention_caches=None,  # {attention layer's name: [k, v]}, hidden states that go before its own
        layer_norm_cond=None,  # a tensor [batch, any] that conditions every LayerNormalization
        layer_norm_cond_hidden_size=None,
        layer_norm_cond_hidden_act=None,
        additional_input_layers=None,  # an Input or a list of them, appended to the model's inputs
    ):
        """Create the layers and `self.model`, once; `self.inputs` and `self.outputs` are lists of tensors."""
        if self.built:
            return
        self.attention_caches = attention_caches or {}
        self.layer_norm_conds = [
            layer_norm_cond,
            layer_norm_cond_hidden_size,
            layer_norm_cond_hidden_act or "linear",
        ]
        self._refuse(dict(vars(self), layer_norm_cond=layer_norm_cond))
        inputs = self.get_inputs()
        self.set_inputs(inputs, additional_input_layers)
        self.set_outputs(self.call(inputs))
        self._refuse_unknown_caches()
        self.model = Model(self.input, self.output, name=self.name)
        self.built = True

    def _refuse(self, arguments):
        """Raise a ValueError if one of `arguments` is set that this model has no use for."""
        for name in self.refuses:
            value = arguments.get(name)
            if value is not None and value is not False:
                raise ValueError(
                    "%s has no use for %s and got %s=%r" % (type(self).__name__, name, name, value)
                )

    def _refuse_unknown_caches(self):
        unknown = sorted(set(self.attention_caches) - set(self.layers))
        if unknown:
            raise ValueError(
                "attention_caches has %s, and the attention layers of %s are %s"
                % (unknown, type(self).__name__, sorted(n for n in self.layers if "Head" in n))
            )

    def call(self, inputs):
        """From the input tensors to the output tensors."""
        self.attention_scores = None
        x = self.apply_embeddings(inputs)
        for index in range(self.num_hidden_layers):
            x = self.apply_main_layers(x, index)
        return self.apply_final_layers(x)

    def get_inputs(self):
        """The list of input tensors."""
        raise NotImplementedError("%s has no get_inputs" % type(self).__name__)

    def apply_embeddings(self, inputs):
        """Input tensors -> vectors [batch, length, hidden_size]."""
        raise NotImplementedError("%s has no apply_embeddings" % type(self).__name__)

    def apply_main_layers(self, inputs, index):
        """Block number `index`: [batch, length, hidden_size] -> the same."""
        raise NotImplementedError("%s has no apply_main_layers" % type(self).__name__)

    def apply_final_layers(self, inputs):
        """The last vectors -> an output tensor, or a list of them."""
        raise NotImplementedError("%s has no apply_final_layers" % type(self).__name__)

    def set_inputs(self, inputs, additional_input_layers=None):
        """Set `inputs` (a list) and `input` (the same, or the one tensor)."""
        self.inputs = _as_list(inputs) + _as_list(additional_input_layers)
        self.input = self.simplify(self.inputs)

    def set_outputs(self, outputs):
        """Set `outputs` (a list) and `output` (the same, or the one tensor)."""
        self.outputs = _as_list(outputs)
        self.output = self.simplify(self.outputs)

    # --- applying layers

    def apply(self, inputs=None, layer=None, arguments=None, **kwargs):
        """Apply the layer called `name`, created with `kwargs` if no layer has that name yet.

        inputs: a tensor or a list of them; None returns the layer itself;
        layer: the layer's class; arguments: keyword arguments of its `call`.
        """
        if layer is Dropout and not kwargs.get("rate"):
            return inputs
        name = self.prefixed(kwargs.pop("name", None))
        if layer is Input:
            return Input(name=name, **kwargs)
        if layer is MultiHeadAttention and self.residual_attention_scores:
            kwargs["return_attention_scores"] = True
        if name not in self.layers:
            created = layer(name=name, **kwargs)
            name = created.name
            self.layers[name] = created
        layer = self.layers[name]
        if inputs is None:
            return layer
        arguments = {key: value for key, value in (arguments or {}).items() if value is not None}
        if name in self.attention_caches:
            inputs = self._with_cache(layer, list(inputs), arguments)
        if self.residual_attention_scores and isinstance(layer, MultiHeadAttention):
            return self._apply_residual_attention(layer, list(inputs), arguments)
        return self.call_layer(layer, inputs, arguments)

    def call_layer(self, layer, inputs, arguments):
        """The layer's output; `generate` puts in its place what minds the tokens before those given."""
        return layer(inputs, **arguments)

    def prefixed(self, name):
        """`name` with the model's prefix; None stays None."""
        return None if name is None else self.prefix + name

    def simplify(self, inputs):
        """The list without its Nones; the item itself if one is left."""
        inputs = [item for item in inputs if item is not None]
        return inputs[0] if len(inputs) == 1 else inputs

    def compute_attention_bias(self, inputs=None):
        """What layer number `inputs` adds to its attention, or None."""
        return self.attention_bias

    def compute_position_bias(self, inputs=None):
        """What layer number `inputs` knows of positions, or None."""
        return self.position_bias

    # --- weights

    def variable_mapping(self):
        """{layer name: [variable names in a checkpoint, in the order of layer.weights]}."""
        return {}

    def is_head(self, layer_name):
        """Whether a checkpoint may lack this layer's weights: they then stay as initialised, with a warning."""
        return False

    def load_variable(self, checkpoint, name):
        """One variable of a checkpoint (a mapping name -> array) in the shape the layer wants."""
        return np.asarray(checkpoint[name])

    def create_variable(self, name, value, dtype=None):
        """One weight as a checkpoint stores it: what `load_variable` does, backwards."""
        return np.asarray(value, dtype or value.dtype)

    def load_embeddings(self, embeddings):
        """A table (or a bias) of the checkpoint's vocabulary -> of this model's, by keep_tokens and compound_tokens."""
        return choose_rows(np.asarray(embeddings), self.keep_tokens, self.compound_tokens)

    def load_weights_from_checkpoint(self, checkpoint, mapping=None):
        """Load a Google TF checkpoint (its prefix), a Hugging Face directory, or a dict {name: array}.

        All shapes and checksums are compared before anything is assigned. Returns the report, which is also kept
        as `self.load_report`. Raises CheckpointError if a weight is missing or has another shape.
        """
        self.load_report = load_weights(self, checkpoint, mapping or self.variable_mapping())
        return self.load_report

    def save_weights_as_checkpoint(self, filename, mapping=None, dtype=None):
        """Write a Google TF checkpoint `filename.index`, `filename.data-00000-of-00001`; no TensorFlow needed."""
        save_weights(self, filename, mapping or self.variable_mapping(), dtype)

    def save_pretrained(
        self,
        directory,
        dtype=None,  # "float16" or "bfloat16"; None leaves the weights as they are
        max_shard_size=None,  # bytes, or text like "5GB"; None is one file
        model_type=None,  # "bert" or "roberta", which are one graph here; "roberta" if its padding id is not 0
    ):
        """Write a Hugging Face directory, which transformers opens with equal outputs; its other files stay.

        Raises ValueError, naming the option, for a model that transformers cannot be.
        """
        save_pretrained(
            self,
            directory,
            dtype=dtype,
            max_shard_size=max_shard_size,
            model_type=model_type,
        )


def _as_list(items):
    """None, one tensor or a list of them -> a new list."""
    if items is None:
        return []
    return list(items) if isinstance(items, (list, tuple)) else [items]
