"""A training that is killed at any moment ends bit for bit as if it had not been; B4K_KILLS=20 tries more of them."""

import os
import subprocess
import sys

import numpy as np
from b4k_ops import GENERATION
from b4k_pretrain import checkpoints
from pretrain_problem import MODEL, make_tables, write_toml

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py

HERE = os.path.dirname(os.path.abspath(__file__))
KILLS = int(os.environ.get("B4K_KILLS", 3))
MOMENTS = 60  # that a run of this problem has, about


def trained(folder, name, moments=()):
    """(header, arrays) of the last checkpoint of a run that is killed at these moments."""
    # random numbers in the graphs and functions of Keras 2 and tf.keras can't be begun anew
    rate = 0.1 if GENERATION == "keras3" else 0.0
    model = {"options": dict(MODEL, dropout_rate=rate, attention_dropout_rate=rate)}
    tables = make_tables(folder, training={"folder": name, "interval": 1}, model=model)
    path = str(folder / (name + ".toml"))
    write_toml(path, tables)
    command = [sys.executable, os.path.join(HERE, "pretrain_killed.py"), path]
    env = dict(os.environ, OMP_NUM_THREADS="1")
    done = subprocess.check_output(command + list(map(str, moments)), env=env)
    assert bool(int(done.split()[-1])) == bool(len(moments))
    return checkpoints.newest(str(folder / name))


def test_killed_at_any_moment_it_ends_the_same(tmp_path):
    header, arrays = trained(tmp_path, "whole")
    moments = np.random.RandomState(0).randint(1, MOMENTS, size=KILLS)
    other, found = trained(tmp_path, "killed", moments)
    assert other["step"] == header["step"] == 6
    assert [row["loss"] for row in other["history"]] == [row["loss"] for row in header["history"]]
    for got, wanted in zip(found, arrays):
        np.testing.assert_array_equal(got, wanted)
