"""Runs old scripts, and the modules beside them, so that `keras` is to them what it was."""

import builtins
import importlib.abc
import importlib.machinery
import os
import re
import runpy
import subprocess
import sys

from ._keras import fulfils
from .finding import install
from .views import view

__all__ = ["run", "seen_as_before"]

SWITCHES = ("TF_KERAS", "TF_USE_LEGACY_KERAS", "KERAS_BACKEND", "RECOMPUTE")


def run(path):
    """Run a script as `python path` does, with the old names in it; its arguments are `sys.argv[1:]`.

    Where it sets an environment variable that decides which Keras is used (`os.environ["TF_KERAS"] = "1"`), that is
    decided already, and the script is run in a process of its own.
    """
    with open(path, encoding="utf-8", errors="replace") as file:
        wanted = switches(file.read())
    if not all(fulfils(name, value) for name, value in wanted.items()):
        command = [sys.executable, "-m", "b4k_models.compat", path, *sys.argv[1:]]
        raise SystemExit(subprocess.call(command, env=dict(os.environ, **wanted)))
    folder = os.path.dirname(os.path.abspath(path))
    install()
    sys.meta_path.insert(0, Neighbours(folder))
    sys.path.insert(0, folder)
    runpy.run_path(path, {"__builtins__": seen_as_before()}, "__main__")


def switches(source):
    """{name: value} of the SWITCHES that a script sets with `os.environ[...] = "..."`."""
    pairs = re.findall(
        r"""^ *os\.environ\[["'](\w+)["']\] *= *["'](\w+)["']""", source, re.MULTILINE
    )
    return {name: value for name, value in pairs if name in SWITCHES}


def seen_as_before():
    """The builtins for a module to which `keras` shall be what it was: its imports are looked up here."""
    return dict(vars(builtins), __import__=_import)


def _import(name, globals=None, locals=None, fromlist=(), level=0):
    """Python's `__import__`, with views of the modules of Keras."""
    if level or name.split(".")[0] != "keras":
        return builtins.__import__(name, globals, locals, fromlist, level)
    module = view(name)
    for part in fromlist or ():
        if part != "*" and not hasattr(module, part):
            _try(name + "." + part)
    return module if fromlist else view("keras")


def _try(name):
    """Import a module that may be one; what asks for it says so if it is not there."""
    try:
        view(name)
    except ImportError:
        pass


class Neighbours(importlib.abc.MetaPathFinder):
    """Finds the modules beside a script, whose `keras` is to be the script's."""

    def __init__(self, folder):
        self.folder = folder

    def find_spec(self, fullname, path=None, target=None):
        if path is None:
            path = [self.folder]
        elif not any(str(place).startswith(self.folder) for place in path):
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = Source(spec.loader.name, spec.loader.path)
        return spec


class Source(importlib.machinery.SourceFileLoader):
    """Loads a module with these builtins."""

    def exec_module(self, module):
        module.__dict__["__builtins__"] = seen_as_before()
        super().exec_module(module)
