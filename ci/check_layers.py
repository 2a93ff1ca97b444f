"""The ladder: imports only go down, and a package declares just what it imports.

Also: backends are named in their own files only, nothing outside b4k is patched, and no file has
over 800 lines.
"""

import ast
import re
import sys

from repository import PACKAGES, ROOT, dependencies, extras, finish, module

MAY_IMPORT = {  # package: (packages below it, third parties)
    "b4k-ops": ([], ["numpy"]),
    "b4k-layers": (["b4k-ops"], ["numpy"]),
    "b4k-models": (["b4k-ops", "b4k-layers"], ["crc32c", "libcst", "numpy", "safetensors"]),
    "b4k-text": ([], ["numpy", "sentencepiece", "starlette", "tokenizers", "tqdm", "uvicorn"]),
    "b4k-optim": (["b4k-ops"], ["numpy"]),
    "b4k-pretrain": (
        PACKAGES[:-1],
        [
            "apache-beam",
            "array_record",
            "crc32c",
            "datasketch",
            "grain",
            "matplotlib",
            "numpy",
            "tensorboard",
            "tomli",
            "tqdm",
            "zstandard",
        ],
    ),
}
KERASES = {"keras", "tf_keras", "tensorflow", "jax", "jaxlib", "torch"}  # the user's, not declared
KERAS_FILES = re.compile(r"_(keras|tfkeras|tensorflow)\w*\.py|b4k_ops/__init__\.py")
FOREIGN = {"keras", "K", "tf", "tensorflow", "jax", "torch", "numpy", "np", "sys"}
MAX_LINES = 800


def sources(package):
    """The Python files of a package, without its tests."""
    return sorted((ROOT / "packages" / package / "src").rglob("*.py"))


def place(path, node):
    """file:line for a message."""
    return "%s:%d" % (path.relative_to(ROOT).as_posix(), node.lineno)


def imports(path):
    """(node, top-level module) of every absolute import of a file, wherever it stands."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node, node.module.split(".")[0]


def check_imports(package):
    """Third parties and sisters a package imports, against what it may and what it declares."""
    below, third_parties = MAY_IMPORT[package]
    allowed = {module(name): name for name in [package, *below, *third_parties]}
    used = set()
    for path in sources(package):
        for node, name in imports(path):
            if name in KERASES:
                if not KERAS_FILES.search(path.as_posix()):
                    yield "%s imports %s, as only `_keras*` files may" % (place(path, node), name)
            elif name in allowed:
                used.add(allowed[name])
            elif name.startswith("b4k_") or not is_standard(name):
                yield "%s imports %s, which %s may not" % (place(path, node), name, package)
    declared = set(dependencies(package))
    for name in sorted(used - {package} - declared - set(extras(package))):
        yield "%s imports %s and does not declare it" % (package, name)
    for name in sorted(declared - used):
        yield "%s declares %s and does not import it" % (package, name)


def is_standard(name):
    """Whether a module is of the standard library."""
    return name in sys.stdlib_module_names


def check_questions(path):
    """Above b4k-ops, nobody asks which Keras this is."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        asked = {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()
        asked.add(getattr(node, "attr", None))
        for name in sorted(asked & {"GENERATION", "BACKEND"}):
            yield "%s asks for %s, as only b4k-ops may" % (place(path, node), name)


def root(node):
    """Where a chain starts: keras.backend.x -> keras, sys.modules["a"] -> sys."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def written(node):
    """The targets that a statement or call sets or deletes."""
    if isinstance(node, (ast.Assign, ast.Delete)):
        return node.targets
    if isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        return [node.target]
    called = getattr(node, "func", None)
    if isinstance(called, ast.Name) and called.id in ("setattr", "delattr"):
        return [ast.Attribute(node.args[0], "", ast.Store())]
    if isinstance(called, ast.Attribute) and called.attr in ("setdefault", "update", "pop"):
        return [called.value]
    return []


def check_patches(path):
    """Assignments to what belongs to others."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        for target in written(node):
            for part in target.elts if isinstance(target, ast.Tuple) else [target]:
                if not isinstance(part, ast.Name) and root(part) in FOREIGN:
                    yield "%s patches %s" % (place(path, node), root(part))


def check_length(path):
    """Files that have outgrown a reader."""
    lines = len(path.read_text("utf-8").splitlines())
    if lines > MAX_LINES:
        yield "%s has %d lines, at most %d" % (path.relative_to(ROOT).as_posix(), lines, MAX_LINES)


def check():
    """All problems."""
    for package in PACKAGES:
        yield from check_imports(package)
        for path in sources(package):
            yield from check_patches(path)
            if package != "b4k-ops" and not KERAS_FILES.search(path.as_posix()):
                yield from check_questions(path)
    for folder in ("packages", "ci", "examples"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield from check_length(path)


if __name__ == "__main__":
    finish(list(check()))
