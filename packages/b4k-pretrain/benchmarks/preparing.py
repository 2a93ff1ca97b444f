"""How fast text becomes records and batches, how much memory that takes, and how much of it is padding.

python benchmarks/preparing.py [--original DATA_UTILS] [--sizes 100,400]

DATA_UTILS is pretraining/data_utils.py of bert4keras's repository, where bert4keras and its TensorFlow are
installed too (with TF_KERAS=1): both sides then take turns with as many processes. Sizes are megabytes of text,
for each of which a process of its own reports its memory and that of its workers.
"""

import argparse
import importlib.util
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
from time import perf_counter

from b4k_pretrain import Loader, build_objective, open_records, prepare
from b4k_text import Tokenizer

LANES = ["k3-torch"]  # where `nox -s bench` runs this, without the original
WORKERS = 2
LENGTH = 512
CHARACTERS = [chr(code) for code in range(0x4E00, 0x4E00 + 8000)]
VOCAB = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARACTERS, *"，。！？", *"abcdefghij"]


def write_corpus(path, megabytes, seed=0):
    """Documents of a few sentences, a line each; characters are about as frequent as in Chinese."""
    draw = random.Random(seed)
    weights = [1 / (i + 10) for i in range(len(CHARACTERS))]
    pool = draw.choices(CHARACTERS, weights, k=1 << 20)
    with open(path, "w", encoding="utf-8") as writer:
        while writer.tell() < megabytes << 20:
            sentences = []
            for _ in range(draw.randint(2, 20)):
                start = draw.randrange(len(pool) - 60)
                sentences.append("".join(pool[start : start + draw.randint(5, 60)]))
            writer.write("。".join(sentences) + "。\n")


def prepared(path, folder, **options):
    """The manifest and the seconds of b4k."""
    start = perf_counter()
    tokenizer = Tokenizer({token: i for i, token in enumerate(VOCAB)}, do_lower_case=True)
    options = dict({"sequence_length": LENGTH, "workers": WORKERS, "progress": False}, **options)
    return prepare(path, folder, tokenizer, **options), perf_counter() - start


def prepared_by_original(script, path, record_name):
    """The seconds of bert4keras's own script in its GPT mode, ten documents a task as it has them."""
    from bert4keras.tokenizers import Tokenizer as Original

    spec = importlib.util.spec_from_file_location("data_utils", script)
    data_utils = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(data_utils)
    start = perf_counter()
    tokenizer = Original({token: i for i, token in enumerate(VOCAB)}, do_lower_case=True)
    data_utils.TrainingDatasetGPT(tokenizer, LENGTH).process(
        sentences(path), record_name, workers=WORKERS, max_queue_size=2000
    )
    return perf_counter() - start


def sentences(path, together=10):
    """Lists of the sentences of ten documents."""
    texts = []
    with open(path, encoding="utf-8") as lines:
        for count, line in enumerate(lines, 1):
            texts += re.findall(".*?[\n。]+", line.strip())
            if count % together == 0:
                yield texts
                texts = []
    if texts:
        yield texts


def processor_time():
    """The seconds that this process and those it waited for have computed; other work does not count."""
    return sum(os.times()[:4])


def compare(script, folder, megabytes, rounds=3):
    """Both sides in turns on the same text: [megabytes a second, megabytes a second of a processor]."""
    path = os.path.join(folder, "corpus.txt")
    write_corpus(path, megabytes)
    ours, theirs = [], []
    for i in range(rounds):
        begun = processor_time()
        manifest, seconds = prepared(path, os.path.join(folder, "records%d" % i), format="tfrecord")
        ours.append((megabytes / seconds, megabytes / (processor_time() - begun)))
        if script:
            begun = processor_time()
            seconds = prepared_by_original(script, path, os.path.join(folder, "original"))
            theirs.append((megabytes / seconds, megabytes / (processor_time() - begun)))
    padding = manifest.counts["padding"] / (manifest.counts["padding"] + manifest.counts["tokens"])
    print("%.4f%% of the records is padding" % (100 * padding))
    ours, theirs = ([sorted(rates)[rounds // 2] for rates in zip(*side)] for side in (ours, theirs))
    print(
        "b4k: %.2f MB of text a second by %d processes, %.2f a second of a processor"
        % (ours[0], WORKERS, ours[1])
    )
    if theirs:
        print("bert4keras: %.2f and %.2f" % tuple(theirs))
        print("ratios: %.1f and %.1f" % tuple(a / b for a, b in zip(ours, theirs)))


def feed(folder, steps=40, batch_size=64):
    """Batches a second of every format and a few objectives."""
    path = os.path.join(folder, "corpus.txt")
    for format in ("arrayrecord", "memmap", "tfrecord"):
        try:
            manifest, _ = prepared(path, os.path.join(folder, format), format=format)
        except ImportError as error:
            print("%s: %s" % (format, error))
            continue
        for name in ("mlm", "causal_lm", "t5"):
            objective = build_objective(name, manifest.special_ids, manifest.vocab_size)
            loader = Loader(open_records(os.path.join(folder, format)), objective, batch_size)
            start = perf_counter()
            for step in range(steps):
                loader.batch(step)
            rate = steps * batch_size / (perf_counter() - start)
            print(
                "%-11s %-9s %6d records, %.2f million tokens a second"
                % (format, name, rate, rate * LENGTH / 1e6)
            )


def memory(megabytes):
    """Prepare so much text in a process of its own, and print the memory it and its workers took."""
    command = [sys.executable, os.path.abspath(__file__), "--only", str(megabytes)]
    found = json.loads(subprocess.check_output(command).decode().splitlines()[-1])
    print(
        "%5d MB of text: %d MB, and %d MB a worker; %.1f MB a second" % tuple([megabytes] + found)
    )


def only(megabytes):
    """What `memory` runs."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "corpus.txt")
        write_corpus(path, megabytes)
        _, seconds = prepared(path, os.path.join(folder, "records"))
        kinds = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
        peaks = [resource.getrusage(kind).ru_maxrss >> 10 for kind in kinds]
        print(json.dumps(peaks + [megabytes / seconds]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--original", help="pretraining/data_utils.py of bert4keras")
    parser.add_argument("--text", type=int, default=20, help="megabytes for the comparison")
    parser.add_argument(
        "--sizes", default="", help="megabytes, with commas, whose memory is measured"
    )
    parser.add_argument("--only", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        return only(given.only)
    with tempfile.TemporaryDirectory() as folder:
        compare(given.original, folder, given.text)
        feed(folder)
    for size in given.sizes.split(",") if given.sizes else []:
        memory(int(size))


if __name__ == "__main__":
    main()
