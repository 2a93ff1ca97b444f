"""What must hold of every model, whatever its numbers are: one body for all of them."""

import re

import numpy as np
import pytest
from b4k_layers import LanguageModelMask
from b4k_models import T5, CheckpointError, LM_Mask, TFCheckpoint, build_transformer_model
from b4k_models.build import MODELS
from b4k_ops import keras, ops, register
from b4k_ops.testing import engine, fresh_session

SLOW = True  # its cases are shared out among the lanes: ci/lane_guard.py

LENGTH, PADDED = 6, 8  # valid tokens of a row, and how long it is
SEGMENTS = [0, 0, 0, 1, 1, 1]
HEADS = ("with_nsp", "with_mlm", "with_discriminator")


def test_every_model_is_tested(tiny_configs):
    assert {MODELS[name] for name in tiny_configs} == set(MODELS.values())


def build(config, **options):
    return build_transformer_model(return_keras_model=False, **dict(config, **options))


def heads(config):
    """All the heads that a model can have."""
    transformer = build(config)
    known = [head for head in HEADS if hasattr(transformer, head)]
    return {head: True for head in known if head not in transformer.refuses}


def random_model(config, random_variables):
    """A transformer with random weights whose output is [batch, length, any]."""
    transformer = build(config)
    if getattr(transformer, "with_mlm", False):
        fresh_session()
        transformer = build(config, with_mlm="linear")
    transformer.load_weights_from_checkpoint(random_variables(transformer))
    return transformer


def run(transformer, tokens, segments=SEGMENTS):
    """The outputs of rows of tokens; a row may be padded with zeros, and its segments with anything."""
    return transformer.model.predict(arrays_for(transformer, tokens, segments), verbose=0)


def arrays_for(transformer, tokens, segments):
    """What the inputs get by their names. A decoder's `tokens` are its own: all rows read the last one's context."""
    same = np.broadcast_to(tokens[-1:], tokens.shape)
    context = np.random.RandomState(0).normal(size=(1, LENGTH, 16)).repeat(len(tokens), axis=0)
    values = {
        "Input-Token": tokens,
        "Input-Segment": np.broadcast_to(segments, tokens.shape),
        "Decoder-Input-Token": tokens,
        "Encoder-Input-Token": same if len(transformer.inputs) > 1 else tokens,
        "Input-Context": context,
    }
    names = [re.sub(r"(_\d+)?(:0)?$", "", tensor.name) for tensor in transformer.inputs]
    return [values[name].astype("float32") for name in names]


def tokens_of(rows, length=LENGTH):
    """Token ids [rows, length] from 1 on."""
    return np.random.RandomState(rows).randint(1, 30, (rows, length))


# --- masks


def test_padding_changes_nothing(tiny_application, random_variables):
    """Nor does what the padded positions carry besides token 0."""
    transformer = random_model(tiny_application, random_variables)
    tokens = tokens_of(3)
    padded = np.pad(tokens, [(0, 0), (0, PADDED - LENGTH)])
    expected = run(transformer, tokens)
    got = run(transformer, padded, SEGMENTS + [1, 0])[:, :LENGTH]
    np.testing.assert_allclose(got, expected, atol=2e-5)


def who_sees_whom(config):
    """[token, position] bool: whether a token can change what comes out at a position."""
    application = config["application"]
    if application == "encoder" and issubclass(MODELS[config["model"]], (LM_Mask, T5)):
        application = "lm"  # by birth
    order = {
        "encoder": np.zeros(LENGTH),
        "lm": np.arange(LENGTH),
        "unilm": np.cumsum(SEGMENTS),
    }[application]
    return order[:, None] <= order


def test_a_token_changes_what_sees_it_and_nothing_else(tiny_application, random_variables):
    """Token j of row j is another one than in the last row; their outputs are compared."""
    transformer = random_model(tiny_application, random_variables)
    tokens = np.repeat(tokens_of(1), LENGTH + 1, axis=0)
    each = np.arange(LENGTH)
    tokens[each, each] = tokens[each, each] % 29 + 1
    outputs = run(transformer, np.pad(tokens, [(0, 0), (0, 2)]), SEGMENTS + [0, 0])
    change = abs(outputs[:-1] - outputs[-1]).max(axis=-1)[:, :LENGTH]  # [token, position]
    expected = who_sees_whom(tiny_application)
    assert (change[expected] > 1e-5).all(), change
    assert (change[~expected] < 1e-6).all(), change


@register
class BeforeOnly(LanguageModelMask):
    """A position sees what comes before, and not itself: the first one sees nothing."""

    def call(self, inputs):
        return ops.logical_not(ops.transpose(super().call(inputs)))


def test_a_position_that_sees_nothing_is_finite(tiny, random_variables):
    """In the forward pass and in the gradients."""

    class Blind(MODELS[tiny["model"]]):
        def compute_attention_bias(self, inputs=None):
            tokens = self.inputs[0]
            return self.apply(inputs=tokens, layer=BeforeOnly, name="Attention-BeforeOnly")

    transformer = random_model(dict(tiny, model=Blind), random_variables)
    arrays = arrays_for(transformer, np.array([[0] * LENGTH, [5] * LENGTH]), SEGMENTS)
    weights = transformer.model.trainable_weights
    ones = np.ones((2, LENGTH, transformer.output.shape[-1]), "float32")
    outputs, gradients = engine.run_model(transformer.model, arrays, {0: ones}, weights, [])
    assert np.isfinite(outputs[0]).all()
    assert all(np.isfinite(gradient).all() for gradient in gradients if gradient is not None)


