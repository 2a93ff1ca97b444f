"""`python -m b4k_models.compat script.py --its --arguments`."""

import sys

from .running import run

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python -m b4k_models.compat script.py [arguments of the script]")
    sys.argv.remove(sys.argv[0])  # the script's own come first, as it expects
    run(sys.argv[0])
