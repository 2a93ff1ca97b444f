"""BERT, and what RoBERTa, SimBERT, LaBSE and others share with it."""

from b4k_layers import Add, Embedding, FirstToken, PositionEmbedding, ScaleOffset
from b4k_ops import keras

from .base import Transformer

__all__ = ["BERT"]

Input = keras.layers.Input

TRANSPOSED_VARIABLES = ("cls/seq_relationship/output_weights",)


class BERT(Transformer):
    """BERT (https://arxiv.org/abs/1810.04805).

    Inputs [batch, length]: `Input-Token`; `Input-Segment` unless segment_vocab_size is 0; `Input-Position` with
    custom_position_ids. The output is the sequence [batch, length, hidden_size] without heads, else the heads alone:
    the pooled vector [batch, hidden_size] or the NSP probabilities [batch, 2], and then the MLM probabilities
    [batch, length, vocab_size].
    """

    output_activation = "with_mlm"
    vocabulary_variables = ("bert/embeddings/word_embeddings", "cls/predictions/output_bias")

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

    def position_ids(self, inputs):
        """The one among the inputs that says where each token is, [batch, length], or None."""
        return inputs[2 if self.segment_vocab_size > 0 else 1] if self.custom_position_ids else None

    def apply_embeddings(self, inputs):
        """Token + segment + position -> norm -> dropout (-> hidden_size)."""
        x = self.apply_tokens(inputs)  # [batch, length, embedding_size]
        x = self.apply_positions(x, self.position_ids(inputs))
        x = self.apply_norm(x, "Embedding-Norm")
        x = self.apply_dropout(x, "Embedding-Dropout")
        return self.apply_embedding_mapping(x)  # [batch, length, hidden_size]

    def apply_tokens(self, inputs):
        """Token + segment: [batch, length, embedding_size]."""
        x = self.apply_token_embedding(inputs[0])
        return self.apply_segments(x, inputs[1]) if self.segment_vocab_size > 0 else x

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

    def apply_positions(self, x, ids):
        """Add the embeddings of ids [batch, length], of 0, 1, 2 ... if None, to x."""
        return self.apply(
            inputs=self.simplify([x, ids]),
            layer=PositionEmbedding,
            input_dim=self.max_position,
            output_dim=self.embedding_size,
            hierarchical=self.hierarchical_position,
            embeddings_initializer=self.initializer,
            custom_position_ids=self.custom_position_ids,
            name="Embedding-Position",
        )

    def apply_main_layers(self, inputs, index):
        """Attention -> add -> norm -> feed forward -> add -> norm."""
        x = self.apply_attention(inputs, index, "Transformer-%d-MultiHeadSelfAttention" % index)
        return self.apply_feed_forward(x, "Transformer-%d-FeedForward" % index)

    def apply_attention(self, inputs, index, name):
        """Self-attention with dropout, residual and norm: [batch, length, hidden_size] -> the same."""
        mask, position = self.compute_attention_bias(index), self.compute_position_bias(inputs)
        x = self.apply_heads([inputs, inputs, inputs], name, mask, position)
        return self.apply_residual(inputs, x, name)

    def apply_feed_forward(self, inputs, name):
        """Feed forward with dropout, residual and norm: [batch, length, hidden_size] -> the same."""
        return self.apply_residual(inputs, self.apply_hidden(inputs, name), name)

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
        x = self.apply_token_table(x)
        x = self.apply(inputs=x, layer=ScaleOffset, scale=False, name="MLM-Bias")
        return self.apply_activation(x, self.with_mlm, "MLM-Activation")

    # --- weights

    def is_head(self, layer_name):
        return layer_name.startswith(("Pooler-", "NSP-", "MLM-"))

    def load_variable(self, checkpoint, name):
        variable = super().load_variable(checkpoint, name)
        if name in self.vocabulary_variables:
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
            "Embedding-Norm": norm_variables("bert/embeddings/LayerNorm"),
            "Embedding-Mapping": dense_variables("bert/encoder/embedding_hidden_mapping_in"),
            "Pooler-Dense": dense_variables("bert/pooler/dense"),
            "NSP-Proba": [
                "cls/seq_relationship/output_weights",
                "cls/seq_relationship/output_bias",
            ],
            "MLM-Dense": dense_variables("cls/predictions/transform/dense"),
            "MLM-Norm": norm_variables("cls/predictions/transform/LayerNorm"),
            "MLM-Bias": ["cls/predictions/output_bias"],
        }
        for index in range(self.num_hidden_layers):
            mapping.update(self.block_mapping(index))
        return mapping

    def block_mapping(self, index):
        """The part of `variable_mapping` that is block number `index`."""
        return map_block("Transformer-%d-" % index, "bert/encoder/layer_%d/" % index)


def dense_variables(*names):
    return [name + part for name in names for part in ("/kernel", "/bias")]


def norm_variables(name):
    return [name + "/beta", name + "/gamma"]


def map_block(
    layers,  # what the names of the block's layers begin with
    scope,  # what the names of its variables begin with; they go on:
    attention="attention",
    attention_norm="attention/output/LayerNorm",
    intermediate="intermediate/dense",
    output="output/dense",
    output_norm="output/LayerNorm",
):
    """The mapping {layer name: [variable names]} of one block."""
    attention = scope + attention
    return {
        layers + "MultiHeadSelfAttention": dense_variables(
            attention + "/self/query",
            attention + "/self/key",
            attention + "/self/value",
            attention + "/output/dense",
        ),
        layers + "MultiHeadSelfAttention-Norm": norm_variables(scope + attention_norm),
        layers + "FeedForward": dense_variables(scope + intermediate, scope + output),
        layers + "FeedForward-Norm": norm_variables(scope + output_norm),
    }
