"""b4k-pretrain: from a corpus to a pretrained model, on every Keras."""

from b4k_pretrain.corpus import prepare
from b4k_pretrain.loader import Loader
from b4k_pretrain.manifest import Manifest, RecordsError
from b4k_pretrain.objectives import build_objective
from b4k_pretrain.records import open_records, open_tfrecords, write_records

__version__ = "0.1.0"

__all__ = [
    "Loader",
    "Manifest",
    "RecordsError",
    "build_objective",
    "open_records",
    "open_tfrecords",
    "prepare",
    "write_records",
]
