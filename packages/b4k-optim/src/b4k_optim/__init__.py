"""b4k-optim: the optimizers of bert4keras on every Keras. So far it holds its name and version."""

__version__ = "0.1.0"

__all__ = []
