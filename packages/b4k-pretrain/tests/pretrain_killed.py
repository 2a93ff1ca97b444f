"""Trains and is killed, again and again: `pretrain_killed.py CONFIG MOMENT ...`, in a process of its own.

Each moment is a number of batches begun and arrays written; at it a child of this process, which has computed nothing,
kills itself as `kill -9` does. The last child is left in peace.
"""

import os
import signal
import sys

from b4k_pretrain import checkpoints, training
from b4k_pretrain.config import load_config


def killed_at(moment):
    """Let this process be killed at a moment."""
    passed = [0]

    def counted(function):
        def call(*args, **kwargs):
            passed[0] += 1
            if passed[0] == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)

        return call

    training.Guard.on_train_batch_begin = counted(training.Guard.on_train_batch_begin)
    training.Guard.on_train_batch_end = counted(training.Guard.on_train_batch_end)
    checkpoints._add = counted(checkpoints._add)
    checkpoints.checksum = counted(checkpoints.checksum)
    os.replace = counted(os.replace)


def run(path, moment):
    """Train in a child, until it ends or is killed; its exit status."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    killed_at(moment)
    try:
        training.train(load_config(path))
    except BaseException as error:
        print(error, file=sys.stderr)
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    path, moments = sys.argv[1], list(map(int, sys.argv[2:]))
    killed = [run(path, moment) for moment in moments].count(signal.SIGKILL)
    if run(path, None):
        sys.exit("it did not end well")
    print(killed)
