"""A model as Hugging Face has it, `config.json` and tensors; what nothing there can be is refused by name."""

from b4k_layers import FeedForward, LayerNormalization
from b4k_ops import activations

from ._huggingface_config import first_position
from ._huggingface_families import FAMILIES
from ._huggingface_names import BASE, NAMES, TIED, entries
from .masks import LM_Mask, UniLM_Mask

__all__ = ["export"]


def export(transformer, get_variables, model_type=None):
    """(config, {name: array}) of a built model and of the function that gives its variables {Google's name: array}.

    model_type: "bert" or "roberta" for BERT's graph, which is "roberta" by itself if its padding id is not 0.
    Raises ValueError for a model that transformers cannot be.
    """
    family = _family(transformer, model_type)
    for part in _parts(transformer):
        _refuse_options(part, family)
    variables = get_variables()
    config = _config(transformer, family, variables)
    return config, _tensors(transformer, family, variables, config["architectures"][0])


# --- which family it is

CLASSES = {  # the nearest class of a model that is named here tells; None: transformers has no such model
    "ALBERT": "albert",
    "ALBERT_Unshared": None,
    "BERT": "bert",
    "ELECTRA": "electra",
    "GPT": "gpt",
    "GPT2": "gpt2",
    "GPT2_ML": None,
    "NEZHA": "nezha",
    "RoFormer": "roformer",
    "RoFormerV2": None,
    "T5": "t5",
    "T5_Encoder": "t5",
}


def _family(transformer, model_type):
    name = type(transformer).__name__
    classes = [base.__name__ for base in type(transformer).__mro__]
    family = next((CLASSES[known] for known in classes if known in CLASSES), None)
    if family is None:
        raise ValueError("%s can't be saved for transformers, which has no such model" % name)
    if family == "t5":
        family = transformer.version
    if family == "bert" and (
        model_type == "roberta" or model_type is None and transformer.pad_token_id
    ):
        family = "roberta"
    if model_type not in (None, FAMILIES[family].model_type):
        raise ValueError(
            "%s can be saved for transformers as model_type=%r, not %r"
            % (name, FAMILIES[family].model_type, model_type)
        )
    return family


def _parts(transformer):
    """The models that hold the options: T5 is an encoder and a decoder, others are themselves."""
    parts = [getattr(transformer, name, None) for name in ("_encoder", "_decoder")]
    return [part for part in parts if part is not None] or [transformer]


# --- options that have no place there

BERTS = ("bert", "roberta", "albert", "nezha", "roformer", "electra")
GPTS, T5S = ("gpt", "gpt2"), ("t5.1.0", "t5.1.1", "mt5.1.1")
ALL = BERTS + GPTS + T5S
MAPPED = ("albert", "roformer", "electra")  # embeddings may be narrower than the rest
LIMITS = [
    # option, families that it has a limit in, whether a model is within it, how it must be
    ("layer_norm_cond", ALL, lambda t: t.layer_norm_conds[0] is None, "None"),
    ("residual_attention_scores", ALL, lambda t: not t.residual_attention_scores, "False"),
    ("attention_caches", ALL, lambda t: not t.attention_caches, "None"),
    (
        "attention_key_size",
        ALL,
        lambda t: t.attention_key_size == t.attention_head_size,
        "attention_head_size",
    ),
    (
        "attention_head_size",
        BERTS + GPTS,
        lambda t: t.attention_head_size * t.num_attention_heads == t.hidden_size,
        "hidden_size // num_attention_heads",
    ),
    (
        "embedding_size",
        [family for family in ALL if family not in MAPPED],
        lambda t: t.embedding_size == t.hidden_size,
        "hidden_size",
    ),
    ("embedding_size", ["albert"], lambda t: t.embedding_size != t.hidden_size, "another size"),
    ("hierarchical_position", BERTS + GPTS, lambda t: not t.hierarchical_position, "None"),
    ("shared_segment_embeddings", BERTS, lambda t: not t.shared_segment_embeddings, "False"),
    ("segment_vocab_size", BERTS, lambda t: t.segment_vocab_size > 0, "1 or more"),
    (
        "segment_vocab_size",
        ["gpt"],
        lambda t: t.segment_vocab_size == 0 or t.shared_segment_embeddings,
        "0, or segments shared with the tokens",
    ),
    ("intermediate_size", ["gpt"], lambda t: t.intermediate_size == 4 * t.hidden_size, "4 times"),
    ("with_pool", BERTS, lambda t: t.with_pool in (False, True, "tanh"), "tanh"),
    ("with_pool", ["roformer"], lambda t: not t.with_pool, "False"),
    ("with_nsp", ["roberta"], lambda t: not t.with_nsp, "False"),
    ("application", ALL, lambda t: not isinstance(t, UniLM_Mask), "encoder"),
    ("application", BERTS, lambda t: not isinstance(t, LM_Mask), "encoder"),
    ("cross_position_bias", T5S, lambda t: not getattr(t, "cross_position_bias", False), "False"),
    ("logit_scale", ["t5.1.0"], lambda t: getattr(t, "logit_scale", True), "True"),
    ("logit_scale", T5S[1:], lambda t: not getattr(t, "logit_scale", False), "False"),
]


