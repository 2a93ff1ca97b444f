"""The layers: the numbers, masks and gradients of bert4keras on every Keras."""

import pytest
from b4k_ops.testing import assert_close, cases, run_layer


@pytest.mark.parametrize("case", cases(__file__, "layers"), ids=str)
def test_same_numbers_as_the_original(case):
    assert_close(run_layer(case.load_target(), case), case)
