"""build_transformer_model: from a configuration, and weights if there are any, to a model."""

import difflib
import inspect
import json
import os

from .albert import ALBERT, ALBERT_Unshared
from .base import Transformer
from .bert import BERT
from .electra import ELECTRA
from .errors import CheckpointError
from .gau import GAU_alpha
from .gpt import GPT, GPT2, GPT2_ML
from .huggingface import (
    HuggingFaceCheckpoint,
    is_huggingface_directory,
    models_of,
    read_config,
)
from .masks import extend_with_language_model, extend_with_unified_language_model
from .nezha import NEZHA
from .roformer import RoFormer, RoFormerV2
from .t5 import T5, VERSIONS, T5_Decoder, T5_Encoder

__all__ = ["build_transformer_model"]

MODELS = {
    "bert": BERT,
    "roberta": BERT,
    "albert": ALBERT,
    "albert_unshared": ALBERT_Unshared,
    "nezha": NEZHA,
    "roformer": RoFormer,
    "roformer_v2": RoFormerV2,
    "electra": ELECTRA,
    "gau": GAU_alpha,
    "gpt": GPT,
    "gpt2": GPT2,
    "gpt2_ml": GPT2_ML,
    "t5": T5,
    "t5_encoder": T5_Encoder,
    "t5_decoder": T5_Decoder,
    "t5.1.0": T5,
    "t5.1.0_encoder": T5_Encoder,
    "t5.1.0_decoder": T5_Decoder,
    "t5.1.1": T5,
    "t5.1.1_encoder": T5_Encoder,
    "t5.1.1_decoder": T5_Decoder,
    "mt5.1.1": T5,
    "mt5.1.1_encoder": T5_Encoder,
    "mt5.1.1_decoder": T5_Decoder,
}

APPLICATIONS = {
    "encoder": lambda model: model,
    "lm": extend_with_language_model,
    "unilm": extend_with_unified_language_model,
}

REQUIRED = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "hidden_act",
)

FALLBACKS = {  # b4k's key: (the key that Google's config files use, the value without either)
    "max_position": ("max_position_embeddings", 512),
    "dropout_rate": ("hidden_dropout_prob", None),
    "attention_dropout_rate": ("attention_probs_dropout_prob", None),
    "segment_vocab_size": ("type_vocab_size", 2),
}


def build_transformer_model(
    config_path=None,
    checkpoint_path=None,
    model=None,
    application="encoder",
    return_keras_model=True,
    **kwargs,
):
    """Build a model, and load weights into it if there are any.

    config_path: a JSON file as Google's bert_config.json, or a Hugging Face directory, which brings its weights along;
    checkpoint_path: the prefix of a Google TF checkpoint, a Hugging Face directory, or a dict {name: array};
    model: a name in MODELS or a subclass of Transformer; None is what a Hugging Face directory says, else "bert";
    application: "encoder", "lm" or "unilm";
    return_keras_model: False returns the Transformer, which holds `.model`;
    kwargs: any argument of the model's `__init__` or `build`; they win over the file.

    Raises ValueError for a name or a keyword that isn't known, CheckpointError for weights that don't fit.
    """
    model = _choose_model(model, config_path)
    model_class = _choose("application", application, APPLICATIONS)(_model_class(model))
    known = _parameters(model_class)
    _refuse_unknown(kwargs, known, model_class)
    configs = _read_config(config_path)
    configs.update(kwargs)
    configs.update(_version(model))
    configs = _with_fallbacks(configs, config_path)
    if checkpoint_path is None and config_path is not None and os.path.isdir(config_path):
        checkpoint_path = HuggingFaceCheckpoint(config_path)
        checkpoint_path.check_sizes()

    transformer = model_class(**_only(configs, known["__init__"]))
    transformer.build(**_only(configs, known["build"]))
    if checkpoint_path is not None:
        transformer.load_weights_from_checkpoint(checkpoint_path)
    return transformer.model if return_keras_model else transformer


