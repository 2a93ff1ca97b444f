"""Chinese word segmentation: BERT and a conditional random field label each character B, M, E or S.

pip install b4k-models b4k-text snownlp keras jax
KERAS_BACKEND=jax python word_segmentation.py [--smoke] [--model FOLDER]
"""

import os
from collections import Counter, defaultdict

import data
import numpy as np
from b4k_layers import ConditionalRandomField
from b4k_models import build_transformer_model
from b4k_ops import keras, ops
from b4k_text import sequence_padding

options = data.options(__doc__)
keras.utils.set_random_seed(0)
num_train, num_test, epochs = (1536, 512, 3) if options.smoke else (16000, 2000, 6)
maxlen = 32 if options.smoke else 64  # characters, with [CLS] and [SEP]
learning_rate = 5e-4 if options.model else 2e-3
LABELS = "SBME"  # a word by itself; its beginning, middle and end

sentences = [[word for word, _ in clause] for clause in data.clauses(maxlen=maxlen - 2)]
test, train = sentences[:num_test], sentences[num_test:][:num_train]
tokenizer, config = data.start(options, ["".join(words) for words in train])


def labels_of(words):
    """A label for each character."""
    return "".join("S" if len(w) == 1 else "B" + "M" * (len(w) - 2) + "E" for w in words)


def words_of(text, labels):
    """Words end behind E and S, and before B and S."""
    words = [""]
    for ch, label, following in zip(text, labels, labels[1:] + "S"):
        words[-1] += ch
        if label in "ES" or following in "BS":
            words.append("")
    return [word for word in words if word]


def encode(sentences):
    """Lists of words -> [token ids, segment ids] and labels, all [sentences, maxlen]."""
    token_ids, labels = [], []
    for words in sentences:
        token_ids.append(tokenizer.tokens_to_ids(["[CLS]", *"".join(words), "[SEP]"]))
        labels.append([LABELS.index(label) for label in "S" + labels_of(words) + "S"])
    token_ids = sequence_padding(token_ids, maxlen)
    return [token_ids, np.zeros_like(token_ids)], sequence_padding(labels, maxlen)


def score(predicted, sentences):
    """The F1 of words, for lists of labels."""
    found = [words_of("".join(words), labels) for words, labels in zip(sentences, predicted)]
    return data.f1(map_spans(found), map_spans(sentences))


def map_spans(sentences):
    """Words as {(start, end)}."""
    ends = [np.cumsum([0] + [len(word) for word in words]).tolist() for words in sentences]
    return [set(zip(row[:-1], row[1:])) for row in ends]


bert = build_transformer_model(**config)
crf = ConditionalRandomField(lr_multiplier=10)
model = keras.models.Model(bert.inputs, crf(keras.layers.Dense(len(LABELS))(bert.output)))
model.compile(
    loss=crf.sparse_loss,
    optimizer=keras.optimizers.Adam(learning_rate),
    metrics=[crf.sparse_accuracy],
)


def segment(texts, batch_size=256):
    """Texts -> the labels of their characters, as the best path through the field."""
    inputs, _ = encode([[text] for text in texts])
    logits = model.predict(inputs, batch_size=batch_size, verbose=0)  # [texts, maxlen, 4]
    paths = ops.convert_to_numpy(crf.decode(logits))
    rows = ["".join(LABELS[i] for i in path) for path in paths]
    return [row[1 : 1 + len(text)] for row, text in zip(rows, texts)]


class Evaluator(keras.callbacks.Callback):
    """Keeps the weights with the best F1 on what is held out."""

    best, scores = 0, []

    def on_epoch_end(self, epoch, logs=None):
        f1 = score(segment(["".join(words) for words in test]), test)
        self.scores.append(f1)
        print(" - F1 %.3f" % f1)
        if f1 > self.best:
            self.best = f1
            self.model.save_weights(filename)


filename = os.path.join(options.folder, "best.weights.h5")
x, y = encode(train)
evaluator = Evaluator()
history = model.fit(x, y, batch_size=32, epochs=epochs, callbacks=[evaluator])
history.history["F1"] = evaluator.scores
model.load_weights(filename)
f1 = score(segment(["".join(words) for words in test]), test)

counts = defaultdict(Counter)  # the baseline: each character has the label that it has most often
for words in train:
    for ch, label in zip("".join(words), labels_of(words)):
        counts[ch][label] += 1
usual = {ch: counter.most_common(1)[0][0] for ch, counter in counts.items()}
baseline = score(["".join(usual.get(ch, "S") for ch in "".join(words)) for words in test], test)

data.plot_history(options, history, baseline=baseline)
print(
    "From label to label, in the order %s:\n%s"
    % (LABELS, np.round(ops.convert_to_numpy(crf.trans), 1))
)
for text in ["中国人民决心继续前进", "记者在北京大学采访了他们"]:
    print(" / ".join(words_of(text, segment([text])[0])))
data.conclude(
    options,
    "F1 of words %.3f on held-out text, where each character's usual label has %.3f"
    % (f1, baseline),
    learned=f1 > baseline + 0.02,
)
