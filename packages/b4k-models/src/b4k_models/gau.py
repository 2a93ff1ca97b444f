"""GAU-alpha: RoFormerV2 whose blocks are gated attention units."""

from b4k_layers import GatedAttentionUnit

from .roformer import DepthScaledNormal, RoFormerV2

__all__ = ["GAU_alpha"]


class GAU_alpha(RoFormerV2):  # noqa: N801 - the original's name
    """GAU-alpha (https://kexue.fm/archives/9052, https://github.com/ZhuiyiTechnology/GAU-alpha).

    One gated attention unit of width intermediate_size takes the place of attention and feed forward; it has one head,
    of attention_key_size.
    """

    refuses = RoFormerV2.refuses + ("residual_attention_scores",)

    @property
    def initializer(self):
        return DepthScaledNormal(self.num_hidden_layers, order=3)

    def apply_main_layers(self, inputs, index):
        """Gated attention unit -> add -> norm."""
        attention_mask = self.compute_attention_bias(index)
        position_bias = self.compute_position_bias(inputs)
        name = "Transformer-%d-GatedAttentionUnit" % index
        x = self.apply(
            inputs=self.simplify([inputs, attention_mask, position_bias]),
            layer=GatedAttentionUnit,
            arguments={
                "a_bias": None if attention_mask is None else True,
                "p_bias": self.p_bias,
            },
            units=self.intermediate_size,
            key_size=self.attention_key_size,
            activation=self.hidden_act,
            use_bias=self.use_bias,
            normalization="softmax_plus",
            attention_dropout=self.attention_dropout_rate,
            kernel_initializer=self.initializer,
            name=name,
        )
        return self.apply_residual(inputs, x, name)

    def block_mapping(self, index):
        unit = "GAU_alpha/encoder/layer_%d/gau/" % index
        names = ["i_dense/kernel", "q_scaleoffset/gamma", "k_scaleoffset/gamma", "o_dense/kernel"]
        return {"Transformer-%d-GatedAttentionUnit" % index: [unit + name for name in names]}
