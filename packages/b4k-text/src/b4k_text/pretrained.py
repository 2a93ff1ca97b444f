"""The tokenizer of a Hugging Face directory, whichever files it has."""

import json
import os

from b4k_text.huggingface_tokenizer import HuggingFaceTokenizer, library
from b4k_text.sp_kinds import AlbertTokenizer, XLMRobertaTokenizer
from b4k_text.sp_tokenizer import SpTokenizer
from b4k_text.tokenizers import Tokenizer
from b4k_text.vocabulary import vocabulary_lines

__all__ = ["from_pretrained"]

SENTENCEPIECE = ("spiece.model", "tokenizer.model", "sentencepiece.model", "spm.model")
KINDS = {  # model_type of config.json -> kind of tokenizer, where no file says that
    "albert": "Albert",
    "electra": "Electra",
    "gpt2": "GPT2",
    "mt5": "MT5",
    "openai-gpt": "OpenAIGPT",
    "roberta": "Roberta",
    "roformer": "RoFormer",
    "t5": "T5",
    "xlm-roberta": "XLMRoberta",
}
WORDPIECE_KINDS = ("", "Bert", "ConvBert", "DistilBert", "Electra", "MobileBert", "RoFormer")
SENTENCEPIECE_KINDS = ("", "MT5", "T5")  # whose ids are those of the SentencePiece model
BPE_KINDS = ("", "Bart", "GPT2", "OpenAIGPT", "Roberta")


def from_pretrained(
    directory,  # as Hugging Face's `save_pretrained` writes it
    **kwargs,  # of the tokenizer, in place of what the files say
):
    """The tokenizer of a directory: `Tokenizer`, `SpTokenizer` or `HuggingFaceTokenizer`.

    The first of these files is read: vocab.txt (WordPiece), a SentencePiece model of T5 or mT5,
    tokenizer.json, a SentencePiece model of ALBERT, XLM-RoBERTa or one that says nothing else,
    vocab.json with merges.txt (BPE); only those whose tokens are known to come out right. Raises OSError or ValueError,
    naming the directory, and ImportError for tokenizer.json and BPE without `tokenizers`.
    """
    if not os.path.isdir(directory):
        raise NotADirectoryError(f"from_pretrained: expected a directory, got {directory!r}")
    settings = _settings(directory)
    for reads, make in READERS:
        paths = reads(directory, settings)
        if paths:
            return make(paths, settings, kwargs)
    raise ValueError(
        f"{directory}: expected vocab.txt, tokenizer.json, {', '.join(SENTENCEPIECE)}, or "
        f"vocab.json and merges.txt, for a tokenizer of kind {settings['kind'] or 'Bert'!r} "
        f"that b4k_text knows; got {sorted(os.listdir(directory))}"
    )


# --- what the files say


def _settings(directory):
    """What the JSON files say: options, special tokens by name, added tokens, kind."""
    names = ("special_tokens_map.json", "tokenizer_config.json")
    settings = {}
    for name in names:
        settings.update(_json(os.path.join(directory, name)))
    model = _json(os.path.join(directory, "config.json"))
    named = settings.get("tokenizer_class") or model.get("tokenizer_class") or ""
    for ending in ("Fast", "Tokenizer", "PreTrained"):
        named = named[: -len(ending)] if named.endswith(ending) else named
    settings["kind"] = named or KINDS.get(model.get("model_type"), "")
    added = settings.get("added_tokens_decoder", {})
    settings["added"] = {_content(token): int(i) for i, token in added.items()}
    settings["added"].update(_json(os.path.join(directory, "added_tokens.json")))
    return settings


def _json(path):
    """The dict of a JSON file; none if there is no file."""
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as reader:
        try:
            found = json.load(reader)
        except ValueError as error:
            raise ValueError(f"{path}: expected JSON, got {error}") from None
    if not isinstance(found, dict):
        raise ValueError(f"{path}: expected a JSON object, got a {type(found).__name__}")
    return found


def _content(token):
    """The text of a special token, which may be written with its options."""
    return token["content"] if isinstance(token, dict) else token


def _special(settings, *names):
    """The first special token of those names, such as "cls" and "bos", that there is; or None."""
    tokens = (_content(settings.get(name + "_token")) for name in names)
    return next((token for token in tokens if token), None)


def _others(settings):
    """The special tokens that stand inside, {"pad": "[PAD]", ...}."""
    tokens = {name: _special(settings, name) for name in ("pad", "unk", "mask")}
    return {name: token for name, token in tokens.items() if token}


def _there(directory, *names):
    """The paths of files, or nothing if one is missing."""
    paths = [os.path.join(directory, name) for name in names]
    return paths if all(map(os.path.exists, paths)) else []


# --- WordPiece


def _reads_wordpiece(directory, settings):
    """vocab.txt, if `Tokenizer` cuts as the settings say."""
    paths = _there(directory, "vocab.txt") if settings["kind"] in WORDPIECE_KINDS else []
    lower = settings.get("do_lower_case", True)
    wanted = {"strip_accents": (None, lower), "tokenize_chinese_chars": (None, True)}
    wanted["do_basic_tokenize"] = (None, True)
    wrong = [name for name, values in wanted.items() if settings.get(name) not in values]
    if paths and wrong and not _there(directory, "tokenizer.json"):
        raise ValueError(
            f"{paths[0]}: Tokenizer has no {wrong[0]}={settings[wrong[0]]!r}, which "
            "tokenizer_config.json asks for, and there is no tokenizer.json to read instead"
        )
    return [] if wrong else paths


