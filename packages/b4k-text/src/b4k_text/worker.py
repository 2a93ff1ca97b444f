"""A queue in front of functions that want one thread, as models do."""

import collections
import queue
import threading
from concurrent.futures import Future

__all__ = ["Worker"]

Request = collections.namedtuple("Request", "route kwargs future")
GLANCE = 0.5  # seconds; on Windows a signal is seen between two waits only


class Worker:
    """Answers requests one call after the other, in the order in which they came.

    Those that wait for the same function of lists are answered by one call: a batch is what has come
    while the one before was computed, and nobody waits for it to be full.
    """

    def __init__(self, queue_size=256):
        self.queue_size = queue_size
        self._waiting = collections.deque()
        self._changed = threading.Condition()
        self._closed = False

    def submit(self, route, kwargs):
        """A future of the answer, which may be cancelled; raises queue.Full if too many wait."""
        with self._changed:
            if self._closed or len(self._waiting) >= self.queue_size:
                raise queue.Full
            future = Future()
            self._waiting.append(Request(route, kwargs, future))
            self._changed.notify()
        return future

    def close(self):
        """Let `run` return once nothing waits."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def run(self):
        """Answer, in the thread that calls this, until closed."""
        while self._wait():
            requests = [one for one in self._take() if one.future.set_running_or_notify_cancel()]
            if requests:
                answers = requests[0].route.answers([one.kwargs for one in requests])
                for one, answer in zip(requests, answers):
                    one.future.set_result(answer)

    def _wait(self):
        """Wait for a request; whether there is one."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait(GLANCE)
            return bool(self._waiting)

    def _take(self):
        """The first request, and those that can go with it."""
        with self._changed:
            first, taken, left = self._waiting[0], [], collections.deque()
            for one in self._waiting:
                alike = one.route is first.route and one.kwargs.keys() == first.kwargs.keys()
                fits = alike and len(taken) < (first.route.batch_size or 1)
                (taken if fits else left).append(one)
            self._waiting = left
        return taken
