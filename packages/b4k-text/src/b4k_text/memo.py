"""Results worth remembering."""

from sys import getsizeof

__all__ = ["Memo"]


class Memo(dict):
    """A dict that works out `rule(key)` when it first meets a key.

    Text is mostly the same few thousand characters and words. Keyed by code points it is a
    table for `str.translate`, which then runs at the speed of C. Unlike `lru_cache` it can be
    pickled with the tokenizer that owns it.
    """

    def __init__(self, rule, limit=1 << 16, longest=1024):
        super().__init__()
        self.rule = rule
        self.limit = limit  # keys held before it starts over
        self.longest = longest  # bytes; a bigger key is hardly a word and won't come again

    def __missing__(self, key):
        value = self.rule(key)
        if len(self) >= self.limit:
            self.clear()
        if getsizeof(key) <= self.longest:
            self[key] = value
        return value
