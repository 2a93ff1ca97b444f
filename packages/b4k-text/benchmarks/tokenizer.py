"""How much faster than bert4keras: the same sentences through both tokenizers, in one process.

nox -s bench -- k2-tf115
"""

import random
import sys
from time import process_time

import b4k_text
import bert4keras.tokenizers

LANES = ["k2-tf115"]  # where `nox -s bench` runs this
PEERS = ["bert4keras==0.11.5"]  # what it installs beside
WORDS = (
    "the transformer embeds every token of a sentence and attention mixes what they mean "
    "tokenization unbelievably fine-tuning 3.14 2023 GPU don't internationalization"
).split()
HANZI = "我们今天去北京大学看书学习自然语言处理模型训练数据的一是在不了有和人这中大为上个国"
PIECES = "##s ##ing ##ed ##ize ##ation ##al ##ly ##un ##iz ##rain ##believ ##er".split()


def vocabulary(size=21128):
    """A vocabulary of the size of Chinese BERT's: specials, characters, words, pieces."""
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *map(chr, range(33, 127))]
    tokens += [f"##{chr(code)}" for code in range(97, 123)]
    tokens += ["the", "every", "token", "sentence", "attention", "mixes", "inter", *PIECES]
    tokens += map(chr, range(0x4E00, 0x4E00 + size - len(tokens)))
    return {token: i for i, token in enumerate(dict.fromkeys(tokens))}


def word(rng):
    """A common word, or one that was never seen before."""
    letters = "etaoinshrdlu"
    return rng.choice(WORDS) if rng.random() < 0.8 else "".join(rng.sample(letters, 7))


def sentences(count=3000, seed=0):
    """Chinese, English and mixed sentences of 20 to 80 words and characters."""
    rng = random.Random(seed)
    for _ in range(count):
        english = rng.choice([0.0, 0.1, 0.5, 1.0])
        parts = [
            f" {word(rng)} " if rng.random() < english else rng.choice(HANZI)
            for _ in range(rng.randint(20, 80))
        ]
        yield "".join(parts) + rng.choice("。.!？")


def seconds(job, tokenizers, rounds):
    """The best processor time of several rounds, for each tokenizer; they take turns."""
    times = {tokenizer: [] for tokenizer in tokenizers}
    for tokenizer in tokenizers * rounds:
        start = process_time()
        job(tokenizer)
        times[tokenizer].append(process_time() - start)
    return [min(times[tokenizer]) for tokenizer in tokenizers]


def main(rounds=3):
    vocab, texts = vocabulary(), list(sentences())
    ours, theirs = (
        module.Tokenizer(vocab, do_lower_case=True) for module in (b4k_text, bert4keras.tokenizers)
    )
    tokens = [theirs.tokenize(text) for text in texts]
    ids = [theirs.tokens_to_ids(row) for row in tokens]
    long_text = "".join(texts)[:200000]
    long_tokens = theirs.tokenize(long_text)
    jobs = {
        "tokenize": lambda t: [t.tokenize(text) for text in texts],
        "encode": lambda t: [t.encode(text, maxlen=64) for text in texts],
        "encode pairs": lambda t: [t.encode(*pair, maxlen=64) for pair in zip(texts, texts[1:])],
        "decode": lambda t: [t.decode(row) for row in ids],
        "rematch": lambda t: [t.rematch(*pair) for pair in zip(texts, tokens)],
        "rematch, 200000 characters": lambda t: t.rematch(long_text, long_tokens),
    }
    print(f"{len(texts)} sentences, {sum(map(len, texts))} characters, best of {rounds}")
    for name, job in jobs.items():
        assert job(ours) == job(theirs), name
        old, new = seconds(job, [theirs, ours], rounds)
        print(f"{name:28} bert4keras {old:7.3f} s   b4k {new:7.3f} s   {old / new:5.1f} times")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
