"""The lowest versions that the packages allow, as pins for a lane: `floors.py LANE FILE`.

The pins are the lane's own, but for what a package requires with `>=`: that is pinned to the lowest version, if the
lane's Python has a wheel of it. Keras stays, as it is what makes the lane. A sister is the one of this tree, so it is
an error if a package allows an older one: its floor must be raised.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from environments import find_python
from packaging.requirements import Requirement
from packaging.version import Version
from repository import LANES, PACKAGES, finish, pins, project, version


def requirements(package, python):
    """What a package requires and what it takes if it is there, on a Python, as (name, lowest version or None)."""
    declared = project(package)["project"]
    optional = declared.get("optional-dependencies", {}).values()
    texts = [*declared.get("dependencies", []), *(text for extra in optional for text in extra)]
    for requirement in map(Requirement, texts):
        if requirement.marker and not requirement.marker.evaluate({"python_version": python}):
            continue
        lowest = [part.version for part in requirement.specifier if part.operator in (">=", "==")]
        yield requirement.name.lower().replace("_", "-"), lowest[0] if lowest else None


def floors(python):
    """{third party: the highest of the lowest versions that the packages allow}."""
    found = {}
    for package in PACKAGES:
        for name, lowest in requirements(package, python):
            if lowest and name not in PACKAGES:
                found[name] = max(found.get(name, lowest), lowest, key=Version)
    return found


def check_sisters(python):
    """A floor below the sister of this tree is never tested."""
    for package in PACKAGES:
        for name, lowest in requirements(package, python):
            if name in PACKAGES and Version(lowest or "0") != Version(version(name)):
                yield "%s allows %s %s, this tree has %s: raise the floor" % (
                    package,
                    name,
                    lowest or "of any version",
                    version(name),
                )


def has_wheel(name, number, python):
    """Whether there is a wheel of a version for a Python."""
    options = ["--quiet", "--no-deps", "--only-binary", ":all:"]
    with tempfile.TemporaryDirectory() as folder:
        pip = [find_python(python), "-m", "pip", "download", *options, "--dest", folder]
        requirement = "%s==%s" % (name, number)
        return not subprocess.run([*pip, requirement], capture_output=True).returncode


def lowered(own, python):
    """(name, lowest version) of those pins that can be lowered; prints a row for each."""
    for name, lowest in sorted(floors(python).items()):
        if name == "keras" or name not in own or Version(lowest) > Version(own[name]):
            continue
        there = has_wheel(name, lowest, python)
        print(
            "%-16s %-10s instead of %s%s" % (name, lowest, own[name], "" if there else ": no wheel")
        )
        if there:
            yield name, lowest


def main(name, path):
    """Write the pins of a lane with the floors in their places."""
    (lane,) = [lane for lane in LANES if lane.name == name]
    own = pins(name)
    lines = [
        "%s==%s\n" % item for item in sorted({**own, **dict(lowered(own, lane.python))}.items())
    ]
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text("".join(lines), "utf-8")
    finish(list(check_sisters(lane.python)))


if __name__ == "__main__":
    main(*sys.argv[1:])
