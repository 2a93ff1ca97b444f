"""The tests of this package find their helpers beside them; each starts from an empty session."""

import os
import sys

import pytest
from b4k_ops import testing

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


@pytest.fixture(autouse=True)
def session():
    testing.fresh_session()
