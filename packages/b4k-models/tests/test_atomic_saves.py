"""Whatever stops a save, a crash or an error, what was saved before or what is being saved is there, whole."""

import contextlib
import os
import shutil

import numpy as np
import pytest
from b4k_models import TFCheckpoint, build_transformer_model, open_checkpoint

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py


def save_checkpoint(transformer, directory):
    transformer.save_weights_as_checkpoint(os.path.join(directory, "bert_model.ckpt"))


def save_directory(transformer, directory):
    transformer.save_pretrained(directory)


def save_shards(transformer, directory):
    transformer.save_pretrained(directory, max_shard_size=9000)


SAVES = {  # how a model is saved into a directory, and what reads it there
    "checkpoint": (save_checkpoint, lambda d: open_checkpoint(os.path.join(d, "bert_model.ckpt"))),
    "latest": (save_checkpoint, TFCheckpoint),  # by the file `checkpoint`, which names it
    "directory": (save_directory, open_checkpoint),
    "shards": (save_shards, open_checkpoint),
}


@pytest.fixture
def saved(config, random_variables, tmp_path):
    """saved(save): two models that differ, and the directory of the first."""
    config["num_hidden_layers"] = 1

    def make(save):
        models = [
            build_transformer_model(return_keras_model=False, with_mlm=True, **config)
            for _ in range(2)
        ]
        for seed, model in enumerate(models):
            model.load_weights_from_checkpoint(random_variables(model, seed))
        directory = str(tmp_path / "old")
        os.mkdir(directory)
        save(models[0], directory)
        return models, directory

    return make


def contents(checkpoint):
    return {name: np.asarray(checkpoint[name]).tobytes() for name in checkpoint}


@pytest.mark.parametrize("forever", [True, False], ids=["crash", "error"])
@pytest.mark.parametrize("name", SAVES)
def test_a_stop_leaves_the_old_or_the_new(name, forever, saved, gets_through, tmp_path):
    save, read = SAVES[name]
    (_, model), old = saved(save)
    new = str(tmp_path / "new")
    os.mkdir(new)
    save(model, new)
    whole, seen, done = [contents(read(old)), contents(read(new))], [], False
    assert whole[0] != whole[1]
    while not done:
        directory = shutil.copytree(old, str(tmp_path / str(len(seen))))
        done = gets_through(lambda: save(model, directory), len(seen) + 1, forever)  # noqa: B023
        seen.append(whole.index(contents(read(directory))))
        save(model, directory)  # what was left does not disturb the next
        assert contents(read(directory)) == whole[1]
    assert len(seen) > 4 and seen[0] == 0 and seen[-1] == 1


@pytest.mark.parametrize("name", SAVES)
def test_a_full_disk_leaves_the_old(name, saved, monkeypatch):
    """The weights cannot be had, or written: nothing is replaced, and nothing is left beside it."""
    save, read = SAVES[name]
    (_, model), directory = saved(save)
    before, files = contents(read(directory)), sorted(os.listdir(directory))

    def full(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patches, contextlib.suppress(OSError):
        patches.setattr(os, "fsync", full)
        save(model, directory)
    assert contents(read(directory)) == before
    assert sorted(os.listdir(directory)) == files
