"""The lines of the shell blocks in the READMEs and pages run, or name sessions, packages and options that there are."""

import ast
import glob
import importlib
import json
import os
import re
import runpy
import shlex
import subprocess
import sys

import pytest
from b4k_models import build_transformer_model
from b4k_ops import BACKEND
from b4k_ops.testing import examples, fresh_session
from b4k_pretrain import __main__ as pretrain
from b4k_pretrain.config import TOML, load_config

ONCE = True  # each case runs on one of the lanes of Keras 3: ci/lane_guard.py

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
DOCUMENTS = "*.md", "docs/pages/**/*.md", "packages/*/README.md", "examples/**/*.md"
VARIABLES = {"KERAS_BACKEND": ("tensorflow", "jax", "torch"), "TF_KERAS": ("1",)}
SMALL = {  # in place of what a run in the README says
    "training.batch_size": "8",
    "training.steps": "2",
    "training.interval": "1",
    "optimizer.warmup": "1",
    "data.options": "{sequence_length = 16, workers = 1, progress = false}",
}
CONFIG = {
    "vocab_size": 12,
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 12,
    "hidden_act": "gelu",
    "max_position_embeddings": 16,
}


def read(*path):
    """The text of a file of the repository."""
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def paths(*patterns):
    """The files of the repository that have such names."""
    return sorted(
        path for name in patterns for path in glob.glob(os.path.join(ROOT, name), recursive=True)
    )


def blocks(path, kind):
    """The blocks of one language in a file."""
    return examples(os.path.join(ROOT, path), kind)


def commands(block):
    """The commands of a shell block as lists of words, without comments."""
    for line in block.splitlines():
        for command in re.split(r"\s&&\s", line):
            words = shlex.split(command, comments=True)
            if words:
                yield tuple(words)


def spans(path):
    """The commands within sentences that the checks below know, but for those with a <placeholder>."""
    return re.findall("`((?:nox -[st]|pip install) [^`<]+)`", read(path))


TEXTS = [text for path in paths(*DOCUMENTS) for text in blocks(path, "shell") + spans(path)]
LINES = sorted({line for text in TEXTS for line in commands(text)})
RUN = "python -m b4k_pretrain "


# --- what there is


def sessions():
    """The names of the sessions and lanes in the noxfile, and the tags of the lanes."""
    text = read("noxfile.py")
    found = re.findall(r'^@nox\.session(?:\(name="(.+?)"\))?\n(?:@.*\n)*def (\w+)', text, re.M)
    lanes = re.findall(r'^    Lane\("(.+?)".*\["(\w+)"\]\),$', text, re.M)
    return {name or function for name, function in found} | {lane for lane, _ in lanes}, {
        tag for _, tag in lanes
    }


def stems(*patterns):
    """The names of files without folder and ending."""
    return {os.path.splitext(os.path.basename(path))[0] for path in paths(*patterns)}


def pins():
    """What is pinned somewhere: `name==version`, and `name` alone."""
    text = "\n".join(map(read, paths("ci/**/*.txt", "noxfile.py"))).lower()
    exact = set(re.findall(r"[\w.-]+==[\w.]+", text))
    return exact | {pin.split("==")[0] for pin in exact} | {"nox"}


# --- one check for each command


def check_nox(words):
    """Sessions, tags, and what follows `--` are there."""
    names, tags = sessions()
    at = words.index("--") if "--" in words else len(words)
    known = tags if words[0] == "-t" else names
    assert words[0] in ("-s", "-t") and set(words[1:at]) <= known
    rest = list(words[at + 1 :])
    rest = rest[: rest.index("--")] if "--" in rest else rest  # pytest's come behind
    things = (
        names
        | stems("packages/*", "packages/*/benchmarks/*.py", "ci/golden/make_*.py")
        | {os.path.basename(path) for path in paths("examples/pretrain/*.toml")}
    )
    assert {word for word in rest if not word.startswith("--") and not word.isdigit()} <= things


def check_pip(words):
    """Packages of ours have these extras; those of others stand among the pins, with this version."""
    assert words[0] == "install"
    for requirement in words[1:]:
        name, extras = re.match(r"([\w.-]*)(?:\[(.*)\])?", requirement).groups()
        if name.startswith("b4k-"):
            project = TOML.loads(read("packages", name, "pyproject.toml"))["project"]
            assert set(filter(None, [extras])) <= set(
                project["optional-dependencies"] if extras else ()
            )
        elif requirement != "dist/*.whl" and not requirement.startswith(("-", "packages/b4k-")):
            assert (requirement if "==" in requirement else name) in pins()


