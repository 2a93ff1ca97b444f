"""Large batches in little memory: a few small batches do what a large one does.

pip install b4k-models b4k-text b4k-optim snownlp keras jax
KERAS_BACKEND=jax python gradient_accumulation.py [--smoke] [--model FOLDER]
"""

import os

import data
import numpy as np
from b4k_layers import GlobalAveragePooling1D
from b4k_models import build_transformer_model
from b4k_ops import keras
from b4k_optim import Adam, extend_with_gradient_accumulation

options = data.options(__doc__)
num_train, num_test, epochs = (1024, 256, 3) if options.smoke else (8000, 2000, 3)
maxlen = 32 if options.smoke else 96
learning_rate = 2e-4 if options.model else 2e-3
batch_size, parts = (32, 2) if options.smoke else (64, 4)

reviews = data.reviews(maxlen=maxlen - 2)
test, train = reviews[:num_test], reviews[num_test:][:num_train]
tokenizer, config = data.start(options, [text for text, _ in train])
AdamAccumulation = extend_with_gradient_accumulation(Adam, name="AdamAccumulation")


def encode(reviews):
    """Reviews -> [token ids, segment ids], labels."""
    texts, labels = zip(*reviews)
    inputs = tokenizer.encode_batch(texts, maxlen=maxlen, padding=maxlen)
    return list(inputs), np.array(labels)


def train_with(batch_size, optimizer, name):
    """(probabilities for what is held out [reviews, 2], losses); without dropout, so that both see the same."""
    keras.utils.set_random_seed(0)
    bert = build_transformer_model(**dict(config, dropout_rate=0, attention_dropout_rate=0))
    x = GlobalAveragePooling1D()(bert.output)
    model = keras.models.Model(bert.inputs, keras.layers.Dense(2, activation="softmax")(x))
    model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    filename = os.path.join(options.folder, name + ".keras")
    best = keras.callbacks.ModelCheckpoint(filename, "loss", save_best_only=True)
    history = model.fit(
        *encode(train), batch_size=batch_size, epochs=epochs, shuffle=False, callbacks=[best]
    )
    model = keras.models.load_model(filename)
    return model.predict(held_out[0], batch_size=64, verbose=0), history.history["loss"]


held_out = encode(test)
whole, losses = train_with(batch_size, Adam(learning_rate), "whole")
accumulated, accumulated_losses = train_with(
    batch_size // parts, AdamAccumulation(learning_rate, grad_accum_steps=parts), "accumulated"
)
history = keras.callbacks.History()
history.history = {"loss, large batches": losses, "loss, accumulated": accumulated_losses}
data.plot_history(options, history)
accuracy = np.mean(accumulated.argmax(1) == held_out[1])
majority = max(held_out[1].mean(), 1 - held_out[1].mean())
difference = np.abs(whole - accumulated).max()
data.conclude(
    options,
    "batches of %d, and %d times %d: probabilities differ by at most %.1e; held-out accuracy %.1f %%, "
    "always the same answer %.1f %%"
    % (batch_size, parts, batch_size // parts, difference, 100 * accuracy, 100 * majority),
    learned=accuracy > majority + 0.08 and difference < 0.1,
)
