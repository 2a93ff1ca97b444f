"""Cases for b4k_models: BERT with every option, loaded from a dict of Google's variable names."""

import sys

import keras
import numpy as np
from _case import (
    differentiate,
    header,
    normal,
    numbered,
    padding_mask,
    random_weights,
    start,
    write,
)
from _numpy_bert import forward, gradients
from bert4keras.backend import K, set_gelu
from bert4keras.models import build_transformer_model

TARGET = "packages/b4k-models/tests/golden/bert"

BASE = {
    "model": "bert",
    "vocab_size": 30,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "hidden_act": "gelu",
    "max_position": 20,
}
LENGTHS = [8, 5, 3]  # tokens in each row of a batch; the rest is padding
CONDITION = {"input": 5}  # stands for an Input of shape (5,), named Input-Condition
KEEP = [0, 5, 3, 29, 7, 8, 20, 21, 2, 11, 13, 17]  # keep_tokens
COMPOUND = [[1, 2], [3, 4, 5]]
WEIGHTED = [([1, 2], [0.25, 0.75]), [6, 7], ([3, 4, 5], [1, 2, 5])]

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
NUMPY_REASON = "numpy forward pass and central differences: the original cannot build this model"
STEPS, BATCHES, CLASSES, RATE = 12, 4, 3, 0.05


# --- inputs and weights


def draw_inputs(rng, name, config, lengths=LENGTHS):
    """The arrays for the model's inputs, in their order; the last row starts with id 0."""
    padded = padding_mask(lengths, max(lengths))
    tokens = rng.randint(1, vocab_size(config), padded.shape) * padded
    tokens[-1, 0] = 0
    inputs = [tokens]
    if config.get("segment_vocab_size", 2):
        inputs.append(draw_segments(rng, name, config, tokens))
    if config.get("custom_position_ids"):
        top = config["max_position"] ** (2 if config.get("hierarchical_position") else 1)
        inputs.append(rng.randint(0, top, tokens.shape))
    if config.get("layer_norm_cond"):
        inputs.append(normal(rng, (len(lengths), CONDITION["input"])))
    return [array.astype("float32") for array in inputs]


def vocab_size(config):
    """How many token ids the model knows."""
    kept = len(config.get("keep_tokens") or range(config["vocab_size"]))
    return kept + len(config.get("compound_tokens") or [])


def draw_segments(rng, name, config, tokens):
    """0s then 1s for unilm; ids of the token table if that is shared, where 0 hides a position."""
    if config.get("application") == "unilm":
        return (np.arange(tokens.shape[1]) >= np.array([[3], [2], [1]])).astype("int64")
    if config.get("shared_segment_embeddings"):
        segments = rng.randint(1, config["vocab_size"], tokens.shape)
        return segments * (rng.uniform(size=tokens.shape) > 0.4 if "zero" in name else 1)
    return rng.randint(0, config.get("segment_vocab_size", 2), tokens.shape)


def draw_weights(rng, transformer, config):
    """({Google's name: array}, {layer name: {i: array}}): inside and outside the checkpoint."""
    variables, extras = {}, {}
    mapping = transformer.variable_mapping()
    for layer in transformer.model.layers:
        names = mapping.get(layer.name[len(transformer.prefix) :], [])
        values = random_weights(rng, layer.weights)
        for i, value in enumerate(values):
            if i < len(names):
                variables[names[i]] = as_in_checkpoint(rng, names[i], value, config)
            else:
                extras.setdefault(layer.name, {})[i] = value
    return variables, extras


def as_in_checkpoint(rng, name, value, config):
    """A weight as Google stores it: the whole vocabulary, and the NSP kernel transposed."""
    if name in ("bert/embeddings/word_embeddings", "cls/predictions/output_bias"):
        return normal(rng, (config["vocab_size"],) + value.shape[1:], 0.3)
    return value.T if name == "cls/seq_relationship/output_weights" else value


# --- running the original


def build(config):
    """The transformer of a config, with an Input where the config says so."""
    config = dict(config)
    if "layer_norm_cond" in config:
        size = config["layer_norm_cond"]["input"]
        condition = keras.layers.Input((size,), name="Input-Condition")
        config.update(layer_norm_cond=condition, additional_input_layers=condition)
    return build_transformer_model(return_keras_model=False, **config)


