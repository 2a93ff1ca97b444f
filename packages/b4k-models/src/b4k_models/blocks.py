"""The layers that every model is made of, with the model's sizes, rates and initializer filled in."""

from b4k_layers import (
    Add,
    AttentionBias,
    CachedAttentionMask,
    Concatenate1D,
    Embedding,
    FeedForward,
    LayerNormalization,
    MultiHeadAttention,
)
from b4k_ops import Dense, TruncatedNormal, activations, keras

__all__ = ["Blocks"]

Activation = keras.layers.Activation
Dropout = keras.layers.Dropout


class Blocks:
    """What `Transformer` applies; names are given without the model's prefix."""

    @property
    def initializer(self):
        """A new truncated normal of standard deviation 0.02, as Google's."""
        return TruncatedNormal(stddev=0.02)

    def apply_token_embedding(self, ids):
        """Token ids [batch, length] -> vectors [batch, length, embedding_size], which carry the padding mask."""
        return self.apply(
            inputs=ids,
            layer=Embedding,
            input_dim=self.vocab_size,
            output_dim=self.embedding_size,
            embeddings_initializer=self.initializer,
            mask_zero=self.pad_token_id is not None,
            pad_token_id=self.pad_token_id or 0,
            name="Embedding-Token",
        )

    def apply_token_table(self, x):
        """Vectors [..., embedding_size] -> scores over the vocabulary [..., vocab_size]."""
        if x.shape[-1] != self.embedding_size:
            raise ValueError(
                "the token table of embedding_size=%d can't score vectors of size %d: %s has no layer between them"
                % (self.embedding_size, int(x.shape[-1]), type(self).__name__)
            )
        name = "Embedding-Token"
        return self.apply(inputs=x, layer=Embedding, arguments={"mode": "dense"}, name=name)

    def apply_embedding_mapping(self, x, name="Embedding-Mapping"):
        """[batch, length, embedding_size] -> [batch, length, hidden_size], where those differ."""
        if self.embedding_size == self.hidden_size:
            return x
        return self.apply_dense(x, self.hidden_size, name)

    def apply_heads(self, qkv, name, mask=None, position=None, **options):
        """Multi-head attention of [q, k, v], without what follows it: [batch, q_length, hidden_size].

        mask: who sees whom, or None; position: what `self.p_bias` asks for, or None.
        """
        options.setdefault("use_bias", self.use_bias)
        return self.apply(
            inputs=self.simplify(list(qkv) + [mask, position]),
            layer=MultiHeadAttention,
            arguments={
                "a_bias": None if mask is None else True,
                "p_bias": None if position is None else self.p_bias,
            },
            heads=self.num_attention_heads,
            head_size=self.attention_head_size,
            out_dim=self.hidden_size,
            key_size=self.attention_key_size,
            attention_dropout=self.attention_dropout_rate,
            kernel_initializer=self.initializer,
            name=name,
            **options,
        )

    def apply_hidden(self, x, name, **options):
        """FeedForward without what follows it: [batch, length, hidden_size] -> the same."""
        options.setdefault("use_bias", self.use_bias)
        return self.apply(
            inputs=x,
            layer=FeedForward,
            units=self.intermediate_size,
            activation=self.hidden_act,
            kernel_initializer=self.initializer,
            name=name,
            **options,
        )

    def apply_dense(self, x, units, name, activation=None, **options):
        options.setdefault("use_bias", self.use_bias)
        return self.apply(
            inputs=x,
            layer=Dense,
            units=units,
            activation=activations.get(activation),
            kernel_initializer=self.initializer,
            name=name,
            **options,
        )

    def apply_activation(self, x, activation, name):
        """The activation called so; True means softmax."""
        activation = activations.get("softmax" if activation is True else activation)
        return self.apply(inputs=x, layer=Activation, activation=activation, name=name)

    def apply_dropout(self, x, name):
        return self.apply(inputs=x, layer=Dropout, rate=self.dropout_rate, name=name)

    def apply_norm(self, x, name, **options):
        """Layer normalisation, under the condition given to `build` if there is one."""
        condition, hidden_units, hidden_activation = self.layer_norm_conds
        return self.apply(
            inputs=self.simplify([x, condition]),
            layer=LayerNormalization,
            epsilon=self.layer_norm_epsilon or self.norm_epsilon(name),
            conditional=condition is not None,
            hidden_units=hidden_units,
            hidden_activation=hidden_activation,
            hidden_initializer=self.initializer,
            name=name,
            **options,
        )

    def norm_epsilon(self, name):
        """The epsilon of the norm called `name` where layer_norm_epsilon is not given; None is 1e-7."""
        return None

    def apply_add(self, inputs, x, name):
        """inputs + dropout(x), the layers named after the one that made x."""
        x = self.apply_dropout(x, name + "-Dropout")
        return self.apply(inputs=[inputs, x], layer=Add, name=name + "-Add")

    def apply_residual(self, inputs, x, name):
        """norm(inputs + dropout(x)), the layers named after the one that made x."""
        return self.apply_norm(self.apply_add(inputs, x, name), name + "-Norm")

    # --- what attention is given besides

    def _with_cache(self, layer, inputs, arguments):
        """The inputs of an attention layer, its cached states before k and v, where everyone sees them."""
        if arguments.get("p_bias"):
            raise ValueError(
                "attention_caches has %s, whose p_bias=%r knows no positions for cached states"
                % (layer.name, arguments["p_bias"])
            )
        for i, part in [(1, "Key"), (2, "Value")]:
            join = self._layer(Concatenate1D, "%s-Cached-%s" % (layer.name, part))
            inputs[i] = join([self.attention_caches[layer.name][i - 1], inputs[i]])
        if arguments.get("a_bias"):
            widen = self._layer(CachedAttentionMask, layer.name + "-Cached-Mask")
            inputs[3] = widen([inputs[3], inputs[1]])
        return inputs

    def _apply_residual_attention(self, layer, inputs, arguments):
        """RealFormer: add the previous layer's raw scores to this layer's."""
        if self.attention_scores is not None:
            bias = self.attention_scores  # [batch, heads, n, n]
            if arguments.get("a_bias"):
                add = self._layer(AttentionBias, layer.name + "-Attention-Bias")
                bias = add([inputs.pop(3), bias])
            inputs.insert(3, bias)
            arguments["a_bias"] = True
        output, self.attention_scores = self.call_layer(layer, inputs, arguments)
        return output

    def _layer(self, layer, name):
        """The layer called `name`, prefix and all, which is created if there is none."""
        if name not in self.layers:
            self.layers[name] = layer(name=name)
        return self.layers[name]
