"""The installed package imports and knows its own version."""

import subprocess
import sys

import b4k_pretrain


def test_version_is_that_of_the_metadata():
    shown = subprocess.check_output([sys.executable, "-m", "pip", "show", "b4k-pretrain"])
    assert "Version: %s" % b4k_pretrain.__version__ in shown.decode().splitlines()
