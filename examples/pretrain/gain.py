"""What pretraining brings: reviews classified by a model that begins with given weights, and with random ones.

`python gain.py [MODEL]`, a Hugging Face directory, by default examples/model; the accuracies go into its figures.json.
Both have the same head, steps, batches and learning rate; three seeds choose the random weights, the head, dropout and
the 1,000 reviews that are learnt from. Minutes.
"""

import json
import os
import random
import sys

import corpus  # finds data.py
import data
import numpy as np
from b4k_layers import GlobalAveragePooling1D
from b4k_models import build_transformer_model
from b4k_ops import keras
from b4k_text import from_pretrained

SEEDS, NUM_TRAIN, NUM_TEST = range(3), 1000, 2000
MAXLEN, BATCH, EPOCHS, LEARNING_RATE = 64, 16, 3, 5e-4


def classifier(folder, pretrained):
    """A model of [token ids, segment ids] -> [bad, good], the probabilities."""
    bert = build_transformer_model(folder)
    if not pretrained:
        bert = keras.models.clone_model(bert)  # the same layers, and random weights of its own
    x = GlobalAveragePooling1D()(bert.output)  # [batch, hidden_size]
    x = keras.layers.Dropout(0.1)(x)
    model = keras.models.Model(bert.inputs, keras.layers.Dense(2, activation="softmax")(x))
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizer)
    return model


def accuracy(folder, pretrained, seed, train, test):
    """The part of the held-out reviews that is told right after training on so few."""
    keras.utils.set_random_seed(seed)
    model = classifier(folder, pretrained)
    model.fit(*train, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return float((model.predict(test[0], verbose=0).argmax(-1) == test[1]).mean())


def arrays(tokenizer, reviews):
    """[(text, label)] -> [token ids, segment ids], each [reviews, MAXLEN], and labels [reviews]."""
    texts, labels = zip(*reviews)
    return list(tokenizer.encode_batch(texts, maxlen=MAXLEN, padding=MAXLEN)), np.array(labels)


def run(folder):
    """Print and return the accuracies of the seeds {"random": [...], "pretrained": [...]}."""
    tokenizer, reviews = from_pretrained(folder), data.reviews()
    test, rest = arrays(tokenizer, reviews[:NUM_TEST]), reviews[corpus.HELD_OUT :]
    found = {"random": [], "pretrained": []}
    for seed in SEEDS:
        train = arrays(tokenizer, random.Random(seed).sample(rest, NUM_TRAIN))
        for name, values in found.items():
            values.append(accuracy(folder, name == "pretrained", seed, train, test))
            print("seed %d, %s weights: %.1f %%" % (seed, name, 100 * values[-1]), flush=True)
    return found


if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(data.HERE, "model")
    path = os.path.join(folder, "figures.json")
    with open(path, encoding="utf-8") as file:
        figures = json.load(file)
    figures["sentiment"] = run(folder)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(figures, file, indent=1)
