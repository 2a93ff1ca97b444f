"""What a run says of itself: lines in the console, log.csv, events for TensorBoard, the loss curve as a picture.

All are made of the history that the checkpoint holds, so that they go on with it.
"""

import csv
import os
import time

from b4k_pretrain.writing import whole

CSV, PNG, EVENTS = "log.csv", "loss.png", "events"


def write(config, history):
    """Write what the configuration asks for; the last row of the history, [{name: value}], is the new one."""
    folder = config["training.folder"]
    print(line(history[-1]), flush=True)
    write_csv(os.path.join(folder, CSV), history)
    if config["logs.tensorboard"]:
        write_events(os.path.join(folder, EVENTS), history[-1])
    if config["logs.png"]:
        draw(os.path.join(folder, PNG), history)


def line(row):
    """One row as text."""
    numbers = ["%s %.4g" % (name, row[name]) for name in sorted(row) if name != "step"]
    return "step %d: %s" % (row["step"], ", ".join(numbers))


def write_csv(path, history):
    """Write the history as a table, whole or not at all."""
    names = ["step"] + sorted({name for row in history for name in row} - {"step"})
    with whole(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(history)


def write_events(folder, row):
    """Add a row to the events of TensorBoard."""
    try:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter
    except ImportError as error:
        raise ImportError(
            "logs.tensorboard needs `pip install b4k-pretrain[tensorboard]`: %s" % error
        ) from error
    values = [
        Summary.Value(tag=name, simple_value=row[name]) for name in sorted(row) if name != "step"
    ]
    writer = EventFileWriter(folder)
    writer.add_event(Event(wall_time=time.time(), step=row["step"], summary=Summary(value=values)))
    writer.close()


def draw(path, history):
    """Draw the losses over the steps."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("logs.png needs `pip install b4k-pretrain[plot]`: %s" % error) from error
    figure = Figure(figsize=(7, 4))
    axes = figure.add_subplot()
    for name in ("loss", "evaluation_loss"):
        rows = [row for row in history if name in row]
        axes.plot([row["step"] for row in rows], [row[name] for row in rows], label=name)
    axes.set_xlabel("updates")
    axes.set_ylabel("cross-entropy, nats a token")
    axes.legend()
    figure.savefig(path, dpi=120, bbox_inches="tight")


__all__ = ["draw", "line", "write", "write_csv", "write_events"]
