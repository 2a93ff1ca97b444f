"""What merged tensors are masked with: the same on every Keras."""

import numpy as np
import pytest
from b4k_ops import Add, Concatenate, keras
from b4k_ops.testing import MaskOf, WithMask

LEFT = np.array([[1, 1, 1, 0], [1, 0, 0, 0]], bool)
RIGHT = np.array([[1, 1, 0, 0], [1, 1, 1, 0]], bool)
X = np.random.RandomState(0).standard_normal((2, 4, 3)).astype("float32")


def run(layer, *masks):
    """(output, its mask as zeros and ones or all -1 if there is none) of X merged with X."""
    inputs, tensors, arrays = [], [], []
    for mask in masks:
        x = keras.layers.Input((None, 3))
        inputs.append(x)
        arrays.append(X)
        if mask is not None:
            m = keras.layers.Input((None,), dtype="bool")
            inputs.append(m)
            arrays.append(mask)
            x = WithMask()([x, m])
        tensors.append(x)
    y = layer(tensors)
    model = keras.models.Model(inputs, [y, MaskOf()(y)])
    return model.predict(arrays, verbose=0)


@pytest.mark.parametrize("layer", [Add, Concatenate])
def test_mask_is_the_and_of_those_that_exist(layer):
    for masks, expected in [
        ((LEFT, RIGHT), LEFT & RIGHT),
        ((LEFT, None), LEFT),
        ((None, RIGHT), RIGHT),
    ]:
        _, mask = run(layer(), *masks)
        assert (mask == expected).all()


@pytest.mark.parametrize("layer", [Add, Concatenate])
def test_no_mask_stays_none(layer):
    _, mask = run(layer(), None, None)
    assert (mask == -1).all()


def test_concatenated_along_the_length_each_keeps_its_mask():
    for masks in [(LEFT, RIGHT), (LEFT, None), (None, RIGHT)]:
        y, mask = run(Concatenate(axis=1), *masks)
        expected = np.concatenate([np.ones_like(LEFT) if m is None else m for m in masks], axis=1)
        assert y.shape == (2, 8, 3) and (mask == expected).all()


def test_values_are_keras_own():
    y, _ = run(Concatenate(), LEFT, RIGHT)
    np.testing.assert_array_equal(y, np.concatenate([X, X], -1))
    y, _ = run(Add(), LEFT, RIGHT)
    np.testing.assert_allclose(y, X + X)


def test_config_round_trip():
    layer = Concatenate(axis=1, name="both")
    again = Concatenate.from_config(layer.get_config())
    assert again.axis == 1 and again.name == "both"
