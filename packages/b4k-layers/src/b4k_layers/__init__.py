"""b4k-layers: the layers of bert4keras, written once for every Keras."""

from b4k_ops import Add

from .attention import MultiHeadAttention
from .embedding import Embedding
from .feedforward import FeedForward
from .gated_attention import GatedAttentionUnit
from .mask import AttentionBias, CachedAttentionMask, LanguageModelMask, UniLMMask
from .norm import LayerNormalization, ScaleOffset
from .pooling import Concatenate1D, FirstToken
from .position import PositionEmbedding, SinusoidalPositionEmbedding
from .relative_position import RelativePositionEmbedding, RelativePositionEmbeddingT5

__version__ = "0.1.0"

__all__ = [
    "Add",
    "AttentionBias",
    "CachedAttentionMask",
    "Concatenate1D",
    "Embedding",
    "FeedForward",
    "FirstToken",
    "GatedAttentionUnit",
    "LanguageModelMask",
    "LayerNormalization",
    "MultiHeadAttention",
    "PositionEmbedding",
    "RelativePositionEmbedding",
    "RelativePositionEmbeddingT5",
    "ScaleOffset",
    "SinusoidalPositionEmbedding",
    "UniLMMask",
]
