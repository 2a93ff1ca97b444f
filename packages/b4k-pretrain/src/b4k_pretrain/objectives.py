"""What a model learns from records: functions of (record, seed, index, epoch) to inputs and targets."""

import inspect

from b4k_pretrain.choosing import choose, refuse_unknown
from b4k_pretrain.language_models import CausalLM, SimBERT, UniLM
from b4k_pretrain.masked_lm import MaskedLM, NextSentence, ReplacedTokens, SentenceOrder
from b4k_pretrain.objective import Objective
from b4k_pretrain.span_corruption import SpanCorruption
from b4k_pretrain.tokenizing import open_words

__all__ = ["OBJECTIVES", "Objective", "build_objective", "open_objective"]

OBJECTIVES = {
    "causal_lm": CausalLM,
    "electra": ReplacedTokens,
    "mlm": MaskedLM,
    "nsp": NextSentence,
    "simbert": SimBERT,
    "sop": SentenceOrder,
    "t5": SpanCorruption,
    "unilm": UniLM,
}


def build_objective(
    name,  # "mlm", "causal_lm", "unilm", "nsp", "sop", "electra", "t5" or "simbert"
    special_ids,  # of the manifest
    vocab_size,  # of the manifest
    **options,  # of the objective's class
):
    """The objective of a name, for records with these special tokens."""
    objective = choose("objective", name, OBJECTIVES)
    refuse_unknown(options, options_of(objective), "objective %r" % name)
    return objective(special_ids, vocab_size, **options)


def open_objective(config, manifest, tokenizer=None):
    """The objective of a Config, for the records of a Manifest; its `words` are named, see `open_words`."""
    options = dict(config["objective.options"])
    if "words" in options:
        options["words"] = open_words(options["words"], tokenizer)
    name = config["objective.name"]
    return build_objective(name, manifest.special_ids, manifest.vocab_size, **options)


def options_of(objective):
    """The names of the options of an objective's class, those of its bases included."""
    parameters = [inspect.signature(base.__init__).parameters for base in objective.__mro__[:-1]]
    kinds = inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL
    names = {name for found in parameters for name, one in found.items() if one.kind not in kinds}
    return sorted(names - {"self", "special_ids", "vocab_size"})
