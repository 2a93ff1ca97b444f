"""What Hugging Face calls the variables of each family, and how it lays them out: one table for both directions.

A row is (module at Hugging Face, scope in Google's terms, its tensors). `{i}` is the number of a block. A tensor is
(its name in the module, the variables in it, their layout).
"""

import collections
import re

import numpy as np

__all__ = ["BASE", "NAMES", "TIED", "Entry", "blocks_in", "entries", "is_buffer", "normalised"]


# --- layouts: from a tensor to the variables in it, and back

Layout = collections.namedtuple("Layout", "split join")
AS_IS = Layout(lambda tensor: [tensor], lambda variables: variables[0])
TRANSPOSED = Layout(lambda tensor: [tensor.T], lambda variables: variables[0].T)
THIRDS = Layout(  # of the last axis
    lambda tensor: np.array_split(tensor, 3, -1), lambda variables: np.concatenate(variables, -1)
)
POSITIONS = "rows from the first position on"  # a layout that `entries` knows the number for


def _rows_from(first):
    """The layout of a table whose rows before `first` are no position's; zeros when written."""
    return Layout(
        lambda tensor: [tensor[first:]],
        lambda variables: np.pad(variables[0], [(first, 0), (0, 0)], "constant"),
    )


# --- the tensors of a module

TABLE = [("weight", [""], AS_IS)]
POSITION_TABLE = [("weight", [""], POSITIONS)]
LINEAR = [("weight", ["/kernel"], TRANSPOSED), ("bias", ["/bias"], AS_IS)]
CONV1D = [("weight", ["/kernel"], AS_IS), ("bias", ["/bias"], AS_IS)]
QUERY_KEY_VALUE = [
    ("weight", ["/query/kernel", "/key/kernel", "/value/kernel"], THIRDS),
    ("bias", ["/query/bias", "/key/bias", "/value/bias"], THIRDS),
]
NORM = [("weight", ["/gamma"], AS_IS), ("bias", ["/beta"], AS_IS)]
OUTPUT = [("weight", ["/output_weights"], AS_IS), ("bias", ["/output_bias"], AS_IS)]
OUTPUT_BIAS = [("bias", ["/output_bias"], AS_IS)]
MATRIX = [("weight", [""], TRANSPOSED)]
KERNEL = [("weight", ["/kernel"], TRANSPOSED)]
SCALE = [("weight", ["/scale"], AS_IS)]


# --- the families

Names = collections.namedtuple(
    "Names",
    [
        "prefix",  # of the rows of `base` where there are heads
        "base",
        "heads",
        "tied",  # second names of a variable, of use only where a file has dropped the first
        "buffers",  # a pattern of tensors that are no weights
    ],
)

MLM, NSP = "cls/predictions", "cls/seq_relationship"
TIED_OUTPUT = [
    ("weight", ["bert/embeddings/word_embeddings"], AS_IS),
    ("bias", [MLM + "/output_bias"], AS_IS),
]
POSITION_IDS = r"embeddings\.(position|token_type)_ids"


def _encoder(scope="bert", block="encoder.layer.{i}."):
    """Embeddings and blocks of BERT and its like; those without positions just lack the table."""
    embeddings, google = scope + "/embeddings/", scope + "/encoder/layer_{i}/"
    return [
        ("embeddings.word_embeddings", embeddings + "word_embeddings", TABLE),
        ("embeddings.position_embeddings", embeddings + "position_embeddings", POSITION_TABLE),
        ("embeddings.token_type_embeddings", embeddings + "token_type_embeddings", TABLE),
        ("embeddings.LayerNorm", embeddings + "LayerNorm", NORM),
        (block + "attention.self.query", google + "attention/self/query", LINEAR),
        (block + "attention.self.key", google + "attention/self/key", LINEAR),
        (block + "attention.self.value", google + "attention/self/value", LINEAR),
        (block + "attention.output.dense", google + "attention/output/dense", LINEAR),
        (block + "attention.output.LayerNorm", google + "attention/output/LayerNorm", NORM),
        (block + "intermediate.dense", google + "intermediate/dense", LINEAR),
        (block + "output.dense", google + "output/dense", LINEAR),
        (block + "output.LayerNorm", google + "output/LayerNorm", NORM),
    ]


