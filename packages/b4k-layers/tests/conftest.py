import pytest
from b4k_ops import keras


@pytest.fixture(autouse=True)
def fresh_session():
    """Graph lanes grow slower with every model that one session has seen."""
    keras.backend.clear_session()
