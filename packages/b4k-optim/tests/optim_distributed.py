"""Trains the tiny model on two devices: `optim_distributed.py OUT.npz`, in a process of its own."""

import sys

import numpy as np
from b4k_ops import keras
from b4k_ops.testing import engine
from optim_problem import batches, extended, make_dense_model

EXTENSIONS = [
    "weight_decay",
    "piecewise_linear_lr",
    "gradient_accumulation",
    "lookahead",
    "exponential_moving_average",
]


def build():
    """The model, compiled."""
    model = make_dense_model()
    options = {"grad_accum_steps": 2, "lr_schedule": {4: 1, 20: 0.1}}
    optimizer = extended(keras.optimizers.SGD, EXTENSIONS)(0.01, clipnorm=0.3, **options)
    weights = model.get_weights()
    model.compile(optimizer, "mean_squared_error")
    model.set_weights(weights)  # under a strategy, TensorFlow 1.15 compiles into a new session
    return model


def data():
    """(ids, targets) of all batches."""
    return map(np.concatenate, zip(*batches()))


if __name__ == "__main__":
    ids, targets = data()
    np.savez(sys.argv[1], *engine.train_on_two_devices(build, ids, targets, 4))
