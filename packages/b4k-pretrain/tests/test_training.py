"""Training goes on where it was as if nothing had been, and says what is wrong."""

import csv
import os
import shutil

import numpy as np
import pytest
from b4k_models import build_transformer_model
from b4k_ops import GENERATION, get_values, keras
from b4k_ops.testing import fresh_session
from b4k_pretrain import checkpoints
from b4k_pretrain.__main__ import main
from b4k_pretrain.exporting import export
from b4k_pretrain.manifest import RecordsError
from b4k_pretrain.training import Guard, Training, train
from pretrain_problem import MODEL, VOCABULARY, make_config, make_records, make_tables, write_toml

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py
ONCE = ("test_electra_learns_with_its_generator_and_is_exported",)  # on one of the lanes of Keras 3

# random numbers in the graphs and functions of Keras 2 and tf.keras can't be begun anew
DROPOUT = 0.1 if GENERATION == "keras3" else 0.0
MIXED = hasattr(getattr(keras, "mixed_precision", None), "set_global_policy")
HALF = "mixed_float16" if GENERATION == "keras3" else "mixed_bfloat16" if MIXED else "float32"
FILES = "bert_config.json", "bert_model.ckpt"
OPTIONS = dict(MODEL, dropout_rate=DROPOUT, attention_dropout_rate=DROPOUT)

LEARNING = {  # of a tiny problem, at once
    "optimizer": {"name": "adam", "learning_rate": 0.01},
    "training": {"accumulation": 1, "steps": 30, "interval": 30},
}


@pytest.fixture(autouse=True)
def session():
    fresh_session()


def state(run):
    return get_values(run.variables)


def losses(run):
    return [[row[name] for name in ("step", "loss", "evaluation_loss")] for row in run.history]


def forget_all_but_the_first(folder):
    for path in checkpoints.paths(str(folder / "run"))[1:]:
        os.remove(path)


@pytest.mark.parametrize(
    "optimizer, training",
    [
        ({"ema": 0.9}, {}),
        (
            {"name": "adam", "bias_correction": True},
            {"recompute": True, "precision": HALF},
        ),
    ],
)
def test_it_goes_on_bit_for_bit(tmp_path, optimizer, training):
    config = make_config(
        tmp_path, model={"options": OPTIONS}, optimizer=optimizer, training=training
    )
    whole = train(config)
    expected = state(whole), losses(whole)
    forget_all_but_the_first(tmp_path)
    fresh_session()
    run = Training(config)
    run.resume()
    assert run.step == 2
    while run.step < 6:
        run.train_interval()
    assert losses(run) == expected[1] and run.history[-1]["loss"] < run.history[0]["loss"]
    for got, wanted in zip(state(run), expected[0]):
        np.testing.assert_array_equal(got, wanted)
    with open(str(tmp_path / "run" / "log.csv")) as file:
        assert [int(row["step"]) for row in csv.DictReader(file)] == [2, 4, 6]


if MIXED:

    def test_half_precision_and_recompute_are_near_the_plain(tmp_path):
        model = {"options": dict(OPTIONS, dropout_rate=0.0, attention_dropout_rate=0.0)}
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
        try:
            short = {"steps": 4, "interval": 2, "folder": "plain"}
            plain = train(make_config(tmp_path, model=model, training=short))
            assert keras.mixed_precision.global_policy().name == "mixed_bfloat16"
        finally:
            keras.mixed_precision.set_global_policy("float32")
        half = dict(short, folder="half", precision="mixed_bfloat16", recompute=True)
        run = train(make_config(tmp_path, model=model, training=half))
        assert keras.mixed_precision.global_policy().name == "float32"
        found = [
            {str(layer.compute_dtype) for layer in each.transformer.model.layers[1:]}
            for each in (plain, run)
        ]
        assert found[0] == {"float32"} and "bfloat16" in found[1]
        recomputing = [
            layer.name for layer in run.model.layers if getattr(layer, "recompute", None)
        ]
        assert "Transformer-0-FeedForward" in recomputing
        assert losses(run) != losses(plain)
        np.testing.assert_allclose(losses(run), losses(plain), rtol=0.01)


def test_other_precisions_are_refused(tmp_path):
    other = "float64" if GENERATION == "keras3" else "mixed_float16"  # of tf.keras can't go on
    with pytest.raises(ValueError, match="'%s': expected one of .*'float32'.*goes on" % other):
        train(make_config(tmp_path, training={"precision": other}))


def test_an_update_of_parts_is_one_of_the_whole(tmp_path):
    model = {"options": dict(OPTIONS, dropout_rate=0.0, attention_dropout_rate=0.0)}
    found = []
    for parts in (1, 2):
        fresh_session()
        training = {"accumulation": parts, "folder": "run%d" % parts, "steps": 2}
        config = make_config(
            tmp_path,
            model=model,
            training=training,
            optimizer={"warmup": 1},
            objective={"name": "causal_lm"},
        )
        found.append(get_values(train(config).transformer.model.trainable_weights))
    for got, wanted in zip(*found):
        np.testing.assert_allclose(got, wanted, atol=2e-5)


@pytest.mark.parametrize(
    "objective, model, others",  # and how many others a guess takes it for, besides the tokens
    [
        ("causal_lm", "gpt2", 1),
        ("mlm", "roformer_v2", 1),
        ("unilm", "bert", 1),
        ("sop", "bert", 2),
        ("t5", "t5.1.1", 1),
        ("simbert", "bert", 7),
    ],
)
def test_other_objectives_and_models_beat_a_guess(tmp_path, objective, model, others):
    config = make_config(tmp_path, objective={"name": objective}, model={"name": model}, **LEARNING)
    (row,) = train(config).history
    assert row["evaluation_loss"] < np.log(VOCABULARY) + np.log(others) - 0.1


