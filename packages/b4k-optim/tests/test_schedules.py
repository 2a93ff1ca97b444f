"""The schedules are their formulas, as Keras's schedules and as `lr_schedule`."""

import b4k_ops
import b4k_optim
import numpy as np
import pytest
from b4k_ops import keras
from optim_problem import assert_same, batches, extended, make_model, train, train_numpy
from optim_reference import Loop, sgd_step

HAS_SCHEDULES = hasattr(keras.optimizers, "schedules")  # Keras 2.3.1 has not

CASES = {
    "linear": (
        b4k_optim.WarmupLinear(0.05, 4, 20, end=0.1),
        lambda t: t / 4 if t < 4 else 1 - 0.9 * min((t - 4) / 16, 1),
    ),
    "linear without a warm-up": (
        b4k_optim.WarmupLinear(0.05, 0, 10),
        lambda t: 1 - min(t / 10, 1),
    ),
    "cosine": (
        b4k_optim.WarmupCosine(0.05, 4, 20),
        lambda t: t / 4 if t < 4 else (1 + np.cos(np.pi * min((t - 4) / 16, 1))) / 2,
    ),
    "cosine to an end": (
        b4k_optim.WarmupCosine(0.05, 10, 400, end=0.2),
        lambda t: t / 10 if t < 10 else 0.6 + 0.4 * np.cos(np.pi * min((t - 10) / 390, 1)),
    ),
    "inverse square root": (
        b4k_optim.WarmupInverseSquareRoot(0.05, 4),
        lambda t: t / 4 if t < 4 else (4 / t) ** 0.5,
    ),
}
CASES = pytest.mark.parametrize("schedule, factor", CASES.values(), ids=list(CASES))
STEPS = [0, 1, 3, 4, 5, 11, 20, 30, 399, 400, 500]


@CASES
def test_values(schedule, factor):
    expected = [factor(step) for step in STEPS]
    np.testing.assert_allclose(schedule.factor(np.array(STEPS, "d")), expected, atol=1e-12)
    values = [schedule(b4k_ops.ops.convert_to_tensor(step)) for step in STEPS]
    np.testing.assert_allclose(b4k_ops.evaluate(values), 0.05 * np.array(expected), atol=1e-7)


@CASES
def test_as_lr_schedule(schedule, factor):
    knots = sorted(schedule.lr_schedule().items())
    knots = knots if knots[0][0] == 0 else [(0, 0.0)] + knots
    expected = [factor(step) for step in range(500)]
    np.testing.assert_allclose(np.interp(range(500), *zip(*knots)), expected, atol=2e-3)


@CASES
def test_config(schedule, factor):
    again = type(schedule).from_config(schedule.get_config())
    assert again.get_config() == schedule.get_config()
    assert again.lr_schedule() == schedule.lr_schedule()


@pytest.mark.parametrize("way", ["lr_schedule"] + ["schedule"] * HAS_SCHEDULES)
def test_training(way):
    schedule = b4k_optim.WarmupLinear(0.05, 4, 20, end=0.1)
    levels = [("weight_decay", {"rate": 0.1}), ("piecewise", {"schedule": {4: 1, 20: 0.1}})]
    extensions, options = ["weight_decay"], {"learning_rate": schedule}
    if way == "lr_schedule":
        extensions = extensions + ["piecewise_linear_lr"]
        options = {"learning_rate": 0.05, "lr_schedule": schedule.lr_schedule()}
    model = make_model()
    expected = train_numpy(model, Loop(sgd_step, 0.05, levels), batches())
    optimizer = extended(keras.optimizers.SGD, extensions)(weight_decay_rate=0.1, **options)
    assert_same(train(model, optimizer, batches()), expected)


def test_bad_input():
    for steps in [(-1, 5), (5, 5), (6, 5), (0.1, 5), (0, 5.5)]:
        with pytest.raises(ValueError, match="warmup_steps < total_steps, got %r and" % steps[0]):
            b4k_optim.WarmupCosine(0.1, *steps)
    with pytest.raises(ValueError, match="points must be 2 or more, got 1"):
        b4k_optim.WarmupCosine(0.1, 1, 5).lr_schedule(1)
    with pytest.raises(ValueError, match="warmup_steps must be a whole number"):
        b4k_optim.WarmupInverseSquareRoot(0.1, 0)
