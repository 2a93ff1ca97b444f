"""The check-list for a release, walked through without releasing anything: `release.py PACKAGE`.

It changes nothing but dist/, which `nox -s release` has filled before. What is in order is marked so; what is not is an
error, and says what is to be done.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import check_changes
from environments import ROOT, python_of
from packaging.requirements import Requirement
from packaging.version import Version
from repository import PACKAGES, dependencies, finish, module, version

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def tag(package):
    """The tag of the release."""
    return "%s-v%s" % (package, version(package))


def check_tree(package):
    """All is committed, and the version is new"""
    if check_changes.git("status", "--porcelain", "--untracked-files=no"):
        yield "commit what has changed"
    if check_changes.git("tag", "--list", tag(package)):
        yield "%s is there already: raise __version__ in %s" % (tag(package), module(package))


def check_changelog(package):
    """The CHANGELOG has the version and the date"""
    heading, text = check_changes.sections(package).get(version(package), ("", ""))
    if not DATE.search(heading):
        yield "give the section [%s] of its CHANGELOG the date instead of Unreleased" % version(
            package
        )
    if not text:
        yield "write what is new in %s" % version(package)


def check_ranges(package):
    """The packages above it admit it, and those below it that it needs are released"""
    for other in PACKAGES:
        text = dependencies(other).get(package)
        if text and Version(version(package)) not in Requirement(text).specifier:
            yield "%s requires %s: raise its range" % (other, text)
    for name in dependencies(package):
        if name in PACKAGES and not check_changes.git("tag", "--list", tag(name)):
            yield "release %s first, or check that its last release is enough" % tag(name)


def distributions(package):
    """Its wheel and sdist in dist/."""
    stem = "%s-%s" % (module(package), version(package))
    return [ROOT / "dist" / (stem + end) for end in ("-py3-none-any.whl", ".tar.gz")]


def check_distributions(package):
    """Wheel and sdist are built, twine has checked them"""
    for path in distributions(package):
        if not path.exists():
            yield "%s is missing: run nox -s build" % path.name


def check_installs(package):
    """The wheel installs into an empty environment, and imports or says which Keras it wants"""
    home = Path(tempfile.mkdtemp(prefix="b4k-release-"))
    try:
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        python = str(python_of(home))
        pip = [python, "-m", "pip", "install", "--quiet", "--find-links", str(ROOT / "dist")]
        subprocess.run([*pip, str(distributions(package)[0])], check=True)
        command = [python, "-W", "error", "-c", "import " + module(package)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=str(home))
    finally:
        shutil.rmtree(str(home), ignore_errors=True)
    if done.returncode and "b4k found no usable Keras" not in done.stderr:
        yield "it does not import: %s" % (done.stderr.strip().splitlines() or ["no reason"])[-1]


STEPS = [check_tree, check_changelog, check_ranges, check_distributions, check_installs]
REST = """
What is left, by hand and in this order:
  nox -s lint tests golden floors installs docs    green, with no lane left out
  git tag {tag}
  git push --tags
  python -m twine upload {files}
"""


def walk(package):
    """All problems, each told under the step it belongs to."""
    for step in STEPS:
        problems = list(step(package))
        print("%-6s %s" % ("to do" if problems else "ok", step.__doc__), flush=True)
        yield from problems


def main(package):
    """Walk through the list for one package."""
    if package not in PACKAGES:
        finish(["no package %s; there are %s" % (package, ", ".join(PACKAGES))])
    print("%s %s" % (package, version(package)), flush=True)
    problems = list(walk(package))
    files = " ".join("dist/" + path.name for path in distributions(package))
    print(REST.format(tag=tag(package), files=files))
    finish(problems)


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
