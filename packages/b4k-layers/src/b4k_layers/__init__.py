"""b4k-layers: the layers of bert4keras, written once for every Keras."""

from b4k_ops import Add

from .attention import MultiHeadAttention
from .embedding import Embedding
from .feedforward import FeedForward
from .mask import AttentionBias, LanguageModelMask, UniLMMask
from .norm import LayerNormalization, ScaleOffset
from .pooling import Concatenate1D, FirstToken
from .position import PositionEmbedding, SinusoidalPositionEmbedding

__version__ = "0.1.0"

__all__ = [
    "Add",
    "AttentionBias",
    "Concatenate1D",
    "Embedding",
    "FeedForward",
    "FirstToken",
    "LanguageModelMask",
    "LayerNormalization",
    "MultiHeadAttention",
    "PositionEmbedding",
    "ScaleOffset",
    "SinusoidalPositionEmbedding",
    "UniLMMask",
]
