"""What was bert4keras.backend: its numbers and gradients on every Keras."""

import pytest
from b4k_ops.testing import assert_close, cases, run_function


@pytest.mark.parametrize("case", cases(__file__, "backend"), ids=str)
def test_same_numbers_as_the_original(case):
    assert_close(run_function(case.load_target(), case), case)
