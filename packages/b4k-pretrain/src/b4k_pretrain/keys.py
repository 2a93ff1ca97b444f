"""Every key of a configuration: its default and what it means. `--help` and the table of the README say it."""

from collections import namedtuple

REQUIRED = object()  # the default of a key that must be given
Key = namedtuple("Key", "name default meaning free")


def key(name, default, meaning):
    """A key whose value a run keeps."""
    return Key(name, default, meaning, False)


def free(name, default, meaning):
    """A key whose value may differ when a run goes on from its checkpoint."""
    return Key(name, default, meaning, True)


# An empty text, list or table and the number 0 mean "none". Paths are relative to the file of the configuration.
KEYS = [
    free("data.corpus", [], "files and folders of text, for `prepare`"),
    free("data.evaluation_corpus", [], "held-out text, for `prepare`"),
    free("data.records", REQUIRED, "the folder that `prepare` fills and `train` reads"),
    free("data.evaluation_records", "", "the folder of held-out records"),
    free("data.tokenizer", "", "vocab.txt, or a directory with the files of a tokenizer"),
    free("data.options", {}, "further arguments of `b4k_pretrain.prepare`"),
    key("objective.name", "mlm", "what is learnt: a name that `build_objective` knows"),
    key(
        "objective.options",
        {},
        "further arguments of `build_objective`; `words` is `pieces`, `jieba` or `module:function`",
    ),
    key("model.name", "bert", "`model` of `build_transformer_model`"),
    key("model.config", "", "bert_config.json, or a Hugging Face directory"),
    key("model.options", {}, "arguments of `build_transformer_model`; they win over model.config"),
    key("model.checkpoint", "", "weights to begin with: whatever b4k-models reads"),
    key(
        "model.generator",
        {},
        "sizes of ELECTRA's generator: `hidden_size`, `num_attention_heads`, `intermediate_size`, by default "
        "a quarter of the model's, and `num_hidden_layers`",
    ),
    key(
        "model.generator_checkpoint",
        "",
        "weights of ELECTRA's generator to begin with, all but its embeddings, which are the model's",
    ),
    key("optimizer.name", "lamb", "`lamb` or `adam`"),
    key("optimizer.learning_rate", 0.00176, "the highest"),
    key("optimizer.warmup", 3125, "updates in which the learning rate rises from 0"),
    key(
        "optimizer.final_rate", 0.0, "the part of the learning rate that is left at the last update"
    ),
    key("optimizer.schedule", {}, "{update: factor} in place of warmup and final_rate"),
    key("optimizer.weight_decay", 0.01, "decoupled, times the learning rate"),
    key("optimizer.exclude", ["Norm", "bias"], "patterns: no decay and no layer adaptation"),
    key("optimizer.bias_correction", False, "Adam's; BERT has none"),
    key("optimizer.clip_norm", 0.0, "the largest norm of all gradients together"),
    key("optimizer.ema", 0.0, "momentum of averaged weights, which are evaluated and exported"),
    key("training.folder", REQUIRED, "where checkpoints and logs go"),
    key("training.batch_size", 4096, "sequences of an update, on all devices together"),
    key("training.accumulation", 16, "parts that they are computed in, one after the other"),
    key("training.steps", 125000, "updates"),
    key(
        "training.interval",
        1000,
        "updates between checkpoints, each with an evaluation and a line of the logs",
    ),
    key("training.seed", 0, "of initial weights, order, masks and dropout"),
    key(
        "training.precision",
        "float32",
        "`float32`, `mixed_bfloat16`, or on Keras 3 `mixed_float16`",
    ),
    key("training.recompute", False, "keep less for the backward pass and compute it again"),
    free("training.evaluation_batches", 0, "held-out batches of an evaluation; 0 is all"),
    free(
        "training.patience",
        0,
        "stop after so many intervals without a lower held-out loss; 0 never does",
    ),
    free("training.keep", 3, "checkpoints that are kept"),
    free("training.engine", "single", "the devices: see `b4k_pretrain.engines`"),
    free("training.engine_options", {}, "arguments of the engine"),
    free("logs.progress", True, "a line in the console that moves with each batch"),
    free("logs.tensorboard", False, "events for TensorBoard; needs b4k-pretrain[tensorboard]"),
    free("logs.png", False, "the loss curve as a picture; needs b4k-pretrain[plot]"),
    free(
        "logs.peak_teraflops",
        0.0,
        "of all devices together, for the utilisation; 0 leaves that out",
    ),
    free("export.folder", "", "where `export` writes"),
    free("export.formats", ["google", "huggingface", "keras"], "what `export` writes"),
]

__all__ = ["KEYS", "REQUIRED", "Key"]
