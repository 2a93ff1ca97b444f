"""What `config.json` says of each family's model, as tables that are read in both directions.

A row of keys is (key there, or None if it has none, b4k's key, kind, value if absent or null).
"""

import collections

__all__ = ["FAMILIES", "LAYERS", "REQUIRED", "SIZE"]

REQUIRED = object()


# --- kinds of values: type, test, what is said of others

Kind = collections.namedtuple("Kind", "type test expected")
SIZE = Kind(int, lambda n: n > 0, "a positive int")  # of an axis of some tensor
LENGTH = Kind(int, lambda n: n > 0, "a positive int")  # of no tensor's axis
LAYERS = Kind(int, lambda n: n > 0, "a positive int")
COUNT = Kind(int, lambda n: n >= 0, "an int, not negative")
RATE = Kind(float, lambda x: 0 <= x < 1, "a float from 0 to below 1")
EPSILON = Kind(float, lambda x: 0 < x < 1, "a float between 0 and 1")
NAME = Kind(str, lambda name: True, "a str")


# --- activations: at Hugging Face -> here; of several names the first is written

ACTIVATIONS = {  # "gelu" is the erf form at Hugging Face, whatever set_gelu says here
    "gelu": "gelu_erf",
    "gelu_new": "gelu_tanh",
    "silu": "swish",
    "gelu_python": "gelu_erf",
    "gelu_fast": "gelu_tanh",
    "gelu_accurate": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_python_tanh": "gelu_tanh",
    "swish": "swish",
    "relu": "relu",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "linear": "linear",
}
GPT_ACTIVATIONS = {  # but not in the first GPT
    "gelu": "gelu_tanh",
    "gelu_new": "gelu_tanh",
    "silu": "swish",
    "swish": "swish",
    "relu": "relu",
}
T5_ACTIVATIONS = {"gated-gelu": ["gelu_tanh", "linear"], **ACTIVATIONS}
for _name, _function in ACTIVATIONS.items():
    T5_ACTIVATIONS.setdefault("gated-" + _name, [_function, "linear"])
ERF_ONLY = {"gelu": "gelu_erf", "gelu_python": "gelu_erf"}


# --- keys

BERT_KEYS = [
    ("vocab_size", "vocab_size", SIZE, REQUIRED),
    ("hidden_size", "hidden_size", SIZE, REQUIRED),
    ("num_hidden_layers", "num_hidden_layers", LAYERS, REQUIRED),
    ("num_attention_heads", "num_attention_heads", SIZE, REQUIRED),
    ("intermediate_size", "intermediate_size", SIZE, REQUIRED),
    ("hidden_act", "hidden_act", NAME, REQUIRED),
    ("layer_norm_eps", "layer_norm_epsilon", EPSILON, 1e-12),
    ("type_vocab_size", "segment_vocab_size", SIZE, 2),
    ("max_position_embeddings", "max_position", SIZE, 512),
    ("hidden_dropout_prob", "hidden_dropout_prob", RATE, 0.1),
    ("attention_probs_dropout_prob", "attention_probs_dropout_prob", RATE, 0.1),
    ("pad_token_id", "pad_token_id", COUNT, 0),
]


def _changed(rows, *changes):
    """The rows, with those of the same key replaced and others added."""
    keyed = collections.OrderedDict((row[0], row) for row in rows)
    keyed.update((row[0], row) for row in changes)
    return list(keyed.values())


def _gpt_keys(activation, default, inner):
    return [
        ("vocab_size", "vocab_size", SIZE, REQUIRED),
        ("n_embd", "hidden_size", SIZE, REQUIRED),
        ("n_layer", "num_hidden_layers", LAYERS, REQUIRED),
        ("n_head", "num_attention_heads", SIZE, REQUIRED),
        (inner, "intermediate_size", SIZE, lambda values: 4 * values["n_embd"]),
        (activation, "hidden_act", NAME, default),
        ("layer_norm_epsilon", "layer_norm_epsilon", EPSILON, 1e-5),
        ("n_positions", "max_position", SIZE, REQUIRED),
        ("embd_pdrop", "hidden_dropout_prob", RATE, 0.1),
        ("resid_pdrop", "hidden_dropout_prob", RATE, 0.1),
        ("attn_pdrop", "attention_probs_dropout_prob", RATE, 0.1),
        ("pad_token_id", "pad_token_id", COUNT, None),
    ]


T5_KEYS = [
    ("vocab_size", "vocab_size", SIZE, REQUIRED),
    ("d_model", "hidden_size", SIZE, REQUIRED),
    ("num_layers", "num_hidden_layers", LAYERS, REQUIRED),
    ("num_decoder_layers", "num_decoder_layers", LAYERS, lambda values: values["num_layers"]),
    ("num_heads", "num_attention_heads", SIZE, REQUIRED),
    ("d_kv", "attention_head_size", SIZE, REQUIRED),
    ("d_ff", "intermediate_size", SIZE, REQUIRED),
    ("feed_forward_proj", "hidden_act", NAME, "relu"),
    ("layer_norm_epsilon", "layer_norm_epsilon", EPSILON, 1e-6),
    ("dropout_rate", "attention_probs_dropout_prob", RATE, 0.1),
    ("dropout_rate", "hidden_dropout_prob", RATE, 0.1),
    ("pad_token_id", "pad_token_id", COUNT, 0),
]


# --- what must be as b4k's model has it: key, its value there (which is also its default), why no other

