"""A training step of BERT-base, with dropout and SGD, against its peers: `KERAS_BACKEND=torch python training.py`."""

import argparse

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
RATE = 1e-4


def keras_step(model, inputs, target):
    """`train_on_batch` of the mean squared error, as compiled by default."""
    model = keras.Model(model.inputs, sequence(model.output))
    model.compile(optimizer=keras.optimizers.SGD(RATE), loss="mse")
    inputs = list(inputs.values()) if isinstance(inputs, dict) else inputs
    inputs = {x.name: array for x, array in zip(model.inputs, inputs)}
    return lambda: model.train_on_batch(inputs, target)


def torch_step(model, inputs, target):
    """The same by hand."""
    import torch

    target = torch.as_tensor(target)
    optimizer = torch.optim.SGD(model.parameters(), RATE)
    model.train()

    def step():
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(**inputs).last_hidden_state, target)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--lengths", type=int, nargs="+", default=[128, 512])
    parser.add_argument("--rounds", type=int, default=4)
    arguments = parser.parse_args()
    for length in arguments.lengths:
        batch = draw_batch(arguments.batch, length)
        target = np.zeros((arguments.batch, length, BASE["hidden_size"]), "float32")
        steps = {name: keras_step(*make(*batch), target) for name, make in KERAS_MODELS.items()}
        if BACKEND == "torch":
            steps["hugging-face"] = torch_step(*hugging_face(*batch), target)
        seconds = take_turns(steps, arguments.rounds, warmup=1)
        print_ratios("%s, training step, %d x %d" % (BACKEND, arguments.batch, length), seconds)


if __name__ == "__main__":
    main()
