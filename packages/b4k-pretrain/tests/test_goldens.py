"""From the same weights and batches all backends have the losses of the original's pretraining, fifty batches long."""

import numpy as np
import pytest
from b4k_ops.testing import cases, fresh_session
from b4k_pretrain.training import Training, feed
from pretrain_problem import make_config

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py

TOLERANCE = 1e-4  # of each loss, which is about 3


class Batches:
    """A loader of the batches of a case."""

    def __init__(self, case):
        self.case = case

    def batches(self, start):
        arrays = self.case.arrays
        for step in range(start, len(arrays["labels"])):
            inputs = {
                name: arrays["input/%d" % i][step] for i, name in enumerate(("ids", "segments"))
            }
            yield inputs, {name: arrays[name][step] for name in ("labels", "weights")}


@pytest.mark.parametrize("case", cases(__file__, "pretraining"), ids=str)
def test_the_losses_are_those_of_the_original(case, tmp_path):
    fresh_session()
    losses, given = case.arrays["loss/0"], case.header["options"]
    options = {name: value for name, value in case.config.items() if name != "vocab_size"}
    config = make_config(
        tmp_path,
        model={"options": options},
        training={"steps": len(losses), "accumulation": 1, "interval": len(losses)},
        optimizer={
            "name": case.header["optimizer"],
            "learning_rate": given["learning_rate"],
            "weight_decay": given["weight_decay_rate"],
            "warmup": 10,
        },
    )
    run = Training(config)
    run.transformer.load_weights_from_checkpoint(case.group("variable"))
    found = []
    for inputs, targets in feed(Batches(case), 0, len(losses), 2):
        run.model.reset_metrics()  # Keras 3 returns the mean loss since the last reset
        found.append(np.ravel(run.model.train_on_batch(inputs, targets))[0])
    np.testing.assert_allclose(found, losses, atol=TOLERANCE)