def check_script(path, words, monkeypatch):
    """A script is there and knows its options; one of a README is the block of code after its name."""
    if not os.path.exists(os.path.join(ROOT, path)):
        readmes = "\n".join(map(read, paths("packages/*/README.md")))
        (code,) = re.findall(r"`%s`:\n\n```python\n(.*?)```" % re.escape(path), readmes, re.DOTALL)
        ast.parse(code)
    elif words:
        monkeypatch.syspath_prepend(os.path.join(ROOT, "examples"))
        assert "data.options(__doc__)" in read(path)
        monkeypatch.setattr(sys, "argv", [path, *words])
        assert importlib.import_module("data").options("-")


def check_compat(words):
    """The script runs under its old names, and gets its arguments."""
    path = os.path.abspath(words[0])
    with open(path, "w") as script:
        script.write("import sys\nimport bert4keras.models\nprint(sys.argv[1:])")
    command = [sys.executable, "-m", "b4k_models.compat", path, *words[1:]]
    done = subprocess.check_output(command, cwd=ROOT)
    assert done.decode().splitlines()[-1] == str(list(words[1:]))


def check_migrate(words):
    """The command of this name shows the change, or makes it."""
    project = TOML.loads(read("packages", "b4k-models", "pyproject.toml"))["project"]
    module, function = project["scripts"]["b4k-migrate"].split(":")
    with open("script.py", "w") as script:
        script.write("from bert4keras.models import build_transformer_model\n")
    assert getattr(importlib.import_module(module), function)(list(words)) == 0
    with open("script.py") as script:
        assert ("b4k_models" in script.read()) == ("--write" in words)


def check_python(words, monkeypatch, capsys):
    """`python -m module ...`, or `python script ...`."""
    if words[0] != "-m":
        check_script(words[0], words[1:], monkeypatch)
    elif words[1] == "b4k_models.compat":
        check_compat(words[2:])
    elif words[1] == "pytest":
        assert os.path.exists(os.path.join(ROOT, words[2]))
    elif words[1] in ("pip", "nox"):
        {"pip": check_pip, "nox": check_nox}[words[1]](words[2:])
    else:
        monkeypatch.setattr(sys, "argv", list(words[1:]))
        runpy.run_module(words[1], run_name="__main__", alter_sys=False)
        assert BACKEND in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [line for line in LINES if not " ".join(line).startswith(RUN)], ids=" ".join
)
def test_a_line_holds(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = words[1:] if words[0] == "export" else words
    while words and re.match(r"\w+=", words[0]):
        name, value = words[0].split("=")
        assert value in VARIABLES[name]
        words = words[1:]
    if words[:1] == ("nox",):
        check_nox(words[1:])
    elif words[:1] == ("pip",):
        check_pip(words[1:])
    elif words[:1] == ("b4k-migrate",):
        check_migrate(words[1:])
    elif words:
        assert words[0] == "python"
        check_python(words[1:], monkeypatch, capsys)


# --- the run of b4k-pretrain


def write_run(text):
    """The files that the configuration of a run names."""
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"今天气很好北京"]
    corpus = "今天天气很好\n北京很好北京天气好今天好\n天气很好好很好\n" * 9
    os.mkdir("corpus")
    files = {
        "run.toml": text,
        "vocab.txt": "\n".join(tokens),
        "bert_config.json": json.dumps(CONFIG),
        "corpus/a.txt": "\n".join(str(i) + line for i, line in enumerate(corpus.splitlines())),
        "held_out.txt": corpus,
    }
    for path, content in files.items():
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
    bert = build_transformer_model(with_mlm=True, return_keras_model=False, **CONFIG)
    bert.save_weights_as_checkpoint("bert_model.ckpt")


def test_the_run_in_the_readme(tmp_path, monkeypatch):
    fresh_session()
    monkeypatch.chdir(tmp_path)
    text, more = blocks("packages/b4k-pretrain/README.md", "toml")
    write_run(text)
    small = [word for item in SMALL.items() for word in ("--set", "%s=%s" % item)]
    lines = [
        line
        for block in blocks("packages/b4k-pretrain/README.md", "shell")
        for line in commands(block)
    ]
    lines = [line for line in lines if " ".join(line).startswith(RUN)]
    assert [words[3] for words in lines] == ["prepare", "train", "eval", "export"]
    for words in lines:
        assert not pretrain.main([*words[3:], *small])
    assert sorted(os.listdir("run/export")) == ["google", "huggingface", "keras"]

    with open("electra.toml", "w") as file:  # the other block, in place of the first one's tables
        file.write(re.sub(r"\[model\].*?(?=^\[)", "", text, flags=re.DOTALL | re.MULTILINE) + more)
    assert load_config("electra.toml")["objective.name"] == "electra"
