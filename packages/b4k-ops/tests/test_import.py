"""What importing b4k_ops does to a process: it chooses a Keras, says which, and changes nothing else."""

import inspect
import json
import os
import subprocess
import sys
import textwrap

import pytest
from b4k_ops import (
    BACKEND,
    GENERATION,
    Layer,
    keras,
    recompute,
    recompute_grad,
    recompute_scope,
)


def python(code, **variables):
    """The finished process that ran `code` with changed environment variables."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )


def test_import_leaves_keras_as_it_was():
    finished = python(
        """
        import json, os, sys
        if os.environ.get("TF_KERAS", "0") == "0":
            import keras
        else:
            from tensorflow import keras
        parts = "activations backend initializers layers losses models ops optimizers utils".split()

        def attributes():
            modules = [keras] + [getattr(keras, part, None) for part in parts]
            return {
                "%s.%s" % (module.__name__, name): id(getattr(module, name))
                for module in modules
                if module
                for name in dir(module)
            }

        before = attributes()
        import b4k_ops
        after = attributes()
        loaded = [name for name in ("tensorflow", "jax", "torch") if name in sys.modules]
        changed = [name for name in before if after.get(name) != before[name]]
        print(json.dumps([len(before), changed, sorted(set(after) - set(before)), loaded]))
        """
    )
    assert finished.returncode == 0, finished.stderr
    count, changed, added, backends = json.loads(finished.stdout.splitlines()[-1])
    assert count > 100
    assert (changed, added) == ([], [])
    assert backends == [BACKEND]


def test_without_any_keras_the_error_says_what_to_install():
    finished = python(
        """
        import sys
        sys.modules.update(keras=None, tensorflow=None)  # as if neither were installed
        import b4k_ops
        """
    )
    last = finished.stderr.strip().splitlines()[-1]
    assert finished.returncode and last.startswith("ImportError: ") and "install" in last


@pytest.mark.parametrize("version", ["2.2.4", "2.4.0", "1.2.2"])
def test_a_keras_of_another_age_is_refused_by_name(version):
    finished = python(
        """
        import sys, types
        sys.modules["keras"] = types.ModuleType("keras")
        sys.modules["keras"].__version__ = "%s"
        import b4k_ops
        """
        % version,
        TF_KERAS="0",
    )
    last = finished.stderr.strip().splitlines()[-1]
    assert finished.returncode and last.startswith("ImportError: ") and version in last


def test_command_line_says_which_keras_and_lists_the_ops():
    command = [sys.executable, "-m", "b4k_ops", "ops"]
    lines = subprocess.check_output(command, universal_newlines=True).splitlines()
    assert any(line.startswith("Keras:") and GENERATION in line for line in lines)
    assert any(line.startswith("backend: " + BACKEND) for line in lines)
    switch = {"tfkeras": "TF_KERAS asks", "keras2": "keras is 2.3", "keras3": "KERAS_BACKEND"}
    assert any(line.startswith("because ") and switch[GENERATION] in line for line in lines)
    assert any(line.startswith("| `matmul(x1, x2)` |") for line in lines)


def test_the_keras_in_use_is_the_one_exported():
    assert keras.layers.Layer in __import__("b4k_ops").Layer.__mro__


# --- recompute


class Doubling(Layer):
    """2 x, recomputed if asked for."""

    @recompute_grad
    def call(self, inputs, mask=None):
        return inputs * 2


def test_recompute_says_which_layers_do_it(monkeypatch):
    done = []

    class Engine:
        @staticmethod
        def recompute(layer, function, args, kwargs):
            done.append(layer.name)
            return function(*args, **kwargs)

    monkeypatch.setattr(recompute, "_engine", lambda: Engine)
    with recompute_scope():
        layers = [Doubling(name="in_scope"), Doubling(recompute=False, name="not")]
        with recompute_scope(False):
            layers += [Doubling(name="inner"), Doubling(recompute=True, name="told")]
    layers.append(Doubling(name="silent"))
    for switch, expected in [(False, {"in_scope", "told"}), (True, {"in_scope", "told", "silent"})]:
        monkeypatch.setattr(recompute, "RECOMPUTE", switch)
        del done[:]
        for layer in layers:
            layer(keras.layers.Input((3,)))
        assert set(done) == expected


def test_recompute_is_part_of_the_config():
    for value in (True, False):
        config = Doubling(recompute=value).get_config()
        assert config["recompute"] is value and Doubling.from_config(config).recompute is value
    assert "recompute" not in Doubling().get_config()


def test_recompute_is_never_a_silent_no_op():
    class Plain(Layer):
        def call(self, inputs):
            return inputs

    with pytest.raises(ValueError, match="Plain got recompute=True.*recompute_grad"):
        Plain(recompute=True)
    with recompute_scope():
        assert Plain().recompute is None


def test_the_signature_of_a_recomputed_call_is_seen():
    assert list(inspect.signature(Doubling.call).parameters) == ["self", "inputs", "mask"]
    assert inspect.getfullargspec(Doubling.call).args == ["self", "inputs", "mask"]
