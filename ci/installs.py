"""What comes along with a package that is installed alone, in a fresh environment: `installs.py [NAME ...]`.

The wheels of this tree are in dist/. A table says how much there is; it is an error if more comes than should, or
if what was installed does not work.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from environments import ROOT, python_of
from repository import finish

BASE = {"pip", "setuptools"}  # of any environment
NEVER = (
    "jax",
    "keras-hub",
    "nvidia-",
    "pytest",
    "tensorflow",
    "tf-keras",
    "transformers",
    "triton",
)
MEGABYTE = 1 << 20


class Case(NamedTuple):
    """One `pip install`."""

    what: str
    expected: set  # what comes, and no more; None: anything that NEVER does not name
    code: str  # prints "works"
    environment: dict
    constraints: tuple = ()


ASKS_FOR_KERAS = """
try:
    import b4k_ops
except ImportError as error:
    print("works" if "pip install keras jax" in str(error) else error)
"""
TOKENIZES = """
from b4k_text import Tokenizer
tokenizer = Tokenizer({"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3})
print("works" if tokenizer.encode("a")[0] == [1, 3, 2] else "wrong ids")
"""
PREDICTS = """
import numpy as np
from b4k_models import build_transformer_model
sizes = dict(vocab_size=9, hidden_size=4, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
model = build_transformer_model(hidden_act="gelu", max_position=8, segment_vocab_size=0, **sizes)
shape = model.predict(np.ones((2, 3)), verbose=0).shape
print("works" if shape == (2, 3, 4) else shape)
"""
CASES = [
    Case("b4k-ops", {"b4k-ops", "numpy"}, ASKS_FOR_KERAS, {}),
    Case("b4k-text", {"b4k-text", "numpy", "sentencepiece", "tqdm"}, TOKENIZES, {}),
    Case(
        "b4k-models[torch]",
        None,
        PREDICTS,
        {"KERAS_BACKEND": "torch"},
        ("torch==2.13.0",),  # as on the lanes; a newer one may bring CUDA along
    ),
]


def run(*command, env=None):
    """What a command prints; its errors are shown if it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        cwd=tempfile.gettempdir(),
    )
    if done.returncode:
        raise SystemExit("%s\n%s%s" % (" ".join(words), done.stdout, done.stderr))
    return done.stdout.strip()


def install(home, case):
    """A fresh environment with what a user gets who asks for one thing; its Python."""
    run(sys.executable, "-m", "venv", home)
    python = python_of(home)
    requirements = [case.what, *case.constraints]
    run(python, "-m", "pip", "install", "--quiet", "--find-links", ROOT / "dist", *requirements)
    return python


def installed(python):
    """The distributions in an environment."""
    listed = json.loads(run(python, "-m", "pip", "list", "--format", "json"))
    return {row["name"].lower().replace("_", "-") for row in listed} - BASE


def megabytes(home):
    """The size of what was installed: pip and setuptools count for nothing, compiled files neither."""
    names = ("pip", "setuptools", "_distutils_hack", "pkg_resources")
    packages = [
        path for path in home.glob("lib/*/site-packages/*") if not path.name.startswith(names)
    ]
    files = [file for path in packages for file in [path, *path.rglob("*")] if file.is_file()]
    return sum(file.stat().st_size for file in files if file.suffix != ".pyc") / MEGABYTE


def check(case):
    """Problems of one case; prints its row."""
    home = Path(tempfile.mkdtemp(prefix="b4k-installs-"))
    try:
        python = install(home, case)
        there = installed(python)
        print("| `%s` | %d | %.1f |" % (case.what, len(there), megabytes(home)), flush=True)
        said = run(python, "-c", case.code, env=case.environment).splitlines()[-1:]
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if said != ["works"]:
        yield "%s does not work: %s" % (case.what, " ".join(said))
    if case.expected is not None:
        yield from ("%s brings %s" % (case.what, name) for name in sorted(there - case.expected))
    for name in sorted(there):
        if name.startswith(NEVER):
            yield "%s brings %s" % (case.what, name)


if __name__ == "__main__":
    chosen = [case for case in CASES if case.what in sys.argv[1:] or len(sys.argv) == 1]
    print("| `pip install` | distributions | MB |\n| --- | --- | --- |", flush=True)
    finish([problem for case in chosen for problem in check(case)])
