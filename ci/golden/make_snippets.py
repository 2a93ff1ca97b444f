"""Golden cases of b4k-text: the original's helper functions on drawn inputs.

A row is [arguments, keyword arguments, result], the last null where the original raises. Arrays
are {"dtype": ..., "shape": ..., "values": ...}.
"""

import json
import os
import sys
import unicodedata

import numpy as np
from _case import seed_of
from _text_case import write_case
from bert4keras import snippets

TARGET = "packages/b4k-text/tests/golden/snippets"
DIGITS = 9  # of arrays: the last ones depend on the processor
ALPHABETS = ["ab", "abcd", "的一是了我不在人"]
SEPARATORS = ["\n", "\n。", "\n。；，", "，。", "", " ", ["。", "\n"]]


def as_json(value):
    """A value as JSON has it, with arrays spelled out and without numpy's own numbers."""
    if isinstance(value, np.ndarray):
        values = np.round(value, DIGITS) if value.dtype.kind == "f" else value
        return {"dtype": str(value.dtype), "shape": value.shape, "values": values.ravel().tolist()}
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {name: as_json(item) for name, item in value.items()}
    return value.item() if isinstance(value, np.generic) else value


def row(function, args, kwargs):
    """[arguments, keyword arguments, result]."""
    given = json.loads(json.dumps(as_json([args, kwargs])))  # before they are changed in place
    try:
        result = function(*args, **kwargs)
    except Exception:
        result = None
    return given + [as_json(result)]


# --- arguments: functions of a generator of random numbers, giving (args, kwargs)


def word(rng, longest):
    """A random string."""
    alphabet = ALPHABETS[rng.randint(len(ALPHABETS))]
    return "".join(alphabet[i] for i in rng.randint(0, len(alphabet), rng.randint(longest + 1)))


def two_words(rng):
    """Two strings, or two lists of numbers."""
    if rng.rand() < 0.3:
        return ([rng.randint(0, 4, rng.randint(12)).tolist() for _ in range(2)], {})
    return ([word(rng, 12), word(rng, 12)], {})


def paragraph(rng):
    """A text with separators."""
    marks = ["。", "，", "；", "\n", " ", "。\n", "  ", "\n\n"]
    pieces = [word(rng, 15) + marks[rng.randint(len(marks))] for _ in range(rng.randint(12))]
    kwargs = {"seps": SEPARATORS[rng.randint(len(SEPARATORS))]}
    if rng.rand() < 0.5:
        kwargs["strips"] = ["，。", "。；", "a", "\n"][rng.randint(4)]
    return (["".join(pieces), int(rng.randint(1, 30))], kwargs)


def padded(rng):
    """Items, and how to pad them."""
    axes, lists = int(rng.randint(1, 3)), rng.rand() < 0.4
    axes = 1 if lists else axes
    extra = [2] * rng.randint(2)
    dtypes = [["int64"], ["int32"], ["float32"], ["int64", "float32"], ["bool", "int32"]]
    chosen = dtypes[rng.randint(len(dtypes))]
    items = []
    for _ in range(rng.randint(1, 5)):
        shape = list(rng.randint(1 if lists else 0, 6, axes)) + extra
        x = rng.randint(0, 9, shape).astype(chosen[rng.randint(len(chosen))])
        items.append(x.tolist() if lists else x)
    kwargs = {"mode": ["post", "pre"][rng.randint(2)], "seq_dims": axes}
    if rng.rand() < 0.5:
        kwargs["value"] = [-1, 7, 0.5][rng.randint(3)]
    if rng.rand() < 0.6:
        length = rng.randint(1, 8, axes).tolist()
        kwargs["length"] = length[0] if axes == 1 and rng.rand() < 0.5 else length
    return ([items], kwargs)


def truncated(rng):
    """Lists to shorten, some empty."""
    lists = [rng.randint(0, 9, rng.randint(8)).tolist() for _ in range(rng.randint(1, 4))]
    index = int(rng.randint(-2, 2))
    return ([int(rng.randint(0, 16)), index if rng.rand() < 0.7 else [index] * 3, *lists], {})


def normalized(rng):
    """An array for softmax."""
    x = rng.randn(*rng.randint(1, 4, rng.randint(1, 4))) * 10 ** rng.randint(0, 4)
    return ([np.round(x, DIGITS)], {"axis": int(rng.randint(-x.ndim, x.ndim))})


def searched(rng):
    """A string and what may be in it."""
    patterns = ["a", "ab", "^b", "[cd]", "的.*我", "b$", ""]
    chosen = [patterns[i] for i in rng.randint(0, len(patterns), rng.randint(3))]
    return ([word(rng, 6), chosen], {})


def accented(rng):
    """Letters with and without marks."""
    codes = [c for c in range(0x41, 0x600) if unicodedata.category(chr(c))[0] in "LMNP"]
    return (["".join(chr(codes[i]) for i in rng.randint(0, len(codes), rng.randint(9)))], {})


def generator(rng):
    """How a DataGenerator is set up."""
    kwargs = {"sized": bool(rng.rand() < 0.5), "random": bool(rng.rand() < 0.7)}
    sizes = {"batch_size": int(rng.randint(1, 5)), "buffer_size": int(rng.randint(1, 9))}
    return ([int(rng.randint(1, 20)), int(rng.randint(1000))], dict(kwargs, **sizes))


def sample(count, seed, sized, random, **sizes):
    """What `DataGenerator.sample` gives."""
    np.random.seed(seed)
    data = range(count) if sized else iter(range(count))
    return list(snippets.DataGenerator(data, **sizes).sample(random))


def labelled(rng):
    """Scores of transitions and of nodes; whole numbers, so that some paths are equally good."""
    labels, whole = int(rng.randint(1, 6)), rng.rand() < 0.5
    x = rng.randn(labels + rng.randint(1, 7), labels) * 3
    x = np.round(x, 0 if whole else DIGITS)
    ends = [None, list(range(0, labels, 2)), [0], [labels - 1]]
    return ([x[labels:], x[:labels], ends[rng.randint(4)], ends[rng.randint(4)]], {})


def viterbi(nodes, trans, starts, ends):
    """What `ViterbiDecoder.decode` gives."""
    return snippets.ViterbiDecoder(trans, starts, ends).decode(nodes)


FUNCTIONS = {"sample": sample, "viterbi": viterbi}
CASES = {  # function of bert4keras.snippets or of FUNCTIONS: (arguments, how many rows)
    "longest_common_substring": (two_words, 200),
    "longest_common_subsequence": (two_words, 200),
    "text_segmentate": (paragraph, 300),
    "sequence_padding": (padded, 300),
    "truncate_sequences": (truncated, 100),
    "softmax": (normalized, 40),
    "string_matching": (searched, 60),
    "lowercase_and_normalize": (accented, 60),
    "sample": (generator, 100),
    "viterbi": (labelled, 100),
}


def make(out_dir):
    """Write every case into `out_dir`."""
    for name, (draw, count) in CASES.items():
        rng = np.random.RandomState(seed_of(name))
        function = FUNCTIONS.get(name) or getattr(snippets, name)
        rows = [row(function, *draw(rng)) for _ in range(count)]
        write_case(os.path.join(out_dir, name + ".json"), name, {"rows": rows})


if __name__ == "__main__":
    make(sys.argv[1])
