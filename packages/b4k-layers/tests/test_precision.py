"""Half precision: every layer stays finite and near float32, at a length that bfloat16 can't count to."""

import b4k_layers
import numpy as np
import pytest
from b4k_ops import keras
from b4k_ops.testing import WithMask, engine

Input = keras.layers.Input

BATCH, LENGTH, DIM, VOCAB = 2, 320, 8, 310
RANDOM = np.random.RandomState(0)
MASK = np.arange(LENGTH) < np.array([[LENGTH], [257]])
TOLERANCE = {"mixed_float16": 0.01, "mixed_bfloat16": 0.06}  # of the largest output


def normal(*shape):
    return RANDOM.normal(size=(BATCH,) + shape).astype("float32")


X = normal(LENGTH, DIM)
IDS = RANDOM.randint(0, VOCAB, (BATCH, LENGTH)).astype("float32")
POSITIONS = np.tile(np.arange(LENGTH, dtype="float32")[::-1], (BATCH, 1))
SEGMENTS = (np.arange(LENGTH) > [[10], [20]]).astype("float32")
SCORES = normal(2, LENGTH, LENGTH)
VISIBLE = SCORES[:, 0] > -1
SINUSOIDS = normal(LENGTH, 4)

ROWS = [  # layer, its configuration, its inputs, the arguments of its call
    ("Add", {}, [X, X + 1], {}),
    ("AttentionBias", {}, [VISIBLE, SCORES], {}),
    ("BatchConcat", {}, [X, X], {}),
    ("BatchSplit", {"parts": 2}, [IDS], {}),
    ("CachedAttentionMask", {}, [VISIBLE[:, :, :9], X], {}),
    ("Concatenate1D", {}, [X, X], {}),
    ("ConditionalRandomField", {}, [X], {}),
    ("EfficientGlobalPointer", {"heads": 2, "head_size": 4}, [X * 40], {}),
    ("Embedding", {"input_dim": VOCAB, "output_dim": DIM, "mask_zero": True}, [IDS], {}),
    ("Embedding", {"input_dim": VOCAB, "output_dim": DIM}, [X], {"mode": "dense"}),
    ("FeedForward", {"units": 16, "activation": ["gelu", "linear"]}, [X], {}),
    ("FirstToken", {}, [X], {}),
    ("GatedAttentionUnit", {"units": 8, "key_size": 4}, [X], {}),
    (
        "GatedAttentionUnit",
        {"units": 8, "key_size": 4, "normalization": "softmax_plus"},
        [X, VISIBLE, SINUSOIDS],
        {"a_bias": True, "p_bias": "rotary"},
    ),
    ("GlobalAveragePooling1D", {}, [X * 1000], {}),
    ("GlobalMaxPooling1D", {}, [X], {}),
    ("GlobalPointer", {"heads": 2, "head_size": 4}, [X * 40], {}),
    ("LanguageModelMask", {}, [IDS], {}),
    ("LayerNormalization", {"epsilon": 1e-12}, [X * 1000], {}),
    ("LayerNormalization", {"conditional": True}, [X * 1000, normal(3)], {}),
    ("LayerNormalization", {"zero_mean": False, "offset": False}, [X * 1000], {}),
    ("Loss", {"output_axis": 1}, [IDS, X], {}),
    ("MaximumEntropyMarkovModel", {}, [X], {}),
    ("MultiHeadAttention", {"heads": 2, "head_size": 4}, [X, X, X], {}),
    (
        "MultiHeadAttention",
        {"heads": 2, "head_size": 4},
        [X, X, X, SCORES, SINUSOIDS],
        {"a_bias": True, "p_bias": "rotary"},
    ),
    ("PositionEmbedding", {"input_dim": LENGTH, "output_dim": DIM}, [X], {}),
    (
        "PositionEmbedding",
        {"input_dim": LENGTH, "output_dim": DIM, "custom_position_ids": True},
        [X, POSITIONS],
        {},
    ),
    ("RelativePositionEmbedding", {"input_dim": 2 * LENGTH, "output_dim": 2}, [X, X], {}),
    ("RelativePositionEmbeddingT5", {"input_dim": 32, "output_dim": 2}, [X, X], {}),
    ("ScaleOffset", {}, [X], {}),
    ("SinusoidalPositionEmbedding", {"output_dim": DIM}, [X], {}),
    (
        "SinusoidalPositionEmbedding",
        {"output_dim": DIM, "merge_mode": "zero", "custom_position_ids": True},
        [X, POSITIONS],
        {},
    ),
    ("UniLMMask", {}, [SEGMENTS], {}),
]


class NoLoss(b4k_layers.Loss):
    """A loss of nothing, for what it passes on."""

    def compute_loss(self, inputs, mask=None):
        return inputs[1] * 0


def test_every_layer_is_here():
    assert {row[0] for row in ROWS} == set(b4k_layers.__all__)


def outputs_of(policy, weights, name, config, arrays, call):
    """The outputs of a layer under a policy, its weights given or drawn, and these."""
    layer_class = NoLoss if name == "Loss" else getattr(b4k_layers, name)
    options = {} if policy is None or name == "Loss" else {"dtype": policy}
    layer = layer_class(**dict(config, **options))
    inputs = [Input(array.shape[1:], dtype=array.dtype.name) for array in arrays]
    mask = Input((LENGTH,), dtype="bool")
    carried = [
        WithMask(dtype="float32")([x, mask]) if array is X else x
        for x, array in zip(inputs, arrays)
    ]
    outputs = layer(carried if len(carried) > 1 else carried[0], **call)
    outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    model = keras.models.Model(inputs + [mask], outputs)
    if weights is None:
        weights = [RANDOM.normal(0, 0.3, w.shape) for w in layer.get_weights()]
    layer.set_weights(weights)
    results, _ = engine.run_model(model, list(arrays) + [MASK], {}, [], [])
    return [np.asarray(result).astype("float32") for result in results], weights


@pytest.mark.parametrize("row", ROWS, ids=["%d-%s" % (i, row[0]) for i, row in enumerate(ROWS)])
def test_half_precision_is_finite_and_near(row):
    expected, weights = outputs_of(None, None, *row)
    for policy in engine.POLICIES:
        got, _ = outputs_of(policy, weights, *row)
        for a, b in zip(got, expected):
            shown = np.isfinite(b)
            assert shown.any() and (np.isfinite(a) == shown).all(), policy
            error = np.abs(a - b)[shown].max() / np.abs(b[shown]).max()
            assert error <= TOLERANCE[policy], (policy, error)


def test_rotary_positions_stay_in_float32():
    """Angles of positions beyond 256, rounded to bfloat16, would turn queries and keys by something else."""
    x = Input((LENGTH, DIM))
    for policy in engine.POLICIES:
        layer = b4k_layers.SinusoidalPositionEmbedding(DIM, "zero", dtype=policy)
        model = keras.models.Model(x, layer(x))
        (got,), _ = engine.run_model(model, [X], {}, [], [])
        plain = keras.models.Model(x, b4k_layers.SinusoidalPositionEmbedding(DIM, "zero")(x))
        (expected,), _ = engine.run_model(plain, [X], {}, [], [])
        np.testing.assert_array_equal(got, expected)
