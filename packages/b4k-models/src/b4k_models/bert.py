"""BERT, and what RoBERTa, SimBERT, LaBSE and others share with it."""

from b4k_layers import (
    Add,
    Embedding,
    FeedForward,
    FirstToken,
    MultiHeadAttention,
    PositionEmbedding,
    ScaleOffset,
)
from b4k_ops import activations, keras

from .base import Transformer

__all__ = ["BERT"]

Activation = keras.layers.Activation
Input = keras.layers.Input

VOCABULARY_VARIABLES = ("bert/embeddings/word_embeddings", "cls/predictions/output_bias")
TRANSPOSED_VARIABLES = ("cls/seq_relationship/output_weights",)


class BERT(Transformer):
    """BERT (https://arxiv.org/abs/1810.04805).

    Inputs [batch, length]: `Input-Token`; `Input-Segment` unless segment_vocab_size is 0; `Input-Position` with
    custom_position_ids. The output is the sequence [batch, length, hidden_size] without heads, else the heads alone:
    the pooled vector [batch, hidden_size] or the NSP probabilities [batch, 2], and then the MLM probabilities
    [batch, length, vocab_size].
    """

    def __init__(
        self,
        max_position,  # rows of the position table
        segment_vocab_size=2,
        with_pool=False,  # True, or the name of the pooler's activation instead of tanh
        with_nsp=False,  # next sentence prediction, on the pooler
        with_mlm=False,  # True, or the name of the output's activation instead of softmax
        hierarchical_position=None,  # see PositionEmbedding
        custom_position_ids=False,
        shared_segment_embeddings=False,  # look segments up in the token table
        **kwargs,  # of Transformer
    ):
        super().__init__(**kwargs)
        self.max_position = max_position
        self.segment_vocab_size = segment_vocab_size
        self.with_pool = with_pool or with_nsp
        self.with_nsp = with_nsp
        self.with_mlm = with_mlm
        self.hierarchical_position = hierarchical_position
        self.custom_position_ids = custom_position_ids
        self.shared_segment_embeddings = shared_segment_embeddings

    # --- the graph

    def get_inputs(self):
        names = ["Input-Token"]
        if self.segment_vocab_size > 0:
            names.append("Input-Segment")
        if self.custom_position_ids:
            names.append("Input-Position")
        return [self.apply(layer=Input, shape=(self.sequence_length,), name=name) for name in names]

    def apply_embeddings(self, inputs):
        """Token + segment + position -> norm -> dropout (-> hidden_size)."""
        inputs = list(inputs)
        x = self.apply(
            inputs=inputs.pop(0),
            layer=Embedding,
            input_dim=self.vocab_size,
            output_dim=self.embedding_size,
            embeddings_initializer=self.initializer,
            mask_zero=True,
            name="Embedding-Token",
        )  # [batch, length, embedding_size]
        if self.segment_vocab_size > 0:
            x = self.apply_segments(x, inputs.pop(0))
        x = self.apply(
            inputs=self.simplify([x] + inputs[:1]),
            layer=PositionEmbedding,
            input_dim=self.max_position,
            output_dim=self.embedding_size,
            hierarchical=self.hierarchical_position,
            embeddings_initializer=self.initializer,
            custom_position_ids=self.custom_position_ids,
            name="Embedding-Position",
        )
        x = self.apply_norm(x, "Embedding-Norm")
        x = self.apply_dropout(x, "Embedding-Dropout")
        if self.embedding_size != self.hidden_size:
            x = self.apply_dense(x, self.hidden_size, "Embedding-Mapping")
        return x  # [batch, length, hidden_size]

    def apply_segments(self, x, segments):
        """Add the embeddings of segment ids [batch, length] to x."""
        s = self.apply(
            inputs=segments,
            layer=Embedding,
            input_dim=self.segment_vocab_size,
            output_dim=self.embedding_size,
            embeddings_initializer=self.initializer,
            name="Embedding-Token" if self.shared_segment_embeddings else "Embedding-Segment",
        )
        return self.apply(inputs=[x, s], layer=Add, name="Embedding-Token-Segment")

    def apply_main_layers(self, inputs, index):
        """Attention -> add -> norm -> feed forward -> add -> norm."""
        x = self.apply_attention(inputs, index, "Transformer-%d-MultiHeadSelfAttention" % index)
        return self.apply_feed_forward(x, "Transformer-%d-FeedForward" % index)

    def apply_attention(self, inputs, index, name):
        """Self-attention with dropout, residual and norm: [batch, length, hidden_size] -> the same."""
        attention_mask = self.compute_attention_bias(index)
        x = self.apply(
            inputs=[inputs, inputs, inputs] + ([] if attention_mask is None else [attention_mask]),
            layer=MultiHeadAttention,
            arguments={"a_bias": None if attention_mask is None else True},
            heads=self.num_attention_heads,
            head_size=self.attention_head_size,
            out_dim=self.hidden_size,
            key_size=self.attention_key_size,
            attention_dropout=self.attention_dropout_rate,
            kernel_initializer=self.initializer,
            name=name,
        )
        return self.apply_residual(inputs, x, name)

    def apply_feed_forward(self, inputs, name):
        """Feed forward with dropout, residual and norm: [batch, length, hidden_size] -> the same."""
        x = self.apply(
            inputs=inputs,
            layer=FeedForward,
            units=self.intermediate_size,
            activation=self.hidden_act,
            kernel_initializer=self.initializer,
            name=name,
        )
        return self.apply_residual(inputs, x, name)

    def norm_epsilon(self, name):
        return 1e-12

    def apply_final_layers(self, inputs):
        """The heads that were asked for, or the sequence as it is."""
        heads = []
        if self.with_pool:
            heads.append(self.apply_pooler(inputs))
        if self.with_mlm:
            heads.append(self.apply_mlm(inputs))
        return self.simplify(heads or [inputs])

    def apply_pooler(self, x):
        """The first token's vector through a Dense, [batch, hidden_size]; with NSP its two probabilities."""
        x = self.apply(inputs=x, layer=FirstToken, name="Pooler")
        activation = "tanh" if self.with_pool is True else self.with_pool
        x = self.apply_dense(x, self.hidden_size, "Pooler-Dense", activation)
        if self.with_nsp:
            x = self.apply_dense(x, 2, "NSP-Proba", "softmax")
        return x

    def apply_mlm(self, x):
        """Scores over the vocabulary by the token table itself: [batch, length, vocab_size]."""
        x = self.apply_dense(x, self.embedding_size, "MLM-Dense", self.hidden_act)
        x = self.apply_norm(x, "MLM-Norm")
        x = self.apply(
            inputs=x, layer=Embedding, arguments={"mode": "dense"}, name="Embedding-Token"
        )
        x = self.apply(inputs=x, layer=ScaleOffset, scale=False, name="MLM-Bias")
        activation = "softmax" if self.with_mlm is True else self.with_mlm
        return self.apply(
            inputs=x,
            layer=Activation,
            activation=activations.get(activation),
            name="MLM-Activation",
        )

    # --- weights

    def is_head(self, layer_name):
        return layer_name.startswith(("Pooler-", "NSP-", "MLM-"))

    def load_variable(self, checkpoint, name):
        variable = super().load_variable(checkpoint, name)
        if name in VOCABULARY_VARIABLES:
            return self.load_embeddings(variable)
        return variable.T if name in TRANSPOSED_VARIABLES else variable

    def create_variable(self, name, value, dtype=None):
        value = super().create_variable(name, value, dtype)
        return value.T if name in TRANSPOSED_VARIABLES else value

    def variable_mapping(self):
        """Google's names: https://github.com/google-research/bert"""
        mapping = {
            "Embedding-Token": ["bert/embeddings/word_embeddings"],
            "Embedding-Segment": ["bert/embeddings/token_type_embeddings"],
            "Embedding-Position": ["bert/embeddings/position_embeddings"],
            "Embedding-Norm": _norm("bert/embeddings/LayerNorm"),
            "Embedding-Mapping": _dense("bert/encoder/embedding_hidden_mapping_in"),
            "Pooler-Dense": _dense("bert/pooler/dense"),
            "NSP-Proba": [
                "cls/seq_relationship/output_weights",
                "cls/seq_relationship/output_bias",
            ],
            "MLM-Dense": _dense("cls/predictions/transform/dense"),
            "MLM-Norm": _norm("cls/predictions/transform/LayerNorm"),
            "MLM-Bias": ["cls/predictions/output_bias"],
        }
        for i in range(self.num_hidden_layers):
            mapping.update(_block("Transformer-%d-" % i, "bert/encoder/layer_%d/" % i))
        return mapping


def _dense(name):
    return [name + "/kernel", name + "/bias"]


def _norm(name):
    return [name + "/beta", name + "/gamma"]


def _block(layer, variable):
    """The mapping of one block, from its layers' prefix to its variables' prefix."""
    attention, feed_forward = layer + "MultiHeadSelfAttention", layer + "FeedForward"
    return {
        attention: (
            _dense(variable + "attention/self/query")
            + _dense(variable + "attention/self/key")
            + _dense(variable + "attention/self/value")
            + _dense(variable + "attention/output/dense")
        ),
        attention + "-Norm": _norm(variable + "attention/output/LayerNorm"),
        feed_forward: _dense(variable + "intermediate/dense") + _dense(variable + "output/dense"),
        feed_forward + "-Norm": _norm(variable + "output/LayerNorm"),
    }
