import pytest
from b4k_ops import GENERATION, testing

# on Keras 3 the ops are Keras's own
collect_ignore = ["test_tensorflow_ops.py"] if GENERATION == "keras3" else []


@pytest.fixture(autouse=True)
def fresh_session():
    """Each test has a graph of its own, where there are graphs."""
    testing.fresh_session()
