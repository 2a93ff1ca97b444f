"""RoFormer: rotary positions. RoFormerV2: the same, without biases and with simpler norms."""

from b4k_layers import SinusoidalPositionEmbedding
from b4k_ops import TruncatedNormal, keras, register

from .nezha import NEZHA

__all__ = ["DepthScaledNormal", "RoFormer", "RoFormerV2"]

WITHOUT = ("bias", "LayerNorm/beta", "LayerNorm/gamma")  # how the names end that RoFormerV2 lacks


class RoFormer(NEZHA):
    """RoFormer (https://arxiv.org/abs/2104.09864, https://kexue.fm/archives/8265)."""

    refuses = ("hierarchical_position",)
    p_bias = "rotary"

    def compute_position_bias(self, inputs=None):
        """Sinusoids of the positions [batch or 1, length, key size], the same for all layers."""
        if self.position_bias is None:
            self.position_bias = self.apply(
                inputs=self.simplify([inputs, self.position_ids(self.inputs)]),
                layer=SinusoidalPositionEmbedding,
                output_dim=self.attention_key_size,
                merge_mode="zero",
                custom_position_ids=self.custom_position_ids,
                name="Embedding-Rotary-Position",
            )
        return self.position_bias


class RoFormerV2(RoFormer):
    """RoFormerV2 (https://github.com/ZhuiyiTechnology/roformer-v2): no bias anywhere, norms without weights.

    The only head is with_mlm, which is the token table alone.
    """

    refuses = ("hierarchical_position", "with_nsp", "with_pool", "layer_norm_cond")
    use_bias = False

    @property
    def initializer(self):
        """A new truncated normal that gets narrower with the number of layers."""
        return DepthScaledNormal(self.num_hidden_layers)

    def apply_embeddings(self, inputs):
        """Token + segment -> dropout -> norm (-> hidden_size)."""
        x = self.apply_tokens(inputs)  # [batch, length, embedding_size]
        x = self.apply_dropout(x, "Embedding-Dropout")
        x = self.apply_norm(x, "Embedding-Norm")
        return self.apply_embedding_mapping(x)  # [batch, length, hidden_size]

    def apply_norm(self, x, name, **options):
        """The root mean square norm, without weights."""
        return super().apply_norm(x, name, zero_mean=False, scale=False, offset=False, **options)

    def norm_epsilon(self, name):
        return None

    def apply_mlm(self, x):
        """Scores over the vocabulary by the token table itself: [batch, length, vocab_size]."""
        if self.embedding_size != self.hidden_size:
            x = self.apply_dense(x, self.embedding_size, "Output-Mapping")
        x = self.apply_dropout(x, "Output-MLM-Dropout")
        x = self.apply_token_table(x)
        return self.apply_activation(x, self.with_mlm, "Output-MLM-Activation")

    def is_head(self, layer_name):
        return layer_name == "Output-Mapping"

    def variable_mapping(self):
        """BERT's names, without those of biases and norms."""
        mapping = {
            layer: [name for name in names if not name.endswith(WITHOUT)]
            for layer, names in super().variable_mapping().items()
        }
        mapping["Output-Mapping"] = ["cls/predictions/output_mapping/kernel"]
        return mapping


@register
class DepthScaledNormal(keras.initializers.Initializer):
    """Truncated normal numbers, narrower in wide layers and in deep models: https://kexue.fm/archives/8998"""

    def __init__(self, num_layers, order=2):
        self.num_layers = num_layers
        self.order = order  # the numbers shrink with the order-th root of the depth

    def __call__(self, shape, dtype=None):
        width = shape[0] if 10 <= shape[0] <= 10000 else shape[1]  # a table's rows are no width
        stddev = 1.13684723 / width**0.5 * self.num_layers ** (-1.0 / self.order)
        return TruncatedNormal(stddev=stddev)(shape, dtype=dtype)

    def get_config(self):
        return {"num_layers": self.num_layers, "order": self.order}
