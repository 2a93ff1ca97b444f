"""Ops of the numpy family whose last bit counts, or that refuse arguments."""

import numpy as np
import pytest
from b4k_ops import ops

FLOATS = np.array([1.0, -1.0, 0.0, 6e-5, 6e4, -7.5, np.nan], "float32")


@pytest.mark.parametrize("name", ["float16", "float32"])
def test_nextafter(name):
    """The last bit, which the tolerance of golden cases would not see."""
    x, goals = FLOATS.astype(name), np.array([[9], [-9], [0], [np.nan]], name)
    result = ops.convert_to_numpy(ops.nextafter(x, goals))
    np.testing.assert_array_equal(result, np.nextafter(x, goals))


def test_bitwise_operations_of_bools():
    x, y = np.array([True, True, False, False]), np.array([True, False, True, False])
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
        result = ops.convert_to_numpy(getattr(ops, name)(x, y))
        np.testing.assert_array_equal(result, getattr(np, name)(x, y))
    np.testing.assert_array_equal(ops.convert_to_numpy(ops.bitwise_not(x)), ~x)


@pytest.mark.parametrize("op", [ops.bitwise_and, ops.bitwise_left_shift, ops.gcd, ops.ldexp])
def test_floats_are_refused(op):
    with pytest.raises(Exception):  # noqa: B017, each engine has one of its own
        op(FLOATS[:2], FLOATS[:2])


def test_view_needs_a_last_axis_that_fits():
    with pytest.raises((TypeError, ValueError, RuntimeError)):
        ops.view(np.zeros((2, 3), "int16"), "float32")
