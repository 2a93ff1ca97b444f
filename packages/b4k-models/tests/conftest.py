import itertools
import os
import shutil

import numpy as np
import pytest
from b4k_models.build import MODELS
from b4k_ops import GENERATION, testing

KERAS_3_ONLY = ["test_generation.py", "test_keras_files.py", "test_migrate.py"]
collect_ignore = [] if GENERATION == "keras3" else KERAS_3_ONLY

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
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


TINY = {  # a row for each model class: what the configuration has besides CONFIG
    "bert": {},
    "albert": {"embedding_size": 12},
    "albert_unshared": {},
    "nezha": {},
    "roformer": {},
    "roformer_v2": {},
    "gau": {"hidden_act": "swish", "attention_key_size": 6},
    "electra": {"embedding_size": 12},
    "gpt": {"final_activation": "linear"},
    "gpt2": {"final_activation": "linear"},
    "gpt2_ml": {"final_activation": "linear"},
    "t5_encoder": {},
    "t5_decoder": {"with_lm": "linear"},
    "t5": {"with_lm": "linear"},
}


def _tiny_config(model, application="encoder"):
    return dict(CONFIG, model=model, application=application, **TINY[model])


@pytest.fixture(params=sorted(TINY))
def tiny(request):
    """The configuration of each model."""
    return _tiny_config(request.param)


@pytest.fixture(
    params=[(name, kind) for name in sorted(TINY) for kind in MODELS[name].applications],
    ids="-".join,
)
def tiny_application(request):
    """The configuration of each model as each of its applications."""
    return _tiny_config(*request.param)


@pytest.fixture(scope="session")
def tiny_configs():
    """All of them: {model name: configuration}."""
    return {name: _tiny_config(name) for name in TINY}


@pytest.fixture(scope="session")
def random_variables():
    """random_variables(transformer): a checkpoint as a dict, random arrays in the model's shapes."""
    return _random_variables


def _random_variables(transformer, seed=0):
    random = np.random.RandomState(seed)
    variables = {}
    for layer_name, names in transformer.variable_mapping().items():
        layer = transformer.layers.get(transformer.prefixed(layer_name))
        for weight, name in zip(layer.weights if layer else [], names):
            value = random.normal(0, 0.5, [int(n) for n in weight.shape]).astype("float32")
            variables[name] = transformer.create_variable(name, value)
    return variables


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


@pytest.fixture
def copy(tmp_path):
    """copy(name): a golden Hugging Face directory to do harm to."""

    def copy(name):
        return shutil.copytree(os.path.join(GOLDEN, "huggingface", name), str(tmp_path / name))

    return copy


class Stop(BaseException):
    """A kill: nothing that the program does after it has an effect."""


STEPS = ["link", "replace", "remove", "fsync", "open"]  # of os


@pytest.fixture
def gets_through(monkeypatch):
    """gets_through(function, last, forever): whether it ends before its file operation number `last`.

    That operation is a Stop, and so are all after it if it is `forever`.
    """

    def run(function, last, forever=True):
        numbers = itertools.count(1)
        with monkeypatch.context() as patches:
            for name in STEPS:
                patches.setattr(os, name, _stopping(getattr(os, name), numbers, last, forever))
            try:
                function()
            except Stop:
                return False
        return True

    return run


def _stopping(function, numbers, last, forever):
    """The function, counted and stopped."""

    def step(*args, **kwargs):
        number = next(numbers)
        if number == last or (forever and number > last):
            raise Stop
        return function(*args, **kwargs)

    return step
