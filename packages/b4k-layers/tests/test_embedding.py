"""Embedding refuses ids that its table doesn't have, wherever the backend lets them be seen."""

import numpy as np
import pytest
from b4k_layers import Embedding
from b4k_ops.testing import engine

OUTSIDE = r"outside its table: ids from -?\d+ to \d+ were given|is not in \[0, 11\)"


def embed(ids):
    layer = Embedding(11, 4, embeddings_initializer="ones", name="Embedding-Token")
    ids = np.array(ids, "float32")
    ones = {0: np.ones(ids.shape + (4,), "float32")}
    outputs, _ = engine.run_function(lambda x: [layer(x[0])], [ids], [ids.shape], ones, [])
    return outputs[0]


def test_ids_inside():
    assert embed([[0, 10], [5, 0]]).shape == (2, 2, 4)


@pytest.mark.parametrize("ids", [[[1, 11]], [[-1, 1]], [[1e6, 0]]])
def test_ids_outside(ids):
    with pytest.raises(Exception, match=OUTSIDE):
        embed(ids)
