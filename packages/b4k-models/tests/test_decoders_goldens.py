"""GPT, GPT2, GPT2_ML and T5 with every option: the numbers and gradients of bert4keras on every Keras."""

import pytest
from b4k_ops.testing import assert_close, cases, run_model

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py


@pytest.mark.parametrize("case", cases(__file__, "decoders"), ids=str)
def test_same_numbers_as_the_original(case):
    assert_close(run_model(case.load_target(), case), case)
