"""Golden cases of b4k-text: small Hugging Face directories, and what transformers makes of nasty strings.

`texts.json` has rows [directory, text, ids, ids of the text and the next one as a pair, what the ids
decode to, offsets of the tokens]; what only some tokenizers have is null. `wordpiece.json` has
the texts of `tokenizer/texts.json` whose tokens in BertTokenizer are not those of the original, as
rows [setting, number of the text, BertTokenizer's tokens]. transformers is the last release whose
BertTokenizer is its own and not that of the library `tokenizers`.
"""

import json
import os
import shutil
import sys
import tempfile
import zlib
from collections import Counter
from pathlib import Path

import sentencepiece
import tokenizers
import transformers

TARGET = "packages/b4k-text/tests/golden/pretrained"
LANE = "transformers-text"
REQUIREMENTS = [
    "transformers==4.46.3",
    "tokenizers==0.20.3",
    "sentencepiece==0.2.0",
    "protobuf==5.28.3",
    "numpy==1.26.4",
]
GOLDEN = Path(__file__).resolve().parents[2] / "packages" / "b4k-text" / "tests" / "golden"
EVERY = 20  # so many texts apart are those that all directories get
SENTENCEPIECE = {  # of a model with XLM-RoBERTa's special ids; BPE, for unigrams have ties
    "vocab_size": 300,
    "model_type": "bpe",
    "hard_vocab_limit": False,
    "normalization_rule_name": "identity",
    "character_coverage": 0.98,
    "num_threads": 1,
    "minloglevel": 2,
}


def committed(name):
    """A committed case of the original."""
    return json.loads((GOLDEN / "tokenizer" / (name + ".json")).read_text("ascii"))


def vocabulary(path):
    """Write the small vocabulary, without what the two read differently: blanks and repetitions."""
    lines = committed("vocabulary")["files"]["small"].split("\n")
    tokens = dict.fromkeys(line.split()[0] for line in lines if line.split())
    Path(path).write_text("".join(token + "\n" for token in tokens), "utf-8")
    return str(path)


def all_texts():
    """The original's texts, in their order."""
    return [row[0] for row in committed("texts")["rows"]]


# --- directories


def learned(words, count):
    """The `count` merges of byte pair encoding, of equally frequent ones the first by name."""
    words, found = list(words), []
    for _ in range(count):
        pairs = Counter(pair for word in words for pair in zip(word, word[1:]))
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        words = [merged(word, best) for word in words]
        found.append(best)
    return found


def merged(word, pair):
    """A word, a tuple of pieces, in which neighbours that are `pair` are one."""
    pieces = []
    for piece in word:
        if pieces and (pieces[-1], piece) == pair:
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return tuple(pieces)


def write_bpe(folder, alphabet, words, also=()):
    """Write vocab.json and merges.txt and return their paths."""
    pairs = learned(words, 80)
    vocab = dict.fromkeys([*also, *sorted(alphabet), *map("".join, pairs)])
    vocab = {token: i for i, token in enumerate(vocab)}
    (folder / "vocab.json").write_text(json.dumps(vocab), "utf-8")
    lines = ["#version: 0.2", *map(" ".join, pairs)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", "utf-8")
    return [str(folder / "vocab.json"), str(folder / "merges.txt")]


def byte_words(texts):
    """The words of texts, spelled with the letters that stand for bytes."""
    cut = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str
    return [tuple(word) for text in texts for word, _ in cut(text)]


def letter_words(texts):
    """The lower case words of texts of few letters; the last letter bears the end."""
    words = [word for text in texts if max(text, default="") < "\u0180" for word in text.split()]
    return [(*word[:-1], word[-1] + "</w>") for word in map(str.lower, words)]


def bert(folder, lower, **kwargs):
    """BERT's own tokenizer."""
    path = vocabulary(folder / "source.txt")
    return transformers.BertTokenizer(path, do_lower_case=lower, **kwargs)


def t5(folder):
    """T5's, on the SentencePiece model that is committed elsewhere."""
    path = str(GOLDEN / "sentencepiece" / "unigram.model")
    return transformers.T5Tokenizer(path, extra_ids=0, legacy=False)


def albert(folder):
    """ALBERT's, on the same model; the slow one, whose rules are code and no file."""
    return transformers.AlbertTokenizer(str(GOLDEN / "sentencepiece" / "unigram.model"))


def xlm_roberta(folder):
    """XLM-RoBERTa's, on a model of its own, in which other ids are special."""
    path, texts = folder / "sentencepiece.bpe.model", all_texts()
    with open(path, "wb") as writer:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter([t for t in texts if max(t, default="") < "\u0250"]),
            model_writer=writer,
            **SENTENCEPIECE,
        )
    return transformers.XLMRobertaTokenizer(str(path))


def byte_bpe(folder, also=()):
    """The files of byte level BPE."""
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    return write_bpe(folder, alphabet, byte_words(all_texts()), also)