def _choose_model(model, path):
    """The model that was asked for, checked to be one that the directory at `path` can be."""
    if path is None or not is_huggingface_directory(path):
        return model or "bert"
    model_type, names = models_of(path)
    if model is None:
        return names[0]
    if not _is_among(model, names):
        raise CheckpointError(
            "model=%r was asked for, and %s holds a Hugging Face model of type %r, which is model=%r"
            % (model, path, model_type, names[0])
        )
    return model


def _is_among(model, names):
    """Whether a name is one of `names`, or a class the model of one of them or what a user made of it."""
    if not inspect.isclass(model):
        return str(model).lower() in names
    known = [base for base in model.__mro__ if base in MODELS.values()]
    return not known or known[0] in [MODELS[name] for name in names]


def _model_class(model):
    """A name or a class -> the class."""
    if isinstance(model, str):
        return _choose("model", model, MODELS)
    if inspect.isclass(model) and issubclass(model, Transformer):
        return model
    raise ValueError(
        "model must be one of %s, or a subclass of Transformer, not %r" % (sorted(MODELS), model)
    )


def _version(model):
    """The `version` that is part of the name of a T5: {} if the name has none."""
    name = str(model).lower().split("_")[0]
    return {"version": name} if name in VERSIONS else {}


def _choose(what, name, table):
    """The entry of the table called `name`, in any case."""
    if isinstance(name, str) and name.lower() in table:
        return table[name.lower()]
    raise ValueError(
        "%s must be one of %s, not %r%s" % (what, sorted(table), name, _did_you_mean(name, table))
    )


def _did_you_mean(name, names):
    close = difflib.get_close_matches(str(name).lower(), names, 1)
    return "; did you mean %r?" % close[0] if close else ""


def _parameters(model_class):
    """{"__init__": names, "build": names} over the class and all its bases."""
    names = {"__init__": set(), "build": set()}
    for method, collected in names.items():
        for base in model_class.__mro__[:-1]:
            if method in vars(base):
                parameters = inspect.signature(vars(base)[method]).parameters.values()
                collected.update(p.name for p in parameters if p.kind == p.POSITIONAL_OR_KEYWORD)
                collected.update(p.name for p in parameters if p.kind == p.KEYWORD_ONLY)
        collected.discard("self")
    return names


def _refuse_unknown(kwargs, known, model_class):
    names = set(FALLBACKS) | {google for google, _ in FALLBACKS.values()}
    names = sorted(names.union(*known.values()))
    for name in kwargs:
        if name not in names:
            raise ValueError(
                "build_transformer_model got %s=%r, which neither it nor %s knows%s"
                % (name, kwargs[name], model_class.__name__, _did_you_mean(name, names))
            )


def _read_config(path):
    """The configuration as a dict; empty without a path."""
    if path is None:
        return {}
    if is_huggingface_directory(path):
        return read_config(path)
    if os.path.isdir(path):
        raise CheckpointError(
            "%s has no config.json, so it is no Hugging Face directory: give the path of Google's bert_config.json "
            "and of its checkpoint instead" % path
        )
    try:
        with open(path, encoding="utf-8") as file:
            configs = json.load(file)
    except (OSError, ValueError) as error:
        raise ValueError("%s can't be read as a JSON configuration: %s" % (path, error)) from error
    if not isinstance(configs, dict):
        raise ValueError("%s holds %s, not a JSON object" % (path, type(configs).__name__))
    return configs


def _with_fallbacks(configs, path):
    """The configuration with b4k's own keys filled in; an error if one is missing."""
    configs = dict(configs)
    for key, (google, default) in FALLBACKS.items():
        configs.setdefault(key, configs.get(google, default))
    missing = [key for key in REQUIRED if key not in configs]
    if missing:
        raise ValueError(
            "the configuration %s lacks %s; it has %s"
            % (path or "(keyword arguments)", ", ".join(missing), ", ".join(sorted(configs)))
        )
    return configs


def _only(configs, names):
    return {key: value for key, value in configs.items() if key in names}
