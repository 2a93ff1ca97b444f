"""A training that is killed at any moment ends bit for bit as if it had not been; B4K_KILLS=20 tries more of them."""

import os
import subprocess
import sys

import numpy as np
from b4k_ops import BACKEND, GENERATION
from b4k_pretrain import checkpoints
from pretrain_problem import MODEL, free_port, make_tables, write_toml

# shared out among the lanes, but Keras 3 runs it on each backend: ci/lane_guard.py
SLOW = GENERATION != "keras3"

HERE = os.path.dirname(os.path.abspath(__file__))
KILLS = int(os.environ.get("B4K_KILLS", 3))
MOMENTS = 250  # that two updates of this problem have, about: most are in the saves


def prepared(folder, name, **training):
    """The file of a configuration whose run is called `name`."""
    # random numbers in the graphs and functions of Keras 2 and tf.keras can't be begun anew
    rate = 0.1 if GENERATION == "keras3" else 0.0
    model = {"options": dict(MODEL, dropout_rate=rate, attention_dropout_rate=rate)}
    training = dict(training, folder=name, interval=1)
    path, data = str(folder / (name + ".toml")), {"evaluation_records": ""}
    write_toml(path, make_tables(folder, training=training, model=model, data=data))
    return path


def run(script, *words, before=()):
    """The exit status and output of a script of this folder, in a process of its own."""
    command = [sys.executable, *before, os.path.join(HERE, script)] + list(map(str, words))
    env = dict(os.environ, OMP_NUM_THREADS="1")
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, timeout=900)
    return done.returncode, done.stdout


def assert_same_ends(folder, *names):
    """Assert that the last checkpoints of two runs are equal bit for bit."""
    (header, arrays), (other, found) = (checkpoints.newest(str(folder / name)) for name in names)
    assert other["step"] == header["step"] == 6
    assert [row["loss"] for row in other["history"]] == [row["loss"] for row in header["history"]]
    for got, wanted in zip(found, arrays):
        np.testing.assert_array_equal(got, wanted)


def test_killed_at_any_moment_it_ends_the_same(tmp_path):
    moments = np.random.RandomState(0).randint(1, MOMENTS, size=KILLS)
    paths = [prepared(tmp_path, name) for name in ("whole", "killed")]
    status, output = run("pretrain_killed.py", *paths, *moments)
    killed, begun_again = map(int, output.split()[-2:])
    assert status == 0 and killed > begun_again > 0
    assert_same_ends(tmp_path, "whole", "killed")


if BACKEND == "torch":

    def test_killed_in_one_of_two_processes_it_ends_the_same(tmp_path):
        def train(name, *words):
            torchrun = ["-m", "torch.distributed.run", "--nproc_per_node=2", "--master_port"]
            path = prepared(tmp_path, name, engine="ddp")
            before = torchrun + [free_port()]
            return run("pretrain_devices.py", "ddp", path, *words, before=before)[0]

        assert train("whole") == 0
        assert train("killed", 5) != 0
        assert train("killed") == 0
        assert_same_ends(tmp_path, "whole", "killed")
