"""What the makers of models share: inputs with padded rows, weights as a checkpoint stores them, one case."""

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
from bert4keras.backend import K, set_gelu
from bert4keras.models import build_transformer_model

SIZES = {
    "vocab_size": 30,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "hidden_act": "gelu",
    "max_position": 20,
}
STEPS, BATCHES, CLASSES, RATE = 12, 4, 3, 0.05  # of training
LENGTHS = [8, 5, 3]  # tokens in each row of a batch; the rest is padding
CONDITION = {"input": 5}  # stands for an Input of shape (5,), named Input-Condition
KEEP = [0, 5, 3, 29, 7, 8, 20, 21, 2, 11, 13, 17]  # keep_tokens
COMPOUND = [[1, 2], [3, 4, 5]]
WEIGHTED = [([1, 2], [0.25, 0.75]), [6, 7], ([3, 4, 5], [1, 2, 5])]

VOCABULARY = (  # how the variables end that have a row for each token
    "/word_embeddings",
    "/word_embed",
    "shared/embedding",
    "predictions/output_bias",
)
TRANSPOSED = ("cls/seq_relationship/output_weights", "/relative_attention_bias")


# --- inputs


def draw_tokens(rng, config, lengths=LENGTHS):
    """Token ids [batch, length], 0 where padded; the last row starts with id 0."""
    padded = padding_mask(lengths, max(lengths))
    tokens = rng.randint(1, vocab_size(config), padded.shape) * padded
    tokens[-1, 0] = 0
    return tokens


def draw_inputs(rng, name, config, lengths=LENGTHS):
    """The arrays for the inputs of an encoder, in their order."""
    tokens = draw_tokens(rng, config, lengths)
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


# --- weights


def draw_weights(rng, transformer, config):
    """({checkpoint's name: array}, {layer name: {i: array}}): inside and outside the checkpoint.

    Frozen layers keep what they start with: a table of sinusoids is in no checkpoint.
    """
    variables, extras = {}, {}
    mapping = transformer.variable_mapping()
    for layer in transformer.model.layers:
        names = mapping.get(layer.name[len(transformer.prefix) :], [])
        values = random_weights(rng, layer.trainable_weights)
        for i, value in enumerate(values):
            if i < len(names):
                variables[names[i]] = as_in_checkpoint(rng, names[i], value, config)
            else:
                extras.setdefault(layer.name, {})[i] = value
    return variables, extras


def as_in_checkpoint(rng, name, value, config):
    """A weight as checkpoints store it: the whole vocabulary, and some kernels transposed."""
    if name.endswith(VOCABULARY):
        return normal(rng, (config["vocab_size"],) + value.shape[1:], 0.3)
    if name == "decoder/logits/kernel":  # a column for each token
        return normal(rng, value.shape[:1] + (config["vocab_size"],), 0.3)
    return value.T if name.endswith(TRANSPOSED) else value


def load(transformer, variables, extras):
    """Put the drawn weights into the model, the extras into the layers they were drawn for."""
    transformer.load_weights_from_checkpoint(variables)
    for layer in transformer.model.layers:
        for i, value in extras.get(layer.name, {}).items():
            K.set_value(layer.weights[i], value)


def trainable_weights(model):
    """{<layer name>/<i>: weight}, layer by layer; i counts in `layer.weights`."""
    return {
        "%s/%d" % (layer.name, i): weight
        for layer in model.layers
        for i, weight in enumerate(layer.trainable_weights)
    }


def by_layer(group, model, arrays):
    """{group/<layer name>/<i>: array} for arrays in the order of all trainable weights."""
    return {"%s/%s" % (group, key): array for key, array in zip(trainable_weights(model), arrays)}


def stored_weights(variables, extras):
    """The weights as a case stores them."""
    content = {"variable/" + name: value for name, value in variables.items()}
    for name, values in extras.items():
        content.update(("extra/%s/%d" % (name, i), value) for i, value in values.items())
    return content


# --- one case


def build(config, model_class=None):
    """The original's transformer of a config, with an Input where the config says so.

    model_class: what to build if it is not the one that config["model"] names.
    """
    config = dict(config)
    if model_class is not None:
        config["model"] = model_class
    if "layer_norm_cond" in config:
        size = config["layer_norm_cond"]["input"]
        condition = keras.layers.Input((size,), name="Input-Condition")
        config.update(layer_norm_cond=condition, additional_input_layers=condition)
    return build_transformer_model(return_keras_model=False, **config)


def make_case(
    out_dir,
    name,
    config,
    model_class=None,  # see build
    draw=draw_inputs,  # draw(rng, name, config, lengths) -> the arrays for the model's inputs
    draw_model=draw_weights,  # draw_model(rng, transformer, config) -> variables and extras
    lengths=LENGTHS,
    gelu="erf",  # the version given to set_gelu
    **fields,  # more of the header: a `reason` where it is not the original alone that runs
):
    """Build, load and run one model, and write the case; returns (variables, inputs, outputs)."""
    rng = start(name)
    set_gelu(gelu)
    transformer = build(config, model_class)
    inputs = draw(rng, name, config, lengths)
    variables, extras = draw_model(rng, transformer, config)
    load(transformer, variables, extras)
    model = transformer.model
    weights = list(trainable_weights(model).values())
    outputs, _, cotangents, found = differentiate(rng, model.inputs, inputs, model.outputs, weights)
    content = stored_weights(variables, extras)
    content.update(numbered("input", inputs))
    content.update(numbered("output", outputs))
    content.update(numbered("cotangent", cotangents))
    content.update(by_layer("gradient", model, found))
    write(out_dir, about(name, config, gelu=gelu, **fields), content)
    return variables, inputs, outputs


def about(name, config, gelu="erf", **fields):
    """The header of a case."""
    target = "b4k_models.build_transformer_model"
    return header(name, target, config=marked(config), call={}, masks=[], gelu=gelu, **fields)


def marked(value):
    """JSON has no tuples: ([1, 2], [0.5, 0.5]) is stored as {"tuple": [[1, 2], [0.5, 0.5]]}."""
    if isinstance(value, dict):
        return {key: marked(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return {"tuple": [marked(item) for item in value]}
    return [marked(item) for item in value] if isinstance(value, list) else value


# --- training


def make_training(out_dir, name, config, draw=draw_inputs):
    """Twelve steps of plain SGD on a classifier over the pooled vector, or else over the mean of all."""
    rng = start(name)
    set_gelu("erf")
    transformer = build(config)
    x = transformer.model.output
    if K.ndim(x) == 3:
        x = keras.layers.Lambda(lambda x: K.mean(x, axis=1), mask=lambda x, mask: None)(x)
    scores = keras.layers.Dense(CLASSES, activation="softmax", name="Classifier")
    model = keras.models.Model(transformer.model.inputs, scores(x))
    variables, extras = draw_weights(rng, transformer, config)
    extras["Classifier"] = dict(enumerate(random_weights(rng, scores.weights)))
    load(transformer, variables, extras)
    scores.set_weights([extras["Classifier"][i] for i in range(2)])
    batches = [draw(rng, name, config, LENGTHS) for _ in range(BATCHES)]
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
    weights = list(trainable_weights(model).values())
    content.update(by_layer("final", model, K.batch_get_value(weights)))
    training = {"steps": STEPS, "classes": CLASSES, "learning_rate": RATE}
    write(out_dir, about(name, config, training=training), content)
