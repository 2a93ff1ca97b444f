"""The README's examples run as they stand, with small files in the places of the real ones."""

import json
import os

import numpy as np
from b4k_models import build_transformer_model
from b4k_ops import GENERATION
from b4k_ops.testing import examples
from safetensors.numpy import load_file, save_file

README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "README.md")
WEIGHTS = os.path.join("path", "to", "directory", "model.safetensors")


def test_examples_run(config, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    bert = build_transformer_model(with_mlm=True, return_keras_model=False, **config)
    bert.save_weights_as_checkpoint("bert_model.ckpt")
    with open("bert_config.json", "w") as file:
        json.dump(config, file)
    bert.save_pretrained(os.path.join("path", "to", "directory"))
    classifier = {"classifier.weight": np.ones((2, 16), "float32")}
    save_file(dict(load_file(WEIGHTS), **classifier), WEIGHTS)

    with open("gpt2_config.json", "w") as file:
        json.dump(config, file)

    found = {}
    for code in examples(README):
        if GENERATION == "keras3" or ".generate(" not in code:
            exec(compile(code, "README.md", "exec"), found)
    assert "(None, None, 16)" in capsys.readouterr().out
    assert found["kernel"].shape == (16, 2)
    if GENERATION == "keras3":
        assert [len(outputs) for outputs in (found["outputs"], *found["drawn"])] == [2, 3, 3]
    assert os.path.exists(os.path.join("path", "to", "another", "directory", "config.json"))
