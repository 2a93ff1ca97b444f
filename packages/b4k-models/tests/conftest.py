import numpy as np
import pytest
from b4k_ops import testing

CONFIG = {
    "vocab_size": 30,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "hidden_act": "gelu",
    "max_position_embeddings": 12,
    "type_vocab_size": 2,
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
}


@pytest.fixture(autouse=True)
def fresh_session():
    """Each test has a graph of its own, where there are graphs."""
    testing.fresh_session()


@pytest.fixture
def config():
    """Google's configuration of a tiny BERT."""
    return dict(CONFIG)


@pytest.fixture
def batch():
    """Token and segment ids [3, 8] with padded rows."""
    tokens = np.random.RandomState(0).randint(1, 30, (3, 8)).astype("float32")
    segments = np.zeros_like(tokens)
    segments[:, 4:] = 1
    tokens[1, 5:] = segments[1, 5:] = 0
    tokens[2, 7:] = segments[2, 7:] = 0
    return [tokens, segments]
