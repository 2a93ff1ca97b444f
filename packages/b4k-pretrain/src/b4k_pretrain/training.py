"""Training: intervals of `fit`, each followed by an evaluation, a line of the logs and a checkpoint.

An interval begins at a step and depends on nothing else: the batches, the masks and the seeds of dropout are functions
of the step, all other state is in the checkpoint. So a run that was interrupted ends as if it had not been.
"""

import contextlib
import itertools
import json
import math
import time

from b4k_models import build_transformer_model
from b4k_ops import keras, recompute_scope, set_values, training
from b4k_text.fitting import as_fit_takes

from b4k_pretrain import checkpoints, heads, logs, losses, speed
from b4k_pretrain.engines import open_engine
from b4k_pretrain.loader import Loader
from b4k_pretrain.objectives import open_objective
from b4k_pretrain.optimizing import build_optimizer
from b4k_pretrain.randomness import uniform
from b4k_pretrain.records import open_records
from b4k_pretrain.tokenizing import open_tokenizer

SEEDS = 2  # the stream of randomness that the seeds of dropout come from


def train(config):
    """Train as a Config says, from its newest checkpoint on if there is one. Returns the Training.

    Raises ValueError for records or checkpoints that don't fit the configuration, FloatingPointError if a loss is not
    finite: the checkpoints before stay.
    """
    run = Training(config)
    run.resume()
    while run.step < config["training.steps"] and not run.is_stuck():
        run.train_interval()
    return run


class Training:
    """A model, its optimizer, its data, and how far it is: `step` updates, with `history` [{name: value}] of them."""

    def __init__(
        self,
        config,  # a Config
        verify=True,  # that all bytes of the records are those written; the chief alone does
    ):
        self.config = config
        self.verify = verify
        self.engine = open_engine(config)
        path = config["data.tokenizer"]
        self.tokenizer = open_tokenizer(path) if path else None
        self.step, self.history = 0, []
        self.loader = self._open_loader(config["data.records"], config.part_size)
        self.manifest = self.loader.records.manifest
        self.held_out = None
        if config["data.evaluation_records"]:
            self.held_out = self._open_loader(config["data.evaluation_records"], config.part_size)
        training.set_random_seed(seed_of(config, 0))
        built = self.engine.build(self._build)
        self.transformer, self.model, self.optimizer, self.variables = built

    # --- making it

    def _open_loader(self, folder, batch_size):
        records = open_records(folder, self.verify and self.engine.is_chief())
        if self.tokenizer is not None:
            records.manifest.check_tokenizer(self.tokenizer)
        objective = open_objective(self.config, records.manifest, self.tokenizer)
        shard, shards = self.engine.shard()
        return Loader(records, objective, batch_size, self.config["training.seed"], shard, shards)

    def _build(self):
        """(transformer, model to train, compiled, its optimizer, all variables of the training)."""
        config = self.config
        with precision_scope(config["training.precision"]):
            with recompute_scope(config["training.recompute"]):
                transformer = build_model(config, self.manifest.vocab_size)
                model = heads.training_model(
                    transformer,
                    self.engine.model_class,
                    config["model.generator"],
                    config["model.generator_checkpoint"],
                )
            optimizer, objective = build_optimizer(config), config["objective.name"]
            model.compile(
                optimizer, heads.losses_of(objective), metrics=heads.metrics_of(objective)
            )
        return transformer, self.engine.prepare(model), optimizer, training.state_of(model)

    # --- going on

    @property
    def binding(self):
        """What a checkpoint belongs to: the configuration, the corpus and the tokenizer."""
        facts = {"corpus": self.manifest.hash, "tokenizer": self.manifest.tokenizer}
        return json.loads(json.dumps(dict(self.config.binding, **facts)))

    def resume(self):
        """Go on from the newest whole checkpoint, if there is one."""
        folder = self.config["training.folder"]
        found = checkpoints.newest(folder)
        if found is None:
            return
        header, arrays = found
        checkpoints.check(header["binding"], self.binding, folder)
        shapes = [tuple(variable.shape) for variable in self.variables]
        if shapes != [array.shape for array in arrays]:
            raise checkpoints.CheckpointsError("%s: its checkpoints are of another model" % folder)
        set_values(list(zip(self.variables, arrays)))
        self.step, self.history = header["step"], header["history"]

    def save(self):
        """Write a checkpoint; the chief alone does, and all others help it."""
        arrays = self.engine.values(self.variables)
        if not self.engine.is_chief():
            return
        folder, keep = self.config["training.folder"], self.config["training.keep"]
        header = {"step": self.step, "history": self.history, "binding": self.binding}
        header["fingerprint"] = self.config.fingerprint
        checkpoints.save(folder, self.step, header, arrays, keep)

    # --- training

    def train_interval(self):
        """Train until the next checkpoint, and write it."""
        count = self.config["training.interval"] * self.config["training.accumulation"]
        guard = Guard(self, self.step * self.config["training.accumulation"])
        found = self.model.fit(
            self._feed(self.loader, guard.first, count),
            steps_per_epoch=count,
            shuffle=False,
            verbose=int(self.config["logs.progress"] and self.engine.is_chief()),
            callbacks=[guard],
        )
        self.step += self.config["training.interval"]
        row = {name: float(values[-1]) for name, values in found.history.items()}
        row.update(self.evaluate())
        row.update(speed.of(self, guard.seconds_a_batch()))
        self.history.append(dict(self.engine.reduce_logs(row), step=self.step))
        self.save()
        if self.engine.is_chief():
            logs.write(self.config, self.history)

    def evaluate(self):
        """{"evaluation_loss", "evaluation_accuracy"} on the held-out records, always of the same batches and masks."""
        if self.held_out is None:
            return {}
        steps = self.config["training.evaluation_batches"] or self.held_out.steps_per_epoch
        with self.averages():
            found = training.evaluate(self.model, self._feed(self.held_out, 0, steps), steps)
        return {"evaluation_" + name: float(value) for name, value in found.items()}

    def _feed(self, loader, start, count):
        """So many batches of a loader from a number on, as the engine gives them to `fit`."""
        inputs = len(self.model.inputs)
        return self.engine.feed(lambda: feed(loader, start, count, inputs))

    @contextlib.contextmanager
    def averages(self):
        """In this context the weights are their moving averages, if there are any."""
        if self.config["optimizer.ema"]:
            self.optimizer.apply_ema_weights()
        try:
            yield
        finally:
            if self.config["optimizer.ema"]:
                self.optimizer.reset_old_weights()

    def is_stuck(self):
        """Whether the held-out loss has not fallen for `training.patience` intervals."""
        patience = self.config["training.patience"]
        found = [row["evaluation_loss"] for row in self.history if "evaluation_loss" in row]
        return 0 < patience < len(found) and min(found[-patience:]) >= min(found[:-patience])


