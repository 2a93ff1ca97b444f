"""Small records for the tests."""

import numpy as np

SPECIAL = {"pad": 0, "unk": 1, "start": 2, "end": 3, "mask": 4}
VOCAB_SIZE = 30


def drawn(count, length=12, seed=0, vocab_size=VOCAB_SIZE):
    """Ids [count, length] of texts between [CLS] and [SEP]; the last record is half padding."""
    ids = np.random.RandomState(seed).randint(5, vocab_size, (count, length))
    ids[:, 0], ids[:, -1] = SPECIAL["start"], SPECIAL["end"]
    ids[-1, length // 2 :] = SPECIAL["pad"]
    return ids


def facts(**more):
    """What `write_records` must be told of them."""
    return dict({"vocab_size": VOCAB_SIZE, "special_ids": SPECIAL}, **more)
