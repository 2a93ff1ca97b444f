"""BERT-base forward against its peers on one backend: `KERAS_BACKEND=torch python forward.py`.

Beside them stand the matrix products alone, in the backend's own code: the floor for models of this shape.
"""

import argparse
import contextlib

import keras
import numpy as np
from _peers import (
    BACKEND,
    BASE,
    KERAS_MODELS,
    draw_batch,
    hugging_face,
    print_ratios,
    sequence,
    take_turns,
)

LANES = ["k3-tf", "k3-jax", "k3-torch"]  # where `nox -s bench` runs this
PEERS = ["keras-hub==0.32.0", "kagglehub==1.0.2", "transformers==5.23.0"]  # what it installs beside


def compiled(model, inputs):
    """A function that runs the model as `predict` would: jitted on jax, a graph on tensorflow, eager on torch."""
    if BACKEND == "jax":
        import jax

        variables = [
            [v.value for v in model.trainable_variables],
            [v.value for v in model.non_trainable_variables],
        ]
        step = jax.jit(lambda t, n, x: sequence(model.stateless_call(t, n, x, training=False)[0]))
        return lambda: step(*variables, inputs).block_until_ready()
    return in_graph(lambda x: sequence(model(x, training=False)), inputs)


def in_graph(function, inputs):
    """The same for a function: jitted on jax, a graph on tensorflow, eager on torch."""
    if BACKEND == "jax":
        import jax

        step = jax.jit(function)
        return lambda: step(inputs).block_until_ready()
    if BACKEND == "tensorflow":
        import tensorflow as tf

        step, inputs = tf.function(function), keras.tree.map_structure(tf.constant, inputs)
        return lambda: step(inputs).numpy()
    inputs = keras.tree.map_structure(keras.ops.convert_to_tensor, inputs)
    return lambda: function(inputs).numpy()


def products(batch, length):
    """Every matrix product of BERT-base and nothing else."""
    hidden, inner = BASE["hidden_size"], BASE["intermediate_size"]
    heads, layers = BASE["num_attention_heads"], BASE["num_hidden_layers"]
    shapes = {
        "x": (batch * length, hidden),
        "w": (hidden, hidden),
        "up": (hidden, inner),
        "down": (inner, hidden),
        "q": (batch * heads, length, hidden // heads),
        "k": (batch * heads, hidden // heads, length),
        "v": (batch * heads, length, hidden // heads),
    }
    random = np.random.RandomState(0)
    inputs = {key: random.normal(0, 0.02, shape).astype("float32") for key, shape in shapes.items()}

    def run(tensors):
        matmul, x, q = keras.ops.matmul, tensors["x"], tensors["q"]
        for _ in range(layers):
            for _ in range(4):
                x = matmul(x, tensors["w"])
            x = matmul(matmul(x, tensors["up"]), tensors["down"])
            q = matmul(matmul(q, tensors["k"]), tensors["v"])
        return keras.ops.sum(x) + keras.ops.sum(q)

    return in_graph(run, inputs)


def no_gradients():
    if BACKEND != "torch":
        return contextlib.nullcontext()
    import torch

    return torch.no_grad()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--lengths", type=int, nargs="+", default=[128, 512])
    parser.add_argument("--rounds", type=int, default=10)
    arguments = parser.parse_args()
    for length in arguments.lengths:
        batch = draw_batch(arguments.batch, length)
        steps = {name: compiled(*make(*batch)) for name, make in KERAS_MODELS.items()}
        if BACKEND == "torch":
            model, inputs = hugging_face(*batch)
            model.eval()
            steps["hugging-face"] = lambda m=model, x=inputs: m(**x).last_hidden_state.numpy()
        steps["products"] = products(arguments.batch, length)
        with no_gradients():
            seconds = take_turns(steps, arguments.rounds)
        print_ratios("%s, forward, %d x %d" % (BACKEND, arguments.batch, length), seconds)


if __name__ == "__main__":
    main()
