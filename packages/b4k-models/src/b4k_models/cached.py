"""How a model that was built sees new tokens, and through caches the tokens before them."""

import copy

from b4k_layers import (
    GatedAttentionUnit,
    LanguageModelMask,
    MultiHeadAttention,
    PositionEmbedding,
    RelativePositionEmbedding,
    SinusoidalPositionEmbedding,
    UniLMMask,
)
from b4k_ops import activations, keras, ops, wide, write_at

__all__ = ["FirstPass", "OnlyPass", "Step", "input_names", "valid_keys"]

SMALLEST = 1e-38  # of probabilities whose logarithm is taken


class _Pass:
    """A walk through the model's own methods and layers with tensors in the places of its inputs.

    Rows begin with padding: `pads` [rows] of the first columns are none of theirs. Caches are lists of pairs (k, v),
    one for each time that attention is paid: `own` to the tokens, `crossed` to the context of an encoder.
    """

    def __init__(self, model, inputs, start, length, pads, valid, crossed_valid=None):
        self.valid = valid  # which tokens may be seen, [rows, length] or all there is room for
        self.crossed_valid = crossed_valid
        self.columns = start + ops.arange(length, dtype="int32")  # where the new tokens are
        positions = ops.expand_dims(self.columns, 0) - ops.expand_dims(pads, 1)
        self.positions = ops.maximum(positions, 0)  # [rows, length]
        self.own, self.crossed = [], []  # as they are after this pass
        self.walker = copy.copy(model)  # the model stays as it is
        self.walker.attention_bias = self.walker.position_bias = None
        self.walker.call_layer = self.call_layer
        inputs = dict(inputs, **{"Input-Position": self.positions})
        self.walker.inputs = [inputs[name] for name in input_names(model)]

    def call_layer(self, layer, inputs, arguments):
        """What `Transformer.apply` calls in place of the layer."""
        if isinstance(layer, keras.layers.Dropout):
            return inputs
        if isinstance(layer, (MultiHeadAttention, GatedAttentionUnit)):
            own = isinstance(layer, GatedAttentionUnit) or inputs[0] is inputs[1]
            cache = self.remember() if own else self.cross()
            return layer(inputs, cache=cache, **arguments)
        if isinstance(layer, (LanguageModelMask, UniLMMask)):
            return self.mask(layer, inputs)
        if isinstance(layer, (PositionEmbedding, SinusoidalPositionEmbedding)):
            return layer.place(inputs[0] if layer.custom_position_ids else inputs, self.positions)
        if isinstance(layer, RelativePositionEmbedding):
            q, v = inputs
            seen = self.valid if q is v else self.crossed_valid
            return layer.embed(self.columns, ops.arange(seen.shape[1], dtype="int32"))
        return layer(inputs, **arguments)


class OnlyPass(_Pass):
    """The pass of an encoder, after which nothing comes: `outputs` are the model's own."""

    known = None  # it is the cache of its attention as well

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.outputs = self.walker.call(self.walker.inputs)

    def remember(self):
        return self

    def extend(self, k, v):
        return k, v, self.valid


class FirstPass(_Pass):
    """The pass over all of a prompt, which makes the caches, with room for `room` tokens."""

    def __init__(self, *arguments, room, **options):
        super().__init__(*arguments, **options)
        self.room = room
        self.walker.apply_final_layers = lambda x: x  # the last token will be seen once more
        self.walker.call(self.walker.inputs)

    def mask(self, layer, inputs):
        return layer(inputs)

    def remember(self):
        return _Remember(self)

    def cross(self):
        return _Cross(self, None)


class Step(_Pass):
    """The pass over one more token of each row; `scores` [rows, vocab_size] say what comes after it."""

    def __init__(self, *arguments, own, crossed, **options):
        super().__init__(*arguments, **options)
        self._own, self._crossed = iter(own), iter(crossed)  # as they were
        outputs = self.walker.call(self.walker.inputs)
        outputs = outputs[-1] if isinstance(outputs, list) else outputs  # [rows, 1, vocab_size]
        self.scores = as_scores(self.walker, wide(outputs[:, -1]))

    def mask(self, layer, inputs):
        """None, for the last token sees all that are valid."""

    def remember(self):
        return _Extend(self, next(self._own))

    def cross(self):
        return _Cross(self, next(self._crossed))


class _Remember:
    """The cache of attention in a first pass."""

    known = None

    def __init__(self, walk):
        self.walk = walk

    def extend(self, k, v):
        """New caches with these in front; they are all that is there to see."""
        empty = self.walk.room - k.shape[1]
        pair = [ops.pad(x, [[0, 0], [0, empty], [0, 0], [0, 0]]) for x in (k, v)]
        self.walk.own.append(pair)  # [batch, room, heads, size]
        return k, v, self.walk.valid


class _Extend:
    """The cache of attention in a step."""

    known = None

    def __init__(self, walk, pair):
        self.walk, self.pair = walk, pair

    def extend(self, k, v):
        """The caches with the new token in its column."""
        column = self.walk.columns[0]
        pair = [write_at(cache, column, x) for cache, x in zip(self.pair, (k, v))]
        self.walk.own.append(pair)
        return pair[0], pair[1], self.walk.valid


class _Cross:
    """The cache of attention to the context, made once."""

    def __init__(self, walk, known):
        self.walk, self.known = walk, known

    def extend(self, k, v):
        self.walk.crossed.append([k, v])
        return k, v, self.walk.crossed_valid


def input_names(model):
    """The names of the model's inputs, those that it made without their prefix."""
    names, prefix = [tensor.name for tensor in model.inputs], model.prefix
    return [name[len(prefix) :] if name.startswith(prefix) else name for name in names]


def as_scores(model, outputs):
    """The model's outputs [rows, vocab_size] as scores: the logarithm of probabilities, others as they are."""
    activation = getattr(model, model.output_activation)
    softmax = activations.get("softmax")
    if activation is True or activations.get(activation) is softmax:
        return ops.log(ops.maximum(outputs, SMALLEST))
    return outputs


def valid_keys(tokens, pads, end, pad_token_id):
    """Which tokens may be seen before column `end`, bool [rows, length], as the Embedding says of whole rows."""
    columns = ops.expand_dims(ops.arange(tokens.shape[1], dtype="int32"), 0)
    first = ops.expand_dims(pads, 1)  # [rows, 1]
    valid = ops.logical_and(ops.greater_equal(columns, first), ops.less(columns, end))
    if pad_token_id is None:
        return valid
    is_token = ops.logical_or(ops.not_equal(tokens, pad_token_id), ops.equal(columns, first))
    return ops.logical_and(valid, is_token)