# --- weights


def values(transformer):
    return [w for layer in transformer.model.layers for w in layer.get_weights()]


def test_checkpoint_to_model_to_checkpoint_keeps_every_bit(tiny, random_variables, tmp_path):
    transformer = build(tiny, prefix="A-", **heads(tiny))
    variables = random_variables(transformer)
    report = transformer.load_weights_from_checkpoint(variables)
    assert not report.of("missing") and not report.of("unused")
    transformer.save_weights_as_checkpoint(str(tmp_path / "model.ckpt"))
    written = TFCheckpoint(str(tmp_path / "model.ckpt"))
    assert sorted(written) == sorted(variables)
    for name, value in variables.items():
        assert written[name].dtype == value.dtype
        assert np.array_equal(written[name], value), name


FITS_TOO = {  # model: those whose every variable its checkpoint has
    "bert": ["nezha", "roformer", "roformer_v2"],
    "nezha": ["roformer", "roformer_v2"],
    "roformer": ["nezha", "roformer_v2"],
    "t5": ["t5_encoder", "t5_decoder"],
}


@pytest.fixture(scope="module")
def checkpoints(tiny_configs, random_variables):
    """{model: its variables}."""
    return {name: random_variables(build(config)) for name, config in tiny_configs.items()}


def test_the_checkpoint_of_another_family_is_refused(tiny, checkpoints):
    """And nothing is changed."""
    transformer = build(tiny)
    before = values(transformer)
    for name, variables in checkpoints.items():
        if name == tiny["model"] or tiny["model"] in FITS_TOO.get(name, []):
            continue
        with pytest.raises(CheckpointError, match="the given dict"):
            transformer.load_weights_from_checkpoint(variables)
    assert all(np.array_equal(x, y) for x, y in zip(values(transformer), before))


# --- options


def test_a_model_comes_back_from_its_configuration(tiny):
    """Without custom_objects."""
    application = MODELS[tiny["model"]].applications[-1]
    transformer = build(tiny, application=application, **heads(tiny))
    model = transformer.model
    again = keras.models.Model.from_config(model.get_config())
    again.set_weights(model.get_weights())
    arrays = arrays_for(transformer, tokens_of(2), SEGMENTS)
    pairs = zip(*[as_list(m.predict(arrays, verbose=0)) for m in (again, model)])
    for got, expected in pairs:
        np.testing.assert_allclose(got, expected, atol=1e-6)


def as_list(outputs):
    return outputs if isinstance(outputs, list) else [outputs]


OPTIONS = [
    {"with_pool": True},
    {"with_nsp": True},
    {"with_mlm": True},
    {"hidden_act": "relu"},
    {"residual_attention_scores": True},
    {"layer_norm_epsilon": 1e-1},
    {"shared_segment_embeddings": True},
    {"attention_head_size": 4},
    {"attention_key_size": 4},
    {"embedding_size": 7},
    {"segment_vocab_size": 3},
    {"max_position": 11},
    {"prefix": "Student-"},
    {"hierarchical_position": 0.3},
    {"custom_position_ids": True},
    {"keep_tokens": [0, 3, 5]},
    {"compound_tokens": [[1, 2]]},
    {"sequence_length": 8},
    {"dropout_rate": 0.0},
    {"attention_dropout_rate": 0.0},
]
REFUSED = {  # besides what `refuses` names and what is no argument
    ("nezha", "attention_key_size"),
    ("gpt", "embedding_size"),
    ("gpt2", "embedding_size"),
    ("gpt2_ml", "embedding_size"),
}
RELATIVE = ("gau", "nezha", "roformer", "roformer_v2", "t5", "t5_decoder", "t5_encoder")
ONE_INPUT = ("gpt2", "gpt2_ml", "t5", "t5_decoder", "t5_encoder")
WITHOUT_EFFECT = {  # what configuration files have, needed or not
    "max_position": RELATIVE,
    "segment_vocab_size": ONE_INPUT,
    "attention_head_size": ("gau",),  # which has one head, of attention_key_size
}


def test_every_option_changes_the_model_or_is_refused(tiny):
    """Outputs are compared with goldens elsewhere; here: no option is accepted and ignored."""
    tiny.update(num_hidden_layers=1)
    plain = build(tiny)
    known, before = set(vars(plain)), fingerprint(plain)
    for option in OPTIONS:
        fresh_session()
        name = next(iter(option))
        if tiny["model"] in WITHOUT_EFFECT.get(name, ()):
            assert fingerprint(build(tiny, **option)) == before, name
        elif name in plain.refuses or name not in known or (tiny["model"], name) in REFUSED:
            with pytest.raises(ValueError, match=name):
                build(tiny, **option)
        else:
            assert fingerprint(build(tiny, **option)) != before, name


def fingerprint(transformer):
    """Everything of a model that an option may change: layers, configurations, shapes."""
    layers = [
        (name, layer.get_config(), [tuple(w.shape) for w in layer.weights])
        for name, layer in sorted(transformer.layers.items())
    ]
    shapes = [str(x.shape) for x in transformer.inputs + transformer.outputs]
    return repr((layers, shapes))
