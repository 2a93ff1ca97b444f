"""Lines that users of bert4keras wrote run as they are."""

import b4k_optim
import numpy as np
import pytest
from b4k_ops import get_values, keras, set_values
from optim_problem import batches, make_model, train

EXTENSIONS = [
    "exponential_moving_average",
    "gradient_accumulation",
    "layer_adaptation",
    "lazy_optimization",
    "lookahead",
    "parameter_wise_lr",
    "piecewise_linear_lr",
    "weight_decay",
]


@pytest.mark.parametrize("name", EXTENSIONS)
def test_extensions(name):
    extend = getattr(b4k_optim, "extend_with_" + name)
    assert getattr(b4k_optim, "extend_with_%s_v2" % name) is extend
    assert extend.__name__ == "extend_with_" + name
    assert extend(b4k_optim.Adam).__name__ == "NewOptimizer"
    assert extend(b4k_optim.Adam, "Named").__name__ == "Named"


def test_optimizers():
    assert (
        b4k_optim.AdaFactorBase
        is b4k_optim.AdaFactorV1
        is b4k_optim.AdaFactorV2
        is b4k_optim.AdaFactor
    )
    assert b4k_optim.LionV2 is b4k_optim.Lion
    assert set(b4k_optim.custom_objects) == {"Adam", "AdaFactor"}
    for optimizer_class in (b4k_optim.Adam, b4k_optim.Lion, b4k_optim.AdaFactor):
        assert optimizer_class(lr=0.5).get_config()["learning_rate"] == 0.5
        assert optimizer_class(0.25).get_config()["learning_rate"] == 0.25


def test_lines_of_its_pretraining():
    which = b4k_optim.extend_with_weight_decay(b4k_optim.Adam)
    which = b4k_optim.extend_with_layer_adaptation(which)
    which = b4k_optim.extend_with_piecewise_linear_lr(which)
    which = b4k_optim.extend_with_gradient_accumulation(which)
    optimizer = which(
        learning_rate=0.00176,
        lr_schedule={4: 1.0, 20: 0.0},
        weight_decay_rate=0.01,
        exclude_from_weight_decay=["Norm", "bias"],
        exclude_from_layer_adaptation=["Norm", "bias"],
        bias_correction=False,
        grad_accum_steps=2,
    )
    model = make_model()
    with pytest.warns(UserWarning, match="'Norm'"):
        first, *_, last = train(model, optimizer, batches(4))
    assert abs(first[0] - last[0]).max() > 0


@pytest.mark.parametrize("base", ["b4k", "keras"])
def test_lr_is_the_learning_rate(base):
    """It is given, read and set, before and while the model trains."""
    base = b4k_optim.Adam if base == "b4k" else keras.optimizers.SGD
    optimizer = b4k_optim.extend_with_weight_decay(base)(lr=0.5, weight_decay_rate=0.0)
    model = make_model()
    train(model, optimizer, batches(1))
    assert get_values([model.optimizer.lr])[0] == 0.5
    set_values([(model.optimizer.lr, 0.0)])
    before = model.get_weights()
    for rate, stays in ((0.0, True), (0.25, False)):
        set_values([(model.optimizer.lr, rate)])
        model.train_on_batch(*next(batches()))
        assert get_values([model.optimizer.lr])[0] == rate
        moved = max(abs(a - b).max() for a, b in zip(model.get_weights(), before))
        assert (moved == 0) == stays


def test_users_have_extensions_of_their_own():
    @b4k_optim.export_to_custom_objects
    def extend_with_brakes(BaseOptimizer):
        class Braking(BaseOptimizer):
            """Half as fast."""

            def __init__(self, learning_rate=0.5, **kwargs):
                super().__init__(learning_rate / 2, **kwargs)

        return Braking

    assert extend_with_brakes.__name__ == "extend_with_brakes"
    assert extend_with_brakes(b4k_optim.Adam).__name__ == "Braking"
    slow = extend_with_brakes(b4k_optim.Adam, name="SlowAdam")
    assert slow.__name__ == "SlowAdam" and slow(1.0).get_config()["learning_rate"] == 0.5
    loaded = keras.optimizers.deserialize(keras.optimizers.serialize(slow(1.0)))
    assert type(loaded) is slow and np.allclose(get_values([loaded.lr])[0], 0.25)
