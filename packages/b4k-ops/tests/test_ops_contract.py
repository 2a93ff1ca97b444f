"""The contract: `b4k_ops.ops` has the names and signatures of Keras 3.15.1, as `_names.py` lists them."""

import functools
import inspect
import json
import os

import pytest
from b4k_ops import _engine, _names, ops

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "golden", "ops_reference", "keras_ops.json")) as recorded:
    REFERENCE = json.load(recorded)  # made from Keras itself by ci/golden/make_ops_reference.py
FAMILIES = ("core", "numpy", "math", "nn", "linalg", "image", "einops")
STATUS = ("same", "own", "renamed K.", "defaults: ", "absent: ")


def find(name):
    """The function of that name: "relu", "image.resize"."""
    return functools.reduce(getattr, name.split("."), ops)


def public(module):
    """The names of the functions of a module or namespace."""
    there = vars(module).items()
    return sorted(name for name, f in there if callable(f) and not name.startswith("_"))


def test_no_name_is_missing_and_none_is_extra():
    assert sorted(_names.NAMES) == sorted(REFERENCE["signatures"])
    top = sorted(name for name in _names.NAMES if "." not in name)
    assert public(ops) == top
    assert sorted(ops.__all__) == sorted(top + list(REFERENCE["modules"]))


@pytest.mark.parametrize("module", sorted(REFERENCE["modules"]))
def test_modules_have_the_names_of_keras(module):
    assert public(getattr(ops, module)) == REFERENCE["modules"][module]
    for name in REFERENCE["modules"][module]:
        whole = module + "." + name
        assert getattr(getattr(ops, module), name) is find(name if name in public(ops) else whole)


@pytest.mark.parametrize("op", _names.OPS, ids=lambda op: op.name)
def test_op(op):
    function = find(op.name)
    assert op.signature == REFERENCE["signatures"][op.name] == str(inspect.signature(function))
    assert op.family in FAMILIES and op.keras2.startswith(STATUS) and op.meaning
    if function.__module__.startswith("b4k_ops."):
        assert function.__doc__.splitlines()[0] == op.meaning


@pytest.mark.parametrize("name", _names.NAMES)
def test_function_is_the_engines_own(name):
    """On Keras 3, whose engine is `keras.ops`, nothing is wrapped."""
    modules = [_engine.op_families["image"]] if "." in name else _engine.op_modules
    found = [getattr(module, name.split(".")[-1], None) for module in modules]
    assert find(name) is next(filter(None, found))


def test_hardly_any_op_is_absent():
    absent = [op.name for op in _names.OPS if op.keras2.startswith("absent")]
    assert len(absent) <= 10


def test_table_has_a_line_for_every_op():
    head, rule, *rows = _names.table()
    assert {line.count("|") for line in [head, rule, *rows]} == {head.count("|")}
    assert len(rows) == len(_names.NAMES)
    assert rows[0].startswith("| `associative_scan(")