def _wordpiece(paths, settings, kwargs):
    """BERT's tokenizer; unlike `load_vocab`, each line of the file is an id, as in transformers."""
    lines = [line.rstrip("\n") for line in vocabulary_lines(paths[0], "utf-8")]
    token_dict = {token: i for i, token in enumerate(lines)}
    token_dict.update(settings["added"])
    if settings["kind"] == "RoFormer" and "pre_tokenize" not in kwargs:
        raise ValueError(
            f"{paths[0]}: RoFormer's words are cut by jieba: give "
            "pre_tokenize=lambda text: jieba.lcut(text, HMM=False), or pre_tokenize=None"
        )
    options = {"do_lower_case": settings.get("do_lower_case", True)}
    options["token_start"] = _special(settings, "cls") or "[CLS]"
    options["token_end"] = _special(settings, "sep") or "[SEP]"
    tokenizer = Tokenizer(token_dict, **dict(options, **kwargs))
    tokenizer._set_special_ids(token_dict.get, **_others(settings))
    return tokenizer


# --- SentencePiece


def _reads_sentencepiece(directory, settings):
    """The model of a tokenizer that adds nothing to it but an end token."""
    return settings["kind"] in SENTENCEPIECE_KINDS[1:] and _any_sentencepiece(directory, settings)


def _any_sentencepiece(directory, settings):
    """The SentencePiece model, if its ids are the tokenizer's."""
    known = settings["kind"] in SENTENCEPIECE_KINDS
    return next(filter(None, (_there(directory, name) for name in SENTENCEPIECE)), []) * known


def _sentencepiece(paths, settings, kwargs):
    """T5's tokenizer, or one of which only the model is known."""
    options = {"token_start": _special(settings, "cls"), "token_end": _special(settings, "sep")}
    if settings["kind"]:
        options = {"token_start": None, "token_end": _special(settings, "eos") or "</s>"}
    return SpTokenizer(paths[0], **dict(options, **kwargs))


def _reads_albert(directory, settings):
    """ALBERT's SentencePiece model."""
    return _there(directory, "spiece.model") if settings["kind"] == "Albert" else []


def _albert(paths, settings, kwargs):
    """ALBERT's tokenizer."""
    names = ("do_lower_case", "remove_space", "keep_accents")
    options = {name: settings[name] for name in names if name in settings}
    options["token_start"] = _special(settings, "cls") or "[CLS]"
    options["token_end"] = _special(settings, "sep") or "[SEP]"
    return AlbertTokenizer(paths[0], **dict(options, **kwargs))


def _reads_xlm_roberta(directory, settings):
    """XLM-RoBERTa's SentencePiece model."""
    known = settings["kind"] == "XLMRoberta"
    return _there(directory, "sentencepiece.bpe.model") if known else []


def _xlm_roberta(paths, settings, kwargs):
    """XLM-RoBERTa's tokenizer."""
    options = {"token_start": "<s>", "token_end": "</s>"}
    return XLMRobertaTokenizer(paths[0], **dict(options, **kwargs))


# --- the library's own


def _reads_json(directory, settings):
    """tokenizer.json."""
    return _there(directory, "tokenizer.json")


def _from_json(paths, settings, kwargs):
    """Whatever tokenizer.json says."""
    return HuggingFaceTokenizer(paths[0], **dict({"special_tokens": _others(settings)}, **kwargs))


def _reads_bpe(directory, settings):
    """vocab.json and merges.txt."""
    known = settings["kind"] in BPE_KINDS
    return _there(directory, "vocab.json", "merges.txt") if known else []


def _bpe(paths, settings, kwargs):
    """GPT's tokenizer, if pieces end in </w>, else GPT2's, whose letters are bytes."""
    tokenizers = library(paths[0])
    vocab = _json(paths[0])
    build = _characters if any(token.endswith("</w>") for token in vocab) else _bytes
    try:
        tokenizer = build(tokenizers, paths, settings)
    except Exception as error:  # the library has no class of its own
        raise ValueError(f"{paths[0]}, {paths[1]}: expected BPE files, got {error}") from None
    names = ("bos", "eos", "unk", "sep", "pad", "cls", "mask")
    specials = dict.fromkeys(filter(None, (_special(settings, name) for name in names)))
    tokenizer.add_special_tokens([token for token in specials if token in vocab])
    options = {"token_start": _special(settings, "cls"), "token_end": _special(settings, "sep")}
    options["special_tokens"] = _others(settings)
    return HuggingFaceTokenizer(tokenizer, **dict(options, **kwargs))


def _bytes(tokenizers, paths, settings):
    """Byte level BPE, https://openai.com/research/better-language-models."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE.from_file(*paths))
    prefix = bool(settings.get("add_prefix_space"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    tokenizer.post_processor = tokenizers.processors.ByteLevel(trim_offsets=True)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    return tokenizer


def _characters(tokenizers, paths, settings):
    """BPE of lower case words, https://arxiv.org/abs/1508.07909."""
    unknown = _special(settings, "unk") or "<unk>"
    model = tokenizers.models.BPE.from_file(*paths, unk_token=unknown, end_of_word_suffix="</w>")
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = tokenizers.decoders.BPEDecoder(suffix="</w>")
    return tokenizer


READERS = (  # (the files that a reader needs, if it can read them; the reader), tried in order
    (_reads_wordpiece, _wordpiece),
    (_reads_sentencepiece, _sentencepiece),
    (_reads_json, _from_json),
    (_reads_albert, _albert),
    (_reads_xlm_roberta, _xlm_roberta),
    (_any_sentencepiece, _sentencepiece),
    (_reads_bpe, _bpe),
)
