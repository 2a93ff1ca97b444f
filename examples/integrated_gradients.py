"""Which characters decided? Integrated gradients of a sentiment classifier, as a picture of the text.

    pip install b4k-models b4k-text snownlp keras jax
    KERAS_BACKEND=jax python integrated_gradients.py [--smoke] [--model FOLDER]

https://arxiv.org/abs/1703.01365, https://kexue.fm/archives/7533
"""

import os

import data
import numpy as np
from b4k_layers import GlobalAveragePooling1D
from b4k_models import build_transformer_model
from b4k_ops import keras, ops
from b4k_ops.training import gradient

options = data.options(__doc__)
keras.utils.set_random_seed(0)
num_train, num_test, epochs = (1024, 256, 3) if options.smoke else (8000, 2000, 3)
maxlen = 32 if options.smoke else 96
learning_rate = 2e-4 if options.model else 1e-3
steps = 20  # on the way from embeddings that are all 0 to the model's own

reviews = data.reviews(maxlen=maxlen - 2)
test, train = reviews[:num_test], reviews[num_test:][:num_train]
tokenizer, config = data.start(options, [text for text, _ in train])


def encode(texts):
    """Texts -> [token ids, segment ids]."""
    return list(tokenizer.encode_batch(texts, maxlen=maxlen, padding=maxlen))


def split(reviews):
    """Reviews -> inputs, labels."""
    texts, labels = zip(*reviews)
    return encode(texts), np.array(labels)


transformer = build_transformer_model(return_keras_model=False, **config)
bert = transformer.model
x = GlobalAveragePooling1D()(bert.output)
model = keras.models.Model(bert.inputs, keras.layers.Dense(2, activation="softmax")(x))
model.compile(
    loss="sparse_categorical_crossentropy",
    optimizer=keras.optimizers.Adam(learning_rate),
    metrics=["accuracy"],
)
filename = os.path.join(options.folder, "best.weights.h5")
best = keras.callbacks.ModelCheckpoint(
    filename, "val_accuracy", save_best_only=True, save_weights_only=True
)
held_out = split(test)
model.fit(*split(train), batch_size=32, epochs=epochs, validation_data=held_out, callbacks=[best])
model.load_weights(filename)
accuracy = model.evaluate(*held_out, batch_size=32, return_dict=True, verbose=0)["accuracy"]
majority = max(held_out[1].mean(), 1 - held_out[1].mean())
table = transformer.layers["Embedding-Token"].embeddings  # [vocab_size, hidden_size]


def attribute(text):
    """(tokens, what each adds to the probability of "good", that probability with all embeddings 0, and as it is)."""
    inputs = [ops.convert_to_tensor(ids) for ids in encode([text])]
    ids = ops.convert_to_numpy(inputs[0])[0]
    values = ops.convert_to_numpy(table)
    total, ends = np.zeros_like(values), []
    for i in range(steps):  # the middle of each of `steps` parts of the way
        table.assign(values * ((i + 0.5) / steps))
        slope = gradient(lambda: model(inputs, training=False)[0, 1], table, model)
        total += ops.convert_to_numpy(slope) / steps
    for end in (0, 1):
        table.assign(values * end)
        ends.append(float(ops.convert_to_numpy(model(inputs, training=False))[0, 1]))
    of_tokens = np.sum(total * values, axis=1)  # [vocab_size]
    shown, counts = np.unique(ids, return_counts=True)
    share = dict(
        zip(shown.tolist(), of_tokens[shown] / counts)
    )  # a token that stands twice has half each time
    tokens = [i for i in ids.tolist() if i]
    return (tokenizer.ids_to_tokens(tokens), [share[i] for i in tokens], *ends)


def picture(rows):
    """Texts as SVG: what speaks for "good" is green, what speaks against it red."""
    cells = []
    for y, (tokens, values) in enumerate(rows):
        most = max(map(abs, values))
        for x, (token, value) in enumerate(zip(tokens, values)):
            color = "0,150,70" if value > 0 else "220,30,30"
            place = 'x="%d" y="%d"' % (10 + 22 * x, 10 + 34 * y)
            cells.append(
                '<rect %s width="22" height="28" fill="rgba(%s,%.2f)"/>'
                % (place, color, abs(value) / most)
            )
            place = 'x="%d" y="%d"' % (12 + 22 * x, 30 + 34 * y)
            escaped = token.replace("&", "&amp;").replace("<", "&lt;")
            cells.append('<text %s font-size="17">%s</text>' % (place, escaped))
    size = 'width="%d" height="%d"' % (20 + 22 * max(len(t) for t, _ in rows), 20 + 34 * len(rows))
    return '<svg xmlns="http://www.w3.org/2000/svg" %s>\n%s\n</svg>\n' % (size, "\n".join(cells))


rows, errors = [], []
for text in ["房间很干净，服务也好", "质量太差了，后悔买了它", "早餐不好吃，但是位置不错"]:
    tokens, values, nothing, probability = attribute(text)
    errors.append(abs(sum(values) - (probability - nothing)))
    print("%s: good with probability %.2f" % (text, probability))
    print("  " + " ".join("%s %+.2f" % pair for pair in zip(tokens[1:-1], values[1:-1])))
    rows.append((tokens[1:-1], values[1:-1]))
path = os.path.join(options.folder, "attributions.svg")
with open(path, "w", encoding="utf-8") as file:
    file.write(picture(rows))
print("See %s in a browser" % path)
data.conclude(
    options,
    "the parts of all characters add up to the model's answer but for %.3f; held-out accuracy %.1f %%, always the "
    "same answer %.1f %%" % (max(errors), 100 * accuracy, 100 * majority),
    learned=accuracy > majority + 0.08 and max(errors) < 0.05,
)
