"""Training with less memory: layers that keep only their inputs and compute the rest again in the backward pass.

    pip install b4k-models b4k-text snownlp keras jax
    KERAS_BACKEND=jax python recompute.py [--smoke] [--model FOLDER]

https://arxiv.org/abs/1604.06174
"""

import os

import data
import numpy as np
from b4k_layers import GlobalAveragePooling1D
from b4k_models import build_transformer_model
from b4k_ops import keras, recompute_scope
from b4k_ops.testing import engine

options = data.options(__doc__)
num_train, num_test, epochs = (1024, 256, 2) if options.smoke else (6000, 2000, 2)
maxlen = 32 if options.smoke else 128
learning_rate = 2e-4 if options.model else 1e-3

reviews = data.reviews(maxlen=maxlen - 2)
test, train = reviews[:num_test], reviews[num_test:][:num_train]
tokenizer, config = data.start(options, [text for text, _ in train])


def encode(reviews):
    """Reviews -> token ids [reviews, maxlen], labels [reviews]."""
    texts, labels = zip(*reviews)
    return tokenizer.encode_batch(texts, maxlen=maxlen, padding=maxlen)[0], np.array(labels)


def run(recompute):
    """(held-out accuracy, losses, bytes that a step of 32 reviews keeps for its backward pass)."""
    keras.utils.set_random_seed(0)
    with recompute_scope(recompute):
        bert = build_transformer_model(segment_vocab_size=0, **config)
    x = GlobalAveragePooling1D()(bert.output)
    model = keras.models.Model(bert.inputs, keras.layers.Dense(2, activation="softmax")(x))
    model.compile(
        loss="sparse_categorical_crossentropy",
        optimizer=keras.optimizers.Adam(learning_rate),
        metrics=["accuracy"],
    )
    kept = engine.kept_bytes(model, encode(train[:32])[0])
    print("\n%s: %.1f MB kept in a step" % ("recomputed" if recompute else "plain", kept / 1e6))
    filename = os.path.join(options.folder, "recomputed.keras" if recompute else "plain.keras")
    best = keras.callbacks.ModelCheckpoint(filename, "val_accuracy", save_best_only=True)
    history = model.fit(
        *encode(train), batch_size=32, epochs=epochs, validation_data=held_out, callbacks=[best]
    )
    model = keras.models.load_model(filename)
    accuracy = model.evaluate(*held_out, batch_size=32, verbose=0, return_dict=True)["accuracy"]
    return accuracy, history.history["loss"], kept


held_out = encode(test)
plain, plain_losses, plain_kept = run(False)
accuracy, losses, kept = run(True)
majority = max(held_out[1].mean(), 1 - held_out[1].mean())


def paint(axes):
    axes.bar(["plain", "recomputed"], [plain_kept / 1e6, kept / 1e6])
    axes.set_ylabel("MB kept for the backward pass")


data.plot(options, "memory", paint)
data.conclude(
    options,
    "%.1f MB kept instead of %.1f MB; loss %.4f and %.4f, held-out accuracy %.1f %% and %.1f %%, always the same "
    "answer %.1f %%"
    % (
        kept / 1e6,
        plain_kept / 1e6,
        losses[-1],
        plain_losses[-1],
        100 * accuracy,
        100 * plain,
        100 * majority,
    ),
    learned=accuracy > majority + 0.08
    and kept < 0.7 * plain_kept
    and abs(losses[0] - plain_losses[0]) < 0.02,
)
