"""Tests of what the extras bring, run by `nox -s beam`; their helpers are those of the other tests."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests"))
