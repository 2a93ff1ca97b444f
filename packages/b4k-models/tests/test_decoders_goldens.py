"""GPT, GPT2, GPT2_ML and T5 with every option: the numbers and gradients of bert4keras on every Keras."""

import pytest
from b4k_ops.testing import assert_close, cases, run_model, run_training

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py


CASES = cases(__file__, "decoders")


@pytest.mark.parametrize("case", [c for c in CASES if "training" not in c.header], ids=str)
def test_same_numbers_as_the_original(case):
    assert_close(run_model(case.load_target(), case), case)


@pytest.mark.parametrize("case", [c for c in CASES if "training" in c.header], ids=str)
def test_same_training_as_the_original(case):
    assert_close(run_training(case.load_target(), case), case)
