"""The README's examples run as they stand, on every Keras."""

import os

import pytest
from b4k_ops.testing import examples

README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "README.md")


def test_there_are_examples():
    assert len(examples(README)) == 4


@pytest.mark.parametrize("code", examples(README), ids=lambda code: "line-%d" % len(code))
def test_example_runs(code):
    exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
