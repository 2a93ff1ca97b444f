"""Examples learn with --smoke, in a process of its own, as its users run it."""

import glob
import os
import subprocess
import sys

import pytest

ONCE = True  # each case runs on one of the lanes of Keras 3: ci/lane_guard.py

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
PATHS = glob.glob(os.path.join(ROOT, "examples", "*.py"))
NOT_HERE = {"data", "quickstart"}  # what the others share; what has a session of its own in nox
NAMES = sorted({os.path.splitext(os.path.basename(path))[0] for path in PATHS} - NOT_HERE)


@pytest.mark.parametrize("name", NAMES)
def test_smoke(name, tmp_path):
    script = os.path.join("examples", name + ".py")
    done = subprocess.run(
        [sys.executable, script, "--smoke", "--folder", str(tmp_path)],
        cwd=ROOT,
        env=dict(
            os.environ, PYTHONIOENCODING="utf-8", OMP_NUM_THREADS="1"
        ),  # lanes share the cores
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said = done.stdout.decode("utf-8")
    assert done.returncode == 0, said[-3000:]
    assert said.splitlines()[-1].startswith(name + ": "), said[-3000:]
    assert any(
        file.endswith((".h5", ".keras", ".safetensors")) for file in os.listdir(str(tmp_path))
    )