def load(transformer, variables, extras):
    """Put the drawn weights into the model, the extras into the layers they were drawn for."""
    transformer.load_weights_from_checkpoint(variables)
    for layer in transformer.model.layers:
        for i, value in extras.get(layer.name, {}).items():
            K.set_value(layer.weights[i], value)


def by_layer(group, model, arrays):
    """{group/<layer name>/<i>: array} for arrays in the order of all layers' weights."""
    keys = [(layer.name, i) for layer in model.layers for i in range(len(layer.weights))]
    return {"%s/%s/%d" % (group, name, i): array for (name, i), array in zip(keys, arrays)}


def stored_weights(variables, extras):
    """The weights as a case stores them."""
    content = {"variable/" + name: value for name, value in variables.items()}
    for name, values in extras.items():
        content.update(("extra/%s/%d" % (name, i), value) for i, value in values.items())
    return content


def make_case(out_dir, name, options):
    """Build, load and run one model of the table, and write the case."""
    rng = start("bert-" + name)
    config = dict(BASE, **options)
    set_gelu(GELU.get(name, "erf"))
    transformer = build(config)
    inputs = draw_inputs(rng, name, config, LONG.get(name, LENGTHS))
    variables, extras = draw_weights(rng, transformer, config)
    load(transformer, variables, extras)
    model = transformer.model
    weights = [w for layer in model.layers for w in layer.weights]
    outputs, _, cotangents, found = differentiate(rng, model.inputs, inputs, model.outputs, weights)
    compare_with_numpy(name, variables, inputs, config, outputs)
    content = stored_weights(variables, extras)
    content.update(numbered("input", inputs))
    content.update(numbered("output", outputs))
    content.update(numbered("cotangent", cotangents))
    content.update(by_layer("gradient", model, found))
    write(out_dir, about(name, config), content)


def about(name, config, **fields):
    """The header of a case."""
    fields.setdefault("gelu", GELU.get(name, "erf"))
    target = "b4k_models.build_transformer_model"
    return header("bert-" + name, target, config=marked(config), call={}, masks=[], **fields)


def marked(value):
    """JSON has no tuples: ([1, 2], [0.5, 0.5]) is stored as {"tuple": [[1, 2], [0.5, 0.5]]}."""
    if isinstance(value, dict):
        return {key: marked(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return {"tuple": [marked(item) for item in value]}
    return [marked(item) for item in value] if isinstance(value, list) else value


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


def compare_with_numpy(name, variables, inputs, config, outputs):
    """Check the numpy oracle on the cases of its kind that the original runs."""
    if name not in ("encoder", "residual", "lm", "unilm"):
        return
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
    write(out_dir, about(name, config, reason=NUMPY_REASON), content)


# --- training


def make_training(out_dir):
    """Twelve steps of plain SGD on a classifier over the pooled vector."""
    name, config = "training", dict(BASE, with_pool=True)
    rng = start("bert-" + name)
    set_gelu("erf")
    transformer = build(config)
    scores = keras.layers.Dense(CLASSES, activation="softmax", name="Classifier")
    model = keras.models.Model(transformer.model.inputs, scores(transformer.model.output))
    variables, extras = draw_weights(rng, transformer, config)
    extras["Classifier"] = dict(enumerate(random_weights(rng, scores.weights)))
    load(transformer, variables, extras)
    scores.set_weights([extras["Classifier"][i] for i in range(2)])
    batches = [draw_inputs(rng, name, config) for _ in range(BATCHES)]
    targets = rng.randint(0, CLASSES, (BATCHES, len(LENGTHS)))
    model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.SGD(RATE))
    losses = [
        model.train_on_batch(batches[step % BATCHES], targets[step % BATCHES])
        for step in range(STEPS)
    ]
    content = stored_weights(variables, extras)
    content.update(numbered("input", [np.stack(arrays) for arrays in zip(*batches)]))
    content["target/0"] = targets.astype("int32")
    content["loss/0"] = np.array(losses, "float32")
    weights = [w for layer in model.layers for w in layer.weights]
    content.update(by_layer("final", model, K.batch_get_value(weights)))
    training = {"steps": STEPS, "classes": CLASSES, "learning_rate": RATE}
    write(out_dir, about(name, config, training=training), content)


def make(out_dir):
    """Write every case into `out_dir`."""
    for name, options in CASES.items():
        make_case(out_dir, name, options)
    for name, options in NUMPY.items():
        make_numpy_case(out_dir, name, options)
    make_training(out_dir)


if __name__ == "__main__":
    make(sys.argv[1])
