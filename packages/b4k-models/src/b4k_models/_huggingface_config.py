"""Reads `config.json` as the keywords of `build_transformer_model`."""

import os

from ._huggingface_families import FAMILIES, LAYERS, REQUIRED, SIZE
from ._huggingface_files import CONFIG, located, read_json
from .errors import CheckpointError

__all__ = ["check_sizes", "family_of", "first_position", "models_of", "read_config"]

MOST_LAYERS = 100  # of a directory with fewer tensors than that: ALBERT's layers share theirs


def read_config(directory):
    """`config.json` of a Hugging Face directory, as keywords for the b4k model that `models_of` names first.

    Raises CheckpointError, naming file and key, if a key is missing or asks for what that model isn't.
    """
    path, values, family = _open_config(directory)
    for key, expected, reason in FAMILIES[family].fixed:
        value = values.get(key)
        if value is not None and value != expected:
            message = "{}: {} is {!r}, expected {!r}: {}"
            raise CheckpointError(message.format(path, key, value, expected, reason))
    keywords = dict(FAMILIES[family].flags)
    for key, name, kind, default in FAMILIES[family].keys:
        keywords[name] = _value(path, values, key, kind, default)
    keywords["hidden_act"] = _activation(path, keywords["hidden_act"], family)
    if "max_position" in keywords:
        keywords["max_position"] -= first_position(family, keywords["pad_token_id"])
    _check_relations(path, keywords, family)
    return keywords


def family_of(directory):
    """(family of a directory, first row of its table that is a position); BERT where it has no `config.json`."""
    if not os.path.exists(located(directory, CONFIG)):
        return "bert", 0
    path, values, family = _open_config(directory)
    keys = {name: (key, kind, default) for key, name, kind, default in FAMILIES[family].keys}
    return family, first_position(family, _value(path, values, *keys["pad_token_id"]))


def models_of(directory):
    """(model_type of a directory, names of b4k's models that read it, first the one that is meant)."""
    _, values, family = _open_config(directory)
    model_type, models = FAMILIES[family][:2]
    if "EncoderModel" in str(values.get("architectures")):
        models = sorted(models, key=lambda name: not name.endswith("_encoder"))
    return model_type, models


def _open_config(directory):
    """(path, values, family) of a directory's `config.json`."""
    path = located(directory, CONFIG)
    values = read_json(path)
    model_type = values.get("model_type", "bert")  # there was none in 2018
    found = [name for name, family in FAMILIES.items() if family.model_type == model_type]
    if not found:
        known = ", ".join(sorted({family.model_type for family in FAMILIES.values()}))
        message = "{}: model_type is {!r}, expected one of {}"
        raise CheckpointError(message.format(path, model_type, known))
    if len(found) > 1:  # T5 and its version 1.1
        found = ["t5.1.0" if _is_scaled(path, values) else "t5.1.1"]
    return path, values, found[0]


def _is_scaled(path, values):
    """Whether a T5's head is the scaled token table; up to 2025 the tying of embeddings was all that said so."""
    key = "scale_decoder_outputs" if "scale_decoder_outputs" in values else "tie_word_embeddings"
    value = values.get(key, True)
    if type(value) is not bool:
        raise CheckpointError("{}: {} is {!r}, expected true or false".format(path, key, value))
    return value


def _value(path, values, key, kind, default):
    """The value of a key, or its default, checked to be of its kind."""
    value = values.get(key)
    if value is None and default is REQUIRED:
        raise CheckpointError("{}: the key {!r} is missing".format(path, key))
    if value is None:
        return default(values) if callable(default) else default
    if kind.type is float and type(value) is int:
        value = float(value)
    if type(value) is not kind.type or not kind.test(value):
        message = "{}: {} is {!r}, expected {}"
        raise CheckpointError(message.format(path, key, value, kind.expected))
    return value


def _activation(path, name, family):
    known = FAMILIES[family].activations
    if name not in known:
        key = next(key for key, b4k_key, _, _ in FAMILIES[family].keys if b4k_key == "hidden_act")
        message = "{}: {} is {!r}, expected one of {}"
        raise CheckpointError(message.format(path, key, name, ", ".join(known)))
    return known[name]


def _check_relations(path, keywords, family):
    """What one key alone doesn't tell."""
    hidden, heads = keywords["hidden_size"], keywords["num_attention_heads"]
    if "attention_head_size" not in keywords and hidden % heads:
        message = "{}: a hidden size of {} can't be shared among {} heads"
        raise CheckpointError(message.format(path, hidden, heads))
    if keywords.get("max_position", 1) < 1:
        message = "{}: max_position_embeddings leaves no position after that of padding, {}"
        raise CheckpointError(message.format(path, keywords["pad_token_id"]))
    if family == "albert" and keywords["embedding_size"] == hidden:
        message = "{}: embedding_size is hidden_size, {}, and only other sizes have a mapping here"
        raise CheckpointError(message.format(path, hidden))


def check_sizes(directory, shapes):
    """Raise a CheckpointError if no tensor can have the sizes of `config.json`, before a model is made of them."""
    path, values, family = _open_config(directory)
    largest = max([size for shape in shapes for size in shape], default=0)
    limits = {
        SIZE: (largest, "no axis of any tensor is longer than"),
        LAYERS: (max(MOST_LAYERS, len(shapes)), "the tensors are too few for more than"),
    }
    for key, _, kind, default in FAMILIES[family].keys:
        limit, reason = limits.get(kind, (None, None))
        value = _value(path, values, key, kind, default)
        if limit is not None and key is not None and value > limit:
            message = "{}: {} is {}, but {} {}"
            raise CheckpointError(message.format(path, key, value, reason, limit))


def first_position(family, pad_token_id):
    """The first row of the position table at Hugging Face that is a position: RoBERTa counts from behind padding."""
    return (pad_token_id or 0) + 1 if family == "roberta" else 0