def test_electra_learns_with_its_generator_and_is_exported(tmp_path):
    config = make_config(
        tmp_path,
        objective={"name": "electra"},
        model={
            "name": "electra",
            "options": MODEL,
            "generator": {"hidden_size": 16, "intermediate_size": 24},
        },
        export={"formats": ["google"]},
        **LEARNING,
    )
    run = train(config)
    (row,) = run.history
    assert row["evaluation_Log-Probabilities_loss"] < np.log(VOCABULARY) - 0.1  # the generator
    assert row["evaluation_Judgements_loss"] < 0.8 * 50 * np.log(2)  # the discriminator
    expected = get_values(run.transformer.model.weights)
    fresh_session()
    files = [os.path.join(export(config)["google"], name) for name in FILES]
    model = build_transformer_model(*files, model="electra", with_discriminator="linear")
    for got, wanted in zip(get_values(model.weights), expected):
        np.testing.assert_array_equal(got, wanted)


def test_what_changed_is_refused_by_name(tmp_path):
    short = {"steps": 2, "interval": 1}
    train(make_config(tmp_path, training=short, optimizer={"warmup": 1}))
    for changes, named in (
        ({"training": short, "optimizer": {"warmup": 0}}, "optimizer.warmup = 1, and now it is 0"),
        ({"training": dict(short, seed=1), "optimizer": {"warmup": 1}}, "training.seed"),
    ):
        fresh_session()
        with pytest.raises(checkpoints.CheckpointsError, match=named):
            train(make_config(tmp_path, **changes))
    shutil.rmtree(str(tmp_path / "records"))
    make_records(str(tmp_path / "records"), seed=2)
    fresh_session()
    with pytest.raises(checkpoints.CheckpointsError, match="corpus"):
        train(make_config(tmp_path, training=short, optimizer={"warmup": 1}))


@pytest.mark.parametrize("name", ["records", "held_out"])
def test_records_of_another_tokenizer_are_refused(tmp_path, name):
    make_records(str(tmp_path / name), tokenizer="0" * 64)
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]")
    with pytest.raises(RecordsError, match="fingerprint 000000000000, the one given has 5 and"):
        Training(make_config(tmp_path, data={"tokenizer": "vocab.txt"}))


def test_a_loss_that_is_not_finite_is_told_with_its_batch():
    guard = Guard(Stub([]), first=40)
    guard.on_train_batch_end(0, {"loss": 1.0})
    message = r"the loss is nan at batch 41, which holds the records \[41, 3\] of ids; the checkpoint of update 20"
    with pytest.raises(FloatingPointError, match=message):
        guard.on_train_batch_end(1, {"loss": float("nan")})


def test_a_loss_that_is_not_finite_stops_it(tmp_path):
    rates = {"schedule": {"0": 1.0, "2": 1.0, "3": 1e38, "6": 1e38}, "learning_rate": 1.0}
    with pytest.raises(FloatingPointError, match="loss|finite"):
        train(make_config(tmp_path, optimizer=dict(rates, name="adam")))
    assert [checkpoints.step_of(p) for p in checkpoints.paths(str(tmp_path / "run"))] == [2]


def test_it_stops_when_it_learns_no_more(tmp_path):
    training = {"patience": 1, "interval": 1}
    run = train(make_config(tmp_path, training=training, optimizer={"learning_rate": 1e-30}))
    assert run.step < 6 and run.is_stuck()
    assert not Training.is_stuck.__get__(Stub([3.0, 2.0, 1.0]))()
    assert Training.is_stuck.__get__(Stub([3.0, 2.0, 2.0]))()


class Stub:
    """A run with these held-out losses, which is its own loader."""

    config = {"training.patience": 1, "data.records": "ids"}
    step = 20

    def __init__(self, found):
        self.history = [{"evaluation_loss": loss} for loss in found]
        self.loader = self

    def indices(self, step):
        return np.array([step, 3]), 0


def test_what_is_exported_is_the_model(tmp_path, capsys):
    config = make_config(
        tmp_path,
        training={"steps": 2},
        optimizer={"warmup": 1, "ema": 0.5},
        model={"options": dict(MODEL, num_hidden_layers=2)},
    )
    run = train(config)
    with run.averages():
        expected = get_values(run.transformer.model.weights)
    fresh_session()
    (shard,) = (tmp_path / "records").glob("shard-*")
    shard.write_bytes(shard.read_bytes()[:-1] + b"?")
    with pytest.raises(RecordsError, match="the file has changed"):
        Training(config)
    folders = export(config)  # which needs no records
    google, weights = folders["google"], folders["keras"]
    files = [os.path.join(google, name) for name in FILES]
    for where in (files, [folders["huggingface"]]):
        model = build_transformer_model(*where, with_mlm="linear")
        for got, wanted in zip(get_values(model.weights), expected):
            np.testing.assert_array_equal(got, wanted)
    model = build_transformer_model(os.path.join(weights, "bert_config.json"), with_mlm="linear")
    model.load_weights(os.path.join(weights, "model.weights.h5"))
    for got, wanted in zip(get_values(model.weights), expected):
        np.testing.assert_array_equal(got, wanted)


def test_the_command_line_trains_and_evaluates(tmp_path, capsys):
    path = tmp_path / "run.toml"
    write_toml(str(path), make_tables(tmp_path))
    main(["train", str(path), "--set", "training.steps=4"])
    assert "step 4: " in capsys.readouterr().out
    fresh_session()
    main(["eval", str(path), "--set", "training.steps=4"])
    assert "evaluation_loss at step 4: " in capsys.readouterr().out
