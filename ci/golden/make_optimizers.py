"""Trajectories of the original's optimizers: a tiny model's weights after each of 24 batches.

The optimizers run in its TF_KERAS=1 mode, in a process of their own: on Keras 2.3.1 the step is read before or after it
is counted, as it happens. `output/<i>` is weight i after each step, `output/average/<i>` what `apply_ema_weights`
gives.
"""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np
from _case import ORACLE, header, normal, numbered, start, write

TARGET = "packages/b4k-optim/tests/golden/optimizers"

TF_KERAS = ORACLE.replace("Keras 2.3.1", "TF_KERAS=1")
ROWS, DIM, LENGTH = 7, 4, 3  # of the embedding, and ids in an input
STEPS, SIZE = 24, 4  # batches, and rows of each

REASONS = {  # what the original is helped with, see _optimizers_tf_keras.py
    "larger_batches": "the original accumulates with a delay of one batch and begins with a step of zero gradients: it "
    "is given batches k times as large instead",
    "slow_weights": "the original's slow weights start from zero: those of the paper are put on its fast ones",
    "one_average": "the original averages embeddings twice a step: all averages are taken of its weights, and it "
    "agrees on the others",
}
HELPED = {
    "gradient_accumulation": "larger_batches",
    "lookahead": "slow_weights",
    "exponential_moving_average": "one_average",
}

ADAM = {"learning_rate": 0.01}
DECAY = {"weight_decay_rate": 0.1, "exclude_from_weight_decay": ["bias"]}
SCHEDULE = {"lr_schedule": {4: 1, 16: 0.1}}
LAMB = ["weight_decay", "layer_adaptation", "piecewise_linear_lr"]
EXCLUDE = {"exclude_from_layer_adaptation": ["bias"]}
LAZY = {"include_in_lazy_optimization": ["embedding"]}

CASES = {  # case: (optimizer, its extensions from the inside out, arguments)
    "adam": ("Adam", [], ADAM),
    "adam-defaults": ("Adam", [], {}),
    "adam-no_bias_correction": ("Adam", [], dict(ADAM, bias_correction=False)),
    "adam-betas": ("Adam", [], dict(ADAM, beta_1=0.5, beta_2=0.9, epsilon=0.01)),
    "lion": ("Lion", [], ADAM),
    "lion-betas": ("Lion", [], dict(ADAM, beta_1=0.5, beta_2=0.9)),
    "adafactor": ("AdaFactor", [], ADAM),
    "adafactor-relative": ("AdaFactor", [], {"learning_rate": None}),
    "adafactor-relative-no_scale": (
        "AdaFactor",
        [],
        {"learning_rate": None, "multiply_by_parameter_scale": False},
    ),
    "adafactor-momentum": ("AdaFactor", [], dict(ADAM, beta1=0.9, beta2=0.9)),
    "adafactor-factored": ("AdaFactor", [], dict(ADAM, min_dim_size_to_factor=2, beta1=0.5)),
    "adafactor-all_factored": ("AdaFactor", [], dict(ADAM, min_dim_size_to_factor=1)),
    "adafactor-clipping": ("AdaFactor", [], dict(ADAM, clipping_threshold=0.3)),
    "adafactor-no_clipping": ("AdaFactor", [], dict(ADAM, clipping_threshold=None)),
    "adafactor-epsilons": ("AdaFactor", [], dict(ADAM, epsilon1=0.01, epsilon2=2.0)),
    "adafactor-exclude": ("AdaFactor", [], dict(ADAM, exclude_from_parameter_scale=["bias"])),
    "weight_decay": ("Adam", ["weight_decay"], dict(ADAM, weight_decay_rate=0.1)),
    "weight_decay-exclude": ("Adam", ["weight_decay"], dict(ADAM, **DECAY)),
    "layer_adaptation": ("Adam", ["layer_adaptation"], ADAM),
    "layer_adaptation-exclude": ("Adam", ["layer_adaptation"], dict(ADAM, **EXCLUDE)),
    "piecewise_linear_lr": ("Adam", ["piecewise_linear_lr"], dict(ADAM, **SCHEDULE)),
    "piecewise_linear_lr-from_one": (
        "Adam",
        ["piecewise_linear_lr"],
        dict(ADAM, lr_schedule={0: 1, 10: 0.5, 20: 0}),
    ),
    "parameter_wise_lr": (
        "Adam",
        ["parameter_wise_lr"],
        dict(ADAM, paramwise_lr_schedule={"dense": 2, "bias": 0.1}),
    ),
    "lazy_optimization": ("Adam", ["lazy_optimization"], dict(ADAM, **LAZY)),
    "lookahead": (
        "Adam",
        ["lookahead"],
        dict(ADAM, steps_per_slow_update=3, slow_step_size=0.4),
    ),
    "lookahead-defaults": ("Adam", ["lookahead"], ADAM),
    "exponential_moving_average": (
        "Adam",
        ["exponential_moving_average"],
        dict(ADAM, ema_momentum=0.9),
    ),
    "gradient_accumulation": ("Adam", ["gradient_accumulation"], ADAM),
    "gradient_accumulation-three": (
        "Adam",
        ["gradient_accumulation"],
        dict(ADAM, grad_accum_steps=3),
    ),
    "lamb": ("Adam", LAMB, dict(ADAM, bias_correction=False, **DECAY, **SCHEDULE, **EXCLUDE)),
    "lamb-accumulation": (
        "Adam",
        LAMB + ["gradient_accumulation"],
        dict(ADAM, grad_accum_steps=4, **DECAY, **SCHEDULE, **EXCLUDE),
    ),
    "adamw-lookahead": (
        "Adam",
        ["weight_decay", "piecewise_linear_lr", "lookahead"],
        dict(ADAM, **DECAY, **SCHEDULE),
    ),
    "adamw-average": (
        "Adam",
        ["weight_decay", "piecewise_linear_lr", "exponential_moving_average"],
        dict(ADAM, ema_momentum=0.8, **DECAY, **SCHEDULE),
    ),
    "lionw": ("Lion", ["weight_decay", "piecewise_linear_lr"], dict(ADAM, **DECAY, **SCHEDULE)),
    "adafactor-scheduled": (
        "AdaFactor",
        ["weight_decay", "lazy_optimization", "piecewise_linear_lr"],
        dict(ADAM, **DECAY, **SCHEDULE, **LAZY),
    ),
}


