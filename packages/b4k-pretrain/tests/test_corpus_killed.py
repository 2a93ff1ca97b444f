"""A preparation that is killed goes on, and processes may be spawned: the bytes are those of one that was not."""

import os
import random
import subprocess
import sys
import time

import pytest
from drawn_corpus import texts, write

SLOW = True
HERE = os.path.dirname(os.path.abspath(__file__))


def started(folder, files, method="fork"):
    """The process of a preparation."""
    command = [sys.executable, os.path.join(HERE, "prepare_in_process.py"), method, folder]
    paths = [os.path.abspath(path) if path else path for path in sys.path]
    return subprocess.Popen(
        command + files, env=dict(os.environ, PYTHONPATH=os.pathsep.join(paths))
    )


def content(folder):
    """{name: bytes} of a folder."""
    return {
        name: open(os.path.join(folder, name), "rb").read() for name in sorted(os.listdir(folder))
    }


def spilled(folder):
    """How many files between the stages are there."""
    unfinished = os.path.join(folder, "unfinished")
    names = os.listdir(unfinished) if os.path.exists(unfinished) else []
    return sum(not name.endswith(".tmp") for name in names)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    return [write(folder / ("%d.txt" % i), texts(700, seed=i)) for i in range(3)]


@pytest.fixture(scope="module")
def whole(files, tmp_path_factory):
    """What an uninterrupted preparation writes."""
    folder = str(tmp_path_factory.mktemp("whole"))
    assert started(folder, files).wait(120) == 0
    return content(folder)


def test_killed_again_and_again(files, whole, tmp_path):
    folder, draw, stages = str(tmp_path / "out"), random.Random(5), []
    for _ in range(4):
        process, before = started(folder, files), spilled(folder)
        while process.poll() is None and spilled(folder) <= before + draw.randint(5, 25):
            time.sleep(0.002)
        process.kill()
        process.wait(120)  # its workers see within a second that it is gone, and until then go on
        stages.append(spilled(folder))
    assert stages[0] > 3 and stages[-1] > stages[0]
    assert started(folder, files).wait(120) == 0
    assert content(folder) == whole


def test_spawned_workers(files, whole, tmp_path):
    assert started(str(tmp_path / "out"), files, "spawn").wait(120) == 0
    assert content(str(tmp_path / "out")) == whole
