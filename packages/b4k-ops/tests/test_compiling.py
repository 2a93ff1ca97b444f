"""Compiled programs: what they compute, how often they are made, and that Keras 2 says it has none."""

import numpy as np
import pytest
from b4k_ops import GENERATION, compiled, compiled_loop, evaluate, keras, ops, set_values, write_at


def test_keras_2_has_none():
    functions = [compiled, compiled_loop, write_at]
    for function in functions if GENERATION != "keras3" else []:
        with pytest.raises(NotImplementedError, match="Keras 3"):
            function(None, None, None)
    assert all(map(callable, functions))


@pytest.fixture
def dense():
    if GENERATION != "keras3":
        return None
    dense = keras.layers.Dense(2, use_bias=False)
    dense.build((None, 2))
    return dense


def test_a_program_reads_weights_at_each_call(dense):
    if dense is None:
        return
    program = compiled(lambda x: {"y": dense(x["x"])}, lambda: dense.variables)
    x = np.ones((3, 2), "float32")
    for scale in (1, 2):
        set_values([(dense.kernel, np.eye(2, dtype="float32") * scale)])
        np.testing.assert_array_equal(evaluate(program({"x": x})["y"]), x * scale)


def test_a_loop_is_made_once_for_a_shape(dense):
    if dense is None:
        return
    made = []
    set_values([(dense.kernel, np.eye(2, dtype="float32") * 2)])

    def body(state, fixed):
        made.append(state)
        x = dense(state["x"])
        kept = write_at(state["kept"], state["i"], x[:, None])
        return {"i": state["i"] + 1, "x": x, "kept": kept}

    loop = compiled_loop(
        lambda state, fixed: ops.less(state["i"], fixed["until"]), body, lambda: dense.variables
    )
    for until in (0, 3, 5):
        state = {"i": np.int32(0), "x": np.ones((1, 2), "float32")}
        state["kept"] = np.zeros((1, 6, 2), "float32")
        state = evaluate(loop(state, {"until": np.int32(until)}))
        powers = [2.0 ** (i + 1) if i < until else 0 for i in range(6)]
        np.testing.assert_array_equal(state["kept"][0, :, 0], powers)
        assert state["i"] == until and state["x"][0, 0] == 2.0**until
    assert len(made) == 1
