"""Golden cases of b4k-text: vocabularies, character classes and nasty strings through bert4keras.

The cases are JSON, one row a line. Characters that Unicode 11 (Python 3.7) does not know, or that a
later Unicode put into another class, are left out: there the original itself depends on Python.
"""

import hashlib
import os
import random
import re
import sys
import tempfile
import unicodedata
from pathlib import Path

from _case import seed_of
from _text_case import write_case
from bert4keras.snippets import lowercase_and_normalize
from bert4keras.tokenizers import Tokenizer, load_vocab, save_vocab

TARGET = "packages/b4k-text/tests/golden/tokenizer"
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packages" / "b4k-text" / "tests"))
from drawn import CHUNK, COUNT, digest  # noqa: E402

FUZZED = 1500  # random strings beside the hand-picked ones

# CANADIAN SYLLABICS CHI SIGN, HANUNOO SIGN PAMUDPOD, JAVANESE CONSONANT SIGN KERET: moved class
# between Unicode 11 and 15.
RECLASSIFIED = (0x166D, 0x1734, 0xA9BD)

# --- vocabularies

SPECIALS = "[PAD] [UNK] [CLS] [SEP] [MASK] [unused1] [unused2] <s> </s>"
WORDS = """the The a I is to hello world don un ##aff ##able play ##ing ##ed ##s ##ly run ##n token
    ##ize ##r ##ization new york ##er good o ##o co ##ffe e caf resume re ##sum ##e 2023 20 ##23 ##2
    ##3 1 3 ##14 14 b ##b c ##c d gpu cuda gp ##u ##a ##d fi ##x x y z m t ve ll ss ##ss st ##ra
    ##ße stra ##sse i ##i # ## ... ##... café ##é über Ü É naïve"""
HANZI = (
    "的一是了我不在人们有来他这上着个地到大里说就去子得也和那要下看天时过出小么起你都把好还多没为又可家"
    "学只以主会样年想生同老中十从自面前头道它后然走很像见两用她国动进成回什边作对开而己些现山民经长城爱"
)
RARE = "\u3400\u4db5\u9fa5\uf900\ufad9\U00020000\U0002a6d6\U0002b740\U0002b820\U0002f800"
OTHER = """в ##о да привет ς σ ##ς ##σ α ##α ο ##δ ##ο あ ##い カ ##タ ー ㄱ \u1112
    ##\u1161 ##\u11ab 한 ##국 ไ ##ท ا ##ل م ☺ 😀 ##😀 ❤ € £ ° ² ½ ﬁ ＡＢＣ ａ １ ##２ ॐ न
    ##म"""
PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~。，、！？；：“”‘’（）《》【】—…·￥～「」"
BAD_LINES = "|  |foo bar|\ttab|the|中|##中|##。|中国|[unused3]||é"
SMALL = [
    *SPECIALS.split(),
    *WORDS.split(),
    *HANZI,
    *RARE,
    *OTHER.split(),
    *PUNCTUATION,
    *map(chr, range(97, 123)),
    *BAD_LINES.split("|"),
]

FILES = {
    "small": "\n".join(SMALL) + "\n",
    "no last line break": "[PAD]\n[UNK]\nb",
    "duplicates": "[PAD]\na\n\nb\na\nc\n \nd e\na\nf\nb\n",
    "line breaks": "[PAD]\r\n[UNK]\ra\u2028b\n\u3000\n\x0bc\x0c\n##\ud55c\n\ufeffd\n",
    "few specials": "[UNK]\n中\nhello\n##lo\nhel\n国\n",
}
VOCABULARY = [
    [name, kwargs]
    for name in FILES
    for kwargs in ({}, {"simplified": True}, {"simplified": True, "startswith": ["[UNK]"]})
    if "startswith" not in kwargs or "[UNK]" in FILES[name]
] + [
    ["small", {"simplified": True, "startswith": ["[CLS]", "中国", "[PAD]", "[CLS]"]}],
    ["small", {"startswith": ["ignored"]}],
]


def as_file(name, folder):
    """The path of one of FILES, written as it is."""
    path = os.path.join(folder, "vocab.txt")
    with open(path, "w", encoding="utf-8", newline="") as writer:
        writer.write(FILES[name])
    return path