def _bert(prefix):
    """BERT, and what calls all but its prefix the same."""
    return Names(
        prefix,
        base=[*_encoder(), ("pooler.dense", "bert/pooler/dense", LINEAR)],
        heads=[
            ("cls.predictions.transform.dense", MLM + "/transform/dense", LINEAR),
            ("cls.predictions.transform.LayerNorm", MLM + "/transform/LayerNorm", NORM),
            ("cls.predictions", MLM, OUTPUT_BIAS),
            ("cls.seq_relationship", NSP, OUTPUT),
        ],
        tied=[("cls.predictions.decoder", "", TIED_OUTPUT)],
        buffers=POSITION_IDS + r"|.*\.relative_positions_encoding\.positions_encoding",
    )


ROBERTA = _bert("roberta.")._replace(
    heads=[
        ("lm_head.dense", MLM + "/transform/dense", LINEAR),
        ("lm_head.layer_norm", MLM + "/transform/LayerNorm", NORM),
        ("lm_head", MLM, OUTPUT_BIAS),
    ],
    tied=[("lm_head.decoder", "", TIED_OUTPUT)],
)

MAPPING = "bert/encoder/embedding_hidden_mapping_in"
ROFORMER = _bert("roformer.")._replace(
    base=[*_encoder(), ("embeddings_project", MAPPING, LINEAR)],
    buffers=r"encoder\.embed_positions\.weight",
)

ALBERT_BLOCK = "encoder.albert_layer_groups.0.albert_layers.0."
GOOGLE_GROUP = "bert/encoder/transformer/group_0/inner_group_0/"
ALBERT = Names(
    "albert.",
    base=[
        *_encoder()[:4],
        ("encoder.embedding_hidden_mapping_in", MAPPING, LINEAR),
        (ALBERT_BLOCK + "attention.query", GOOGLE_GROUP + "attention_1/self/query", LINEAR),
        (ALBERT_BLOCK + "attention.key", GOOGLE_GROUP + "attention_1/self/key", LINEAR),
        (ALBERT_BLOCK + "attention.value", GOOGLE_GROUP + "attention_1/self/value", LINEAR),
        (ALBERT_BLOCK + "attention.dense", GOOGLE_GROUP + "attention_1/output/dense", LINEAR),
        (ALBERT_BLOCK + "attention.LayerNorm", GOOGLE_GROUP + "LayerNorm", NORM),
        (ALBERT_BLOCK + "ffn", GOOGLE_GROUP + "ffn_1/intermediate/dense", LINEAR),
        (ALBERT_BLOCK + "ffn_output", GOOGLE_GROUP + "ffn_1/intermediate/output/dense", LINEAR),
        (ALBERT_BLOCK + "full_layer_layer_norm", GOOGLE_GROUP + "LayerNorm_1", NORM),
        ("pooler", "bert/pooler/dense", LINEAR),
    ],
    heads=[
        ("predictions.dense", MLM + "/transform/dense", LINEAR),
        ("predictions.LayerNorm", MLM + "/transform/LayerNorm", NORM),
        ("predictions", MLM, OUTPUT_BIAS),
        ("sop_classifier.classifier", NSP, OUTPUT),
    ],
    tied=[("predictions.decoder", "", TIED_OUTPUT)],
    buffers=POSITION_IDS,
)

ELECTRA = Names(
    "electra.",
    base=[*_encoder("electra"), ("embeddings_project", "electra/embeddings_project", LINEAR)],
    heads=[
        ("discriminator_predictions.dense", "discriminator_predictions/dense", LINEAR),
        ("discriminator_predictions.dense_prediction", "discriminator_predictions/dense_1", LINEAR),
        ("generator_predictions.dense", "generator_predictions/dense", LINEAR),
        ("generator_predictions.LayerNorm", "generator_predictions/LayerNorm", NORM),
        ("generator_lm_head", "generator_predictions", OUTPUT_BIAS),
    ],
    tied=[],
    buffers=POSITION_IDS,
)


def _gpt(tokens, positions, norms, last):
    """GPT and GPT-2, which call their tables and where their norms stand otherwise."""
    google = "gpt/transformer/layer_{i}/"
    return Names(
        "transformer.",
        base=[
            (tokens, "gpt/embeddings/word_embeddings", TABLE),
            (positions, "gpt/embeddings/position_embeddings", TABLE),
            ("h.{i}.attn.c_attn", google + "attention/self", QUERY_KEY_VALUE),
            ("h.{i}.attn.c_proj", google + "attention/output/dense", CONV1D),
            ("h.{i}.ln_1", google + "attention/" + norms, NORM),
            ("h.{i}.mlp.c_fc", google + "intermediate/dense", CONV1D),
            ("h.{i}.mlp.c_proj", google + "output/dense", CONV1D),
            ("h.{i}.ln_2", google + norms, NORM),
            *last,
        ],
        heads=[],
        tied=[("lm_head", "gpt/embeddings/word_embeddings", TABLE)],
        buffers=r"position_ids|h\.[0-9]+\.attn\.(masked_)?bias",
    )


