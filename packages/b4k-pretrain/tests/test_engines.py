"""Engines that can't do what is asked say what can; two devices train as one does."""

import os
import subprocess
import sys

import numpy as np
import pytest
from b4k_ops import BACKEND, GENERATION
from b4k_pretrain import checkpoints
from b4k_pretrain.engines import open_engine
from pretrain_problem import MODEL, free_port, make_config, make_tables, write_toml

SLOW = ("test_a_seed_trains_the_same_again",)
ONCE = ("test_two_devices_are_as_parts",)  # on one of the lanes of Keras 3

HERE = os.path.dirname(os.path.abspath(__file__))
REFUSED = {  # engine: (where it is not refused as a whole, what is said elsewhere)
    "jax": ("jax", "'ddp' under torchrun on torch, 'mirrored' on tensorflow"),
    "ddp": ("torch", "'jax' on jax, 'mirrored' on tensorflow"),
    "mirrored": ("tensorflow", "'jax' on jax, 'ddp' under torchrun on torch|needs TensorFlow 2.4"),
    "multi_worker": (None, "keras#20585|needs TensorFlow 2.4|needs TF_CONFIG"),
}
if GENERATION == "keras3":  # elsewhere it looks for one
    REFUSED["tpu"] = (None, "is that of tf.keras .*: with KERAS_BACKEND=jax use 'jax'")


@pytest.mark.parametrize("engine", sorted(REFUSED))
def test_what_cannot_be_is_refused(tmp_path, engine):
    backend, message = REFUSED[engine]
    if (
        BACKEND == backend
    ):  # whose devices are as many as they are: it refuses a batch of three for two
        message = "multiple of the 2 devices|does not divide|torchrun|needs TensorFlow 2.4"
    options = {"jax": {"model_devices": 7}, "mirrored": {"devices": ["CPU:0", "CPU:1"]}}
    training = {"engine": engine, "batch_size": 3, "accumulation": 1}
    if BACKEND == backend:
        training["engine_options"] = options.get(engine, {})
    with pytest.raises(ValueError, match=message):
        open_engine(make_config(tmp_path, training=training))


def test_one_device_among_several_processes_is_refused(tmp_path, monkeypatch):
    config = make_config(tmp_path)
    assert open_engine(config).shard() == (0, 1)
    for variable, engine in (("WORLD_SIZE", "ddp"), ("TF_CONFIG", "multi_worker")):
        monkeypatch.setenv(variable, "2")
        with pytest.raises(ValueError, match="%s is set.*%s" % (variable, engine)):
            open_engine(config)
        monkeypatch.delenv(variable)
    with pytest.raises(TypeError, match="no option 'device'"):
        open_engine(make_config(tmp_path, training={"engine_options": {"device": 1}}))


# --- two devices

WITHOUT_DROPOUT = dict(MODEL, dropout_rate=0.0, attention_dropout_rate=0.0)
ENGINES = {"jax": ["jax", "jax-model"], "torch": ["ddp"], "tensorflow": ["mirrored"]}[BACKEND]
if BACKEND == "tensorflow" and GENERATION != "keras3":
    import tensorflow as tf

    newer = hasattr(tf.distribute.Strategy, "distribute_datasets_from_function")
    ENGINES = ["mirrored", "multi_worker"] if newer else []


def trained(folder, engine, objective="causal_lm", model="bert", parts=2):
    """The losses and weights after training with an engine, in processes of their own."""
    name = engine.split("-")[0]
    steps = {"steps": 3, "interval": 3, "accumulation": parts}
    # no dropout; and with causal_lm every position counts, so that the mean of two halves is the mean of all
    tables = make_tables(
        folder,
        training=dict(steps, folder=engine, engine=name),
        model={"name": model, "options": WITHOUT_DROPOUT},
        objective={"name": objective},
        data={"evaluation_records": ""},
    )
    if engine == "mirrored":
        tables["training"]["engine_options"] = {"devices": ["CPU:0", "CPU:1"]}
    if engine == "jax-model":
        tables["training"]["engine_options"] = {"model_devices": 2}
    path = str(folder / (engine + ".toml"))
    write_toml(path, tables)
    start(engine, path)
    header, arrays = checkpoints.newest(str(folder / engine))
    return [row["loss"] for row in header["history"]], arrays


def start(engine, path):
    """Run a training in as many processes as it takes."""
    command = [sys.executable, os.path.join(HERE, "pretrain_devices.py"), engine, path]
    env = dict(os.environ, OMP_NUM_THREADS="1")
    if engine == "ddp":
        run = ["-m", "torch.distributed.run", "--nproc_per_node=2", "--master_port", free_port()]
        command[1:1] = run
    processes = [dict(env)]
    if engine == "jax":  # two processes with one device each
        processes = [dict(env, **addresses) for addresses in of_jax()]
    if engine == "multi_worker":
        processes = [dict(env, TF_CONFIG=config) for config in of_tensorflow()]
    started = [subprocess.Popen(command, env=each) for each in processes]
    assert [process.wait(timeout=900) for process in started] == [0] * len(started)


def of_jax():
    """The environments of two processes of jax."""
    address = "127.0.0.1:" + free_port()
    for i in range(2):
        yield {
            "KERAS_DISTRIBUTION_JOB_ADDRESSES": address,
            "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
            "KERAS_DISTRIBUTION_PROCESS_ID": str(i),
        }


def of_tensorflow():
    """TF_CONFIG of two workers."""
    workers = '["127.0.0.1:%s", "127.0.0.1:%s"]' % (free_port(), free_port())
    for i in range(2):
        task = '{"type": "worker", "index": %d}' % i
        yield '{"cluster": {"worker": %s}, "task": %s}' % (workers, task)


def assert_equal(found, expected):
    """Two of what `trained` gives."""
    np.testing.assert_allclose(found[0], expected[0], atol=1e-5)
    for got, wanted in zip(found[1], expected[1]):
        np.testing.assert_allclose(got, wanted, atol=1e-4)


def test_a_seed_trains_the_same_again(tmp_path):
    assert_equal(trained(tmp_path, "single-again"), trained(tmp_path, "single"))


def check(folder, engines):
    """Assert that each engine trains as one device does."""
    expected = trained(folder, "single")
    for engine in engines:
        assert_equal(trained(folder, engine), expected)


if GENERATION == "keras3":  # not parametrised: the lanes share cases, but not engines

    def test_two_devices_are_as_one(tmp_path):
        check(tmp_path, ENGINES)

elif ENGINES:

    @pytest.mark.parametrize("engine", ENGINES)
    def test_two_devices_are_as_one(tmp_path, engine):
        check(tmp_path, [engine])


@pytest.mark.parametrize("objective, model", [("electra", "electra"), ("simbert", "bert")])
def test_two_devices_are_as_parts(tmp_path, objective, model):
    """Each device takes the mean of its half, as one device does of each of two parts; jax that of the whole."""
    expected = trained(tmp_path, "single", objective, model, parts=1 if BACKEND == "jax" else 2)
    found = trained(tmp_path, ENGINES[0], objective, model, parts=1)
    np.testing.assert_allclose(found[0], expected[0], atol=1e-5)
    # the pooler's bias nearly cancels in SimBERT's cosines: LAMB enlarges what rounding leaves of its gradient
    if objective != "simbert":
        assert_equal(found, expected)
