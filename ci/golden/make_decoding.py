"""Golden cases of b4k-text: beam search and random sampling by a small table of probabilities.

A row is [arguments of `toy`, method, keyword arguments, numpy's seed, result, all `output_ids` that
`predict` was given]. `partition` tells how numpy orders the topk, on which draws depend.
"""

import os
import sys

import numpy as np
from _case import seed_of
from _text_case import write_case
from bert4keras.snippets import AutoRegressiveDecoder

TARGET = "packages/b4k-text/tests/golden/decoding"
VOCABULARY, TABLE = 12, 41
COUNT = 150


def tables():
    """[TABLE, VOCABULARY] of logits, from flat to steep."""
    rng = np.random.RandomState(seed_of("tables"))
    return np.round(rng.randn(TABLE, VOCABULARY) * rng.rand(TABLE, 1) * 5, 6)


def toy(logits, rtype, use_states, seen, **kwargs):
    """A decoder that looks what comes next up in a table; states count its calls."""

    def predict(self, inputs, output_ids, states):
        seen.append(output_ids.tolist())
        places = np.arange(output_ids.shape[1]) + 1
        row = (output_ids * places).sum(1) + inputs[0].sum(1) + 7 * inputs[1] + 5 * (states or 0)
        scores = logits[row % len(logits)]
        if rtype == "probas":
            scores = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
        return (scores, (states or 0) + 1) if use_states else scores

    wrapped = AutoRegressiveDecoder.wraps(rtype, use_states)(predict)
    return type("Toy", (AutoRegressiveDecoder,), {"predict": wrapped})(**kwargs)


def settings(rng):
    """Arguments of `toy`."""
    return {
        "rtype": ["logits", "probas"][rng.randint(2)],
        "use_states": bool(rng.rand() < 0.4),
        "start_id": [None, 0, 5][rng.randint(3)],
        "end_id": int(rng.randint(VOCABULARY)),
        "maxlen": int(rng.randint(1, 14)),
        "minlen": int(rng.choice([1, 1, 3, 6])),
    }


def call(rng):
    """A method and its keyword arguments."""
    kwargs = {
        "temperature": [1, 1, 0.5, 2, 1.7][rng.randint(5)],
        "min_ends": int(rng.randint(1, 3)),
    }
    kwargs["inputs"] = [rng.randint(0, 20, 3).tolist(), int(rng.randint(9))]
    if rng.rand() < 0.5:
        return "beam_search", dict(kwargs, topk=int(rng.randint(1, 6)))
    kwargs["n"] = int(rng.randint(1, 6))
    if rng.rand() < 0.5:
        kwargs["topk"] = int(rng.randint(1, VOCABULARY + 1))
    if rng.rand() < 0.6:
        kwargs["topp"] = [0.1, 0.5, 0.9, 1.0][rng.randint(4)]
    return "random_sample", kwargs


def row(rng, logits, seed):
    """A call of the original."""
    arguments, seen = settings(rng), []
    method, kwargs = call(rng)
    np.random.seed(seed)
    result = getattr(toy(logits, seen=seen, **arguments), method)(**kwargs)
    result = result.tolist() if method == "beam_search" else [ids.tolist() for ids in result]
    return [arguments, method, kwargs, seed, result, seen]


def make(out_dir):
    """Write the case into `out_dir`."""
    rng, logits = np.random.RandomState(seed_of("decoding")), tables()
    partition = [logits.argpartition(-k, axis=1)[:, -k:].tolist() for k in range(1, 13)]
    rows = [row(rng, logits, seed) for seed in range(COUNT)]
    content = {"logits": logits.tolist(), "partition": partition, "rows": rows}
    write_case(os.path.join(out_dir, "decoding.json"), "decoding", content)


if __name__ == "__main__":
    make(sys.argv[1])
