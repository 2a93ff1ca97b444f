"""Layers found in a model, values taken out of tensors."""

import numpy as np
from b4k_ops import Layer, evaluate, get_available_gpus, keras, ops, search_layer


class Double(Layer):
    def call(self, inputs):
        return inputs * 2


def diamond():
    """(input, output) of a model: a and b of one input, a model of c within, and their sum."""
    x = keras.layers.Input((3,), name="x")
    a, b = Double(name="a")(x), Double(name="b")(x)
    inner_input = keras.layers.Input((3,), name="inner_x")
    inner = keras.models.Model(inner_input, Double(name="c")(inner_input), name="inner")
    return x, keras.layers.Add(name="sum")([a, inner(b)])


def test_search_layer_walks_up_to_the_inputs():
    _, y = diamond()
    for name in ("sum", "a", "b", "x", "inner", "c"):
        assert search_layer(y, name).name == name
    assert search_layer(y, "nowhere") is None


def test_search_layer_starts_from_a_layer_too_and_only_looks_up():
    _, y = diamond()
    a = search_layer(y, "a")
    assert search_layer(a, "x").name == "x"
    assert search_layer(a, "sum") is None and search_layer(a, "b") is None


def test_search_layer_leaves_out_what_is_excluded():
    _, y = diamond()
    excluded = {search_layer(y, "a"), search_layer(y, "inner")}
    assert search_layer(y, "b", excluded) is None


def test_evaluate_keeps_the_structure():
    x = ops.convert_to_tensor(np.arange(3, dtype="float32"))
    values = evaluate({"sum": ops.sum(x), "both": [x + 1, (x * 2, x * 0)]})
    assert float(values["sum"]) == 3
    assert values["both"][0].tolist() == [1, 2, 3] and values["both"][1][0].tolist() == [0, 2, 4]
    assert isinstance(evaluate(x), np.ndarray)


def test_get_available_gpus_is_a_list_of_names():
    assert all(isinstance(name, str) for name in get_available_gpus())
