"""The examples of the READMEs and of the documentation run as they stand, with small files for the real ones."""

import glob
import json
import os
import re
import shutil

import numpy as np
import pytest
from b4k_models import build_transformer_model
from b4k_ops import GENERATION
from b4k_ops.testing import examples, fresh_session

ONCE = ("test_a_page_runs", "test_another_readme_runs")

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
PAGES = os.path.join(ROOT, "docs", "pages", "en")
LEGACY = os.path.join(ROOT, "packages", "b4k-models", "tests", "golden", "legacy", "best.weights")
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CONFIG = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "hidden_act": "gelu",
    "max_position_embeddings": 128,
    "type_vocab_size": 2,
}


def write_json(path, content):
    """A JSON file, in a folder made for it."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        json.dump(content, file)


def write_vocabulary(folder, code):
    """A vocab.txt with the characters of some code; how many tokens it has."""
    vocabulary = SPECIALS + sorted(set(re.findall("[\u4e00-\u9fff]", "语言模型" + code)))
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "vocab.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(vocabulary))
    return len(vocabulary)


def write_google(folder, code):
    """What Google's releases hold; how many tokens it has."""
    config = dict(CONFIG, vocab_size=write_vocabulary(folder, code))
    write_json(os.path.join(folder, "bert_config.json"), config)
    bert = build_transformer_model(with_nsp=True, with_mlm=True, return_keras_model=False, **config)
    bert.save_weights_as_checkpoint(os.path.join(folder, "bert_model.ckpt"))
    return config["vocab_size"]


def write_others(google, code):
    """A Hugging Face directory, and what an old script left behind."""
    bert = build_transformer_model(
        google + "bert_config.json", google + "bert_model.ckpt", return_keras_model=False
    )
    bert.save_pretrained("path/to/directory")
    write_vocabulary("path/to/directory", code)
    old = dict(CONFIG, vocab_size=30, max_position_embeddings=12)
    write_json("old/bert_config.json", old)
    shutil.copy(LEGACY, "old")


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_example_runs(readme, tmp_path, monkeypatch, capsys):
    fresh_session()
    (code,) = examples(os.path.join(ROOT, readme))
    monkeypatch.chdir(tmp_path)
    num_tokens = write_google(re.search('folder = "(.*?)"', code).group(1), code)

    found = {}
    exec(compile(code, readme, "exec"), found)
    assert found["features"].shape == (1, 6, 16) and np.isfinite(found["features"]).all()
    assert found["probas"].shape == (1, 12, num_tokens)
    assert capsys.readouterr().out  # of random weights, so perhaps of special tokens alone


@pytest.mark.parametrize("readme", ["examples/model/README.md", "packages/b4k-layers/README.md"])
def test_another_readme_runs(readme, monkeypatch):
    fresh_session()
    monkeypatch.chdir(ROOT)
    (code,) = examples(readme)
    found = {}
    exec(compile(code, readme, "exec"), found)
    assert len(found["model"].output_shape) == 3  # [batch, length, dim]


def pages():
    """The pages of the documentation that have examples; those in Chinese have the same."""
    paths = sorted(glob.glob(os.path.join(PAGES, "**", "*.md"), recursive=True))
    return [os.path.relpath(path, PAGES) for path in paths if examples(path)]


@pytest.mark.parametrize("page", pages())
def test_a_page_runs(page, tmp_path, monkeypatch, capsys):
    """A line that prints says after `# ` what, if it is always the same; `# Keras 3` heads what needs that."""
    fresh_session()
    blocks = examples(os.path.join(PAGES, page))
    blocks = [b for b in blocks if GENERATION == "keras3" or not b.startswith("# Keras 3\n")]
    monkeypatch.chdir(tmp_path)
    write_google("chinese_L-12_H-768_A-12/", "".join(blocks))
    write_others("chinese_L-12_H-768_A-12/", "".join(blocks))

    found = {"__name__": page}
    for code in blocks:
        exec(compile(code, page, "exec"), found)
    printed = capsys.readouterr().out.splitlines()
    for promised in re.findall(r"^print\(.*\)  # ([\[\d.\] ]+|True)$", "".join(blocks), re.M):
        assert promised in printed


def test_all_pages_are_there():
    assert len(pages()) == 7
