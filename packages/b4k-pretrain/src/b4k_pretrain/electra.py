"""ELECTRA's training: a small generator fills masks, the model tells which tokens are not the text's."""

from b4k_models import BERT
from b4k_models.bert import dense_variables
from b4k_models.weights import open_checkpoint
from b4k_ops import Model, keras

from b4k_pretrain.choosing import refuse_unknown
from b4k_pretrain.layers import Judgements, LogProbabilities, SampledTokens

SIZES = ("hidden_size", "num_attention_heads", "intermediate_size")  # a quarter of the model's
SAME = (
    "vocab_size",
    "num_hidden_layers",
    "hidden_act",
    "dropout_rate",
    "attention_dropout_rate",
    "embedding_size",
    "max_position",
    "segment_vocab_size",
    "layer_norm_epsilon",
    "sequence_length",
    "pad_token_id",
)
SHARED = ("Embedding-Token", "Embedding-Segment", "Embedding-Position", "Embedding-Norm")


class Generator(BERT):
    """What fills the masks. All but the embeddings, which are the discriminator's own, comes from its checkpoint."""

    def load_weights_from_checkpoint(self, checkpoint, mapping=None):
        """Load Google's checkpoint of both models, or the Hugging Face directory of a generator alone."""
        checkpoint = open_checkpoint(checkpoint)
        both = any(name.startswith("generator/") for name in checkpoint)
        self.scope = "generator/" if both else "electra/"
        return super().load_weights_from_checkpoint(checkpoint, mapping)

    def is_head(self, layer_name):
        return False

    def variable_mapping(self):
        """Google's names: https://github.com/google-research/electra"""
        mapping = {
            layer: [
                name.replace("bert/", self.scope)
                .replace("cls/predictions/transform/", "generator_predictions/")
                .replace("cls/predictions/", "generator_predictions/")
                for name in names
            ]
            for layer, names in super().variable_mapping().items()
            if layer not in SHARED
        }
        mapping["Embedding-Mapping"] = dense_variables(self.scope + "embeddings_project")
        return mapping


def build_generator(discriminator, sizes, checkpoint=None):
    """The generator: embeddings are the discriminator's own, sizes {name: number} or a quarter of its.

    https://arxiv.org/abs/2003.10555, sections 3.2 and A
    """
    refuse_unknown(sizes, SIZES + ("num_hidden_layers",), "model.generator")
    arguments = {name: getattr(discriminator, name) for name in SAME}
    arguments.update({name: max(1, getattr(discriminator, name) // 4) for name in SIZES})
    arguments.update(sizes)
    names = [discriminator.prefixed(name) for name in SHARED]
    layers = {
        "Generator-" + name: discriminator.layers[own]
        for name, own in zip(SHARED, names)
        if own in discriminator.layers
    }
    generator = Generator(with_mlm="linear", layers=layers, prefix="Generator-", **arguments)
    generator.build()
    if checkpoint:
        generator.load_weights_from_checkpoint(checkpoint)
    return generator


def joint_model(discriminator, sizes, model_class=Model, checkpoint=None):
    """The model that is trained: ids, draws and segments -> the generator's log-probabilities, and the judgements.

    sizes, checkpoint: of the generator, see `build_generator`; draws: see `SampledTokens`.
    """
    generator = build_generator(discriminator, sizes, checkpoint)
    ids, *segments = generator.inputs
    draws = keras.layers.Input((discriminator.sequence_length,), name="Input-Draw")
    logs = LogProbabilities(name="Log-Probabilities", dtype="float32")(generator.output)
    sample = SampledTokens(discriminator.pad_token_id, name="Sampled-Tokens", dtype="float32")
    sampled = sample([ids, logs, draws])
    scores = discriminator.call([sampled] + segments)
    judged = Judgements(name="Judgements", dtype="float32")([scores, sampled])
    return model_class([ids, draws] + segments, [logs, judged])


__all__ = ["Generator", "build_generator", "joint_model"]
