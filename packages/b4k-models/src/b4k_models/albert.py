"""ALBERT: BERT whose blocks are one block, and the same with a block for each layer."""

from .bert import BERT, map_block

__all__ = ["ALBERT", "ALBERT_Unshared"]

GROUP = "bert/encoder/transformer/group_0/inner_group_0/"
GROUP_NAMES = {
    "attention": "attention_1",
    "attention_norm": "LayerNorm",
    "intermediate": "ffn_1/intermediate/dense",
    "output": "ffn_1/intermediate/output/dense",
    "output_norm": "LayerNorm_1",
}


class ALBERT(BERT):
    """ALBERT (https://arxiv.org/abs/1909.11942): every layer is the same block."""

    def apply_main_layers(self, inputs, index):
        x = self.apply_attention(inputs, index, "Transformer-MultiHeadSelfAttention")
        return self.apply_feed_forward(x, "Transformer-FeedForward")

    def norm_epsilon(self, name):
        return None if name.startswith("Transformer-") else super().norm_epsilon(name)

    def block_mapping(self, index):
        return map_block("Transformer-", GROUP, **GROUP_NAMES)


class ALBERT_Unshared(BERT):  # noqa: N801 - the original's name
    """ALBERT that may become another in each layer: all blocks start from ALBERT's only one."""

    def block_mapping(self, index):
        return map_block("Transformer-%d-" % index, GROUP, **GROUP_NAMES)
