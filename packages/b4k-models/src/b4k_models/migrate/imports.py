"""Imports: from the modules of bert4keras to those of b4k."""

import libcst as cst
from b4k_layers import __all__ as LAYERS
from b4k_ops import __all__ as OURS

from b4k_models import __all__ as MODELS

from .statements import Commenting

__all__ = ["rewrite_imports"]

OPS = set(OURS) - {
    "Add",
    "Concatenate",
    "Dense",
    "Dropout",
    "Layer",
    "Model",
}  # as Keras has them too
PLACES = {  # last part of the old module: [(new module, its names, None for any)]
    "backend": [("b4k_ops", OPS)],
    "layers": [("b4k_layers", set(LAYERS)), ("b4k_ops", OPS), ("keras.layers", None)],
    "models": [
        ("b4k_models", set(MODELS)),
        ("b4k_layers", set(LAYERS)),
        ("b4k_ops", OPS),
        ("keras.layers", None),
    ],
    "transformers": [("b4k_models", set(MODELS)), ("b4k_models.masks", None)],
    "optimizers": [("b4k_optim", None)],
    "snippets": [("b4k_text.snippets", None)],
    "tokenizers": [("b4k_text.tokenizers", None)],
    "ops": [("b4k_ops.ops", None)],
}
STARS = {"layers": ["keras.layers", "b4k_layers"], "models": ["b4k_layers", "b4k_models"]}
DROPPED = {"uniout", "is_py2"}
UNKNOWN = "b4k has no `%s` of %s"


def rewrite_imports(module, needed):
    """(the module with other imports, [(line, what to check)]); `needed` are the names that its calls want."""
    imports = Imports(set(needed))
    module = cst.MetadataWrapper(module).visit(imports)
    return module, imports.notes


class Imports(Commenting):
    """Rewrites the lines that import bert4keras, or Keras's backend as K."""

    def __init__(self, needed):
        super().__init__()
        self.needed = needed

    def leave_SimpleStatementLine(self, original_node, updated_node):
        statement = original_node.body[0]
        if len(original_node.body) > 1 or not isinstance(statement, (cst.Import, cst.ImportFrom)):
            return updated_node
        if isinstance(statement, cst.Import):
            return self.plain(original_node, updated_node, statement)
        source = _dotted(statement.module) if statement.module and not statement.relative else ""
        if source.split(".")[0] in ("bert4keras", "bert4keras3"):
            return self.old(updated_node, statement, source)
        if source == "keras" and any(_alias(item) == "K" for item in _items(statement)):
            return self.backend(updated_node, statement)
        return updated_node

    def plain(self, original, line, statement):
        """`import keras.backend as K`, and what can't be: `import bert4keras.layers`."""
        names = [_dotted(item.name) for item in statement.names]
        if any(name.split(".")[0] in ("bert4keras", "bert4keras3") for name in names):
            self.note(
                original, "import the names you need from b4k_ops, b4k_layers, b4k_models ..."
            )
        if names == ["keras.backend"] and _alias(statement.names[0]) == "K":
            return _lines(line, self.taken({}))
        return line

    def backend(self, line, statement):
        """`from keras import backend as K, layers`."""
        kept = [item for item in _items(statement) if _alias(item) != "K"]
        groups = {"keras": [_text(item) for item in kept]} if kept else {}
        return _lines(line, self.taken(groups))

    def old(self, line, statement, source):
        """`from bert4keras.x import a, b as c`."""
        part = source.split(".")[-1] if source.split(".")[1:2] != ["Layers_add"] else "layers"
        part = "models" if source.split(".")[1:2] == ["Models"] else part
        places = PLACES.get(part)
        if places is None:
            self.note(statement, UNKNOWN % ("*", source))
            return line
        if isinstance(statement.names, cst.ImportStar):
            groups = {place: ["*"] for place in STARS.get(part, [places[0][0]])}
            return _lines(line, groups)
        groups, has_k = {}, False
        for item in _items(statement):
            name = item.name.value
            if name == "K":
                has_k = True
            elif name not in DROPPED:
                self.place(statement, groups, places, item, source)
        return _lines(line, self.taken(groups) if has_k else groups)

    def place(self, statement, groups, places, item, source):
        """Put a name into the group of the module that has it."""
        for place, names in places:
            if names is None or item.name.value in names:
                groups.setdefault(place, []).append(_text(item))
                return
        groups.setdefault("b4k_models.compat.backend", []).append(_text(item))
        self.note(
            statement, UNKNOWN % (item.name.value, source) + " beside that of b4k_models.compat"
        )

    def taken(self, groups):
        """The groups, and in them what the calls need, once."""
        there = {text for texts in groups.values() for text in texts}
        wanted, self.needed = self.needed - there, set()
        if wanted - {"K", "b4k_ops"}:
            groups.setdefault("b4k_ops", []).extend(sorted(wanted - {"K", "b4k_ops"}))
        if "b4k_ops" in wanted:
            groups[""] = ["b4k_ops"]
        if "K" in wanted:
            groups.setdefault("b4k_models.compat.backend", []).append("K")
        return groups


def _lines(line, groups):
    """A line for each module, "" for a module by itself, in the place of `line`."""
    texts = [
        ("from %s " % place if place else "") + "import " + ", ".join(names)
        for place, names in groups.items()
    ]
    if not texts:
        return cst.RemoveFromParent()
    made = [cst.parse_statement(text) for text in texts]
    made[0] = made[0].with_changes(leading_lines=line.leading_lines)
    made[-1] = made[-1].with_changes(trailing_whitespace=line.trailing_whitespace)
    return cst.FlattenSentinel(made)


def _items(statement):
    """The names of an import, none for a star."""
    return [] if isinstance(statement.names, cst.ImportStar) else statement.names


def _alias(item):
    """What a name is called here."""
    return item.asname.name.value if item.asname else getattr(item.name, "value", None)


def _text(item):
    """`name` or `name as other`."""
    name = _dotted(item.name)
    return name if item.asname is None else "%s as %s" % (name, item.asname.name.value)


def _dotted(node):
    """a.b.c"""
    return node.value if isinstance(node, cst.Name) else _dotted(node.value) + "." + node.attr.value
