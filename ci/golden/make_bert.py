"""Cases for b4k_models: BERT with every option, loaded from a dict of Google's variable names."""

import sys

import numpy as np
from _case import normal, numbered, start, write
from _model_case import (
    COMPOUND,
    CONDITION,
    KEEP,
    LENGTHS,
    SIZES,
    WEIGHTED,
    about,
    build,
    draw_inputs,
    draw_weights,
    make_case,
    make_training,
    stored_weights,
)
from _numpy_bert import forward, gradients

TARGET = "packages/b4k-models/tests/golden/bert"

BASE = dict(SIZES, model="bert")

CASES = {
    "encoder": {},
    "pool": {"with_pool": True},
    "pool-linear": {"with_pool": "linear"},
    "nsp": {"with_nsp": True},
    "mlm": {"with_mlm": True},
    "mlm-linear": {"with_mlm": "linear"},
    "pool-mlm": {"with_pool": True, "with_mlm": True},
    "nsp-mlm-linear": {"with_nsp": True, "with_mlm": "linear"},
    "lm": {"application": "lm"},
    "lm-linear": {"application": "lm", "with_mlm": "linear"},
    "unilm": {"application": "unilm"},
    "unilm-pool": {"application": "unilm", "with_pool": "linear"},
    "hierarchical": {"hierarchical_position": True, "max_position": 8},
    "hierarchical-0.3": {"hierarchical_position": 0.3, "max_position": 8},
    "custom_position_ids": {"custom_position_ids": True},
    "custom_position_ids-hierarchical": {
        "custom_position_ids": True,
        "hierarchical_position": True,
        "max_position": 5,
    },
    "keep_tokens": {"keep_tokens": KEEP, "with_mlm": True},
    "compound_tokens": {"compound_tokens": COMPOUND, "with_mlm": True},
    "compound_tokens-weighted": {"compound_tokens": WEIGHTED, "with_mlm": "linear"},
    "keep_tokens-compound_tokens": {
        "keep_tokens": KEEP,
        "compound_tokens": WEIGHTED,
        "with_mlm": True,
    },
    "embedding_size": {"embedding_size": 12, "with_mlm": True},
    "attention_head_size": {"attention_head_size": 6},
    "attention_key_size": {"attention_key_size": 5},
    "no_segments": {"segment_vocab_size": 0},
    "no_segments-lm": {"segment_vocab_size": 0, "application": "lm"},
    "three_segments": {"segment_vocab_size": 3},
    "shared_segments": {"shared_segment_embeddings": True},
    "shared_segments-some_zero": {"shared_segment_embeddings": True, "with_mlm": "linear"},
    "residual": {"residual_attention_scores": True},
    "residual-mlm": {"residual_attention_scores": True, "with_mlm": True},
    "layer_norm_cond": {"layer_norm_cond": CONDITION, "with_mlm": True},
    "layer_norm_cond-hidden": {
        "layer_norm_cond": CONDITION,
        "layer_norm_cond_hidden_size": 6,
        "layer_norm_cond_hidden_act": "tanh",
    },
    "layer_norm_cond-lm": {
        "layer_norm_cond": CONDITION,
        "layer_norm_cond_hidden_size": 4,
        "application": "lm",
    },
    "prefix": {"prefix": "Student-", "with_pool": True},
    "relu": {"hidden_act": "relu", "with_mlm": True},
    "swish": {"hidden_act": "swish"},
    "leaky_relu": {"hidden_act": "leaky_relu"},
    "gelu_tanh": {"hidden_act": "gelu", "with_mlm": "linear"},
    "sequence_length": {"sequence_length": 8},
    "sequence_length-unilm": {"sequence_length": 8, "application": "unilm"},
    "dropout-inference": {"dropout_rate": 0.1, "attention_dropout_rate": 0.1, "with_pool": True},
}
LONG = {"hierarchical": [12, 9, 1], "hierarchical-0.3": [12, 9, 1]}  # beyond max_position
GELU = {"gelu_tanh": "tanh"}  # the version given to set_gelu, "erf" if not listed
NUMPY = {  # what the original cannot build: the Add of a boolean mask and scores raises there
    "residual-lm": {"application": "lm", "residual_attention_scores": True},
    "residual-unilm": {"application": "unilm", "residual_attention_scores": True},
}
COMPARED = ("encoder", "residual", "lm", "unilm")  # what both can run
NUMPY_REASON = "numpy forward pass and central differences: the original cannot build this model"


# --- where the original cannot run


def in_numpy(variables, inputs, config):
    """The model of `config` in numpy."""
    return forward(
        variables,
        *inputs,
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        application=config.get("application", "encoder"),
        residual=config.get("residual_attention_scores", False),
    )


def compare_with_numpy(name, config, variables, inputs, outputs):
    """Check the numpy oracle on a case of its kind that the original runs."""
    wide = {key: value.astype("float64") for key, value in variables.items()}
    error = np.abs(in_numpy(wide, inputs, config) - outputs[0]).max()
    if error > 1e-5:
        raise ValueError("bert-%s: numpy and the original differ by %g" % (name, error))


def make_numpy_case(out_dir, name, options):
    """A case whose outputs and gradients come from _numpy_bert."""
    config = dict(BASE, **options)
    runnable = dict(config, residual_attention_scores=False)  # the same layers and weights
    rng = start("bert-" + name)
    transformer = build(runnable)
    inputs = draw_inputs(rng, name, config)
    variables, _ = draw_weights(rng, transformer, config)
    wide = {key: value.astype("float64") for key, value in variables.items()}
    output = in_numpy(wide, inputs, config)
    cotangent = normal(rng, output.shape)
    found = gradients(wide, cotangent, lambda v: in_numpy(v, inputs, config))
    content = stored_weights(variables, {})
    content.update(numbered("input", inputs))
    content.update({"output/0": output.astype("float32"), "cotangent/0": cotangent})
    for layer, names in transformer.variable_mapping().items():
        for i, variable in enumerate(names):
            if variable in found:
                content["gradient/%s/%d" % (layer, i)] = found[variable].astype("float32")
    write(out_dir, about("bert-" + name, config, reason=NUMPY_REASON), content)


def make(out_dir):
    """Write every case into `out_dir`."""
    for name, options in CASES.items():
        config = dict(BASE, **options)
        lengths, gelu = LONG.get(name, LENGTHS), GELU.get(name, "erf")
        ran = make_case(out_dir, "bert-" + name, config, lengths=lengths, gelu=gelu)
        if name in COMPARED:
            compare_with_numpy(name, config, *ran)
    for name, options in NUMPY.items():
        make_numpy_case(out_dir, name, options)
    make_training(out_dir, "bert-training", dict(BASE, with_pool=True))


if __name__ == "__main__":
    make(sys.argv[1])
