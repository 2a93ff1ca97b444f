"""Finds a Python that works, and makes the environments of the nox sessions from their pins.

Plain venv and pip: virtualenv no longer makes environments for Python 3.7.
"""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ROOT / ".nox"
PROBE = """
import ensurepip, sys, venv
print("%d.%d" % sys.version_info[:2], getattr(sys, "_base_executable", sys.executable))
"""  # the Python that an environment stems from, since environments come and go
WINDOWS = os.name == "nt"


def pyenv_roots():
    """Where pyenv keeps its Pythons; its shims fail for versions that are not switched on."""
    home = Path.home() / ".pyenv"
    yield Path(os.environ.get("PYENV_ROOT") or home) / "versions"
    yield home / "pyenv-win" / "versions"


def uv_roots():
    """Where uv keeps the Pythons it manages."""
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    yield Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")
    yield Path(os.environ.get("APPDATA") or Path.home()) / "uv" / "python"


def candidates(version):
    """Commands that may be Python `version`, the likeliest first."""
    if sys.version_info[:2] == tuple(int(part) for part in version.split(".")):
        yield [sys.executable]
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found = shutil.which("python" + version, path=folder)
        if found and "shims" not in Path(found).parts:
            yield [found]
    inside = "python.exe" if WINDOWS else "bin/python" + version
    for root in pyenv_roots():
        for path in sorted(root.glob(version + ".*"), reverse=True):
            yield [str(path / inside)]
    for root in uv_roots():
        for path in sorted(root.glob("cpython-%s.*" % version), reverse=True):
            yield [str(path / inside)]
    if shutil.which("py"):
        yield ["py", "-" + version]


@functools.lru_cache(maxsize=None)
def find_python(version):
    """The path of a Python `version` that can make environments, or None."""
    for command in candidates(version):
        try:
            answer = subprocess.run(
                command + ["-c", PROBE], capture_output=True, text=True, timeout=60, check=True
            )
        except (OSError, subprocess.SubprocessError):
            continue  # a broken shim, a Python without ensurepip
        seen, _, path = answer.stdout.strip().partition(" ")
        if seen == version:
            return path
    return None


def python_of(home):
    """The interpreter of the environment at `home`."""
    return home / ("Scripts/python.exe" if WINDOWS else "bin/python")


def pins(lane):
    """The pin file of a lane."""
    return ROOT / "ci" / "lanes" / (lane + ".txt")


def environment(run, name, version, requirements):
    """The Python of `.nox/<name>`: an environment of Python `version` with `requirements` in it.

    `run(*command)` runs a command; `requirements` are pip's arguments. The environment is kept as
    long as the interpreter, the arguments and the files they name stay, and made anew otherwise.
    """
    home = ENVIRONMENTS / name
    base = find_python(version)
    files = [Path(word).read_text("utf-8") for word in requirements if word.endswith(".txt")]
    wanted = "\n".join([os.path.realpath(base), *requirements, *files])
    stamp = home / "made-of.txt"
    if not (stamp.exists() and stamp.read_text("utf-8") == wanted):
        shutil.rmtree(home, ignore_errors=True)
        run(base, "-m", "venv", str(home))
        run(str(python_of(home)), "-m", "pip", "install", "--quiet", *requirements)
        stamp.write_text(wanted, "utf-8")
    return str(python_of(home))