def vocabulary(folder):
    """What load_vocab reads from each file, and what save_vocab makes of it."""
    rows = []
    for name, kwargs in VOCABULARY:
        found = load_vocab(as_file(name, folder), **kwargs)
        token_dict, keep_tokens = found if isinstance(found, tuple) else (found, None)
        path = os.path.join(folder, "saved.txt")
        save_vocab(path, token_dict)
        with open(path, encoding="utf-8", newline="") as reader:
            rows.append([name, kwargs, list(token_dict.items()), keep_tokens, reader.read()])
    return {"files": FILES, "rows": rows}


# --- character classes


def is_stable(code):
    """Whether every Python since 3.7 puts this code point into the same class."""
    return unicodedata.category(chr(code)) != "Cn" and code not in RECLASSIFIED


def ranges(holds):
    """[[first, last], ...] of the code points for which `holds` is true."""
    found = []
    for code in filter(holds, range(sys.maxunicode + 1)):
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def characters(_):
    """The classes of all stable code points, and a digest of their normal forms."""
    classes = ["_is_space", "_is_punctuation", "_is_cjk_character", "_is_control"]
    rows = [["stable", ranges(is_stable)]]
    for name in classes:
        rule = getattr(Tokenizer, name)
        rows.append([name, ranges(lambda code, rule=rule: is_stable(code) and rule(chr(code)))])
    forms = [lowercase_and_normalize(chr(code)) for code in filter(is_stable, range(0x110000))]
    digest = hashlib.sha256("\n".join(forms).encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "cjk_punctuation": "".join(sorted(Tokenizer._cjk_punctuation())),
        "lowercase_and_normalize": digest,
        "rows": rows,
    }


# --- texts

# A bar ends each text; a line break after it means nothing.
SENTENCES = """|hello world|Hello, World!|The unaffable player isn't running.|
don't they've we'll I'm|it's GPU's|我们今天去北京大学看书。|今天Nice天气3.14度，GPU很good!|
中文English混排text，没有空格|  leading and trailing  |
tab\tnew\nline\r\nreturn\x0bvertical\x0cform\x85next|a\u2028line\u2029end|
non\xa0breaking\u3000full\u2003em\u200bzero|[MASK]|[CLS] 中 [SEP]|x[MASK]y [UNK][PAD]|[unused1]|
[un|[]|[ ]|[[[]]]|<s>hi</s>|##ing|play##ing|## # ###|...|#...|ＡＢＣａｂｃ１２３！？，．|
カタカナ ひらがな ー|\uff76\uff80\uff76\uff85|\uff8a\uff9d\uff76\uff78|한국어 한국|
\u1112\u1161\u11ab|ไทย ภาษา|العربية مُحَمَّد|हिन्दी नमस्ते|עברית שָׁלוֹם|
ΟΔΟΣ ΣΑΣ Σ ΟΔΟΣ.|Σ\u0301Σ|İstanbul IİıI DİYARBAKIR|Straße STRASSE ẞ ß|
ŉ ǰ ΐ ﬁ ﬀ ﬃ|ǅ ǆ Ǆ|\xc9 \xe9 E\u0301 e\u0301|caf\xe9 cafe\u0301 CAF\xc9|
naïve coöperate Å \u212b|e\u0301\u0302\u0323x|\u0301start|a\u0301|\u0301|中\u0301国\u0308|
r\xe9sum\xe9 RE\u0301SUME\u0301|a\u302e\U0001d165b|Ü Ö Ä|😀😀|👨\u200d👩\u200d👧 family|👍🏽 ok|
🇨🇳|❤\ufe0f|☺hi☺|a😀b|1\ufe0f\u20e3|2023年3月14日|3.14 1,000 50% $5 5€ ￥100 1/2 ½ ²|
C++ C# a_b a-b @x #y|https://example.com/a?b=c&d=e#f|mail@example.com|\\path\\to|
{"k":[1,2.5,null]}|<p class="x">text</p>|`code` ~tilde^|“引号”‘单’《书》|
【注】（括）—破折……·|"a" 'b' (c) [d] {e} <f>|a.b.c|U.S.A.|e.g. i.e.|end.Next|1.5.6|
v1.0-beta+2|\u200b|\u200bhel\u200blo\u200b|\ufeffbom|soft\xadhyphen|\u202eright\u202cto|
w\u2060j|a\x00b|a\ufffdb|\x00|\ufffd\ufffd|\x7f|\x1b[0m|\ue000private\uf8ff|\U000f0000|\uffff|
\ufffe|\U0010ffff|a\uffffb|\u3007零\u3006|々〆|㈠①Ⅷ|\U0001d400\U0001d7ce|\ufdfa|
\u3400\u4db5\u4db6一\u9fa5\u9fff\ua000|\uf900\ufad9\ufaff|\U00020000\U0002a6d6\U0002a6df|
\U0002b740\U0002b820\U0002f800|\U00030000\U0003134a|中\U00020000国|a\U00020000b|长城长城|的的的|
中|国 中|   |\t| \n|.|a|A|É|-|--|—|'|''|"|a'b|'s|o'clock|rock'n'roll|
tokenization tokenizer tokenize|uncoffeeable|co ffe e|unaffableing|xyzzy|qqqqqq|
playing played plays|runner|一二三四五六七八九十"""