PRUNED = ("pruned_heads", {}, "every layer must have all its heads")
TIED = ("tie_word_embeddings", True, "the output uses the token embeddings")
BERT_FIXED = [
    ("position_embedding_type", "absolute", "relative positions are not BERT's"),
    ("is_decoder", False, "set it to false and build with application='lm'"),
    ("add_cross_attention", False, "BERT has no cross-attention"),
    TIED,
    PRUNED,
]
ALBERT_FIXED = [
    ("num_hidden_groups", 1, "all layers share one block"),
    ("inner_group_num", 1, "all layers share one block"),
]
NEZHA_FIXED = [
    ("max_relative_position", 64, "distances are told apart up to 64"),
    ("use_relative_position", True, "NEZHA has no other positions"),
]
ROFORMER_FIXED = [("rotary_value", False, "values are not rotated")]
GPT_FIXED = [TIED, PRUNED]
GPT2_FIXED = [
    ("scale_attn_weights", True, "scores are divided by the root of the head size"),
    ("scale_attn_by_inverse_layer_idx", False, "all layers scale their scores alike"),
    ("add_cross_attention", False, "GPT-2 has no cross-attention"),
]
T5_FIXED = [
    ("relative_attention_num_buckets", 32, "T5 has 32 of them"),
    ("relative_attention_max_distance", 128, "T5 tells distances up to 128"),
    PRUNED,
]


# --- the families

Family = collections.namedtuple(
    "Family",
    [
        "model_type",
        "models",  # of b4k, that read it; the first is meant where none is named
        "keys",
        "fixed",
        "activations",
        "architectures",  # rows (a variable of each head, the class of transformers that has them); the first fits
        "flags",  # further keywords for b4k's model
        "constants",  # further keys for config.json
    ],
    defaults=({}, {}),
)

POOLER, MLM, NSP = (
    "bert/pooler/dense/bias",
    "cls/predictions/output_bias",
    "cls/seq_relationship/output_bias",
)
DISCRIMINATOR = "discriminator_predictions/dense/bias"
FINAL_NORM, FINAL_RMS_NORM = "decoder/final_layer_norm/scale", "decoder/rms_norm/scale"
LOGITS = "decoder/logits/kernel"


def _bert(name, *changes, models=(), fixed=(), activations=ACTIVATIONS, heads=()):
    """A family whose model_type is b4k's name too, and its classes at transformers begin with `name`."""
    heads = [*heads, ([MLM], "ForMaskedLM"), ([], "Model")]
    return Family(
        name.lower(),
        models or [name.lower()],
        _changed(BERT_KEYS, *changes),
        [*BERT_FIXED, *fixed],
        activations,
        [(variables, name + kind) for variables, kind in heads],
    )


PRETRAINING = [([MLM, POOLER], "ForPreTraining"), ([NSP], "ForNextSentencePrediction")]


def _t5(name, version, models, final_norm, head=None):
    tied = head is None
    return Family(
        name.lower(),
        [model + stack for stack in ("", "_encoder", "_decoder") for model in models],
        T5_KEYS,
        T5_FIXED,
        T5_ACTIVATIONS,
        [
            ([head or final_norm], name + "ForConditionalGeneration"),
            ([final_norm], name + "Model"),
            ([], name + "EncoderModel"),
        ],
        {"version": version, "logit_scale": tied, "cross_position_bias": False},
        {"tie_word_embeddings": tied, "decoder_start_token_id": 0, "eos_token_id": 1},
    )


EMBEDDING_SIZE = ("embedding_size", "embedding_size", SIZE, 128)
FAMILIES = {  # the family's name is that of b4k's model
    "bert": _bert("Bert", models=["bert", "roberta"], heads=PRETRAINING),
    "roberta": _bert(
        "Roberta",
        ("pad_token_id", "pad_token_id", COUNT, 1),
        models=["roberta", "bert"],
        activations=ERF_ONLY,  # that of its MLM head, whatever the blocks have
    ),
    "albert": _bert(
        "Albert",
        EMBEDDING_SIZE,
        ("hidden_dropout_prob", "hidden_dropout_prob", RATE, 0.0),
        ("attention_probs_dropout_prob", "attention_probs_dropout_prob", RATE, 0.0),
        models=["albert", "albert_unshared"],
        fixed=ALBERT_FIXED,
        heads=[([NSP], "ForPreTraining"), ([MLM, POOLER], "ForPreTraining")],
    ),
    "nezha": _bert(
        "Nezha",
        ("max_position_embeddings", "max_position", LENGTH, 512),
        fixed=NEZHA_FIXED,
        heads=PRETRAINING,
    ),
    "roformer": _bert(
        "RoFormer",
        ("max_position_embeddings", "max_position", LENGTH, 1536),
        ("embedding_size", "embedding_size", SIZE, lambda values: values["hidden_size"]),
        fixed=ROFORMER_FIXED,
    ),
    "electra": _bert("Electra", EMBEDDING_SIZE, heads=[([DISCRIMINATOR], "ForPreTraining")]),
    "gpt": Family(
        "openai-gpt",
        ["gpt"],
        _gpt_keys("afn", "gelu", None),
        GPT_FIXED,
        GPT_ACTIVATIONS,
        [([], "OpenAIGPTLMHeadModel")],
        {"segment_vocab_size": 0},
    ),
    "gpt2": Family(
        "gpt2",
        ["gpt2"],
        _gpt_keys("activation_function", "gelu_new", "n_inner"),
        [*GPT_FIXED, *GPT2_FIXED],
        ACTIVATIONS,
        [([], "GPT2LMHeadModel")],
    ),
    "t5.1.0": _t5("T5", "t5.1.0", ["t5", "t5.1.0"], FINAL_NORM),
    "t5.1.1": _t5("T5", "t5.1.1", ["t5.1.1", "t5"], FINAL_NORM, LOGITS),
    "mt5.1.1": _t5("MT5", "mt5.1.1", ["mt5.1.1", "t5"], FINAL_RMS_NORM, LOGITS),
}
