"""What the checks know of the tree: the noxfile's tables, the packages' projects and versions."""

import re
import sys
from pathlib import Path

try:
    import tomllib
except ImportError:  # Python 3.10 and older, where nox brings tomli
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from literals import declared  # noqa: E402

import noxfile  # noqa: E402

LANES, PACKAGES = noxfile.LANES, noxfile.PACKAGES


def module(package):
    """b4k-ops -> b4k_ops."""
    return package.replace("-", "_")


def project(package):
    """The pyproject.toml of a package as a dict."""
    return tomllib.loads((ROOT / "packages" / package / "pyproject.toml").read_text("utf-8"))


def dependencies(package):
    """{distribution: requirement} that a package declares."""
    return by_name(project(package)["project"].get("dependencies", []))


def extras(package):
    """{distribution: requirement} of what a package takes if it is there."""
    optional = project(package)["project"].get("optional-dependencies", {})
    return by_name(text for declared in optional.values() for text in declared)


def by_name(requirements):
    """{distribution: requirement}."""
    return {re.match(r"[\w.-]+", text).group().lower(): text for text in requirements}


def version(package):
    """The `__version__` of a package's source, read without importing it."""
    path = ROOT / "packages" / package / "src" / module(package) / "__init__.py"
    found = declared(path, "__version__")
    if found is None:
        raise SystemExit("%s has no __version__" % path)
    return found


def pins(lane):
    """{distribution in lower case, with dashes: pinned version} of a lane's pin file."""
    path = ROOT / "ci" / "lanes" / (lane + ".txt")
    lines = [line for line in path.read_text("utf-8").splitlines() if line]
    return {a.lower().replace("_", "-"): b for a, _, b in (line.partition("==") for line in lines)}


def finish(problems):
    """Print the problems of a check, one a line, and end with its exit status."""
    script = Path(sys.argv[0]).name
    print("".join("%s: %s\n" % (script, text) for text in problems) or script + ": in order")
    sys.exit(1 if problems else 0)
