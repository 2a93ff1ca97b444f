"""The package stands alone, and its README tells the truth."""

import contextlib
import io
import os
import re
import subprocess
import sys

import b4k_text

HERE = os.path.dirname(os.path.abspath(__file__))


def test_imports_no_keras():
    code = "import sys, b4k_text; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    modules = subprocess.check_output([sys.executable, "-c", code], env=os.environ).decode().split()
    assert "b4k_text" in modules
    late = {"keras", "tensorflow", "jax", "torch", "b4k_ops", "sentencepiece", "tqdm", "tokenizers"}
    assert not late.intersection(modules)


def test_public_names():
    for name in b4k_text.__all__:
        assert getattr(b4k_text, name).__doc__, name


def test_readme_example():
    with open(os.path.join(HERE, "..", "README.md"), encoding="utf-8") as reader:
        example = "\n".join(re.findall(r"```python\n(.*?)```", reader.read(), re.S))
    promised = re.findall(r"^print\(.*\)  # (.*)$", example, re.M)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(example, "README.md", "exec"), {})
    assert len(promised) == 13 and output.getvalue().splitlines() == promised


def test_version_is_that_of_the_metadata():
    shown = subprocess.check_output([sys.executable, "-m", "pip", "show", "b4k-text"])
    assert "Version: %s" % b4k_text.__version__ in shown.decode().splitlines()
