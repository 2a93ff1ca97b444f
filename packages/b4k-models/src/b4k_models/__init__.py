"""b4k-models: the models of bert4keras on every Keras, and the checkpoints they come from."""

from .adapt import enable_lora, quantize
from .albert import ALBERT, ALBERT_Unshared
from .base import Transformer
from .bert import BERT
from .build import build_transformer_model
from .electra import ELECTRA
from .errors import CheckpointError
from .gau import GAU_alpha
from .gpt import GPT, GPT2, GPT2_ML
from .huggingface import HuggingFaceCheckpoint
from .legacy import load_legacy_weights
from .masks import (
    LM_Mask,
    UniLM_Mask,
    extend_with_language_model,
    extend_with_unified_language_model,
)
from .nezha import NEZHA
from .parallel import data_parallel, layout_map
from .resizing import orthogonally_resize
from .roformer import RoFormer, RoFormerV2
from .t5 import T5, T5_Base, T5_Decoder, T5_Encoder
from .tf_checkpoint import TFCheckpoint, write_tf_checkpoint
from .weights import LoadReport, open_checkpoint

__version__ = "0.1.0"

__all__ = [
    "ALBERT",
    "ALBERT_Unshared",
    "BERT",
    "CheckpointError",
    "ELECTRA",
    "GAU_alpha",
    "GPT",
    "GPT2",
    "GPT2_ML",
    "HuggingFaceCheckpoint",
    "LM_Mask",
    "LoadReport",
    "NEZHA",
    "RoFormer",
    "RoFormerV2",
    "T5",
    "T5_Base",
    "T5_Decoder",
    "T5_Encoder",
    "TFCheckpoint",
    "Transformer",
    "UniLM_Mask",
    "build_transformer_model",
    "data_parallel",
    "enable_lora",
    "extend_with_language_model",
    "extend_with_unified_language_model",
    "layout_map",
    "load_legacy_weights",
    "open_checkpoint",
    "orthogonally_resize",
    "quantize",
    "write_tf_checkpoint",
]
