"""b4k-layers: the layers of bert4keras, written once for every Keras."""

from b4k_ops import Add

from .attention import MultiHeadAttention
from .batch import BatchConcat, BatchSplit
from .crf import ConditionalRandomField
from .embedding import Embedding
from .feedforward import FeedForward
from .gated_attention import GatedAttentionUnit
from .global_pointer import EfficientGlobalPointer, GlobalPointer
from .loss import Loss
from .mask import AttentionBias, CachedAttentionMask, LanguageModelMask, UniLMMask
from .memm import MaximumEntropyMarkovModel
from .norm import LayerNormalization, ScaleOffset
from .pooling import Concatenate1D, FirstToken, GlobalAveragePooling1D, GlobalMaxPooling1D
from .position import PositionEmbedding, SinusoidalPositionEmbedding
from .relative_position import RelativePositionEmbedding, RelativePositionEmbeddingT5

__version__ = "0.1.0"

__all__ = [
    "Add",
    "AttentionBias",
    "CachedAttentionMask",
    "BatchConcat",
    "BatchSplit",
    "Concatenate1D",
    "ConditionalRandomField",
    "EfficientGlobalPointer",
    "Embedding",
    "FeedForward",
    "FirstToken",
    "GatedAttentionUnit",
    "GlobalAveragePooling1D",
    "GlobalMaxPooling1D",
    "GlobalPointer",
    "LanguageModelMask",
    "LayerNormalization",
    "Loss",
    "MaximumEntropyMarkovModel",
    "MultiHeadAttention",
    "PositionEmbedding",
    "RelativePositionEmbedding",
    "RelativePositionEmbeddingT5",
    "ScaleOffset",
    "SinusoidalPositionEmbedding",
    "UniLMMask",
]
