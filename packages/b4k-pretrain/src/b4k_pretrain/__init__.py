"""b4k-pretrain: from a corpus to a pretrained model. So far it holds its name and version."""

__version__ = "0.1.0"

__all__ = []
