"""The optimizers and their extensions move weights as the original's do, batch by batch."""

import numpy as np
import pytest
from b4k_ops.testing import assert_close, cases
from optim_problem import extended, make_model, train

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py


@pytest.mark.parametrize("case", cases(__file__, "optimizers"), ids=str)
def test_same_trajectory_as_the_original(case):
    model = make_model(list(case.numbered("weight").values()))
    optimizer_class = extended(case.load_target(), case.header["extensions"])
    data = zip(case.arrays["input/0"], case.arrays["target/0"])
    history = train(model, optimizer_class(**case.config), data)
    results = {"output/%d" % i: np.array(each) for i, each in enumerate(zip(*history))}
    if case.group("output/average"):
        model.optimizer.apply_ema_weights()
        averages = enumerate(model.get_weights())
        results.update(("output/average/%d" % i, average) for i, average in averages)
    assert_close(results, case)
