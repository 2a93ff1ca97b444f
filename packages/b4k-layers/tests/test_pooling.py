"""Pooling and batches where the original gave NaN, or lost a mask."""

import numpy as np
import pytest
from b4k_layers import (
    BatchConcat,
    BatchSplit,
    FeedForward,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
)
from b4k_ops import keras
from b4k_ops.testing import MaskOf, WithMask

Input = keras.layers.Input

X = np.random.RandomState(0).normal(size=(4, 3, 2)).astype("float32")
MASK = np.array([[1, 0, 1], [0, 0, 0], [0, 0, 1], [1, 1, 1]], bool)


def masked_input():
    """x [batch, 3, 2], its mask, and x carrying it."""
    x, mask = Input((3, 2), name="x"), Input((3,), dtype="bool", name="mask")
    return [x, mask], WithMask(name="with_mask")([x, mask])


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(
    "layer_class, function", [(GlobalAveragePooling1D, np.mean), (GlobalMaxPooling1D, np.max)]
)
def test_a_row_of_padding_pools_to_zero(layer_class, function, keepdims):
    inputs, x = masked_input()
    model = keras.models.Model(inputs, layer_class(keepdims=keepdims)(x))
    pooled = model.predict([X, MASK], verbose=0)
    for row, values, mask in zip(pooled.reshape(4, 2), X, MASK):
        expected = function(values[mask], axis=0) if mask.any() else np.zeros(2)
        np.testing.assert_allclose(row, expected, atol=1e-6)
    assert pooled.shape == ((4, 1, 2) if keepdims else (4, 2))


def test_an_unknown_data_format_is_refused():
    with pytest.raises(ValueError, match="data_format must be channels_last or .*, not 'last'"):
        GlobalMaxPooling1D(data_format="last")


def test_split_and_concatenated_again():
    inputs, x = masked_input()
    model = keras.models.Model(inputs, MaskOf()(BatchConcat()(BatchSplit(3)(x))))
    np.testing.assert_array_equal(model.predict_on_batch([X, MASK]), MASK)


def test_a_batch_without_mask_is_all_valid():
    inputs, x = masked_input()
    model = keras.models.Model(inputs, MaskOf()(BatchConcat()([x, inputs[0]])))
    expected = np.concatenate([MASK, np.ones_like(MASK)])
    np.testing.assert_array_equal(model.predict_on_batch([X, MASK]), expected)


@pytest.mark.parametrize("parts", [0, -1, [], [2, -1], [0, 0]])
def test_no_parts(parts):
    with pytest.raises(ValueError, match="parts must be a number above 0"):
        BatchSplit(parts)


def test_no_activation():
    with pytest.raises(ValueError, match="activation is an empty list"):
        FeedForward(4, activation=[])
