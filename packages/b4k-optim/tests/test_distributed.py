"""Optimizers on two devices do what they do on one; torch has a process for each."""

import os
import subprocess
import sys

import numpy as np
from optim_distributed import build, data
from optim_problem import assert_same

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py


def test_two_devices_are_as_one(tmp_path):
    model, file = build(), str(tmp_path / "weights.npz")
    ids, targets = data()
    model.fit(ids, targets, batch_size=4, epochs=1, shuffle=False, verbose=0)
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "optim_distributed.py")
    subprocess.run([sys.executable, script, file], check=True)
    with np.load(file) as saved:
        assert_same([[saved[name] for name in saved.files]], [model.get_weights()])
