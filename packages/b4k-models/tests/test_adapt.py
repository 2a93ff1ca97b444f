"""LoRA, 8 bits and half precision, on every model."""

import numpy as np
import pytest
from b4k_models import build_transformer_model, enable_lora, quantize
from b4k_ops import Dense, keras
from b4k_ops.testing import engine

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py

LENGTH = 12
NEEDS_KERAS3 = "needs Keras 3, which has it for single layers"
HAS = {name: hasattr(Dense, name) for name in ("enable_lora", "quantize")}


def inputs_for(model, length=LENGTH):
    """Random ids, the last ones padding; vectors for a decoder's context."""
    random = np.random.RandomState(0)
    arrays = []
    for tensor in model.inputs:
        shape = [2, length] + [size for size in list(tensor.shape)[2:]]
        segments = "Segment" in tensor.name
        drawn = random.randint(0, 2 if segments else 20, shape) if len(shape) < 3 else None
        arrays.append(random.normal(size=shape) if drawn is None else drawn)
        if len(shape) < 3:
            arrays[-1][1, length // 2 :] = 0
    return [array.astype("float32") for array in arrays]


def predict(model, length=LENGTH):
    """All outputs as one float32 vector."""
    outputs = model.predict(inputs_for(model, length), verbose=0)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return np.concatenate([np.ravel(output).astype("float32") for output in outputs])


def test_lora_starts_where_the_model_was_and_trains_alone(tiny):
    model = build_transformer_model(**tiny)
    if not HAS["enable_lora"]:
        with pytest.raises(NotImplementedError, match=NEEDS_KERAS3):
            enable_lora(model, 2)
        return
    with pytest.raises(ValueError, match="rank must be an int above 0, got 0"):
        enable_lora(model, 0)
    before = predict(model)
    count = enable_lora(model, 2)
    assert count > 0 and len(model.trainable_weights) == 2 * count
    np.testing.assert_allclose(predict(model), before, atol=1e-6)
    random = np.random.RandomState(1)
    for weight in model.trainable_weights:
        weight.assign(random.normal(size=weight.shape))
    assert np.abs(predict(model) - before).max() > 1e-4


def test_eight_bits_are_near(tiny):
    model = build_transformer_model(**tiny)
    if not HAS["quantize"]:
        with pytest.raises(NotImplementedError, match=NEEDS_KERAS3):
            quantize(model)
        return
    before = predict(model)
    assert quantize(model, "int8") > 0
    after = predict(model)
    assert 0 < np.abs(after - before).max() / np.abs(before).max() < 0.1


if HAS["quantize"]:  # else it is refused, as above

    @pytest.mark.parametrize("name", ["albert", "gau"])
    def test_eight_bits_come_back_from_a_file(name, tiny_configs, tmp_path):
        model = build_transformer_model(**tiny_configs[name])
        quantize(model)
        filename = str(tmp_path / "int8.keras")
        model.save(filename)
        again = keras.models.load_model(filename)
        np.testing.assert_array_equal(predict(again), predict(model))
        kernels = [weight for weight in again.weights if str(weight.dtype) == "int8"]
        assert len(kernels) == quantize(build_transformer_model(**tiny_configs[name]))


def test_another_mode_is_refused():
    with pytest.raises(ValueError, match="quantize knows the mode 'int8', not 'int3'"):
        quantize(None, "int3")


def test_a_model_without_dense_is_an_error():
    x = keras.layers.Input((3,))
    model = keras.models.Model(x, keras.layers.Activation("relu")(x))
    with pytest.raises((ValueError, NotImplementedError), match="found no Dense|needs Keras 3"):
        enable_lora(model, 2)


def test_half_precision_at_length_512(tiny):
    config = dict(tiny, max_position_embeddings=512)
    model = build_transformer_model(**config)
    expected = predict(model, 512)
    assert np.isfinite(expected).all()
    for policy in engine.POLICIES:
        half = engine.under_policy(policy, lambda: build_transformer_model(**config))
        half.set_weights(model.get_weights())
        got = predict(half, 512)
        error = np.abs(got - expected).max() / np.abs(expected).max()
        assert np.isfinite(got).all() and error < 0.1, (policy, error)
