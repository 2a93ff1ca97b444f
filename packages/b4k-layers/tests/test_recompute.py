"""Recomputed layers train as the plain ones do, to the last bit where the backend repeats itself to the last bit."""

import gc
import warnings
import weakref

import b4k_layers
import b4k_ops.recompute
import numpy as np
from b4k_ops import (
    BACKEND,
    GENERATION,
    Dropout,
    Layer,
    Model,
    keras,
    ops,
    recompute_grad,
    recompute_scope,
    register,
)
from b4k_ops.testing import engine, fresh_session

BATCH, LENGTH, DIM, VOCAB = 4, 6, 8, 30
RANDOM = np.random.RandomState(0)
IDS = RANDOM.randint(1, VOCAB, (BATCH, LENGTH))
IDS[::2, -2:] = 0  # padding
ULP = (
    2.0**-23
)  # of weights up to 1, where XLA and TensorFlow may add up the gradients of a tensor in another order
EXACT = {"torch": 0, "jax": 4 * ULP, "tensorflow": 4 * ULP}[BACKEND]
SLOW = (
    "test_every_layer_trains_alike",
    "test_eagerly_and_compiled",
    "test_mixed_precision",
    "test_a_stranger_is_recomputed_rightly_or_not_at_all",
    "test_dropout_is_at_work",
)


@register
class Block(Layer):
    """A block of a Transformer with a dropout that is used twice: [batch, length, dim] -> the same."""

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed

    def build(self, input_shape):
        shape = tuple(input_shape)
        self.attention = self.build_sublayer(
            b4k_layers.MultiHeadAttention, [shape] * 3, heads=2, head_size=4, attention_dropout=0.3
        )
        self.feed_forward = self.build_sublayer(b4k_layers.FeedForward, shape, units=16)
        self.norm = self.build_sublayer(b4k_layers.LayerNormalization, shape)
        self.dropout = self.build_sublayer(Dropout, shape, rate=0.3, seed=self.seed)
        self.built = True

    @recompute_grad
    def call(self, inputs, mask=None, training=None):
        x = self.attention([inputs] * 3, mask=[mask] * 3, training=training)
        x = self.norm(inputs + self.dropout(x, training=training))
        return x + self.dropout(self.feed_forward(x), training=training)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


@register
class Seen(Layer):
    """Scores of spans with 0 in place of -inf."""

    def call(self, inputs):
        return ops.where(ops.isfinite(inputs), inputs, ops.zeros_like(inputs))


@register
class Stranger(Layer):
    """A layer with a Dropout of Keras: [batch, length, dim] -> the same."""

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed

    def build(self, input_shape):
        self.dense = self.build_sublayer(keras.layers.Dense, tuple(input_shape), units=DIM)
        self.dropout = self.build_sublayer(
            keras.layers.Dropout, tuple(input_shape), rate=0.3, seed=self.seed
        )
        self.built = True

    @recompute_grad
    def call(self, inputs, training=None):
        return inputs + self.dropout(self.dense(inputs), training=training)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


def block():
    """ids -> a block."""
    ids = keras.layers.Input((LENGTH,), dtype="int32")
    return Model(ids, Block(3)(b4k_layers.Embedding(VOCAB, DIM, mask_zero=True)(ids)))


def stranger(seed=None):
    """ids -> a layer of another's."""
    ids = keras.layers.Input((LENGTH,), dtype="int32")
    return Model(ids, Stranger(seed)(b4k_layers.Embedding(VOCAB, DIM)(ids)))


def all_layers():
    """ids -> what every layer that recomputes makes of them in turn, RealFormer's scores and a block among them."""
    ids = keras.layers.Input((LENGTH,), dtype="int32")
    x = b4k_layers.Embedding(VOCAB, DIM, mask_zero=True)(ids)
    heads = dict(heads=2, head_size=4, attention_dropout=0.3, return_attention_scores=True)
    y, scores = b4k_layers.MultiHeadAttention(**heads)([x, x, x])
    y, _ = b4k_layers.MultiHeadAttention(**heads)([y, y, y, scores], a_bias=True)
    x = b4k_layers.LayerNormalization()(b4k_layers.Add()([x, y]))
    x = b4k_layers.Add()([x, b4k_layers.FeedForward(16, activation=["gelu", "linear"])(x)])
    options = {"attention_dropout": 0.3, "normalization": "softmax_plus"}
    x = b4k_layers.Add()([x, b4k_layers.GatedAttentionUnit(8, 4, **options)(x)])
    x = b4k_layers.ScaleOffset()(Block(3)(x))
    spans = b4k_layers.GlobalPointer(2, 4)(x)
    more = b4k_layers.EfficientGlobalPointer(2, 4)(x)
    return Model(ids, [x, Seen()(spans), Seen()(more)])


def trained(build, on, **options):
    """(the loss of each step, the weights before, the weights after) of a model trained by plain SGD."""
    engine.seed_all(7)
    fresh_session()  # a graph is born with the seed that there is
    engine.seed_all(7)
    with recompute_scope(on):
        model = build()
    random = np.random.RandomState(1)
    before = [random.normal(0, 0.3, w.shape).astype("float32") for w in model.get_weights()]
    model.set_weights(before)
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(1.0), **options)
    shapes = [
        tuple(y.shape.as_list() if hasattr(y.shape, "as_list") else y.shape) for y in model.outputs
    ]
    targets = [random.normal(size=(BATCH,) + shape[1:]) for shape in shapes]
    fit = {"batch_size": BATCH, "shuffle": False, "verbose": 0}
    losses = [model.fit(IDS, targets, **fit).history["loss"][0] for _ in range(3)]
    return losses, before, model.get_weights()


