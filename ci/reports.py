"""What the lanes report, judged: a lane that is silent, ran nothing or another Keras is at fault.

`python ci/reports.py` judges a CI run whose lanes ran on a machine each, from their reports.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "lanes"  # one folder per lane: log.txt, <package>.json
COLUMNS = ["lane", "Keras seen", "backend", "passed", "failed", "skipped", "seconds"]


def read(lane):
    """{package: report} of one lane, as lane_guard.py wrote them."""
    paths = sorted((FOLDER / lane).glob("*.json"))
    return {path.stem: json.loads(path.read_text("utf-8")) for path in paths}


def faults(lane, packages):
    """Sentences on what keeps a lane from being green; `packages` were asked for."""
    found = read(lane)
    for package in packages:
        report = found.get(package)
        if report is None:
            yield "%s: %s did not report, see %s" % (lane, package, FOLDER / lane / "log.txt")
            continue
        if report["failed"]:
            yield "%s: %s has %d failed" % (lane, package, report["failed"])
        yield from ("%s: %s: %s" % (lane, package, problem) for problem in report["problems"])
        if report["exitstatus"] and not report["failed"] and not report["problems"]:
            yield "%s: %s: pytest ended with %d" % (lane, package, report["exitstatus"])


def total(lane, field):
    """The sum of a number over the packages of a lane."""
    return sum(report[field] for report in read(lane).values())


def seen(lane, field):
    """What the packages of a lane saw, normally one thing; those that import no Keras saw none."""
    return ", ".join(sorted({r[field] for r in read(lane).values() if r[field]})) or "none"


def row(lane):
    """One line of the table."""
    numbers = [total(lane, field) for field in ("passed", "failed", "skipped", "seconds")]
    return [lane, seen(lane, "keras"), seen(lane, "engine"), *("%d" % n for n in numbers)]


def aligned(rows):
    """Rows of strings as lines whose columns stand under each other."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def closing(lanes, faults):
    """The last line of a run. Faults other than failed cases, as a silent lane, count too."""
    fields = ("passed", "failed", "skipped")
    passed, failed, skipped = (sum(total(lane, field) for lane in lanes) for field in fields)
    return "%d passed, %d failed, %d skipped" % (passed, max(failed, len(faults)), skipped)


def judge(lanes, packages, also=()):
    """Print the table, the faults, those known to the caller `also`, and the closing line."""
    found = [fault for lane in lanes for fault in faults(lane, packages)] + list(also)
    print("\n" + "\n".join(aligned([COLUMNS] + [row(lane) for lane in lanes])) + "\n")
    print("".join("FAULT %s\n" % fault for fault in found), end="")
    print(closing(lanes, found), flush=True)
    return found


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    import noxfile

    sys.exit(1 if judge([lane.name for lane in noxfile.LANES], noxfile.PACKAGES) else 0)