def hand_picked():
    """SENTENCES, all separators and invisibles inside words, and the edges of the CJK ranges."""
    yield from SENTENCES.replace("|\n", "|").split("|")
    unseen = ["Zs", "Zl", "Zp", "Cc", "Cf"]
    codes = [c for c in range(0x110000) if is_stable(c) and unicodedata.category(chr(c)) in unseen]
    for start in range(0, len(codes), 3):
        yield " ".join("hel%clo" % code for code in codes[start : start + 3])
    for first, last in ranges(lambda code: Tokenizer._is_cjk_character(chr(code))):
        yield "".join("x%c" % code for code in (first - 1, first, last, last + 1))
    for length in (198, 199, 200, 201):
        yield "ab" * (length // 2) + "a" * (length % 2)
    yield "play" + "ing" * 66 + " 中"


# What the fuzzed strings draw from, first-last.
BLOCKS = """20-7e 20-7e 61-7a 61-7a 30-39 0-1f 7f-a0 a0-ff 100-24f 250-2ff 300-36f 370-3ff 400-52f
    530-5ff 600-6ff 900-dff e00-eff 1100-11ff 1e00-1fff 2000-206f 2070-214f 2190-27bf 3000-303f
    3040-30ff 3130-33ff 3400-4dbf 4e00-9fff 4e00-9fff a000-abff ac00-d7a3 e000-f8ff f900-faff
    fb00-fdff fe00-fe6f fe70-feff ff00-fffd 10000-1ffff 1d100-1d7ff 1f300-1faff 20000-2a6df
    2a700-2ceaf 2f800-2fa1f e0001-e01ef""".split()


def fuzzed(rng, count, known):
    """Strings of a few short runs, each from one block or from the known tokens."""
    for _ in range(count):
        text = ""
        for _ in range(rng.randint(1, 4)):
            if rng.random() < 0.4:
                run = [rng.choice(known) for _ in range(rng.randint(1, 3))]
                text += rng.choice(["", " "]).join(run).replace("##", rng.choice(["##", ""]))
            else:
                first, last = (int(code, 16) for code in rng.choice(BLOCKS).split("-"))
                run = [rng.randint(first, last) for _ in range(rng.randint(1, 4))]
                text += "".join(chr(code) for code in run if is_stable(code))
            text += rng.choice(["", "", " "])
        yield text


# --- tokenizers

SETTINGS = {  # keyword arguments; pre_tokenize is the findall of a pattern
    "cased": {"token_start": None, "token_end": None},
    "uncased": {"token_start": None, "token_end": None, "do_lower_case": True},
    "default": {},
    "no start": {"token_start": None},
    "no end": {"token_end": None, "do_lower_case": True},
    "unknown ends": {"token_start": "", "token_end": "[EOS]"},
    "short words": {"word_maxlen": 5, "do_lower_case": True},
    "pieces": {"pre_tokenize": "(?s)[a-z]+|.{1,3}|^$", "do_lower_case": True},
    "cased pieces": {"pre_tokenize": "(?s)\\[[A-Z]+\\]|中国|foo|."},
    "translated": {"token_translate": {"the": "[MASK]", "中": "国", "a": "", "##ing": "[unused1]"}},
}


def tokenizer(token_dict, setting):
    """The original's tokenizer for one of SETTINGS."""
    kwargs = dict(SETTINGS[setting])
    if "pre_tokenize" in kwargs:
        kwargs["pre_tokenize"] = re.compile(kwargs["pre_tokenize"]).findall
    return Tokenizer(token_dict, **kwargs)


def rematched(tok, text, tokens):
    """What rematch returns; None where it can't find a token."""
    try:
        return tok.rematch(text, tokens)
    except ValueError:
        return None


def all_texts(rng, token_dict):
    """The hand-picked strings and the fuzzed ones."""
    return [*hand_picked(), *fuzzed(rng, FUZZED, list(token_dict))]


def texts(folder):
    """Tokens and rematch of every text, cased and uncased; every tenth text in all settings.

    What is not said of "uncased" is as for "cased".
    """
    token_dict = load_vocab(as_file("small", folder))
    tokenizers = {name: tokenizer(token_dict, name) for name in SETTINGS}
    rows = []
    for i, text in enumerate(all_texts(random.Random(seed_of("texts")), token_dict)):
        row = {}
        for name in SETTINGS if i % 10 == 0 else ("cased", "uncased"):
            tokens = tokenizers[name].tokenize(text)
            row[name] = [tokens, rematched(tokenizers[name], text, tokens)]
        if row["uncased"] == row["cased"]:
            del row["uncased"]
        rows.append([text, row])
    return {"settings": SETTINGS, "rows": rows}


def argument(rng, samples, tok):
    """A text to encode, or a list of its tokens."""
    text = rng.choice(samples)
    return text if rng.random() < 0.8 else tok.tokenize(text)


def keywords(rng):
    """Random keyword arguments of encode."""
    kwargs = {}
    if rng.random() < 0.8:
        kwargs["maxlen"] = rng.choice([0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24])
    if rng.random() < 0.5:
        kwargs["truncate_from"] = rng.choice(["right", "left", 0, 1, 2, -1, -2, -3, 5])
    if rng.random() < 0.4:
        kwargs["pattern"] = rng.choice(["S*E*E", "S*ES*E", "S*E", ""])
    return kwargs


def encoded(tok, first, second, kwargs):
    """[ids, segment ids]; None where the original gives up with an IndexError."""
    copies = [list(x) if isinstance(x, list) else x for x in (first, second)]  # which it cuts
    try:
        return tok.encode(*copies, **kwargs)
    except IndexError:
        return None


def encode(folder):
    """Random texts, pairs and token lists through encode, in every setting.

    Token lists come from `tokenize`: of others the original loses the first item.
    """
    rng, token_dict = random.Random(seed_of("encode")), load_vocab(as_file("small", folder))
    samples = [text for text in hand_picked() if len(text) < 60]
    rows = []
    for i in range(500):
        setting = list(SETTINGS)[i % len(SETTINGS)]
        tok = tokenizer(token_dict, setting)
        first = argument(rng, samples, tok)
        second = argument(rng, samples, tok) if rng.random() < 0.6 else None
        kwargs = keywords(rng)
        rows.append([setting, first, second, kwargs, encoded(tok, first, second, kwargs)])
    return {"settings": SETTINGS, "rows": rows}


def decode(folder):
    """Ids to text: those of the hand-picked texts and random ones; and tokens to text."""
    rng, token_dict = random.Random(seed_of("decode")), load_vocab(as_file("small", folder))
    tok = tokenizer(token_dict, "default")
    lists = [tok.encode(text)[0] for text in hand_picked()]
    ids = sorted(set(token_dict.values()))
    lists += [[2] + [rng.choice(ids) for _ in range(rng.randint(0, 12))] for _ in range(300)]
    lists += [rng.sample(list(token_dict), rng.randint(1, 12)) for _ in range(200)]
    rows = []
    for row in lists:
        as_tokens = bool(row) and isinstance(row[0], str)
        try:
            rows.append([row, tok.decode(None, row) if as_tokens else tok.decode(row)])
        except IndexError:  # begins with a bare "##"
            rows.append([row, None])
    return {"rows": rows}


def drawn(folder):
    """A digest of every hundred of 20,000 strings, drawn as tests/drawn.py says."""
    token_dict = load_vocab(as_file("small", folder))
    tokenizers = [tokenizer(token_dict, setting) for setting in sorted(SETTINGS)]
    stable = set(filter(is_stable, range(sys.maxunicode + 1)))
    starts = range(0, COUNT, CHUNK)
    rows = [[start, digest(tokenizers, start, list(token_dict), stable)] for start in starts]
    return {"rows": rows}


# --- files

CASES = {
    "vocabulary": vocabulary,
    "characters": characters,
    "texts": texts,
    "encode": encode,
    "decode": decode,
    "drawn": drawn,
}


def make(out_dir):
    """Write every case into `out_dir`."""
    with tempfile.TemporaryDirectory() as folder:
        for case, content in CASES.items():
            write_case(os.path.join(out_dir, case + ".json"), case, content(folder))


if __name__ == "__main__":
    make(sys.argv[1])
