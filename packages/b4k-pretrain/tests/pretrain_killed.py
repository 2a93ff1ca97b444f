"""Trains, and trains and is killed, again and again: `pretrain_killed.py WHOLE KILLED MOMENT ...`, two configurations.

Each moment is a number of batches begun and arrays written; at it a child of this process, which has computed nothing,
kills itself as `kill -9` does. The last child is left in peace. Prints how many were killed, and of these how many
began after a checkpoint had been written.
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


def run(config, moment=None):
    """Train in a child, until it ends or is killed; its exit status."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    killed_at(moment)
    try:
        training.train(config)
    except BaseException as error:
        print(error, file=sys.stderr)
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    whole, config = map(load_config, sys.argv[1:3])
    killed = []
    for moment in map(int, sys.argv[3:]):
        begun = bool(checkpoints.paths(config["training.folder"]))
        if run(config, moment) == signal.SIGKILL:
            killed.append(begun)
    if run(whole) or run(config):
        sys.exit("it did not end well")
    print(len(killed), sum(killed))