def draw(name):
    """{key: array}: the model's weights and its batches, of which every third leaves rows out."""
    rng = start(name)
    weights = [normal(rng, shape) for shape in [(ROWS, DIM), (LENGTH * DIM, 1), (1,)]]
    limits = [ROWS if step % 3 else ROWS - 2 for step in range(STEPS)]
    ids = [rng.randint(0, limit, (SIZE, LENGTH)).astype("float32") for limit in limits]
    arrays = numbered("weight", weights)
    arrays.update({"input/0": np.array(ids), "target/0": normal(rng, (STEPS, SIZE, 1))})
    return arrays


def describe(name, optimizer, extensions, config):
    """(what the original is told, the header of the case)."""
    helped = next((HELPED[extension] for extension in extensions if extension in HELPED), None)
    told = {"optimizer": optimizer, "extensions": extensions, "config": config, "helped": helped}
    fields = {"config": config, "extensions": extensions, "oracle": TF_KERAS}
    if helped:
        fields["reason"] = REASONS[helped]
    return told, header(name, "b4k_optim." + optimizer, **fields)


def make(out_dir):
    """Write every case into `out_dir`."""
    given = {name: draw(name) for name in CASES}
    told, headers = {}, {}
    for name, row in CASES.items():
        told[name], headers[name] = describe(name, *row)
    with tempfile.TemporaryDirectory() as folder:
        for name, arrays in given.items():
            np.savez(os.path.join(folder, name + ".in.npz"), **arrays)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_optimizers_tf_keras.py")
        command = [sys.executable, script, json.dumps(told), folder]
        subprocess.run(command, env=dict(os.environ, TF_KERAS="1"), check=True)
        for name in CASES:
            with np.load(os.path.join(folder, name + ".out.npz")) as made:
                write(out_dir, headers[name], dict(given[name], **made))


if __name__ == "__main__":
    make(sys.argv[1])
