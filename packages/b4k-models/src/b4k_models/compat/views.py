"""`keras` as old scripts know it: the modules of the Keras in use, with some names as they were."""

import functools
import importlib
import types

from b4k_ops import keras

from ._keras import REPLACED
from .functions import K

__all__ = ["view"]


class View(types.ModuleType):
    """A module of Keras whose names come from there, but for those that are replaced."""

    def __init__(self, name, module):
        super().__init__(name, module.__doc__)
        self.__dict__.update(REPLACED.get(name, {}), __path__=[])
        self.viewed = module

    def __getattr__(self, name):
        if name == "__all__":
            return [public for public in dir(self) if not public.startswith("_")]
        value = getattr(self.viewed, name)
        is_module = isinstance(value, types.ModuleType)
        return view("%s.%s" % (self.__name__, name)) if is_module else value

    def __dir__(self):
        return sorted(set(dir(self.viewed)) | set(REPLACED.get(self.__name__, {})))


@functools.lru_cache(maxsize=None)
def view(name):
    """The module that an old script means by a name from "keras" on; an ImportError where there is none."""
    if name == "keras.backend":
        return K
    return View(name, _module(name))


def _module(name):
    """The module of that name of the Keras in use."""
    path = name.split(".")[1:]
    try:
        return functools.reduce(getattr, path, keras)
    except AttributeError:
        return importlib.import_module(".".join([keras.__name__, *path]))
