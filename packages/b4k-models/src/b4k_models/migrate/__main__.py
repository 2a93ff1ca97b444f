"""`python -m b4k_models.migrate script.py`."""

import sys

from . import main

if __name__ == "__main__":
    sys.exit(main())
