"""Embeddings refuse ids that their table doesn't have, wherever the backend lets them be seen."""

import numpy as np
import pytest
from b4k_layers import Embedding, PositionEmbedding
from b4k_ops import ops
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


@pytest.mark.parametrize("hierarchical, last", [(None, 10), (0.4, 120)])
def test_positions_outside(hierarchical, last):
    def place(ids):
        layer = PositionEmbedding(11, 4, "zero", hierarchical, "ones", custom_position_ids=True)
        ids = np.array([ids], "float32")
        inputs = [np.zeros(ids.shape + (4,), "float32"), ids]
        run = engine.run_function
        return run(lambda x: [layer(x)], inputs, [x.shape for x in inputs], {0: inputs[0]}, [])

    assert (place([0, last])[0][0] == 1).all()
    with pytest.raises(Exception, match=OUTSIDE.replace("11", r"\d+")):
        place([0, last + 1])
    layer = PositionEmbedding(2, 4, hierarchical=hierarchical, name="Embedding-Position")
    with pytest.raises(ValueError, match="Embedding-Position knows .* got a sequence of 5"):
        layer(ops.zeros((1, 5, 4)))


def test_the_padding_id():
    layer = Embedding(11, 4, mask_zero=True, pad_token_id=1)
    ids = np.array([[1, 0, 2, 1], [1, 1, 1, 1]], "int32")
    cotangents = {0: np.ones(ids.shape, "float32")}
    outputs, _ = engine.run_function(
        lambda x: [ops.cast(layer.compute_mask(x[0]), "float32")],
        [ids],
        [ids.shape],
        cotangents,
        [],
    )
    assert outputs[0].tolist() == [[1, 1, 1, 0], [1, 0, 0, 0]]
