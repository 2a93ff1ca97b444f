"""A model that was saved, loaded and trained on is the one that was never interrupted."""

import json

import b4k_ops
import b4k_optim
import numpy as np
import pytest
from b4k_ops import keras
from optim_problem import batches, extended, make_model, train

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py

PAUSE = 10  # the batch after which it is saved, amid an accumulation and slow steps
STACKS = {
    "adam": (b4k_optim.Adam, [], {}),
    "adafactor": (b4k_optim.AdaFactor, [], {"beta1": 0.9, "min_dim_size_to_factor": 2}),
    "sgd": (keras.optimizers.SGD, ["weight_decay", "lookahead"], {"momentum": 0.9}),
    "lion": (b4k_optim.Lion, ["gradient_accumulation"], {"grad_accum_steps": 3}),
    "everything": (
        b4k_optim.Adam,
        [
            "weight_decay",
            "layer_adaptation",
            "piecewise_linear_lr",
            "gradient_accumulation",
            "parameter_wise_lr",
            "lazy_optimization",
            "lookahead",
            "exponential_moving_average",
        ],
        {
            "exclude_from_weight_decay": ["bias"],
            "lr_schedule": {5: 1, 20: 0},
            "grad_accum_steps": 3,
            "paramwise_lr_schedule": {"bias": 2},
            "include_in_lazy_optimization": ["embedding"],
            "steps_per_slow_update": 4,
            "ema_momentum": 0.9,
        },
    ),
}


def fit(model, data):
    """One pass over the batches, by Keras's own loop."""
    ids, targets = map(np.concatenate, zip(*data))
    model.fit(ids, targets, batch_size=4, epochs=1, shuffle=False, verbose=0)


def averages(model):
    """What the averages are, the weights left as they were."""
    before = model.get_weights()
    model.optimizer.apply_ema_weights()
    found = model.get_weights()
    model.optimizer.reset_old_weights()
    for now, then in zip(model.get_weights(), before):
        np.testing.assert_array_equal(now, then)
    return found


@pytest.mark.parametrize("stack", sorted(STACKS))
def test_continues_where_it_was_saved(stack, tmp_path):
    base, extensions, options = STACKS[stack]
    data = list(batches())
    model = make_model()
    optimizer = extended(base, extensions)(learning_rate=0.01, **options)
    model.compile(optimizer, "mean_squared_error")
    fit(model, data[:PAUSE])
    file = str(tmp_path / "model.keras")  # HDF5 before Keras 2.12
    model.save(file)
    loaded = keras.models.load_model(file)
    assert type(loaded.optimizer) is type(model.optimizer)
    for each in (model, loaded):
        fit(each, data[PAUSE:])
    for now, then in zip(loaded.get_weights(), model.get_weights()):
        np.testing.assert_array_equal(now, then)
    if "exponential_moving_average" in extensions:
        for now, then in zip(averages(loaded), averages(model)):
            np.testing.assert_array_equal(now, then)


def state(optimizer):
    """All numbers that an optimizer keeps."""
    return b4k_ops.get_values(optimizer.state())


def test_a_state_moves_to_another_optimizer():
    base, extensions, options = STACKS["everything"]
    data, models = list(batches()), [make_model(), make_model()]
    for model, count in zip(models, (PAUSE, 1)):
        train(model, extended(base, extensions)(learning_rate=0.01, **options), data[:count])
    one, other = models
    other.set_weights(one.get_weights())
    other.optimizer.set_weights(state(one.optimizer))
    for model in models:
        fit(model, data[PAUSE:])
    for now, then in zip(other.get_weights() + averages(other), one.get_weights() + averages(one)):
        np.testing.assert_array_equal(now, then)


def test_weights_load_into_a_model_that_never_trained(tmp_path):
    model, other = make_model(), make_model()
    train(model, b4k_optim.Adam(learning_rate=0.01), batches(1))
    other.compile(b4k_optim.Adam(learning_rate=0.01), "mean_squared_error")
    file = str(tmp_path / "model.weights.h5")  # on Keras 3 it holds the optimizer's state, too
    model.save_weights(file)
    other.load_weights(file)
    for now, then in zip(other.get_weights(), model.get_weights()):
        np.testing.assert_array_equal(now, then)
    fit(other, list(batches(1)))


@pytest.mark.parametrize("change", ["shorter", "longer", "other shape"])
def test_a_state_of_another_model_is_refused(change):
    model = make_model()
    train(model, extended(b4k_optim.Adam, ["lookahead"])(learning_rate=0.01), batches(1))
    before = state(model.optimizer)
    other = [value + 1 for value in before]
    if change == "other shape":
        other[-1] = np.zeros((5,) * other[-1].ndim + (2,))
    else:
        other = other[:-1] if change == "shorter" else other + other[:1]
    with pytest.raises(ValueError):
        model.optimizer.set_weights(other)
    if hasattr(model.optimizer, "load_own_variables"):  # what `.keras` files are read by
        with pytest.raises(ValueError, match="another model or optimizer"):
            model.optimizer.load_own_variables({str(i): x for i, x in enumerate(other)})
    for now, then in zip(state(model.optimizer), before):
        np.testing.assert_array_equal(now, then)


if b4k_ops.GENERATION != "keras3":  # which reads no optimizer of HDF5

    def test_a_file_of_bert4keras_loads(tmp_path):
        """Its files name the classes alone, and give the arguments that it has."""
        import h5py

        base, extensions, _ = STACKS["sgd"]
        model = make_model()
        train(model, extended(base, extensions)(learning_rate=0.25, momentum=0.9), batches(1))
        file = str(tmp_path / "best_model.h5")
        model.save(file)
        with h5py.File(file, "r+") as written:
            config = written.attrs["training_config"]
            config = json.loads(config.decode() if isinstance(config, bytes) else config)
            config["optimizer_config"]["class_name"] = type(model.optimizer).__name__
            written.attrs["training_config"] = json.dumps(config).encode()
        loaded = keras.models.load_model(file).optimizer
        assert type(loaded) is type(model.optimizer)
        assert loaded.get_config() == model.optimizer.get_config()
        for now, then in zip(state(loaded), state(model.optimizer)):
            np.testing.assert_array_equal(now, then)