class Guard(keras.callbacks.Callback):
    """Starts the random numbers of an interval, stops at a loss that is not finite, and takes the time."""

    def __init__(self, run, first):
        super(Guard, self).__init__()
        self.run = run
        self.first = first  # the number of the first batch
        self.times = []

    def on_train_batch_begin(self, batch, logs=None):
        if not self.times:
            config, rank = self.run.config, self.run.engine.rank
            training.set_random_seed(seed_of(config, 1 + self.first, rank))

    def on_train_batch_end(self, batch, logs=None):
        self.times.append(time.time())
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            step = self.first + len(self.times) - 1
            records = self.run.loader.indices(step)[0]
            raise FloatingPointError(
                "the loss is %s at batch %d, which holds the records %s of %s; the checkpoint of update %d is kept"
                % (
                    loss,
                    step,
                    list(map(int, records)),
                    self.run.config["data.records"],
                    self.run.step,
                )
            )

    def seconds_a_batch(self):
        """The time of a batch, without the first, at which programs are compiled; None of a single batch."""
        batches = len(self.times) - 1
        return (self.times[-1] - self.times[0]) / batches if batches > 0 else None


def feed(loader, start, count, inputs):
    """Yields `count` batches from number `start` on as `fit` takes them, with so many of their inputs."""
    for arrays, targets in itertools.islice(loader.batches(start), count):
        yield as_fit_takes((list(arrays.values())[:inputs], losses.packed(targets)))


def seed_of(config, place, rank=0):
    """The seed of a place in the training, unlike those of all others."""
    return int(uniform((), config["training.seed"], place, rank, SEEDS) * 2**31)


def build_model(config, vocab_size):
    """The transformer of a configuration, with the head of its objective and its first weights."""
    options = {"vocab_size": vocab_size}
    options.update(heads.head_options(config["objective.name"], config["model.name"]))
    options.update(config["model.options"])
    return build_transformer_model(
        config["model.config"] or None,
        config["model.checkpoint"] or None,
        config["model.name"],
        return_keras_model=False,
        **options,
    )


@contextlib.contextmanager
def precision_scope(name):
    """What is built in this context computes in a precision: a policy of Keras."""
    if name not in training.PRECISIONS:
        raise ValueError(
            "training.precision = %r: expected one of %s, in which this Keras trains and goes on"
            % (name, list(training.PRECISIONS))
        )
    if len(training.PRECISIONS) == 1:  # there are no policies
        yield
        return
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(name)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)


__all__ = ["Guard", "Training", "train"]
