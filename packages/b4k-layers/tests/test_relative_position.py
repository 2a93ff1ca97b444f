"""Relative positions: T5's buckets, and what the original forgot."""

import numpy as np
import pytest
from b4k_layers import RelativePositionEmbeddingT5
from b4k_layers.relative_position import t5_buckets
from b4k_ops import get_values


def test_the_bucket_of_each_distance():
    starts = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 19, 21, 24, 27, 31, 35]
    buckets = t5_buckets(128, 32)
    assert [int(np.argmax(buckets == b)) for b in range(len(starts))] == starts
    assert buckets[-1] == 31


def test_its_initializer_is_used():
    """The original starts from zeros whatever it is given."""
    layer = RelativePositionEmbeddingT5(32, 2, embeddings_initializer="ones")
    layer.build([(None, None), (None, None)])
    assert np.all(get_values(layer.weights)[0] == 1)


@pytest.mark.parametrize("max_distance, buckets", [(128, 1), (8, 16), (4, 16)])
def test_buckets_that_cannot_be_are_refused(max_distance, buckets):
    with pytest.raises(ValueError, match="T5's buckets need max_distance above their half"):
        t5_buckets(max_distance, buckets)