def _t5(norm, final_norm, head):
    """T5; Google's name of the norms depends on the version, and whether the head has a matrix of its own."""
    rows = [("shared", "shared/embedding", TABLE)]
    for stack, parts in [("encoder", ["Self", "Dense"]), ("decoder", ["Self", "EncDec", "Dense"])]:
        for k, part in enumerate(parts):
            module = stack + ".block.{i}.layer.%d." % k
            scope = stack + "/block_{i:03d}/layer_%03d/" % k
            rows += _t5_dense(module, scope) if part == "Dense" else _t5_heads(module, scope, part)
            rows.append((module + "layer_norm", scope + norm, SCALE))
        module, scope = stack + ".block.0.layer.0.", stack + "/block_000/layer_000/"
        buckets = "SelfAttention%srelative_attention_bias"
        rows.append((module + buckets % ".", scope + buckets % "/", MATRIX))
        rows.append((stack + ".final_layer_norm", "%s/%s" % (stack, final_norm), SCALE))
    tied = [
        (stack + ".embed_tokens", "shared/embedding", TABLE) for stack in ("encoder", "decoder")
    ]
    return Names(
        "",
        base=rows,
        heads=[("lm_head", head, KERNEL)] if head else [],
        tied=[*tied, ("shared", head, KERNEL) if head else ("lm_head", "shared/embedding", TABLE)],
        buffers=r"decoder\.block\.0\.layer\.1\.EncDecAttention\.relative_attention_bias\.weight",
    )


def _t5_heads(module, scope, part):
    """The four matrices of one attention."""
    attention = part + "Attention"
    return [(module + attention + "." + x, scope + attention + "/" + x, MATRIX) for x in "qkvo"]


def _t5_dense(module, scope):
    """The feed-forward matrices, with a gate or without."""
    names = ["DenseReluDense%s" + name for name in ("wi", "wi_0", "wi_1", "wo")]
    return [(module + name % ".", scope + name % "/", KERNEL) for name in names]


NAMES = {  # the family's name is that of b4k's model
    "bert": _bert("bert."),
    "roberta": ROBERTA,
    "albert": ALBERT,
    "nezha": _bert("nezha."),
    "roformer": ROFORMER,
    "electra": ELECTRA,
    "gpt": _gpt("tokens_embed", "positions_embed", "output/LayerNorm", []),
    "gpt2": _gpt("wte", "wpe", "input/LayerNorm", [("ln_f", "gpt/output/LayerNorm", NORM)]),
    "t5.1.0": _t5("layer_norm", "final_layer_norm", None),
    "t5.1.1": _t5("layer_norm", "final_layer_norm", "decoder/logits"),
    "mt5.1.1": _t5("rms_norm", "rms_norm", "decoder/logits"),
}


# --- from the tables to names

Entry = collections.namedtuple("Entry", "name variables layout rank")  # rank: BASE, HEAD or TIED
BASE, HEAD, TIED = range(3)


def entries(family, blocks, first_position=0):
    """Every tensor that a model of the family may have, its name without prefix, as Entries; tied ones last."""
    names = NAMES[family]
    return [
        Entry(
            (module + "." + leaf).format(i=i),
            [(scope + variable).format(i=i) for variable in variables],
            _rows_from(first_position) if layout is POSITIONS else layout,
            rank,
        )
        for rank, rows in enumerate([names.base, names.heads, names.tied])
        for module, scope, tensors in rows
        for leaf, variables, layout in tensors
        for i in (blocks if "{i}" in module else [0])
    ]


def blocks_in(names):
    """The numbers of blocks that tensors' names mention."""
    return sorted(
        {int(number) for name in names for number in re.findall(r"\.([0-9]{1,9})\.", name)}
    )


def normalised(family, name):
    """A tensor's name without the family's prefix, and as of today: norms once had a gamma and a beta."""
    prefix = NAMES[family].prefix
    name = name[len(prefix) :] if name.startswith(prefix) else name
    if name.endswith(("LayerNorm.gamma", "LayerNorm.beta")):
        name = name.replace("LayerNorm.gamma", "LayerNorm.weight")
        name = name.replace("LayerNorm.beta", "LayerNorm.bias")
    return name


def is_buffer(family, name):
    """Whether a normalised name is that of a tensor that is no weight."""
    return re.fullmatch(NAMES[family].buffers, name) is not None
