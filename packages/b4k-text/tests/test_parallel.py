"""Workers: every result arrives, every error too, and nobody stays behind."""

import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from b4k_text.snippets import parallel_apply, parallel_apply_generator

KINDS = pytest.mark.parametrize("dummy", [False, True], ids=["processes", "threads"])


def square(x):
    """What the workers do; the first items take longest."""
    time.sleep(0.02 if x < 3 else 0)
    return x * x


def fail(x):
    """An error at one item."""
    if x == 3:
        raise KeyError("at %d" % x)
    return x


class Stubborn(Exception):
    """An error that can't be unpickled."""

    def __init__(self, first, second):
        super().__init__(first)


def refuse(x):
    """Raises what can't be sent."""
    raise Stubborn("no", x)


def leave(x):
    """A worker that tries to end the program."""
    sys.exit(x)


def vanish(x):
    """A worker that the system kills."""
    os.kill(os.getpid(), signal.SIGTERM)


def draw(x):
    """A random number."""
    time.sleep(0.01)
    return float(np.random.rand())


def no_worker_is_left():
    """Whether all processes have ended."""
    return multiprocessing.active_children() == []


@KINDS
def test_all_results(dummy):
    expected = [x * x for x in range(20)]
    assert sorted(parallel_apply(square, range(20), 2, 5, dummy=dummy)) == expected
    assert parallel_apply(square, range(20), 2, 5, dummy=dummy, unordered=False) == expected
    seen = []
    assert parallel_apply(square, range(20), 2, 0, callback=seen.append, dummy=dummy) is None
    assert sorted(seen) == expected and no_worker_is_left()
    assert parallel_apply(square, [], 2, 5, dummy=dummy) == []


@KINDS
def test_generator_gives_indices_and_reads_no_further_than_needed(dummy):
    read = itertools.count()
    generator = parallel_apply_generator(square, read, 2, 3, dummy=dummy)
    pairs = [next(generator) for _ in range(5)]
    generator.close()
    assert all(result == i * i for i, result in pairs) and next(read) < 5 + 2 + 3 + 20
    assert no_worker_is_left()
    ordered = parallel_apply_generator(square, iter(range(9)), 2, 3, dummy, unordered=False)
    assert list(ordered) == [(i, i * i) for i in range(9)]


@KINDS
def test_error_of_a_worker_reaches_the_caller(dummy):
    with pytest.raises(KeyError, match="at 3") as info:
        parallel_apply(fail, range(50), 2, 5, dummy=dummy)
    assert "in fail" in str(info.value.__cause__) and no_worker_is_left()


@pytest.mark.parametrize(
    "function, words", [(refuse, "Stubborn: no"), (leave, "SystemExit: 1"), (vanish, "exit code")]
)
def test_error_that_cannot_be_sent(function, words):
    with pytest.raises(RuntimeError, match=words):
        parallel_apply(function, [1, 1], 1, 5)
    assert no_worker_is_left()


@KINDS
def test_error_of_the_input_reaches_the_caller(dummy):
    def items():
        yield 1
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        parallel_apply(square, items(), 2, 5, dummy=dummy)
    assert no_worker_is_left()


def test_items_and_results_that_cannot_be_pickled():
    for function, items in ((str, [lambda: 1]), (itemgetter, [1])):
        with pytest.raises(Exception, match="pickle|local object"):
            parallel_apply(function, items, 1, 5)
    assert no_worker_is_left()


def itemgetter(i):
    """A function that can't be pickled."""
    return lambda x: x[i]


def test_random_seeds():
    drawn = [
        parallel_apply(draw, range(3), 1, 5, random_seeds=seeds) for seeds in ([7], [7], [8], True)
    ]
    assert drawn[0] == drawn[1] == np.random.RandomState(7).rand(3).tolist()
    assert drawn[2] != drawn[0] != drawn[3]
    np.random.seed(5)
    parallel_apply(draw, range(3), 1, 5, random_seeds=[7])
    assert np.random.rand() == np.random.RandomState(5).rand()


@pytest.mark.parametrize("workers, size", [(0, 5), (2, -1)])
def test_errors(workers, size):
    with pytest.raises(ValueError, match="workers=%d, max_queue_size=%d" % (workers, size)):
        parallel_apply(square, [1], workers, size)


SPAWN = """
import multiprocessing
from operator import neg
from b4k_text.snippets import parallel_apply
if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    print(parallel_apply(neg, range(4), 2, 5, unordered=False))
    try:
        parallel_apply(lambda x: x, range(4), 2, 5)
    except Exception as error:
        print("pickle" in str(error), multiprocessing.active_children())
"""


def test_spawn(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SPAWN)
    shown = subprocess.check_output([sys.executable, str(script)], env=os.environ)
    assert shown.decode().splitlines() == ["[0, -1, -2, -3]", "True []"]
