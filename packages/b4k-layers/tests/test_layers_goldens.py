"""The layers: the numbers, masks and gradients of bert4keras on every Keras."""

import b4k_ops
import pytest
from b4k_ops.testing import assert_close, cases, run_layer


def judge(layer, name):
    """A loss or metric: a method of the layer, or a function for all pairs of a head in one row."""
    if hasattr(layer, name):
        return getattr(layer, name)
    function = getattr(b4k_ops, name)
    options = {"mask_zero": True} if name.startswith("sparse") else {}
    return lambda y_true, y_pred: function(y_true, b4k_ops.flatten(y_pred, 2), **options)


@pytest.mark.parametrize("case", cases(__file__, "layers"), ids=str)
def test_same_numbers_as_the_original(case):
    assert_close(run_layer(case.load_target(), case, judge), case)
