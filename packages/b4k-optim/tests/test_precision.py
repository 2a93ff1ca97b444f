"""Optimizers under mixed precision: losses are scaled, and steps that overflow leave no trace."""

import b4k_optim
import numpy as np
from b4k_ops import keras
from b4k_ops.testing import engine
from optim_problem import assert_same, batches, extended, make_dense_model, train

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py

EXTENSIONS = [
    "weight_decay",
    "gradient_accumulation",
    "lookahead",
    "exponential_moving_average",
]


def make_optimizer():
    # no bias correction, because tf.keras counts the steps left out
    options = {"grad_accum_steps": 2, "bias_correction": False}
    return extended(b4k_optim.Adam, EXTENSIONS)(learning_rate=0.01, **options)


def test_overflowing_batches_are_left_out():
    data, model = list(batches(12)), make_dense_model()
    initial = model.get_weights()
    expected = train(model, make_optimizer(), data)
    optimizer = make_optimizer()
    if engine.loss_scaled:
        optimizer = engine.loss_scaled(optimizer)
        data = data[:1] + data[:8] + data[7:]
        data[0], data[8] = [(ids, targets + np.inf) for ids, targets in (data[0], data[8])]
        expected = [initial] + expected[:7] + expected[6:]
    assert_same(train(make_dense_model(), optimizer, data), expected)


def test_half_precision():
    data = [(ids / 10, targets / 10) for ids, targets in batches(12)]
    optimizer_class = extended(keras.optimizers.SGD, EXTENSIONS)
    initial = [weight / 10 for weight in make_dense_model().get_weights()]  # no overflow

    def run():
        model = make_dense_model()
        model.set_weights(initial)
        return train(model, optimizer_class(learning_rate=0.1), data)[-1]

    expected = run()
    for policy in engine.TRAINING_POLICIES:
        for start, wanted, got in zip(initial, expected, engine.under_policy(policy, run)):
            assert got.dtype == "float32"
            assert abs(got - wanted).max() < 0.03 * abs(wanted - start).max(), policy
