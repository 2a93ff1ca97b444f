"""The tests of this package find their helpers beside them."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

LANE = os.environ.get("B4K_LANE", "k3")
collect_ignore = [] if LANE.startswith("k3") else ["test_asgi.py"]  # where [serve] is installed
