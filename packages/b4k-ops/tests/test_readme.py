"""The README's examples run as they stand, on every Keras."""

import os
import re

import pytest
from b4k_ops.testing import examples

README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "README.md")


def test_there_are_examples():
    assert examples(README)


@pytest.mark.parametrize("code", examples(README), ids=lambda code: "line-%d" % len(code))
def test_example_runs(code, capsys):
    exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
    changed = re.findall(r"padding changes the output by (\S+)", capsys.readouterr().out)
    assert all(float(number) < 1e-5 for number in changed)
    assert bool(changed) == ("padding changes" in code)
