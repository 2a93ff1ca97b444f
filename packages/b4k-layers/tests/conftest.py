import pytest
from b4k_ops import testing


@pytest.fixture(autouse=True)
def fresh_session():
    """Each test has a graph of its own, where there are graphs."""
    testing.fresh_session()
