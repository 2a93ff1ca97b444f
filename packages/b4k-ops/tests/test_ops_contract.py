"""The names and signatures of `b4k_ops.ops` are those of `_names.py`, on Keras 3 those of `keras.ops` itself."""

import inspect

import pytest
from b4k_ops import _engine, _names, ops

STATUS = ("same", "own", "renamed K.", "defaults: ")


def test_no_name_is_missing_and_none_is_extra():
    public = [name for name in dir(ops) if not name.startswith("_")]
    assert sorted(_names.NAMES) == public == sorted(ops.__all__)


def test_no_name_is_listed_twice():
    assert len(set(_names.NAMES)) == len(_names.NAMES)


@pytest.mark.parametrize("op", _names.OPS, ids=lambda op: op.name)
def test_signature_is_the_one_listed(op):
    assert str(inspect.signature(getattr(ops, op.name))) == op.signature


@pytest.mark.parametrize("name", _names.NAMES)
def test_function_is_the_engines_own(name):
    """On Keras 3, whose engine is `keras.ops`, nothing is wrapped."""
    found = [getattr(module, name) for module in _engine.op_modules if hasattr(module, name)]
    assert getattr(ops, name) is found[0]


@pytest.mark.parametrize("op", _names.OPS, ids=lambda op: op.name)
def test_row_says_what_the_op_means(op):
    function = getattr(ops, op.name)
    assert op.family in ("core", "numpy", "math", "nn")
    assert op.keras2.startswith(STATUS) and op.meaning
    if function.__module__.startswith("b4k_ops."):
        assert function.__doc__.splitlines()[0] == op.meaning


def test_table_has_a_line_for_every_op():
    head, rule, *rows = _names.table()
    assert head.count("|") == rule.count("|") and len(rows) == len(_names.NAMES)
    assert rows[0].startswith("| `cast(x, dtype)` | core |")
