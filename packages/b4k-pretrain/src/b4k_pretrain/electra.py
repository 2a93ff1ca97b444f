"""ELECTRA's training: a small generator fills masks, the model tells which tokens are not the text's."""

from b4k_models import BERT
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


def build_generator(discriminator, sizes):
    """The BERT that fills the masks: embeddings are the discriminator's own, sizes {name: number} or a quarter of its.

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
    generator = BERT(with_mlm="linear", layers=layers, prefix="Generator-", **arguments)
    generator.build()
    return generator


def joint_model(discriminator, sizes, model_class=Model):
    """The model that is trained: ids, draws and segments -> the generator's log-probabilities, and the judgements.

    sizes: of the generator, see `build_generator`; draws: see `SampledTokens`.
    """
    generator = build_generator(discriminator, sizes)
    ids, *segments = generator.inputs
    draws = keras.layers.Input((discriminator.sequence_length,), name="Input-Draw")
    logs = LogProbabilities(name="Log-Probabilities", dtype="float32")(generator.output)
    sample = SampledTokens(discriminator.pad_token_id, name="Sampled-Tokens", dtype="float32")
    sampled = sample([ids, logs, draws])
    scores = discriminator.call([sampled] + segments)
    judged = Judgements(name="Judgements", dtype="float32")([scores, sampled])
    return model_class([ids, draws] + segments, [logs, judged])


__all__ = ["build_generator", "joint_model"]
