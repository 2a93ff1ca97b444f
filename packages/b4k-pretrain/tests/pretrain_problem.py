"""A tiny corpus of ids and a tiny model for it, which the tests train."""

import json
import os
import socket

import numpy as np
from b4k_pretrain.config import Config
from b4k_pretrain.records import write_records

VOCABULARY, LENGTH, RECORDS = 30, 12, 64
SPECIAL_IDS = {"pad": 0, "unk": 1, "start": 2, "end": 3, "mask": 4}
MODEL = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "hidden_act": "gelu",
    "max_position": LENGTH,
    "dropout_rate": 0.1,
    "attention_dropout_rate": 0.1,
}
TABLES = {
    "data": {"records": "records", "evaluation_records": "held_out"},
    "model": {"options": MODEL},
    "optimizer": {"learning_rate": 0.01, "warmup": 2},
    "training": {
        "folder": "run",
        "batch_size": 8,
        "accumulation": 2,
        "steps": 6,
        "interval": 2,
        "evaluation_batches": 2,
    },
    "logs": {"progress": False},
}


def make_records(folder, seed=0, records=RECORDS, tokenizer=""):
    """A folder of records: ids that each follow the one before by one to three."""
    steps = np.random.RandomState(seed).randint(1, 4, size=(records, LENGTH))
    ids = 5 + np.cumsum(steps, axis=1) % (VOCABULARY - 5)
    ids[:, 0], ids[:, -1] = SPECIAL_IDS["start"], SPECIAL_IDS["end"]
    facts = {"vocab_size": VOCABULARY, "special_ids": SPECIAL_IDS, "tokenizer": tokenizer}
    return write_records(folder, [ids], format="memmap", **facts)


def make_tables(folder, **changes):
    """The tables of a configuration in a folder with records; changes: {"training": {"steps": 4}}."""
    for name, seed in (("records", 0), ("held_out", 1)):
        if not os.path.exists(os.path.join(str(folder), name)):
            make_records(os.path.join(str(folder), name), seed)
    tables = json.loads(json.dumps(TABLES))
    for section, values in changes.items():
        tables.setdefault(section, {}).update(values)
    return tables


def make_config(folder, **changes):
    """The Config of these tables."""
    return Config(make_tables(folder, **changes), folder=str(folder))


def write_toml(path, tables):
    """Tables as a file."""
    with open(path, "w", encoding="utf-8") as file:
        for section, values in tables.items():
            file.write("[%s]\n" % section)
            file.writelines("%s = %s\n" % (name, toml(value)) for name, value in values.items())


def toml(value):
    """A value as TOML has it."""
    if isinstance(value, dict):
        rows = ['"%s" = %s' % (name, toml(each)) for name, each in value.items()]
        return "{%s}" % ", ".join(rows)
    return repr(value).lower() if isinstance(value, bool) else repr(value)


def free_port():
    """A port that nobody listens at, as text."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])
