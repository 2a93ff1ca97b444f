"""NEZHA: BERT that knows how far apart two tokens are instead of where each is."""

from b4k_layers import RelativePositionEmbedding
from b4k_ops import Sinusoidal

from .bert import BERT

__all__ = ["NEZHA"]

MAX_DISTANCE = 64  # those further apart are as those 64 apart


class NEZHA(BERT):
    """NEZHA (https://arxiv.org/abs/1909.00204): relative positions in every attention, from one frozen table."""

    refuses = ("hierarchical_position", "custom_position_ids")
    p_bias = "typical_relative"

    def apply_positions(self, x, ids):
        """Positions are told to attention alone."""
        return x

    def compute_position_bias(self, inputs=None):
        """Sinusoids of the distances [length, length, head size], the same for all layers."""
        if self.attention_key_size != self.attention_head_size:
            raise ValueError(
                "%s adds the same positions to keys and values, so attention_key_size must be attention_head_size: "
                "got %d and %d"
                % (type(self).__name__, self.attention_key_size, self.attention_head_size)
            )
        if self.position_bias is None:
            self.position_bias = self.apply(
                inputs=[inputs, inputs],
                layer=RelativePositionEmbedding,
                input_dim=2 * MAX_DISTANCE + 1,
                output_dim=self.attention_key_size,
                embeddings_initializer=Sinusoidal(),
                trainable=False,
                name="Embedding-Relative-Position",
            )
        return self.position_bias

    def norm_epsilon(self, name):
        return super().norm_epsilon(name) if name == "MLM-Norm" else None
