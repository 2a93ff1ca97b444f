"""From raw text to a model that fills masks: `python demo.py FOLDER`, minutes; `--config larger.toml`, 20 of two cores.

Writes a corpus, prepares records, trains, draws the loss, exports; then compares what the exported model tells of
held-out masked characters with what their frequencies and the characters before them tell. FOLDER/model is what
examples/ can start from, as examples/model was made: a Hugging Face directory in half precision, with its figures.
"""

import argparse
import importlib.util
import json
import os
import shutil
import time

import corpus
import numpy as np
from b4k_models import build_transformer_model
from b4k_ops import keras
from b4k_pretrain import Loader, build_objective, open_records
from b4k_pretrain.__main__ import main
from b4k_pretrain.config import load_config
from b4k_text import from_pretrained

HERE = os.path.dirname(os.path.abspath(__file__))
BATCHES, SIZE = 25, 32  # of held-out records
SENTENCES = [
    "房间很[MASK]净。",
    "这本[MASK]很好看。",
    "我们要加强[MASK]业生产。",
    "改革开[MASK]以来",
]


def options():
    """What stands on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="where to write")
    parser.add_argument("--config", default="run.toml", help="a file beside this, %(default)s")
    parser.add_argument("--updates", type=int, help="in place of the file's")
    parser.add_argument("--record", action="store_true", help="keep figures and curve beside it")
    return parser.parse_args()


def run(options):
    """All of it, from text to figures."""
    folder = options.folder
    pretrain(folder, options.config, settings(options.updates))
    small = os.path.join(folder, "model")
    model = make_small(os.path.join(folder, "run", "export", "huggingface"), small)
    found = accuracies(model, folder)
    for name, part in found.items():
        print("%s: %.1f %% of held-out masked characters" % (name, 100 * part))
    fill(model, from_pretrained(small))
    figures = os.path.join(small, "figures.json")
    with open(figures, "w", encoding="utf-8") as file:
        json.dump({"masked": found, "seconds": round(time.process_time())}, file, indent=1)
    if options.record:
        kept = os.path.join(HERE, os.path.splitext(options.config)[0])
        shutil.copy(figures, kept + ".json")
        shutil.copy(os.path.join(folder, "run", "loss.png"), kept + ".png")


def pretrain(folder, name, changes):
    """Write the corpus, and prepare, train and export by a configuration with some values changed {key: value}."""
    corpus.write(folder)
    config = shutil.copy(os.path.join(HERE, name), folder)
    main(["prepare", config])
    write_initial(config)
    words = [word for item in changes.items() for word in ("--set", "%s=%s" % item)]
    main(["train", config] + words)
    main(["export", config] + words)


def write_initial(path):
    """Write what training begins with: kernels larger than BERT's, which are meant for several times the width, token
    vectors that know which characters stand together, and a bias that knows how frequent each is.
    """
    config = load_config(path)
    os.makedirs(os.path.dirname(config["model.checkpoint"]), exist_ok=True)
    records = open_records(config["data.records"])
    keras.utils.set_random_seed(config["training.seed"])
    transformer = build_transformer_model(
        model=config["model.name"],
        vocab_size=records.manifest.vocab_size,
        with_mlm=True,
        return_keras_model=False,
        **config["model.options"],
    )
    scale = (2048 / transformer.hidden_size) ** 0.5  # to a standard deviation of 0.9 / sqrt(width)
    for weight in transformer.model.weights:
        if "kernel" in weight.path:
            weight.assign(scale * weight)
    bias, vectors = count(records, transformer.hidden_size)
    transformer.layers["MLM-Bias"].set_weights([bias])
    transformer.layers["Embedding-Token"].set_weights([vectors])
    transformer.save_weights_as_checkpoint(config["model.checkpoint"])


def frequencies(records, window=1):
    """How often each token comes [vocab_size], and stands before each other, up to so many places: each 1 / places."""
    rows, size = records[np.arange(len(records))], records.manifest.vocab_size
    pairs = np.zeros((size, size), "float32")
    for places in range(1, window + 1):
        np.add.at(pairs, (rows[:, :-places], rows[:, places:]), 1.0 / places)
    return np.bincount(rows.ravel(), minlength=size), pairs


def count(records, size, window=3):
    """The logarithms of frequencies [vocab_size], and vectors [vocab_size, size] of positive pointwise information."""
    counts, pairs = frequencies(records, window)
    counts, pairs = counts + 1.0, pairs + pairs.T
    sums = pairs.sum(0) + 1.0
    information = np.log(np.maximum(pairs * sums.sum() / np.outer(sums, sums), 1.0))
    values, vectors = np.linalg.eigh(information)
    vectors = vectors[:, -size:] * np.sqrt(np.abs(values[-size:]))
    return np.log(counts / counts.sum()), vectors * (0.05 / vectors.std())


def settings(updates):
    """What is put in place of run.toml's for so many updates, None for its own."""
    found = {} if importlib.util.find_spec("matplotlib") is None else {"logs.png": "true"}
    if updates:
        interval = next(n for n in range(max(1, updates // 6), 0, -1) if updates % n == 0)
        found.update({"training.steps": updates, "training.interval": interval})
        found["optimizer.warmup"] = min(200, updates // 4)
    return found


def make_small(exported, folder):
    """Write a model again in half precision, with BERT's dropout for further training; returns it as it is then."""
    options = {"with_mlm": True, "return_keras_model": False}
    transformer = build_transformer_model(exported, dropout_rate=0.1, **options)
    transformer.save_pretrained(folder, dtype="float16")
    shutil.copy(os.path.join(exported, "vocab.txt"), folder)
    with open(os.path.join(folder, "tokenizer_config.json"), "w", encoding="utf-8") as file:
        json.dump({"tokenizer_class": "BertTokenizer", "do_lower_case": True}, file)
    return build_transformer_model(folder, with_mlm=True)


def accuracies(model, folder):
    """{name: part of the held-out masked tokens that it tells}: both baselines and the model."""
    records = open_records(os.path.join(folder, "records"))
    held_out = open_records(os.path.join(folder, "records_held_out"))
    manifest = records.manifest
    objective = build_objective("mlm", manifest.special_ids, manifest.vocab_size)
    unigram, bigram = baselines(records)
    right, loader = {"unigram": [], "bigram": [], "model": []}, Loader(held_out, objective, SIZE)
    for step in range(min(BATCHES, loader.steps_per_epoch)):
        inputs, targets = loader.batch(step)
        tokens = inputs["Input-Token"]
        masked = tokens == manifest.special_ids["mask"]  # not those that were kept or replaced
        probabilities = model.predict(list(inputs.values()), verbose=0)
        guesses = {
            "unigram": np.full(tokens.shape, unigram),
            "bigram": bigram[np.roll(tokens, 1, axis=1)],
            "model": probabilities.argmax(-1),
        }
        for name, guess in guesses.items():
            right[name].append((guess == targets["labels"])[masked])
    return {name: float(np.concatenate(each).mean()) for name, each in right.items()}


def baselines(records):
    """The most frequent token, and [vocab_size] the one that most often follows each: that of all if it never came."""
    counts, pairs = frequencies(records)
    special = list(records.manifest.special_ids.values())
    counts[special], pairs[:, special] = 0, 0
    unigram = counts.argmax()
    return unigram, np.where(pairs.any(1), pairs.argmax(1), unigram)


def fill(model, tokenizer):
    """Print what the model puts in the place of masks."""
    for text in SENTENCES:
        before, after = text.split("[MASK]")
        tokens = tokenizer.tokenize(before)[:-1] + ["[MASK]"] + tokenizer.tokenize(after)[1:]
        ids = np.array([tokenizer.tokens_to_ids(tokens)])
        scores = model.predict([ids, np.zeros_like(ids)], verbose=0)[0, tokens.index("[MASK]")]
        best = tokenizer.ids_to_tokens(scores.argsort()[::-1][:5])
        print("%s -> %s" % (text, " ".join(best)))


if __name__ == "__main__":
    run(options())
