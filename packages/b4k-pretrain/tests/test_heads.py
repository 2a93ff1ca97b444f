"""Losses and metrics are their formulas."""

import numpy as np
import pytest
from b4k_ops import evaluate, ops
from b4k_pretrain import heads

RNG = np.random.RandomState(0)
SCORES = RNG.standard_normal((2, 5, 7)).astype("float32")
LABELS = RNG.randint(0, 7, (2, 5))
LOGS = SCORES - np.log(np.exp(SCORES).sum(-1, keepdims=True))
SOME = np.array([[1, 0, 1, 0, 0], [0, 1, 1, 1, 0]], "float32")


def judged(function, weights):
    """What a loss or metric gives."""
    y_true = ops.convert_to_tensor(heads.packed({"labels": LABELS, "weights": weights}))
    return float(np.ravel(evaluate(function(y_true, ops.convert_to_tensor(LOGS))))[0])


@pytest.mark.parametrize("weights", [SOME, np.ones_like(SOME)])
def test_the_mean_over_weighted_positions(weights):
    chosen = np.take_along_axis(LOGS, LABELS[..., None], -1)[..., 0]
    expected = -(chosen * weights).sum() / weights.sum()
    assert abs(judged(heads.token_loss, weights) - expected) < 1e-6
    right = ((LOGS.argmax(-1) == LABELS) * weights).sum() / weights.sum()
    assert abs(judged(heads.accuracy, weights) - right) < 1e-6


def test_no_weights_no_loss():
    assert judged(heads.token_loss, np.zeros_like(SOME)) == 0
    assert judged(heads.accuracy, np.zeros_like(SOME)) == 0


def test_unknown_objectives_are_refused():
    with pytest.raises(ValueError, match="'mlm'"):
        heads.head_options("mml", "bert")
    assert heads.head_options("causal_lm", "gpt2") == {
        "application": "lm",
        "final_activation": "linear",
    }
