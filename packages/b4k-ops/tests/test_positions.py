"""Sinusoidal and rotary positions, against numpy in float64."""

import numpy as np
import pytest
from b4k_ops import keras, ops, positions

RNG = np.random.RandomState(3)


def array(x):
    return ops.convert_to_numpy(x)


def sinusoidal(pos, dim, base=10000):
    """One position and one pair after the other."""
    table = np.zeros(np.shape(pos) + (dim,))
    for index in np.ndindex(np.shape(pos)):
        for i in range(dim // 2):
            angle = pos[index] * float(base) ** (-2.0 * i / dim)
            table[index + (2 * i,)], table[index + (2 * i + 1,)] = np.sin(angle), np.cos(angle)
    return table


def rotated(x, pos, base=10000):
    """x [batch, n, ..., d], each adjacent pair turned as a complex number; pos [batch or 1, n]."""
    d = x.shape[-1]
    angles = pos[..., None] * float(base) ** (
        -2.0 * np.arange(d // 2) / d
    )  # [batch or 1, n, d / 2]
    angles = angles.reshape(angles.shape[:2] + (1,) * (x.ndim - 3) + (d // 2,))
    turned = (x[..., ::2] + 1j * x[..., 1::2]) * np.exp(1j * angles)
    return np.stack([turned.real, turned.imag], -1).reshape(x.shape)


@pytest.mark.parametrize("dtype", ["int32", "float32"])
@pytest.mark.parametrize("base", [10000, 100])
def test_sinusoidal(dtype, base):
    pos = np.array([[0, 1, 2], [3, 7, 100]], dtype)
    result = array(positions.sinusoidal_embeddings(ops.convert_to_tensor(pos), 6, base))
    assert result.dtype.name == keras.backend.floatx()
    np.testing.assert_allclose(result, sinusoidal(pos, 6, base), atol=2e-5)


def test_sinusoidal_is_interleaved():
    table = array(positions.sinusoidal_embeddings(ops.arange(2), 4))
    expected = [[0, 1, 0, 1], [np.sin(1), np.cos(1), np.sin(0.01), np.cos(0.01)]]
    np.testing.assert_allclose(table, expected, atol=1e-6)


def test_odd_dim_is_refused():
    with pytest.raises(ValueError, match="even dim, got 5"):
        positions.sinusoidal_embeddings(ops.arange(3), 5)


def test_initializer():
    table = array(positions.Sinusoidal()((5, 8), dtype="float32"))
    np.testing.assert_allclose(table, sinusoidal(np.arange(5), 8), atol=1e-5)


def test_initializer_in_a_layer_and_in_its_config():
    layer = keras.layers.Embedding(5, 8, embeddings_initializer=positions.Sinusoidal())
    layer.build((None, None))
    np.testing.assert_allclose(layer.get_weights()[0], sinusoidal(np.arange(5), 8), atol=1e-5)
    copy = keras.layers.Embedding.from_config(layer.get_config())
    assert isinstance(copy.embeddings_initializer, positions.Sinusoidal)


@pytest.mark.parametrize("shape", [(2, 5, 8), (2, 5, 3, 8), (2, 5, 3, 2, 8)])
@pytest.mark.parametrize("batch", [1, 2])
def test_rotary(shape, batch):
    pos = RNG.randint(0, 200, (batch, shape[1])).astype("int32")
    table = positions.sinusoidal_embeddings(ops.convert_to_tensor(pos), shape[-1])
    q, k = (RNG.standard_normal(shape).astype("float32") for _ in range(2))
    turned = positions.apply_rotary_position_embeddings(
        table, ops.convert_to_tensor(q), ops.convert_to_tensor(k)
    )
    assert isinstance(turned, list)
    for result, x in zip(turned, (q, k)):
        np.testing.assert_allclose(array(result), rotated(x, pos), atol=1e-4)


def test_one_tensor_gives_a_tensor():
    x = RNG.standard_normal((1, 3, 4)).astype("float32")
    table = positions.sinusoidal_embeddings(ops.arange(3), 4)[None]
    turned = positions.apply_rotary_position_embeddings(table, ops.convert_to_tensor(x))
    assert array(turned).shape == x.shape


def test_scores_depend_on_distance_only():
    q, k = (RNG.standard_normal((1, 1, 8)).astype("float32") for _ in range(2))

    def score(i, j):
        def at(x, p):
            table = positions.sinusoidal_embeddings(np.array([[p]], "int32"), 8)
            return array(
                positions.apply_rotary_position_embeddings(table, ops.convert_to_tensor(x))
            )

        return (at(q, i) * at(k, j)).sum()

    np.testing.assert_allclose(score(3, 1), score(103, 101), atol=1e-4)


def test_half_precision_is_computed_in_float32_and_cast_at_the_end():
    pos = np.array([[511, 2001]], "int32")  # float16 has no 2001.0 * frequency
    x = RNG.standard_normal((1, 2, 8)).astype("float16")
    table = positions.sinusoidal_embeddings(ops.convert_to_tensor(pos), 8)
    result = array(positions.apply_rotary_position_embeddings(table, ops.convert_to_tensor(x)))
    assert result.dtype == np.float16
    np.testing.assert_allclose(result, rotated(x.astype("float64"), pos), atol=2e-3)


@pytest.mark.parametrize("shapes", [[], [(1, 3, 4), (1, 2, 4)]])
def test_rotary_refuses_other_shapes(shapes):
    tensors = [ops.ones(shape) for shape in shapes]
    with pytest.raises(ValueError, match="tensors of one shape"):
        positions.apply_rotary_position_embeddings(ops.ones((1, 3, 4)), *tensors)
