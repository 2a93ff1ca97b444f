"""A pytest plugin that makes a lane tell the truth (`-p lane_guard`, this folder on PYTHONPATH).

The noxfile says in B4K_EXPECT (JSON) what the lane is: `lane`, `package`, `keras` ("keras 2.3.1",
"tf.keras 2.2.4-tf", "tf_keras 2.21.0"), `engine` ("jax 0.10.2"), `uses_keras`, `whole` (no case was
deselected by hand), `report` (a path), `share` ([[part, ...], parts] of the slow cases, null for all of them): those
of test modules that say SLOW = True, or name their slow tests in SLOW; `share_of_many`, the same of parametrised
cases that are not slow; `once` (names of lanes: each case of a module that says ONCE = True, or names its test in
ONCE, runs on one of them, and on no other lane).

A run is red if it ran no case, another Keras, another engine, or the source tree instead of the
wheel, or if a case was skipped or failed as expected without being in `known_failures/<lane>.txt`.
That list is strict: a known failure that passes, or that is no longer there, is red too.
"""

import gc
import json
import os
import sys
import time
import zlib

import pytest

BACKENDS = ("tensorflow", "jax", "torch")


def read_known(path):
    """{node id: reason} of a known failures file: a line `# reason`, below it its node ids."""
    known, reason = {}, ""
    with open(path, encoding="utf-8") as lines:
        for line in map(str.strip, lines):
            if line.startswith("#"):
                reason = line.lstrip("# ")
            elif not line:
                reason = ""
            elif not reason:
                raise pytest.UsageError("%s: %s has no line of reason above it" % (path, line))
            else:
                known[line] = reason
    return known


def keras_seen():
    """What b4k_ops uses, as ("keras 3.15.1", "jax 0.10.2"); ("", "") if it was not imported."""
    if "b4k_ops" not in sys.modules:
        return "", ""
    keras = sys.modules["b4k_ops"].keras
    home = keras.layers.Layer.__module__.split(".")[0]  # keras, tf_keras, or tensorflow before 2.6
    name = home if home == "tf_keras" or keras.__name__ == "keras" else "tf.keras"
    version = getattr(keras, "__version__", None) or sys.modules[home].__version__
    backend = keras.backend.backend()
    engine = sys.modules[backend].__version__.split("+")[0]  # torch says 2.13.0+cpu
    return "%s %s" % (name, version), "%s %s" % (backend, engine)


def strangers(engine):
    """Engines that were imported beside the lane's own: none is ever needed elsewhere."""
    return [name for name in BACKENDS if name in sys.modules and name != engine.split()[0]]


def outside():
    """b4k packages that were imported from outside the environment, as from the source tree."""
    prefix = os.path.realpath(sys.prefix)
    for name, module in sorted(sys.modules.items()):
        path = getattr(module, "__file__", None) or ""
        if name.startswith("b4k_") and "." not in name:
            if not os.path.realpath(path).startswith(prefix):
                yield "%s was imported from %s, not from the installed wheel" % (name, path)


def named(item, attribute):
    """Whether a case's module says SLOW = True, or names the case's test there; ONCE likewise."""
    names = getattr(item.module, attribute, ())
    return names if isinstance(names, bool) else item.originalname in names


def falls_to(nodeid, lanes):
    """The one of the lanes that runs a case; None if there is no lane."""
    return lanes[zlib.crc32(nodeid.encode()) % len(lanes)] if lanes else None


