"""Golden cases of b4k-pretrain: corpora as bert4keras writes them, by TensorFlow's own writer.

`<mode>.tfrecord` holds the records of one paragraph after the other, `texts.json` what they are made of. The
script that packs sentences and draws masks, pretraining/data_utils.py, is no part of the installed bert4keras:
its rules stand here in plain Python, its tokenizer and its random numbers are the original's.
"""

import json
import os

import numpy as np
import tensorflow as tf
from _case import ORACLE, seed_of
from bert4keras.tokenizers import Tokenizer

TARGET = "packages/b4k-pretrain/tests/golden/tfrecords"
LENGTH = 24
CHARACTERS = [chr(code) for code in range(0x4E00, 0x4E00 + 300)]  # so that ids take one byte or two
VOCAB = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARACTERS, "。", "nice", "##ly"]


def paragraphs(rng):
    """Lists of sentences, each a list of words."""
    for _ in range(6):
        yield [
            [word(rng) for _ in range(rng.randint(1, 12))] + ["。"]
            for _ in range(rng.randint(1, 9))
        ]


def word(rng):
    """A word of one to three characters, or a Latin one, or an unknown one."""
    kind = rng.rand()
    if kind < 0.1:
        return ["nice", "nicely", "龘"][int(kind * 30)]
    return "".join(CHARACTERS[i] for i in rng.randint(0, len(CHARACTERS), rng.randint(1, 4)))


def ids_of(tokenizer, words):
    """The ids of each word."""
    return [tokenizer.tokens_to_ids(tokenizer.tokenize(word)[1:-1]) for word in words]


def masks_of(tokenizer, words):
    """A number for each word says whether it is chosen, then one or two for each of its tokens by what."""
    masks = []
    for ids, draw in zip(words, np.random.random(len(words))):
        for i in ids:
            if draw >= 0.15:
                masks.append(0)
                continue
            kind = np.random.random()
            new = tokenizer._token_mask_id if kind <= 0.8 else i
            masks.append(1 + (new if kind <= 0.9 else np.random.randint(0, tokenizer._vocab_size)))
    return masks


def packed(columns, starts, ends, pads):
    """Rows of sentences that fit; columns: for each sentence its lists of numbers."""
    rows, row = [], [[start] for start in starts]
    for sentence in columns:
        sentence = [numbers[: LENGTH - 2] for numbers in sentence]
        if len(row[0]) + len(sentence[0]) > LENGTH - 1:
            rows.append(row)
            row = [[start] for start in starts]
        row = [old + new for old, new in zip(row, sentence)]
    rows.append(row)
    return [
        [(old + [end] + [pad] * LENGTH)[:LENGTH] for old, end, pad in zip(row, ends, pads)]
        for row in rows
    ]


def example(row):
    """A row as TensorFlow serializes it."""
    features = {
        name: tf.train.Feature(int64_list=tf.train.Int64List(value=numbers))
        for name, numbers in zip(("token_ids", "mask_ids"), row)
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString(
        deterministic=True
    )


def rows_of(mode, tokenizer, paragraph):
    """The rows of a paragraph."""
    sentences = [ids_of(tokenizer, words) for words in paragraph]
    tokens = [sum(words, []) for words in sentences]
    if mode == "gpt":
        return packed([[ids] for ids in tokens], [2], [3], [0])
    masks = [masks_of(tokenizer, words) for words in sentences]
    return packed(list(zip(tokens, masks)), [2, 0], [3, 0], [0, 0])


def make(folder):
    """Write all cases."""
    seed = seed_of("tfrecords")
    corpus = list(paragraphs(np.random.RandomState(seed)))
    tokenizer = Tokenizer({token: i for i, token in enumerate(VOCAB)})
    found = {}
    for mode in ("gpt", "roberta"):
        np.random.seed(seed)
        found[mode] = [row for paragraph in corpus for row in rows_of(mode, tokenizer, paragraph)]
        with tf.io.TFRecordWriter(os.path.join(folder, mode + ".tfrecord")) as writer:
            for row in found[mode]:
                writer.write(example(row))
    header = {
        "oracle": ORACLE,
        "seed": seed,
        "sequence_length": LENGTH,
        "reason": "a script, not installed",
    }
    content = {"header": header, "vocab": VOCAB, "paragraphs": corpus, "rows": found}
    with open(os.path.join(folder, "texts.json"), "w", encoding="ascii", newline="\n") as writer:
        json.dump(content, writer, sort_keys=True, separators=(",", ":"))
        writer.write("\n")
