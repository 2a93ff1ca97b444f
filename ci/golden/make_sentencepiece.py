"""Golden cases of b4k-text: SentencePiece models and nasty strings through bert4keras.

A row is [setting, text, tokens, ids, ids and segments of the text twice with maxlen 12, what the
ids decode to]. The models are trained in a process of their own: TensorFlow brings another protobuf.
"""

import os
import random
import re
import subprocess
import sys

from _case import seed_of
from _text_case import write_case
from bert4keras.tokenizers import SpTokenizer
from make_text import HANZI, WORDS, hand_picked

TARGET = "packages/b4k-text/tests/golden/sentencepiece"
MODELS = {  # keyword arguments of the trainer
    "unigram": {
        "vocab_size": 220,
        "user_defined_symbols": ["[MASK]"],
        "control_symbols": ["[CLS]", "[SEP]"],
    },
    "bytes": {
        "vocab_size": 420,
        "model_type": "bpe",
        "byte_fallback": True,
        "normalization_rule_name": "identity",
    },
}
SETTINGS = {  # (model, keyword arguments); pre_tokenize is the findall of a pattern
    "t5": ("unigram", {"token_start": None, "token_end": "</s>"}),
    "albert": ("unigram", {}),
    "pieces": ("unigram", {"pre_tokenize": "[a-z]+|[\u4e00-\u9fff]{1,2}|\\S"}),
    "translated": ("unigram", {"token_translate": {"\u2581the": "[MASK]", "\u2581": "[SEP]"}}),
    "bytes": ("bytes", {"token_start": "<s>", "token_end": "</s>"}),
}
TRAINER = """
import sys, sentencepiece
sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=iter(sys.stdin.buffer.read().decode("utf-8").split("\\n")),
    model_writer=open(sys.argv[1], "wb"), pad_id=0, eos_id=1, unk_id=2, bos_id=3, num_threads=1,
    character_coverage=0.995, hard_vocab_limit=False, minloglevel=2, **eval(sys.argv[2]))
"""


def corpus():
    """Lines to train on."""
    rng = random.Random(seed_of("corpus"))
    words = [word.replace("##", "") for word in WORDS.split()]
    for _ in range(400):
        line = [rng.choice(words) for _ in range(5)]
        yield " ".join(line) + "".join(rng.choice(HANZI) for _ in range(6)) + rng.choice("。，！ ")


def train(path, kwargs):
    """Write a model."""
    command = [sys.executable, "-c", TRAINER, path, repr(kwargs)]
    subprocess.run(command, input="\n".join(corpus()).encode("utf-8"), check=True)


def tokenizer(folder, setting):
    """The original's tokenizer for one of SETTINGS."""
    model, kwargs = SETTINGS[setting]
    if "pre_tokenize" in kwargs:
        kwargs = dict(kwargs, pre_tokenize=re.compile(kwargs["pre_tokenize"]).findall)
    return SpTokenizer(os.path.join(folder, model + ".model"), **kwargs)


def rows(folder):
    """Every third hand-picked text in every setting."""
    texts = [text for text in hand_picked() if len(text) < 60][::3]
    for setting in SETTINGS:
        tok = tokenizer(folder, setting)
        for text in texts:
            tokens = tok.tokenize(text)
            ids = tok.tokens_to_ids(tokens)
            yield [setting, text, tokens, ids, tok.encode(text, text, maxlen=12), tok.decode(ids)]


def vocabulary(folder, setting):
    """What is said of each id, and the ids of the special tokens."""
    tok = tokenizer(folder, setting)
    ids = list(range(tok._vocab_size))
    kinds = [[bool(tok._is_special(i)), bool(tok._is_decodable(i))] for i in ids]
    names = ("pad", "unk", "mask", "start", "end")
    special = {name: getattr(tok, "_token_%s_id" % name, None) for name in names}
    return {"tokens": tok.ids_to_tokens(ids + [10**6]), "kinds": kinds, "special": special}


def make(out_dir):
    """Write the models and the case into `out_dir`."""
    for name, kwargs in MODELS.items():
        train(os.path.join(out_dir, name + ".model"), kwargs)
    content = {
        "settings": SETTINGS,
        "vocabularies": {setting: vocabulary(out_dir, setting) for setting in SETTINGS},
        "rows": list(rows(out_dir)),
    }
    write_case(os.path.join(out_dir, "texts.json"), "sentencepiece", content)


if __name__ == "__main__":
    make(sys.argv[1])
