"""What `bert4keras.snippets` has, where an old script needs another than b4k_text.snippets has."""

from ._keras import renewed
from .finding import borrow

__all__ = ["AutoRegressiveDecoder", "is_py2", "uniout"]

is_py2 = False
uniout = None  # printed Chinese on Python 2


class AutoRegressiveDecoder(borrow("b4k_text", "bert4keras.snippets").AutoRegressiveDecoder):
    """That of b4k_text, whose models for single steps are silent; `topp` may exceed 1."""

    def last_token(self, model):
        if model not in self.models:
            self.models[model] = renewed(super().last_token(model))
        return self.models[model]

    def random_sample(self, inputs, n, topk=None, topp=None, *args, **kwargs):
        topp = None if topp is not None and topp > 1 else topp  # as bert4keras reads it
        return super().random_sample(inputs, n, topk, topp, *args, **kwargs)
