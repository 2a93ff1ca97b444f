"""What `bert4keras.backend` has beside the names of b4k_ops."""

from b4k_ops.recompute import RECOMPUTE as do_recompute

from ._keras import is_tf_keras
from .functions import dtype, symbolic, where
from .views import view

__all__ = ["K", "do_recompute", "dtype", "is_tf_keras", "keras", "symbolic", "where"]

keras = view("keras")
K = view("keras.backend")
