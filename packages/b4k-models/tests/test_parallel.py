"""data_parallel: the same numbers from parts of a batch, or a clear word on what there is instead."""

import re

import numpy as np
import pytest
from b4k_models import build_transformer_model, data_parallel, layout_map
from b4k_models.parallel import LAYOUTS
from b4k_ops import keras, optimizing

CPUS = ["/cpu:0", "/cpu:0"]


@pytest.mark.parametrize("parts", [None, [2, 1]])
def test_parts_of_a_batch_give_the_same(config, batch, parts):
    model = build_transformer_model(with_pool=True, with_mlm=True, **config)
    try:
        parallel = data_parallel(model, CPUS, parts)
    except NotImplementedError as error:
        assert "Strategy" in str(error) or "distribution" in str(error)
        return
    got, expected = parallel.predict(batch), model.predict(batch)
    for x, y in zip(got, expected):
        np.testing.assert_allclose(x, y, atol=1e-6)
    assert parallel.count_params() == model.count_params()


def test_parts_that_are_not_as_many_as_devices(config):
    model = build_transformer_model(**config)
    with pytest.raises(ValueError, match="3 parts were given for 2 devices"):
        data_parallel(model, CPUS, [1, 1, 1])
    with pytest.raises(ValueError, match="pass the names of some devices"):
        data_parallel(model, 0)


@pytest.mark.parametrize("name", ["bert", "roformer_v2", "t5.1.1"])
def test_each_matrix_is_split_once(config, name):
    model = build_transformer_model(model=name, **config)
    found = {path: [] for path in map(optimizing.name_of, model.weights)}
    for path, patterns in found.items():
        patterns += [pattern for pattern in LAYOUTS if re.fullmatch(pattern, path)]
    assert all(len(patterns) <= 1 for patterns in found.values())
    assert name != "bert" or {p for each in found.values() for p in each} == set(LAYOUTS)
    for path, patterns in found.items():
        inside = re.search("Attention/|FeedForward/|Embedding-Token/", path)
        assert bool(patterns) == bool(inside and not path.endswith("o_dense/bias")), path


def test_the_layout_map_of_keras():
    if not hasattr(keras, "distribution"):
        with pytest.raises(NotImplementedError, match="Keras 3"):
            layout_map(None)
        return
    mesh = keras.distribution.DeviceMesh((1, 2), ["batch", "model"], ["cpu:0", "cpu:1"])
    layouts = layout_map(mesh)
    layer = "Transformer-3-MultiHeadSelfAttention"
    assert layouts[layer + "/q_dense/kernel"].axes == (None, "model")
    assert layouts[layer + "/o_dense/kernel"].axes == ("model", None)
    assert layouts[layer + "/o_dense/bias"] is None
