"""A trained model as others read it: Google's checkpoint, a Hugging Face directory, Keras's weights."""

import json
import os
import shutil

from b4k_pretrain.choosing import choose
from b4k_pretrain.training import Training
from b4k_pretrain.writing import write_json

TOKENIZER_FILES = (
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "spiece.model",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
)


def export(config):
    """Write the newest checkpoint of a run in every format of `export.formats`: {format: folder}.

    The weights are their moving averages if the run has any. Raises ValueError for a run without a checkpoint, for an
    unknown format, and for a model that a format can't hold.
    """
    writers = {name: choose("export.formats", name, FORMATS) for name in config["export.formats"]}
    run = Training(config, verify=False)
    run.resume()
    if not run.step:
        raise ValueError("%s: there is no checkpoint to export" % config["training.folder"])
    top = config["export.folder"] or os.path.join(config["training.folder"], "export")
    folders = {name: os.path.join(top, name) for name in writers}
    with run.averages():
        for name, folder in folders.items():
            os.makedirs(folder, exist_ok=True)
            writers[name](run, folder)
            copy_tokenizer(config["data.tokenizer"], folder)
    return folders


def write_google(run, folder):
    """bert_config.json and bert_model.ckpt, for `build_transformer_model(config_path, checkpoint_path)`."""
    write_config(run, folder)
    run.transformer.save_weights_as_checkpoint(os.path.join(folder, "bert_model.ckpt"))


def write_huggingface(run, folder):
    """config.json and model.safetensors, for `build_transformer_model(folder)` and transformers."""
    run.transformer.save_pretrained(folder)


def write_keras(run, folder):
    """bert_config.json and model.weights.h5, for `model.load_weights`."""
    write_config(run, folder)
    run.transformer.model.save_weights(os.path.join(folder, "model.weights.h5"))


def write_config(run, folder):
    """The model's configuration as Google's: what was read, and over it what was given."""
    found = {}
    path = run.config["model.config"]
    if path:
        path = os.path.join(path, "config.json") if os.path.isdir(path) else path
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    found.update({"vocab_size": run.manifest.vocab_size}, **run.config["model.options"])
    write_json(os.path.join(folder, "bert_config.json"), found)


def copy_tokenizer(path, folder):
    """The tokenizer's files beside the model."""
    if os.path.isfile(path):
        shutil.copyfile(path, os.path.join(folder, "vocab.txt"))
    for name in TOKENIZER_FILES if os.path.isdir(path) else ():
        if os.path.exists(os.path.join(path, name)):
            shutil.copyfile(os.path.join(path, name), os.path.join(folder, name))


FORMATS = {"google": write_google, "huggingface": write_huggingface, "keras": write_keras}

__all__ = ["FORMATS", "export"]
