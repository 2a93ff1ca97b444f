"""Every package has one version, a changelog that knows it, and sisters in the declared ranges."""

import re
import subprocess

from packaging.requirements import Requirement
from packaging.version import Version
from repository import PACKAGES, ROOT, dependencies, finish, module, project, version

SECTION = re.compile(r"^## \[?([^\]\s]+)(.*)$", re.MULTILINE)  # ## [0.1.0] - Unreleased


def sections(package):
    """{version: (rest of the heading, text below)} of a CHANGELOG; one may be "Unreleased"."""
    text = (ROOT / "packages" / package / "CHANGELOG.md").read_text("utf-8")
    found = list(SECTION.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return {m.group(1): (m.group(2), text[m.end() : end].strip()) for m, end in zip(found, ends)}


def unreleased(package):
    """What is written for the next release, under a heading that says Unreleased, or None."""
    for name, (rest, text) in sections(package).items():
        if "unreleased" in (name + rest).lower():
            return text
    return None


def git(*arguments):
    """What git prints, or None if it fails or there is no repository."""
    command = ["git", "-C", str(ROOT), *arguments]
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def check_version(package):
    """`__version__` is the only place of a version, and the changelog has it."""
    now, found, settings = version(package), sections(package), project(package)
    if Version(now).public != now:
        yield "%s: version %s is written another way than PEP 440 does" % (package, now)
    attr = settings.get("tool", {}).get("setuptools", {}).get("dynamic", {}).get("version", {})
    if settings["project"].get("version") or attr.get("attr") != module(package) + ".__version__":
        yield "%s: pyproject.toml must take its version from __version__" % package
    if now not in found:
        yield "%s: CHANGELOG.md has no section `## [%s]`" % (package, now)
    if unreleased(package) is None:
        yield "%s: CHANGELOG.md has no section marked Unreleased" % package


def check_sisters(package):
    """Ranges between the packages contain the versions of this tree."""
    for name, text in dependencies(package).items():
        if name in PACKAGES and Version(version(name)) not in Requirement(text).specifier:
            yield "%s: requires %s, this tree has %s" % (package, text, version(name))


def check_entry(package):
    """A package whose source changed since its last tag says so in its changelog."""
    tag = git("describe", "--tags", "--abbrev=0", "--match", package + "-v*")
    source = "packages/%s/src" % package
    if not tag or not git("diff", "--name-only", tag, "--", source):
        return
    released = tag[len(package) + 2 :]
    if version(package) == released and not unreleased(package):
        yield "%s: %s changed since %s, CHANGELOG.md says nothing" % (package, source, tag)


def check():
    """All problems."""
    for package in PACKAGES:
        for part in (check_version, check_sisters, check_entry):
            yield from part(package)


if __name__ == "__main__":
    finish(list(check()))
