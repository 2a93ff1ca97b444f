"""Every lane has its pins, all exact, and they are what the lane's row says."""

import re

from repository import LANES, ROOT, finish, pins

PIN = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!]+")
KERAS = {"keras": "keras", "tf_keras": "tf-keras"}  # tf.keras comes inside TensorFlow
ENGINE = {
    "tensorflow": ("tensorflow", "tensorflow-cpu"),
    "jax": ("jax",),
    "torch": ("torch",),
}


def check_folder(folder):
    """One file per lane, no more."""
    there = {path.stem for path in (ROOT / "ci" / folder).glob("*.txt")}
    for name in sorted(there ^ {lane.name for lane in LANES}):
        yield "ci/%s/%s.txt: a file or a lane is missing" % (folder, name)


def check_lines(path):
    """Nothing but `name==version`."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not PIN.fullmatch(line):
            yield "%s:%d: %r is no exact pin" % (path.relative_to(ROOT).as_posix(), number, line)


def check_row(lane):
    """The row's versions are those of the pins, and no other engine is installed beside its own."""
    found = pins(lane.name)
    keras, version = lane.keras.split()
    if keras in KERAS and found.get(KERAS[keras]) != version:
        yield "%s: the pin of %s is not that of the row, %s" % (lane.name, keras, version)
    engine, version = lane.engine.split()
    pinned = {found[name] for name in ENGINE[engine] if name in found}
    if pinned != {version}:
        yield "%s: the pin of %s is not that of the row, %s" % (lane.name, engine, version)
    others = {name for key, names in ENGINE.items() for name in names if key != engine}
    for name in sorted(others & set(found)):
        yield "%s: %s is pinned on a lane of %s" % (lane.name, name, engine)


def check():
    """All problems."""
    yield from check_folder("lanes")
    yield from check_folder("known_failures")
    others = [ROOT / "ci" / name for name in ("beam.txt", "docs.txt", "tools.txt")]
    for path in [*sorted((ROOT / "ci" / "lanes").glob("*.txt")), *others]:
        yield from check_lines(path)
    for lane in LANES:
        yield from check_row(lane)


if __name__ == "__main__":
    finish(list(check()))
