"""A preparation in a process of its own: `prepare_in_process.py START_METHOD FOLDER FILE...`."""

import multiprocessing
import sys

from b4k_pretrain import corpus
from drawn_corpus import tokenizer

if __name__ == "__main__":
    method, folder, *files = sys.argv[1:]
    multiprocessing.set_start_method(method)
    corpus.TASK = 2000, 2000  # characters, so that there are many tasks
    options = {"sequence_length": 16, "shards": 5, "format": "memmap", "unique": "sentences"}
    corpus.prepare(files, folder, tokenizer(), workers=2, progress=False, **options)
