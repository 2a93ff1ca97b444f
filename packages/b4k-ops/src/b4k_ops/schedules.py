"""Numbers that change with the training step. Written once, on ops."""

from . import _engine, ops


def piecewise_linear(
    t,  # the step, a tensor or a number
    schedule,  # {step: value}, e.g. {1000: 1, 2000: 0.1}
    from_zero=True,  # start at (0, 0.0) if the schedule doesn't start at step 0
):
    """The value at step t, a float: linear from each step of the schedule to the next, constant before and after.

    `{1000: 1, 2000: 0.1}` rises from 0 to 1 in 1000 steps, falls to 0.1 in another 1000, and stays there.
    """
    if not schedule:
        raise ValueError("piecewise_linear needs a schedule {step: value}, got %r" % (schedule,))
    knots = sorted(schedule.items())
    if from_zero and knots[0][0] != 0:
        knots.insert(0, (0, 0.0))
    t = ops.cast(t, _engine.keras.backend.floatx())
    value = t * 0 + float(knots[0][1])
    for (start, before), (end, after) in zip(knots, knots[1:]):
        passed = ops.clip((t - start) / (end - start), 0.0, 1.0)  # the part of the way to `end`
        value = ops.where(t >= start, before + (after - before) * passed, value)
    return value


__all__ = ["piecewise_linear"]