def _refuse_options(part, family):
    for option, families, within, expected in LIMITS:
        if family in families and not within(part):
            value = getattr(part, option, type(part).__name__)
            raise ValueError(
                "%s=%r can't be saved for transformers: %s there has %s for it"
                % (option, value, FAMILIES[family].model_type, expected)
            )


# --- config.json

ATTRIBUTES = {  # of b4k's keys that are not attributes of that name
    "hidden_dropout_prob": lambda t, family: t.dropout_rate,
    "attention_probs_dropout_prob": lambda t, family: t.attention_dropout_rate,
    "layer_norm_epsilon": lambda t, family: max(x.epsilon for x in _layers(t, LayerNormalization)),
    "max_position": lambda t, family: t.max_position + first_position(family, t.pad_token_id),
    "num_decoder_layers": lambda t, family: _parts(t)[-1].num_hidden_layers,
    "hidden_act": lambda t, family: _activation(_layers(t, FeedForward)[0], family),
}


def _layers(transformer, kind):
    return [layer for layer in transformer.layers.values() if isinstance(layer, kind)]


def _activation(feed_forward, family):
    """What the family calls the function of a FeedForward, or the functions of its gate."""
    names = activations.serialize(feed_forward.activation)
    wanted = names if len(names) > 1 else names[0]
    for name, function in FAMILIES[family].activations.items():
        if function == wanted:
            return name
    raise ValueError(
        "hidden_act=%r can't be saved for transformers: %s there has one of %s"
        % (wanted, FAMILIES[family].model_type, ", ".join(FAMILIES[family].activations))
    )


def _config(transformer, family, variables):
    table = FAMILIES[family]
    architectures = [name for needed, name in table.architectures if set(needed) <= set(variables)]
    config = {"model_type": table.model_type, "architectures": architectures[:1]}
    config.update(table.constants, torch_dtype="float32")
    for key, name, _, _ in table.keys:
        if key is not None:
            known = name in ATTRIBUTES
            config[key] = (
                ATTRIBUTES[name](transformer, family) if known else getattr(transformer, name)
            )
    return config


# --- tensors


def _tensors(transformer, family, variables, architecture):
    """{name at Hugging Face: array}; every variable must have found its place."""
    has_head = "For" in architecture or "LMHead" in architecture
    first = first_position(family, transformer.pad_token_id)
    tensors, placed = {}, set()
    blocks = range(max(part.num_hidden_layers for part in _parts(transformer)))
    for entry in entries(family, blocks, first):
        if entry.rank != TIED and set(entry.variables) <= set(variables):
            prefix = NAMES[family].prefix if has_head and entry.rank == BASE else ""
            parts = [variables[name] for name in entry.variables]
            tensors[prefix + entry.name] = entry.layout.join(parts)
            placed.update(entry.variables)
    homeless = sorted(set(variables) - placed)
    if homeless:
        raise ValueError(
            "%s can't be saved for transformers: %s there has no place for them"
            % (", ".join(homeless[:5]), FAMILIES[family].model_type)
        )
    return tensors
