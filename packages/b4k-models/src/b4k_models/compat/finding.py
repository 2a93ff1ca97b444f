"""Where the modules of bert4keras and bert4keras3 have gone: a finder for `import`."""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys

__all__ = ["borrow", "install"]

LAYERS = ("b4k_ops", "b4k_models.compat.backend", "keras.layers", "b4k_layers")
MODELS = LAYERS + ("b4k_models", "b4k_models.masks", "b4k_models.compat.models")
SNIPPETS = ("b4k_text.snippets", "b4k_models.compat.snippets")

MODULES = {  # an old module: the modules whose names it has, later ones first; () is a mere package
    "bert4keras": (),
    "bert4keras.backend": ("b4k_ops", "b4k_models.compat.backend"),
    "bert4keras.layers": LAYERS,
    "bert4keras.models": MODELS,
    "bert4keras.optimizers": ("b4k_models.compat.backend", "b4k_optim"),
    "bert4keras.snippets": SNIPPETS,
    "bert4keras.tokenizers": SNIPPETS + ("b4k_text.tokenizers",),
    "bert4keras3": (),
    "bert4keras3.Layers_add": (),
    "bert4keras3.Layers_add.Attentions": LAYERS,
    "bert4keras3.Layers_add.Embeddings": LAYERS,
    "bert4keras3.Layers_add.FFN": LAYERS,
    "bert4keras3.Layers_add.GP": LAYERS,
    "bert4keras3.Layers_add.LayerNorms": LAYERS,
    "bert4keras3.Models": (),
    "bert4keras3.Models.Albert": MODELS,
    "bert4keras3.Models.Bert": MODELS,
    "bert4keras3.Models.Electra": MODELS,
    "bert4keras3.Models.GAU": MODELS,
    "bert4keras3.Models.GPT": MODELS,
    "bert4keras3.Models.Roformer": MODELS,
    "bert4keras3.Models.T5": MODELS,
    "bert4keras3.backend": ("b4k_ops", "b4k_models.compat.backend"),
    "bert4keras3.layers": LAYERS,
    "bert4keras3.models": MODELS,
    "bert4keras3.ops": ("b4k_ops.ops",),
    "bert4keras3.snippets": SNIPPETS,
    "bert4keras3.tokenizers": SNIPPETS + ("b4k_text.tokenizers",),
    "bert4keras3.transformers": MODELS,
}


def install():
    """Let this process find the old names; once is enough."""
    if not any(isinstance(finder, OldNames) for finder in sys.meta_path):
        sys.meta_path.insert(0, OldNames())


def borrow(name, wanted_by="an old script"):
    """A module of b4k, or a view of one of the Keras in use; an ImportError that says what to install."""
    if name.split(".")[0] == "keras":
        from .views import view

        return view(name)
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.split(".")[0].replace("_", "-")
        if error.name != name.split(".")[0]:
            raise
        raise ImportError("%s needs %s: pip install %s" % (wanted_by, package, package)) from None


class OldNames(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of MODULES and fills them with what b4k calls the same."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname not in MODULES:
            return None
        is_package = any(name.startswith(fullname + ".") for name in MODULES)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=is_package)

    def exec_module(self, module):
        for name in MODULES[module.__name__]:
            module.__dict__.update(public_names(borrow(name, module.__name__)))


def public_names(module):
    """{name: value} of a module, as `from module import *` has it."""
    names = getattr(module, "__all__", None)
    if names is None:
        names = [name for name in dir(module) if not name.startswith("_")]
    return {name: getattr(module, name) for name in names}
