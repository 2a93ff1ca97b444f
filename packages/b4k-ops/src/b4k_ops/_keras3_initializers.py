"""An initializer for large tables: Keras 3 takes ten times as long, most of what building a model takes."""

import functools
from statistics import NormalDist

import keras
import numpy as np

QUANTILES = 2**16  # of the distribution, all equally likely
CHUNK = 2**16  # numbers drawn at a time: the indices stay in the cache


class TruncatedNormal(keras.initializers.TruncatedNormal):
    """Keras's, with numpy drawing one of 65,536 quantiles for each number; its arguments, and another stream."""

    def __call__(self, shape, dtype=None):
        if not isinstance(self.seed, int):
            return super().__call__(shape, dtype)
        size = int(np.prod(shape, dtype="int64"))
        quantiles = _quantiles() * np.float32(self.stddev) + np.float32(self.mean)
        raw = np.random.SFC64(self.seed).random_raw(-(-size // 4)).view("uint16")  # 4 of each
        values = np.empty(size, "float32")
        for start in range(0, size, CHUNK):
            part = slice(start, min(start + CHUNK, size))
            np.take(quantiles, raw[part], out=values[part], mode="clip")  # no check: all are there
        return keras.ops.convert_to_tensor(values.reshape(shape), dtype)


@functools.lru_cache(maxsize=None)
def _quantiles():
    """Those of a normal distribution cut off at two standard deviations, float32 [QUANTILES]."""
    normal = NormalDist()
    lowest, highest = normal.cdf(-2), normal.cdf(2)
    parts = lowest + (np.arange(QUANTILES) + 0.5) / QUANTILES * (highest - lowest)
    return np.array([normal.inv_cdf(part) for part in parts], "float32")


__all__ = ["TruncatedNormal"]
