"""piecewise_linear is numpy's interpolation, and what bert4keras says in its docstring."""

import numpy as np
import pytest
from b4k_ops import ops, piecewise_linear


def values(schedule, steps, **options):
    steps = ops.convert_to_tensor(np.array(steps, "int64"))
    return ops.convert_to_numpy(piecewise_linear(steps, schedule, **options))


@pytest.mark.parametrize(
    "schedule, expected",
    [
        ({2: 1, 4: 0.5}, [0, 0.5, 1, 0.75, 0.5, 0.5]),
        ({0: 1}, [1, 1, 1, 1, 1, 1]),
        ({4: 0.5, 2: 1}, [0, 0.5, 1, 0.75, 0.5, 0.5]),
        ({3: 2}, [0, 2 / 3, 4 / 3, 2, 2, 2]),
    ],
)
def test_original_values(schedule, expected):
    np.testing.assert_allclose(values(schedule, [0, 1, 2, 3, 4, 10]), expected, rtol=1e-6)


def test_not_from_zero_is_constant_before_the_first_step():
    assert values({2: 1, 4: 0.5}, [0, 1, 2, 3], from_zero=False).tolist() == [1, 1, 1, 0.75]


def test_long_schedule_is_numpys_interpolation():
    schedule = {1000: 1, 2000: 0.1, 100000: 0.3, 100001: 0}
    steps = np.array([0, 1, 999, 1000, 1500, 2000, 50000, 100000, 100001, 10**6])
    expected = np.interp(steps, [0] + list(schedule), [0] + list(schedule.values()))
    np.testing.assert_allclose(values(schedule, steps), expected, rtol=1e-6, atol=1e-7)


def test_numbers_are_steps_too():
    value = piecewise_linear(500, {1000: 1})
    assert float(ops.convert_to_numpy(value)) == 0.5


def test_empty_schedule_is_refused():
    with pytest.raises(ValueError, match="schedule"):
        piecewise_linear(1, {})
