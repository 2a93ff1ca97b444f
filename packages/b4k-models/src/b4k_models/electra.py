"""ELECTRA's discriminator."""

from .bert import BERT, dense_variables

__all__ = ["ELECTRA"]


class ELECTRA(BERT):
    """ELECTRA (https://arxiv.org/abs/2003.10555).

    The output is the sequence [batch, length, hidden_size], or with_discriminator how probably each token was replaced
    [batch, length, 1].
    """

    vocabulary_variables = ("electra/embeddings/word_embeddings",)
    applications = ("encoder",)
    refuses = ("with_nsp", "with_pool", "with_mlm")

    def __init__(
        self,
        with_discriminator=False,  # True, or the name of the output's activation instead of sigmoid
        **kwargs,  # of BERT
    ):
        super().__init__(**kwargs)
        self.with_discriminator = with_discriminator

    def apply_final_layers(self, inputs):
        """The discriminator if it was asked for, or the sequence as it is."""
        if not self.with_discriminator:
            return inputs
        activation = "sigmoid" if self.with_discriminator is True else self.with_discriminator
        x = self.apply_dense(inputs, self.hidden_size, "Discriminator-Dense", self.hidden_act)
        return self.apply_dense(x, 1, "Discriminator-Prediction", activation)  # [batch, length, 1]

    # --- weights

    def is_head(self, layer_name):
        return layer_name.startswith("Discriminator-")

    def variable_mapping(self):
        """Google's names: https://github.com/google-research/electra"""
        mapping = {
            layer: [name.replace("bert/", "electra/") for name in names]
            for layer, names in super().variable_mapping().items()
        }
        mapping["Embedding-Mapping"] = dense_variables("electra/embeddings_project")
        mapping["Discriminator-Dense"] = dense_variables("discriminator_predictions/dense")
        mapping["Discriminator-Prediction"] = dense_variables("discriminator_predictions/dense_1")
        return mapping
