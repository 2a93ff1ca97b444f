"""A configuration says what it means, or what is wrong with it."""

import os
import sys
import types

import numpy as np
import pytest
from b4k_pretrain.__main__ import main
from b4k_pretrain.config import Config, ConfigError, load_config, table
from b4k_pretrain.keys import KEYS
from b4k_pretrain.manifest import Manifest
from b4k_pretrain.objectives import open_objective
from b4k_pretrain.tokenizing import open_tokenizer

FILE = """
[data]
records = "records"
[training]
folder = "run"
steps = 4
interval = 2
batch_size = 8
accumulation = 2
[optimizer]
warmup = 1
learning_rate = 1
"""


def write(folder, text=FILE):
    path = folder / "run.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_file_is_read(tmp_path):
    config = load_config(write(tmp_path), **{"training.steps": 6})
    assert config["training.steps"] == 6 and config["optimizer.name"] == "lamb"
    assert config["data.records"] == str(tmp_path / "records")
    assert config["optimizer.learning_rate"] == 1.0 and config["data.evaluation_records"] == ""
    assert (config.batches, config.part_size) == (12, 4)


@pytest.mark.parametrize(
    "added, message",
    [
        ("warm_up = 3", "no key 'optimizer.warm_up'; did you mean 'optimizer.warmup'?"),
        ('warmup = "3"', "optimizer.warmup = '3': expected a whole number"),
        ("warmup = 4", "expected 0 or more, and less than training.steps"),
        ('name = "sgd"', "optimizer.name = 'sgd': expected 'lamb' or 'adam'"),
        ("[training.x]\n[train]\nsteps = 1", "no key 'training.x'"),
    ],
)
def test_what_is_not_meant_is_refused(tmp_path, added, message):
    path = write(tmp_path, FILE.replace("warmup = 1\n", "") + added)
    with pytest.raises(ConfigError) as error:
        load_config(path)
    assert message in str(error.value) and path in str(error.value)


@pytest.mark.parametrize(
    "steps, message",
    [(5, "training.steps = 5: expected a multiple of training.interval=2"), (0, "1 or more")],
)
def test_steps_are_whole_intervals(tmp_path, steps, message):
    with pytest.raises(ConfigError, match=message):
        load_config(write(tmp_path), **{"training.steps": steps})


VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"今天气很好", "##d"]


def words_of(folder, words, tokens):
    """The numbers of the words that tokens are parts of, by a configuration."""
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY), encoding="utf-8")
    config = load_config(
        write(folder), **{"objective.options": {"words": words}, "data.tokenizer": "vocab.txt"}
    )
    manifest = Manifest(8, len(VOCABULARY), {"mask": 4})
    ids = np.array([VOCABULARY.index(token) for token in tokens])
    tokenizer = open_tokenizer(config["data.tokenizer"])
    return open_objective(config, manifest, tokenizer).words(ids).tolist()


def test_words_are_chosen_by_name(tmp_path, monkeypatch):
    segmenter = types.ModuleType("jieba")
    segmenter.lcut = lambda text: [text[i : i + 2] for i in range(0, len(text), 2)]
    monkeypatch.setitem(sys.modules, "jieba", segmenter)
    for name in ("jieba", "jieba:lcut"):
        assert words_of(tmp_path, name, "今天天气很") == [1, 1, 2, 2, 3]
    assert words_of(tmp_path, "pieces", ["今", "##d", "天"]) == [1, 1, 2]
    for name in ("none_such:cut", "jieba:none", "jiebb", 3):
        with pytest.raises(ValueError, match="words = .*expected 'pieces', 'jieba'"):
            words_of(tmp_path, name, "今")
    config = load_config(write(tmp_path), **{"objective.options": {"words": "jieba"}})
    with pytest.raises(ValueError, match="'jieba' needs data.tokenizer"):
        open_objective(config, Manifest(8, 9, {"mask": 4}))


@pytest.mark.parametrize(
    "key, value", [("generator", {"hidden_size": 8}), ("generator_checkpoint", "a")]
)
def test_electra_alone_has_a_generator(tmp_path, key, value):
    with pytest.raises(ConfigError, match="%s = .*: objective.name = 'electra' alone" % key):
        load_config(write(tmp_path), **{"model." + key: value})


def test_what_is_missing_is_named():
    with pytest.raises(ConfigError, match="data.records is missing"):
        Config({})


def test_no_toml_and_no_file(tmp_path):
    with pytest.raises(ConfigError, match="no TOML"):
        load_config(write(tmp_path, "[data"))
    with pytest.raises(ConfigError, match="there is no such"):
        load_config(str(tmp_path / "none.toml"))


def test_the_fingerprint_is_of_what_binds(tmp_path):
    path = write(tmp_path)
    config = load_config(path)
    assert load_config(path, **{"training.keep": 9}).fingerprint == config.fingerprint
    assert load_config(path, **{"training.seed": 9}).fingerprint != config.fingerprint


def test_the_command_line_knows_every_key(capsys, tmp_path):
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all("  %s: %s" % (key.name, key.meaning) in shown for key in KEYS)
    with pytest.raises(SystemExit, match="train: .*did you mean 'training.steps'"):
        main(["train", write(tmp_path), "--set", "training.step=2"])
    with pytest.raises(SystemExit, match="expected KEY=VALUE"):
        main(["train", write(tmp_path), "--set", "training.steps"])


def test_the_readme_has_the_table_of_all_keys():
    readme = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "README.md")
    with open(readme, encoding="utf-8") as file:
        assert "\n".join(table()) in file.read()
