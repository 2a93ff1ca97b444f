"""What a run writes of itself is its history."""

import csv
import glob
import importlib.util
import os

import pytest
from b4k_pretrain import logs, tfrecord

HISTORY = [
    {"step": 2, "loss": 3.0, "evaluation_loss": 2.5},
    {"step": 4, "loss": 2.0, "evaluation_loss": 2.25, "tokens_per_second": 1e6},
]


def written(folder, *kinds):
    """The folder after both rows were written, with logs of these kinds besides."""
    config = {"training.folder": str(folder), "logs.tensorboard": False, "logs.png": False}
    config.update(("logs." + kind, True) for kind in kinds)
    for row in range(1, 3):
        logs.write(config, HISTORY[:row])
    return folder


def test_the_console_and_a_table(tmp_path, capsys):
    folder = written(tmp_path)
    assert capsys.readouterr().out.splitlines()[0] == "step 2: evaluation_loss 2.5, loss 3"
    with open(str(folder / "log.csv"), newline="") as file:
        rows = [
            {name: float(text) for name, text in row.items() if text}
            for row in csv.DictReader(file)
        ]
    assert rows == HISTORY and os.listdir(str(folder)) == ["log.csv"]


if importlib.util.find_spec("tensorboard"):

    def test_events_for_tensorboard(tmp_path):
        from tensorboard.compat.proto.event_pb2 import Event

        found = {}
        for path in sorted(glob.glob(str(written(tmp_path, "tensorboard") / "events" / "*"))):
            data, places = tfrecord.opened(path)
            for place in places:
                event = Event.FromString(tfrecord.data_at(path, data, place))
                values = {value.tag: value.simple_value for value in event.summary.value}
                found.setdefault(event.step, {}).update(values)
        assert [dict(found[step], step=step) for step in (2, 4)] == HISTORY

else:

    def test_without_tensorboard_it_is_said_what_to_install(tmp_path):
        with pytest.raises(ImportError, match=r"pip install b4k-pretrain\[tensorboard\]"):
            written(tmp_path, "tensorboard")


if importlib.util.find_spec("matplotlib"):

    def test_a_picture_of_the_losses(tmp_path):
        from matplotlib import colors, image

        picture = image.imread(str(written(tmp_path, "png") / "loss.png"))[..., :3]
        for name in ("C0", "C1"):  # of training, and of evaluation
            places = (abs(picture - colors.to_rgb(name)) < 0.01).all(-1)  # [height, width]
            assert places.any(0).mean() > 0.5, "a line over most of the width"

else:

    def test_without_matplotlib_it_is_said_what_to_install(tmp_path):
        with pytest.raises(ImportError, match=r"pip install b4k-pretrain\[plot\]"):
            written(tmp_path, "png")
