"""From raw text to a model that fills masks: `python demo.py FOLDER [UPDATES]`, some ten minutes on two cores.

Writes a corpus, prepares records, trains, draws the loss, exports; then compares what the exported model tells of
held-out masked characters with what their frequencies and the characters before them tell. FOLDER/model is what
examples/ can start from, as examples/model was made: a Hugging Face directory in half precision, with its figures.
"""

import importlib.util
import json
import os
import shutil
import sys

import corpus
import numpy as np
from b4k_models import build_transformer_model
from b4k_pretrain import Loader, build_objective, open_records
from b4k_pretrain.__main__ import main
from b4k_text import from_pretrained

HERE = os.path.dirname(os.path.abspath(__file__))
BATCHES, SIZE = 25, 32  # of held-out records
SENTENCES = [
    "房间很[MASK]净。",
    "这本[MASK]很好看。",
    "我们要加强[MASK]业生产。",
    "改革开[MASK]以来",
]


def run(folder, updates):
    """All of it; returns the accuracies {name: part}."""
    corpus.write(folder)
    config = shutil.copy(os.path.join(HERE, "run.toml"), folder)
    main(["prepare", config])
    words = []
    for name, value in settings(updates).items():
        words += ["--set", "%s=%s" % (name, value)]
    main(["train", config] + words)
    main(["export", config] + words)
    small = os.path.join(folder, "model")
    model = make_small(os.path.join(folder, "run", "export", "huggingface"), small)
    found = accuracies(model, folder)
    for name, part in found.items():
        print("%s: %.1f %% of held-out masked characters" % (name, 100 * part))
    fill(model, from_pretrained(small))
    with open(os.path.join(small, "figures.json"), "w", encoding="utf-8") as file:
        json.dump(found, file, indent=1)
    return found


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
    return build_transformer_model(folder, with_mlm=True)


def accuracies(model, folder):
    """{name: part of the held-out masked tokens that it tells}: both baselines and the model."""
    records = open_records(os.path.join(folder, "records"))
    held_out = open_records(os.path.join(folder, "records_held_out"))
    manifest = records.manifest
    objective = build_objective("mlm", manifest.special_ids, manifest.vocab_size)
    unigram, bigram = baselines(records, manifest)
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


def baselines(records, manifest):
    """The most frequent token, and [vocab_size] the one that most often follows each: that of all if it never came."""
    rows = records[np.arange(len(records))]
    special = list(manifest.special_ids.values())
    counts = np.bincount(rows.ravel(), minlength=manifest.vocab_size)
    counts[special] = 0
    pairs = np.zeros((manifest.vocab_size, manifest.vocab_size), "int32")
    np.add.at(pairs, (rows[:, :-1], rows[:, 1:]), 1)
    pairs[:, special] = 0
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
    run(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)
