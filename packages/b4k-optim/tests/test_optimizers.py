"""Trajectories of the optimizers and of their extensions equal a numpy loop."""

import b4k_optim
import numpy as np
import pytest
from b4k_ops import keras
from optim_problem import (
    assert_same,
    batches,
    extended,
    make_dense_model,
    make_model,
    names,
    train,
    train_numpy,
)
from optim_reference import Loop, adafactor_step, adam_step, lion_step, sgd_step

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py

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
    "layer_adaptation": (
        "extend_with_layer_adaptation",
        {"exclude_from_layer_adaptation": ["bias"]},
        {"exclude": ["bias"]},
    ),
    "parameter_wise": (
        "extend_with_parameter_wise_lr",
        {"paramwise_lr_schedule": {"dense": 2, "bias": 0.1}},
        {"factors": {"dense": 2, "bias": 0.1}},
    ),
    "lazy": (
        "extend_with_lazy_optimization",
        {"include_in_lazy_optimization": ["embedding"]},
        {"include": "embedding"},
    ),
    "lookahead": (
        "extend_with_lookahead",
        {"steps_per_slow_update": 3, "slow_step_size": 0.4},
        {"k": 3, "alpha": 0.4},
    ),
    "average": (
        "extend_with_exponential_moving_average",
        {"ema_momentum": 0.9},
        {"momentum": 0.9},
    ),
    "accumulation": (
        "extend_with_gradient_accumulation",
        {"grad_accum_steps": 2},
        {"k": 2},
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


def test_lion():
    check(b4k_optim.LionV2, lion_step, 0.01, [])
    assert b4k_optim.Lion is b4k_optim.LionV2


@pytest.mark.parametrize("beta1", [0.0, 0.9])
@pytest.mark.parametrize("factor", [False, True])
def test_adafactor(factor, beta1):
    def rule(*args):
        return adafactor_step(*args, beta1=beta1, factor=factor)

    smallest = 2 if factor else 128
    check(b4k_optim.AdaFactor, rule, 0.01, [], beta1=beta1, min_dim_size_to_factor=smallest)


@pytest.mark.parametrize("scale", [False, True])
def test_adafactor_with_a_relative_step(scale):
    def rule(*args):
        return adafactor_step(*args, scale=scale)

    options = {"multiply_by_parameter_scale": scale}
    check(b4k_optim.AdaFactor, rule, None, [], **options)
    optimizer = b4k_optim.AdaFactor(learning_rate=None, **options)
    assert optimizer.get_config()["learning_rate"] is None


def joined(data, k):
    """Every k batches as one."""
    data = list(data)
    for start in range(0, len(data), k):
        ids, targets = zip(*data[start : start + k])
        yield np.concatenate(ids), np.concatenate(targets)


@pytest.mark.parametrize("base", [keras.optimizers.SGD, b4k_optim.Adam, keras.optimizers.Adam])
def test_accumulation_equals_larger_batches(base):
    accumulating = extended(base, ["gradient_accumulation"])
    small = train(make_model(), accumulating(learning_rate=0.01, grad_accum_steps=3), batches())
    large = accumulating(
        learning_rate=0.01, grad_accum_steps=1
    )  # dense gradients, as the other has
    assert_same(small[1::3], small[::3], 0)  # nothing moves between
    assert_same(small[2::3], train(make_model(), large, joined(batches(), 3)))


@pytest.mark.parametrize("clipping", [{"clipnorm": 0.3}, {"clipvalue": 0.2}], ids=str)
@pytest.mark.parametrize("base", [keras.optimizers.SGD, b4k_optim.Adam])
def test_accumulated_gradients_are_clipped(base, clipping):
    accumulating = extended(base, ["gradient_accumulation"])
    small = accumulating(learning_rate=0.001, grad_accum_steps=4, **clipping)
    assert set(clipping.items()) <= set(small.get_config().items())
    small = train(make_dense_model(), small, batches())
    large = train(make_dense_model(), base(learning_rate=0.001, **clipping), joined(batches(), 4))
    assert_same(small[3::4], large)
    unclipped = train(make_dense_model(), base(learning_rate=0.001), joined(batches(), 4))
    assert any(abs(a - b).max() > 1e-4 for a, b in zip(large[-1], unclipped[-1]))


def test_averages_come_and_go():
    averaging = extended(b4k_optim.Adam, ["exponential_moving_average"])
    model = make_model()
    loop = Loop(adam_step, 0.01, [("average", {"momentum": 0.9})])
    train_numpy(model, loop, batches(5))
    optimizer = averaging(learning_rate=0.01, ema_momentum=0.9)
    with pytest.raises(RuntimeError):
        optimizer.apply_ema_weights()
    before = train(model, optimizer, batches(5))[-1]
    optimizer = model.optimizer
    for _ in range(2):  # the second time changes nothing, nor what is put back
        optimizer.apply_ema_weights()
    averages = [loop.state[0][name] / (1 - 0.9**5) for name in names(model)]
    assert_same([model.get_weights()], [averages])
    optimizer.reset_old_weights()
    for now, then in zip(model.get_weights(), before):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize(
    "base", [b4k_optim.Adam, b4k_optim.LionV2, b4k_optim.AdaFactor], ids=lambda c: c.__name__
)
def test_config_round_trip(base):
    optimizer_class, options, _ = stacked(base, sorted(LEVELS))
    config = optimizer_class(learning_rate=0.5, **options).get_config()
    for name, value in options.items():
        assert config[name] == value
    assert optimizer_class.from_config(dict(config)).get_config() == config


@pytest.mark.parametrize("base", [dict, "adam", None, keras.layers.Dense, keras.optimizers.SGD()])
def test_only_optimizer_classes_are_extended(base):
    with pytest.raises(TypeError, match="optimizer class of this Keras"):
        b4k_optim.extend_with_weight_decay(base)


def test_an_extension_comes_once():
    with pytest.raises(ValueError, match="weight_decay already"):
        extended(b4k_optim.Adam, ["weight_decay", "lookahead", "weight_decay"])


BAD = {
    "gradient_accumulation": ("grad_accum_steps", [0, -1, 1.5, "2", None, True]),
    "lookahead": ("steps_per_slow_update", [0, -3, 0.5]),
    "exponential_moving_average": ("ema_momentum", [1, -0.1, 99]),
    "piecewise_linear_lr": ("lr_schedule", [{}, {-1: 1}, {5: 1, 2: 0}, {0.5: 1}, 0.1, [1, 2]]),
    "weight_decay": ("exclude_from_weight_decay", ["bias"]),
    "parameter_wise_lr": ("paramwise_lr_schedule", ["bias"]),
}


@pytest.mark.parametrize("extension", sorted(BAD))
def test_bad_arguments(extension):
    argument, values = BAD[extension]
    for value in values:
        with pytest.raises(ValueError, match=argument):
            extended(b4k_optim.Adam, [extension])(**{argument: value})


def test_patterns_that_match_nothing_are_named():
    decaying = b4k_optim.extend_with_weight_decay(b4k_optim.Adam, name="Decaying")
    optimizer = decaying(exclude_from_weight_decay=["bias", "Nrom"])
    with pytest.warns(UserWarning, match="'Nrom'"):
        train(make_model(), optimizer, batches(1))