def gpt2(folder):
    """GPT-2's, fast, for the offsets."""
    ends = dict.fromkeys(("unk_token", "bos_token", "eos_token"), "<|endoftext|>")
    return transformers.GPT2TokenizerFast(*byte_bpe(folder, ["<|endoftext|>"]), **ends)


def roberta(folder):
    """RoBERTa's."""
    files = byte_bpe(folder, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    return transformers.RobertaTokenizerFast(*files, add_prefix_space=True)


def openai_gpt(folder):
    """The first GPT's."""
    words = letter_words(all_texts())
    alphabet = {piece for word in words for piece in word}
    alphabet |= {letter + "</w>" for letter in alphabet if len(letter) == 1}
    return transformers.OpenAIGPTTokenizerFast(*write_bpe(folder, alphabet, words, ["<unk>"]))


DIRECTORIES = {  # maker, files that stay, whether the library `tokenizers` is behind it
    "bert": (lambda f: bert(f, True), ["vocab.txt"], False),
    "bert_cased": (lambda f: bert(f, False, sep_token="[unused2]"), ["vocab.txt"], False),
    "bert_json": (
        lambda f: transformers.BertTokenizerFast(vocabulary(f / "source.txt"), strip_accents=False),
        ["tokenizer.json", "vocab.txt"],
        True,
    ),
    "t5": (t5, [], False),
    "albert": (albert, [], False),
    "xlm_roberta": (xlm_roberta, ["sentencepiece.bpe.model"], False),
    "gpt2": (gpt2, ["vocab.json", "merges.txt"], True),
    "roberta": (roberta, ["vocab.json", "merges.txt"], True),
    "roberta_json": (roberta, ["tokenizer.json"], True),
    "openai_gpt": (openai_gpt, ["vocab.json", "merges.txt"], True),
}
TWO_ENDS = ("roberta", "roberta_json", "xlm_roberta")  # between the texts of a pair
CONFIGS = ["special_tokens_map.json", "tokenizer_config.json"]


def save(tokenizer, target, kept):
    """Write what transformers writes, of it only the files that this directory is about."""
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        os.makedirs(target)
        for name in [*kept, *CONFIGS]:
            shutil.copyfile(os.path.join(folder, name), os.path.join(target, name))


def row(name, tokenizer, text, following, fast):
    """What a tokenizer makes of a text."""
    tokens = tokenizer(text, return_offsets_mapping=fast)
    ids = tokens["input_ids"]
    return [
        name,
        text,
        ids,
        None if name in TWO_ENDS else tokenizer(text, following)["input_ids"],
        tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        if fast
        else None,
        tokens.get("offset_mapping"),
    ]


def directories(out_dir):
    """Write every directory; the rows of them all."""
    texts = all_texts()[::EVERY]
    for name, (make_tokenizer, kept, fast) in DIRECTORIES.items():
        with tempfile.TemporaryDirectory() as folder:
            tokenizer = make_tokenizer(Path(folder))
            save(tokenizer, os.path.join(out_dir, name), kept)
            for text, following in zip(texts, texts[1:]):
                yield row(name, tokenizer, text, following, fast)


# --- WordPiece


def wordpiece():
    """The rows of BertTokenizer that differ from the original's tokens, unknown ones being [UNK]."""
    with tempfile.TemporaryDirectory() as folder:
        for setting in ("cased", "uncased"):
            tokenizer = bert(Path(folder), setting == "uncased")
            for i, (text, results) in enumerate(committed("texts")["rows"]):
                tokens, _ = results.get(setting) or results["cased"]
                tokens = [t if t in tokenizer.vocab else tokenizer.unk_token for t in tokens]
                found = tokenizer.tokenize(text)
                if found != tokens:
                    yield [setting, i, found]


# --- files


def write(path, case, rows):
    """JSON in ASCII, one row a line, the same bytes every time."""
    versions = {m.__name__: m.__version__ for m in (transformers, tokenizers)}
    oracle = "transformers==%(transformers)s" % versions
    seed = zlib.crc32(case.encode("utf-8")) & 0x7FFFFFFF
    header = {"case": case, "seed": seed, "oracle": oracle, "versions": versions}
    lines = [json.dumps(row, separators=(",", ":")) for row in rows]
    head = json.dumps({"header": header}, sort_keys=True, separators=(",", ":"))
    with open(path, "w", encoding="ascii", newline="\n") as writer:
        writer.write('%s,"rows":[\n%s\n]}\n' % (head[:-1], ",\n".join(lines)))


def make(out_dir):
    """Write every case into `out_dir`."""
    write(os.path.join(out_dir, "texts.json"), "texts", directories(out_dir))
    write(os.path.join(out_dir, "wordpiece.json"), "wordpiece", wordpiece())


if __name__ == "__main__":
    make(sys.argv[1])
