"""Trajectories of the optimizers and of their extensions equal a numpy loop."""

import b4k_optim
import pytest
from b4k_ops import keras
from optim_problem import assert_same, batches, make_model, train, train_numpy
from optim_reference import Loop, adam_step, sgd_step

LEVELS = {
    "weight_decay": (
        "extend_with_weight_decay",
        {"weight_decay_rate": 0.1, "exclude_from_weight_decay": ["bias"]},
        {"rate": 0.1, "exclude": ["bias"]},
    ),
    "piecewise": (
        "extend_with_piecewise_linear_lr",
        {"lr_schedule": {4: 1, 16: 0.1}},
        {"schedule": {4: 1, 16: 0.1}},
    ),
}


def stacked(base, kinds):
    """(an extended class of `base`, its options, the numpy levels), from the inside out."""
    options, levels = {}, []
    for kind in kinds:
        extender, arguments, numpy_arguments = LEVELS[kind]
        base = getattr(b4k_optim, extender)(base, name="Stacked" + "".join(kinds).title())
        options.update(arguments)
        levels.append((kind, numpy_arguments))
    return base, options, levels


def check(base, rule, rate, kinds, **kwargs):
    model = make_model()
    optimizer_class, options, levels = stacked(base, kinds)
    expected = train_numpy(model, Loop(rule, rate, levels), batches())
    optimizer = optimizer_class(learning_rate=rate, **options, **kwargs)
    assert_same(train(model, optimizer, batches()), expected)
    return model


@pytest.mark.parametrize("bias_correction", [True, False])
def test_adam(bias_correction):
    def rule(*args):
        return adam_step(*args, bias_correction=bias_correction)

    check(b4k_optim.Adam, rule, 0.01, [], bias_correction=bias_correction)


@pytest.mark.parametrize("kind", sorted(LEVELS))
def test_extension_of_adam(kind):
    check(b4k_optim.Adam, adam_step, 0.01, [kind])


@pytest.mark.parametrize("kind", sorted(LEVELS))
def test_extension_of_sgd(kind):
    check(keras.optimizers.SGD, sgd_step, 0.05, [kind])


@pytest.mark.parametrize(
    "kinds", [(a, b) for a in sorted(LEVELS) for b in sorted(LEVELS) if a != b], ids="-".join
)
def test_every_pair(kinds):
    check(b4k_optim.Adam, adam_step, 0.01, kinds)