def differences(build, **options):
    """The largest differences of a recomputed training from the plain one: of the losses, of the weights."""
    plain, before, expected = trained(build, False, **options)
    losses, _, after = trained(build, True, **options)
    moved = [abs(a - b).max() for a, b in zip(expected, before)]
    assert np.mean(np.array(moved) > 1e-5) > 0.8  # all but the biases that softmax does not see
    wrong = max(abs(a - b).max() for a, b in zip(after, expected))
    return abs(np.array(losses) - plain).max(), wrong


# --- the same numbers


def test_every_layer_trains_alike():
    assert max(differences(all_layers)) <= EXACT


def test_a_block_trains_alike():
    assert max(differences(block)) <= EXACT


def test_eagerly_and_compiled():
    for options in engine.COMPILATIONS:
        assert max(differences(block, **options)) <= EXACT, options


def test_mixed_precision():
    """Here too, but for the order of sums in half precision."""
    for policy in engine.POLICIES[:1]:
        assert max(engine.under_policy(policy, lambda: differences(block))) <= 1e-3 * (EXACT > 0)


def test_a_redrawn_dropout_would_be_found(monkeypatch):
    """The same comparison with a recomputation that draws anew, as the original's does."""

    class Redrawing:
        @staticmethod
        def recompute(layer, function, args, kwargs):
            first, again = function(*args, **kwargs), function(*args, **kwargs)
            return again + ops.stop_gradient(first - again)

    monkeypatch.setattr(b4k_ops.recompute, "_engine", lambda: Redrawing)
    assert differences(stranger)[1] > 1000 * EXACT + ULP


def test_a_stranger_is_recomputed_rightly_or_not_at_all():
    """Layers of Keras that draw by themselves, which some lanes refuse with a warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert max(differences(lambda: stranger(5))) <= EXACT
    refused = [w for w in caught if "is not recomputed" in str(w.message)]
    assert bool(refused) == (GENERATION != "keras3")


def test_dropout_is_at_work():
    """Else little would be proved: the losses of a model in training are not those of its evaluation."""
    fresh_session()
    model = block()
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.0))
    target = np.zeros((BATCH, LENGTH, DIM), "float32")
    evaluated = np.ravel(model.evaluate(IDS, target, verbose=0))[0]
    assert abs(np.ravel(model.train_on_batch(IDS, target))[0] - evaluated) > 1e-4


@register
class Scaled(Layer):
    """A dropout and one weight: [batch, length] -> the same."""

    def build(self, input_shape):
        self.dropout = self.build_sublayer(Dropout, tuple(input_shape), rate=0.5)
        self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        self.built = True

    @recompute_grad
    def call(self, inputs, training=None):
        return self.dropout(inputs, training=training) * self.scale

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


def test_the_loss_is_of_the_same_draws_as_its_gradient():
    """Where XLA draws anew in every run, runs can't be compared; a loss and its gradient by a factor of it can."""
    for options in engine.COMPILATIONS + engine.UNREPEATABLE:
        fresh_session()
        inputs = keras.layers.Input((50,))
        with recompute_scope():
            model = Model(inputs, Scaled()(inputs))
        model.compile(loss=lambda y, x: x, optimizer=keras.optimizers.SGD(1.0), **options)
        array = RANDOM.normal(size=(BATCH, 50)).astype("float32")
        loss = np.ravel(model.train_on_batch(array, array))[0]
        np.testing.assert_allclose(1.0 - model.get_weights()[0], loss, atol=1e-6, err_msg=options)


# --- memory


def test_less_is_kept():
    """Of what a plain step keeps for the backward pass, a small part: the inputs of the layers."""
    kept = []
    for on in (False, True):
        fresh_session()
        with recompute_scope(on):
            kept.append(engine.kept_bytes(block(), IDS))
    assert 0 < kept[1] < 0.4 * kept[0], kept


@register
class Watched(Stranger):
    """A stranger that tells which of its frames are still there."""

    frames = []

    @recompute_grad
    def call(self, inputs, training=None):
        frame = set()  # what is local stays as long as the frame does
        self.frames.append(weakref.ref(frame))
        return self.dense(self.dense(inputs)) * (1.0 + len(frame))


def test_no_frame_waits_for_the_garbage_collector():
    """Nor its tensors: those of a few layers would soon be as much as is kept without recomputation."""
    fresh_session()
    with recompute_scope():
        layer = Watched()
    inputs = keras.layers.Input((LENGTH, DIM))
    model = Model(inputs, layer(inputs))
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.0))
    array = np.ones((BATCH, LENGTH, DIM), "float32")
    model.train_on_batch(array, array)
    gc.collect()
    gc.disable()
    try:
        model.train_on_batch(array, array)
        assert layer.frames and all(frame() is None for frame in layer.frames)
    finally:
        gc.enable()
