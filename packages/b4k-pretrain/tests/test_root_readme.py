"""The examples of the repository's READMEs run as they stand, with a small checkpoint for the real one."""

import json
import os
import re

import numpy as np
import pytest
from b4k_models import build_transformer_model
from b4k_ops.testing import examples, fresh_session

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CONFIG = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "hidden_act": "gelu",
    "max_position_embeddings": 16,
    "type_vocab_size": 2,
}


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_example_runs(readme, tmp_path, monkeypatch, capsys):
    fresh_session()
    (code,) = examples(os.path.join(ROOT, readme))
    vocabulary = SPECIALS + sorted(set(re.findall("[\u4e00-\u9fff]", code)))
    config = dict(CONFIG, vocab_size=len(vocabulary))
    monkeypatch.chdir(tmp_path)
    folder = re.search('folder = "(.*?)"', code).group(1)
    os.mkdir(folder)
    with open(folder + "vocab.txt", "w", encoding="utf-8") as file:
        file.write("\n".join(vocabulary))
    with open(folder + "bert_config.json", "w") as file:
        json.dump(config, file)
    bert = build_transformer_model(with_mlm=True, return_keras_model=False, **config)
    bert.save_weights_as_checkpoint(folder + "bert_model.ckpt")

    found = {}
    exec(compile(code, readme, "exec"), found)
    assert found["features"].shape == (1, 6, 16) and np.isfinite(found["features"]).all()
    assert found["probas"].shape == (1, 12, len(vocabulary))
    assert capsys.readouterr().out  # of random weights, so perhaps of special tokens alone
