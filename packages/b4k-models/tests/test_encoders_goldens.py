"""The encoders that came after BERT: the numbers and gradients of bert4keras on every Keras."""

import pytest
from b4k_ops.testing import assert_close, cases, run_model

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py

FAMILIES = ["albert", "albert_unshared", "electra", "gau", "nezha", "roformer", "roformer_v2"]
CASES = [case for family in FAMILIES for case in cases(__file__, "encoders/" + family)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_same_numbers_as_the_original(case):
    assert_close(run_model(case.load_target(), case), case)