class LaneGuard:
    """Counts the cases of one run, judges it and writes its report."""

    def __init__(self, expected, known):
        self.expected, self.known = expected, known
        self.counts = dict(passed=0, failed=0, skipped=0, xfailed=0)
        self.problems, self.started = [], time.time()

    def pytest_collection_modifyitems(self, config, items):
        mine = "packages/%s/" % self.expected["package"]
        listed = {node for node in self.known if node.startswith(mine)}
        for item in items:
            if item.nodeid in listed:
                item.add_marker(pytest.mark.xfail(reason=self.known[item.nodeid], strict=True))
        if self.expected["whole"]:
            gone = listed - {item.nodeid for item in items}
            self.problems += [
                "known failure %s is not there any more" % node for node in sorted(gone)
            ]
        left = [item for item in items if not self.is_mine(item)]
        self.counts["shared"] = len(left)  # with lanes that run them
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if self.is_mine(item)]

    def is_mine(self, item):
        """Whether this lane runs a case; of slow modules each runs only its share."""
        if named(item, "ONCE"):
            return self.expected["lane"] == falls_to(item.nodeid, self.expected["once"])
        share = self.share_of(item)
        return not share or zlib.crc32(item.nodeid.encode()) % share[1] in share[0]

    def share_of(self, item):
        """The share that a case falls under; none if it runs on every lane."""
        if named(item, "SLOW"):
            return self.expected["share"]
        return self.expected["share_of_many"] if hasattr(item, "callspec") else None

    def pytest_collection_finish(self):
        gc.collect()
        gc.freeze()  # looking at what was imported, whenever a graph is built, takes a tenth of a run

    def pytest_collectreport(self, report):
        if report.skipped:
            self.problems.append("%s was skipped as a whole" % report.nodeid)
        self.counts["failed"] += report.failed

    def pytest_runtest_logreport(self, report):
        expected_to_fail = hasattr(report, "wasxfail")
        if report.failed:
            self.counts["failed"] += 1
        elif report.skipped:
            self.counts["xfailed" if expected_to_fail else "skipped"] += 1
            if report.nodeid not in self.known:
                what = "failed as expected" if expected_to_fail else "was skipped"
                self.problems.append("%s %s without being a known failure" % (report.nodeid, what))
        elif report.when == "call":
            self.counts["passed"] += 1
            if expected_to_fail:
                self.problems.append("%s was expected to fail and passed" % report.nodeid)

    def judge(self, keras, engine):
        """Add what is wrong with the run as a whole."""
        for what, name in (("keras", keras), ("engine", engine)):
            if name and name != self.expected[what]:
                self.problems.append("ran %s, the lane is %s" % (name, self.expected[what]))
        if self.expected["uses_keras"] and not keras:
            self.problems.append("ran without importing b4k_ops, so without any Keras")
        for name in strangers(self.expected["engine"]):
            self.problems.append("imported %s on a lane of %s" % (name, self.expected["engine"]))
        self.problems += outside()
        if not self.counts["passed"] + self.counts["failed"] + self.counts["xfailed"]:
            self.problems.append("ran no case")

    def pytest_sessionfinish(self, session, exitstatus):
        keras, engine = keras_seen()
        self.judge(keras, engine)
        if self.problems and exitstatus in (0, 5):
            session.exitstatus = 1
        report = dict(self.counts, lane=self.expected["lane"], package=self.expected["package"])
        report.update(keras=keras, engine=engine, exitstatus=int(session.exitstatus))
        report.update(problems=self.problems, seconds=round(time.time() - self.started, 1))
        with open(self.expected["report"], "w", encoding="utf-8") as file:
            json.dump(report, file, indent=1)

    def pytest_terminal_summary(self, terminalreporter):
        if self.counts.get("shared"):
            terminalreporter.write_line(
                "%d slow cases were left to other lanes" % self.counts["shared"]
            )
        for problem in self.problems:
            terminalreporter.write_line("LANE GUARD: " + problem, red=True)


def pytest_configure(config):
    if "B4K_EXPECT" not in os.environ:
        raise pytest.UsageError("lane_guard needs B4K_EXPECT: run the tests through nox")
    expected = json.loads(os.environ["B4K_EXPECT"])
    here = os.path.dirname(os.path.abspath(__file__))
    known = read_known(os.path.join(here, "known_failures", expected["lane"] + ".txt"))
    config.pluginmanager.register(LaneGuard(expected, known), "b4k lane guard")
