"""A function applied to many items by several processes or threads."""

import multiprocessing
import os
import pickle
import queue
import random
import threading
import traceback

import numpy as np

__all__ = ["WorkerError", "parallel_apply", "parallel_apply_generator"]

POLL = 1.0  # seconds between two looks at whether the other side is still alive


class WorkerError(RuntimeError):
    """The cause of an error in a worker: its traceback there, or that the worker died."""


def parallel_apply_generator(
    func,  # under spawn (Windows, macOS) a function that can be pickled, so of a module's top
    iterable,  # may be endless: it is read as results are taken
    workers,
    max_queue_size,  # items that wait while all workers are busy
    dummy=False,  # threads in place of processes
    random_seeds=True,  # one per process for `numpy.random` and `random`; True draws new ones
    unordered=True,  # results as they come; False for the order of the items
):
    """Yields (i, func(item i)). An error in `func` is raised here, and all workers end."""
    if workers < 1 or max_queue_size < 0:
        raise ValueError(
            "parallel_apply: expected 1 worker or more and a max_queue_size of 0 or more, "
            f"got workers={workers}, max_queue_size={max_queue_size}"
        )
    results = _results(func, iterable, workers, max_queue_size, dummy, random_seeds)
    return results if unordered else _in_order(results)


def parallel_apply(
    func,
    iterable,
    workers,
    max_queue_size,
    callback=None,  # is given each result, and nothing is returned
    dummy=False,
    random_seeds=True,
    unordered=True,
):
    """The list of `func(item)`; the arguments are those of `parallel_apply_generator`."""
    generator = parallel_apply_generator(
        func, iterable, workers, max_queue_size, dummy, random_seeds, unordered
    )
    if callback is None:
        return [result for _, result in generator]
    for _, result in generator:
        callback(result)


def _results(func, iterable, workers, max_queue_size, dummy, random_seeds):
    """(i, result) in the order in which they come."""
    crew = (_Threads if dummy else _Processes)(func, workers, _seeds(random_seeds, workers))
    try:
        for i, item in enumerate(iterable):
            crew.put(i, item)
            while crew.busy >= workers + max_queue_size or crew.has_result():
                yield crew.get()
        while crew.busy:
            yield crew.get()
    finally:
        crew.close()


def _in_order(results):
    """(i, result) in the order of i."""
    early, following = {}, 0
    for i, result in results:
        early[i] = result
        while following in early:
            yield following, early.pop(following)
            following += 1


def _seeds(random_seeds, workers):
    """A list of seeds for each worker: [seed], [None] for a new one, or [] to leave it as it is."""
    if random_seeds is True:
        random_seeds = [None] * workers
    seeds = [[seed] for seed in random_seeds or []]
    return (seeds + [[]] * workers)[:workers]


class _Crew:
    """Workers at their two queues."""

    def __init__(self):
        self.busy = 0  # items whose result has not been taken

    def put(self, i, item):
        """Give the crew an item."""
        self.tasks.put((i, self.pack(item)))
        self.busy += 1

    def get(self):
        """(i, result) of the next item that is done; raises what `func` raised."""
        while True:
            try:
                i, done, value = self.results.get(timeout=POLL)
                break
            except queue.Empty:
                self.check()
        self.busy -= 1
        if not done:
            error, trace = value if isinstance(value, tuple) else pickle.loads(value)
            raise error from WorkerError("\n" + trace)
        return i, self.unpack(value)

    def has_result(self):
        """Whether `get` would not wait."""
        return not self.results.empty()


class _Threads(_Crew):
    """Threads share the random numbers of the process, so they are not seeded."""

    pack = unpack = staticmethod(lambda value: value)

    def __init__(self, func, workers, _):
        super().__init__()
        self.tasks, self.results = queue.Queue(), queue.Queue()
        for _ in range(workers):
            threading.Thread(target=self._work, args=(func,), daemon=True).start()
        self.workers = workers

    def _work(self, func):
        """What each thread does until it is given None."""
        for i, item in iter(self.tasks.get, None):
            try:
                self.results.put((i, True, func(item)))
            except BaseException as error:
                self.results.put((i, False, (_tellable(error), traceback.format_exc())))

    def check(self):
        """Threads don't die."""

    def close(self):
        """Let the threads end, each after the item it has."""
        while not self.tasks.empty():
            try:
                self.tasks.get_nowait()
            except queue.Empty:
                break
        for _ in range(self.workers):
            self.tasks.put(None)


class _Processes(_Crew):
    """What goes to and fro is pickled here, not by the queues, which would lose what can't be."""

    pack, unpack = staticmethod(pickle.dumps), staticmethod(pickle.loads)

    def __init__(self, func, workers, seeds):
        super().__init__()
        self.tasks, self.results = multiprocessing.Queue(), multiprocessing.Queue()
        self.tasks._ignore_epipe = True  # as concurrent.futures does: no noise from ended workers
        self.processes = []
        try:
            for seed in seeds:
                arguments = (func, seed, self.tasks, self.results)
                process = multiprocessing.Process(target=_work, args=arguments, daemon=True)
                process.start()
                self.processes.append(process)
        except BaseException:  # such as a function that can't be pickled
            self.close()
            raise

    def check(self):
        """Raise if a process has died, as when the system ran out of memory."""
        codes = [process.exitcode for process in self.processes]
        dead = [code for code in codes if code is not None]
        if dead:
            raise WorkerError(f"parallel_apply: a worker process died with exit code {dead[0]}")

    def close(self):
        """End all processes, whatever they do."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.join()
        for channel in (self.tasks, self.results):
            channel.close()
            channel.cancel_join_thread()


def _work(func, seed, tasks, results):
    """What each process does until it is ended, or has lost its parent."""
    parent = os.getppid()
    for value in seed:
        np.random.seed(value)
        random.seed(value)
    while os.getppid() == parent:
        try:
            i, item = tasks.get(timeout=POLL)
        except queue.Empty:
            continue
        try:
            answer = (i, True, pickle.dumps(func(pickle.loads(item))))
        except BaseException as error:
            answer = (i, False, _packed(error))
        results.put(answer)


def _packed(error):
    """An error and its traceback, pickled; a WorkerError if the error itself can't be."""
    trace = traceback.format_exc()
    try:
        packed = pickle.dumps((_tellable(error), trace))
        pickle.loads(packed)
        return packed
    except Exception:
        return pickle.dumps((_as_worker_error(error), trace))


def _tellable(error):
    """What to raise in the caller: never SystemExit, which would end it without a word."""
    return error if isinstance(error, Exception) else _as_worker_error(error)


def _as_worker_error(error):
    """What an error says as a WorkerError."""
    return WorkerError(f"{type(error).__name__}: {error}")
