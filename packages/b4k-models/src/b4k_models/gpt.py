"""GPT and its successors: language models by birth."""

from .bert import BERT, dense_variables, norm_variables
from .masks import LM_Mask

__all__ = ["GPT", "GPT2", "GPT2_ML"]


class GPT(LM_Mask, BERT):
    """GPT (https://github.com/openai/finetune-transformer-lm): BERT's blocks, no norm after the embeddings.

    Inputs as BERT's; the output is the next token's probabilities [batch, length, vocab_size].
    """

    output_activation = "final_activation"
    vocabulary_variables = ("gpt/embeddings/word_embeddings",)
    refuses = ("with_nsp", "with_pool", "with_mlm")

    def __init__(
        self,
        final_activation="softmax",  # "linear" gives the scores
        **kwargs,  # of BERT
    ):
        super().__init__(**kwargs)
        self.final_activation = final_activation

    def apply_embeddings(self, inputs):
        """Token + segment + position -> dropout (-> hidden_size)."""
        x = self.apply_sum(inputs)
        x = self.apply_dropout(x, "Embedding-Dropout")
        return self.apply_embedding_mapping(x)  # [batch, length, hidden_size]

    def apply_sum(self, inputs):
        """Token + segment + position: [batch, length, embedding_size]."""
        return self.apply_positions(self.apply_tokens(inputs), self.position_ids(inputs))

    def apply_final_layers(self, inputs):
        """Scores by the token table itself, and their softmax: [batch, length, vocab_size]."""
        x = self.apply_token_table(inputs)
        return self.apply_activation(x, self.final_activation, "LM-Activation")

    def variable_mapping(self):
        """BERT's names in the scope `gpt`, with `transformer` for `encoder`."""
        return {
            layer: [
                name.replace("bert/", "gpt/").replace("encoder", "transformer") for name in names
            ]
            for layer, names in super().variable_mapping().items()
        }


class GPT2(GPT):
    """GPT-2 (https://github.com/openai/gpt-2): norm before each part of a block, and after the last block.

    Inputs [batch, length]: `Input-Token`; `Input-Position` with custom_position_ids.
    """

    applications = ("encoder", "lm")
    refuses = GPT.refuses + ("shared_segment_embeddings",)

    def __init__(
        self,
        segment_vocab_size=0,  # whatever a configuration says: there are no segments
        **kwargs,  # of GPT
    ):
        super().__init__(segment_vocab_size=0, **kwargs)

    def apply_embeddings(self, inputs):
        """Token + position (-> hidden_size)."""
        return self.apply_embedding_mapping(self.apply_sum(inputs))  # [batch, length, hidden_size]

    def apply_attention(self, inputs, index, name):
        """inputs + attention(norm(inputs)): [batch, length, hidden_size] -> the same."""
        x = self.apply_norm(inputs, name + "-Norm")
        x = self.apply_heads([x, x, x], name, self.compute_attention_bias(index))
        return self.apply_add(inputs, x, name)

    def apply_feed_forward(self, inputs, name):
        """inputs + feed forward(norm(inputs)): [batch, length, hidden_size] -> the same."""
        x = self.apply_norm(inputs, name + "-Norm")
        return self.apply_add(inputs, self.apply_hidden(x, name), name)

    def norm_epsilon(self, name):
        return 1e-5

    def apply_final_layers(self, inputs):
        """Norm -> dropout -> scores -> softmax: [batch, length, vocab_size]."""
        x = self.apply_norm(inputs, "Output-Norm")
        return super().apply_final_layers(self.apply_dropout(x, "Output-Dropout"))

    def variable_mapping(self):
        """GPT's names, with `input/LayerNorm` for `output/LayerNorm`."""
        mapping = {
            layer: [name.replace("output/LayerNorm", "input/LayerNorm") for name in names]
            for layer, names in super().variable_mapping().items()
        }
        mapping["Output-Norm"] = ["gpt/output/LayerNorm/beta", "gpt/output/LayerNorm/gamma"]
        return mapping


class GPT2_ML(GPT):  # noqa: N801 - the original's name
    """GPT2_ML (https://github.com/imcaspar/gpt2-ml): norms around the feed forward, none around attention.

    Inputs [batch, length]: `Input-Token`; `Input-Position` with custom_position_ids.
    """

    vocabulary_variables = ("newslm/embeddings/word_embed",)
    applications = GPT2.applications
    refuses = GPT2.refuses

    def __init__(
        self,
        segment_vocab_size=0,  # whatever a configuration says: there are no segments
        **kwargs,  # of GPT
    ):
        super().__init__(segment_vocab_size=0, **kwargs)

    def apply_embeddings(self, inputs):
        """Token + position -> norm (-> hidden_size)."""
        x = self.apply_norm(self.apply_sum(inputs), "Embedding-Norm")
        return self.apply_embedding_mapping(x)  # [batch, length, hidden_size]

    def apply_attention(self, inputs, index, name):
        """inputs + attention(inputs): [batch, length, hidden_size] -> the same."""
        x = self.apply_heads([inputs, inputs, inputs], name, self.compute_attention_bias(index))
        return self.apply_add(inputs, x, name)

    def apply_feed_forward(self, inputs, name):
        """norm(inputs + feed forward(norm(inputs))): [batch, length, hidden_size] -> the same."""
        x = self.apply_norm(inputs, name + "-Norm-0")
        x = self.apply_add(inputs, self.apply_hidden(x, name), name)
        return self.apply_norm(x, name + "-Norm-1")

    def norm_epsilon(self, name):
        return 1e-5

    def variable_mapping(self):
        """The names of the released `newslm` checkpoints."""
        mapping = {
            "Embedding-Token": ["newslm/embeddings/word_embed"],
            "Embedding-Position": ["newslm/embeddings/pos_embed"],
            "Embedding-Norm": norm_variables("newslm/embeddings/LayerNorm_embed_norm"),
        }
        for i in range(self.num_hidden_layers):
            mapping.update(_block("Transformer-%d-" % i, "newslm/layer%02d/" % i))
        return mapping


def _block(layer, variable):
    """The mapping of one block of GPT2_ML, from its layers' prefix to its variables' prefix."""
    attention, feed_forward = layer + "MultiHeadSelfAttention", layer + "FeedForward"
    roles = ("query", "key", "value", "context_projection")
    return {
        attention: dense_variables(*[variable + role + "_layer" for role in roles]),
        feed_forward + "-Norm-0": norm_variables(variable + "LayerNorm_mlp_ln0"),
        feed_forward: dense_variables(variable + "intermediate", variable + "output"),
        feed_forward + "-Norm-1": norm_variables(variable + "LayerNorm_mlp_ln1"),
    }
