"""The names and signatures of `b4k_ops.ops` are those of `_names.py`, on Keras 3 those of `keras.ops` itself."""

import functools
import inspect

import pytest
from b4k_ops import _engine, _names, ops

STATUS = ("same", "own", "renamed K.", "defaults: ")


def find(name):
    """The function of that name: "relu", "image.resize"."""
    return functools.reduce(getattr, name.split("."), ops)


def test_no_name_is_missing_and_none_is_extra():
    public = [name for name in dir(ops) if not name.startswith("_")]
    assert public == sorted(ops.__all__)
    images = ["image." + name for name in vars(ops.image) if not name.startswith("_")]
    functions = [name for name in public if callable(getattr(ops, name))]
    assert set(functions) <= set(_names.NAMES) <= set(functions + images)


def test_no_name_is_listed_twice():
    assert len(set(_names.NAMES)) == len(_names.NAMES)


@pytest.mark.parametrize("op", _names.OPS, ids=lambda op: op.name)
def test_signature_is_the_one_listed(op):
    assert str(inspect.signature(find(op.name))) == op.signature


@pytest.mark.parametrize("name", _names.NAMES)
def test_function_is_the_engines_own(name):
    """On Keras 3, whose engine is `keras.ops`, nothing is wrapped."""
    modules = [_engine.op_families["image"]] if "." in name else _engine.op_modules
    found = [getattr(m, name.split(".")[-1], None) for m in modules]
    assert find(name) is next(filter(None, found))


@pytest.mark.parametrize(
    "op", [op for op in _names.OPS if op.family in _engine.op_families], ids=lambda op: op.name
)
def test_family_has_it(op):
    family = getattr(ops, op.family)
    assert getattr(family, op.name.split(".")[-1]) is find(op.name)


@pytest.mark.parametrize("op", _names.OPS, ids=lambda op: op.name)
def test_row_says_what_the_op_means(op):
    function = find(op.name)
    assert op.family in ("core", "numpy", "math", "nn", "linalg", "image", "einops")
    assert op.keras2.startswith(STATUS) and op.meaning
    if function.__module__.startswith("b4k_ops."):
        assert function.__doc__.splitlines()[0] == op.meaning


def test_table_has_a_line_for_every_op():
    head, rule, *rows = _names.table()
    assert head.count("|") == rule.count("|") and len(rows) == len(_names.NAMES)
    assert any(row.startswith("| `cast(x, dtype)` | core |") for row in rows)
