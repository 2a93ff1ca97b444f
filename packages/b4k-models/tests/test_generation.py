"""Generation with caches is generation without, search of beams finds what exhaustive search finds. Keras 3 only."""

import itertools
import json
import os

import numpy as np
import pytest
from b4k_models import GPT2, build_transformer_model
from b4k_models.streaming import as_text
from b4k_ops import BACKEND, get_values, keras, set_values

SLOW = (  # shared out among the lanes: ci/lane_guard.py
    "test_cached_is_uncached",
    "test_beam_search_is_exhaustive_search",
    "test_draws_are_those_of_the_probabilities",
    "test_beams_are_those_of_the_definition",
    "test_transformers_generates_the_same",
    "test_repetition_is_held_back",
    "test_nothing_is_left_to_go_on_with",
)

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")

TINY = dict(
    vocab_size=30,
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=24,
    hidden_act="gelu",
    dropout_rate=0.1,
    attention_dropout_rate=0.1,
    max_position=24,
)
PROMPTS = [[3, 4, 5, 6, 7, 0, 2], [8, 9], [11]]  # 0 is the id of padding
FAMILIES = {
    "gpt": {},
    "gpt2": {},
    "gpt2-without-padding": {"pad_token_id": None},
    "gpt2-custom-positions": {"custom_position_ids": True},
    "gpt2_ml": {},
    "bert-lm": {"prefix": "a-"},
    "bert-lm-residual": {"residual_attention_scores": True},
    "albert-lm": {"embedding_size": 12},
    "nezha-lm": {},
    "roformer-lm": {"attention_key_size": 6},
    "roformer_v2-lm": {},
    "gau-lm": {"attention_key_size": 6},
    "bert-unilm": {"with_pool": True},
    "bert-unilm-hierarchical": {"hierarchical_position": True, "max_position": 9},
    "roformer-unilm": {"custom_position_ids": True},
    "t5.1.0": {},
    "t5.1.0-residual": {"residual_attention_scores": True},
    "t5.1.1": {
        "hidden_act": ["gelu", "linear"],
        "cross_position_bias": False,
        "logit_scale": False,
    },
}


def build(family="gpt2", **options):
    """A model whose weights are far from 0, for otherwise all its tokens are one."""
    model, application = (family.split("-") + ["encoder"])[:2]
    application = application if application in ("lm", "unilm") else "encoder"
    options = dict(TINY, **dict(FAMILIES.get(family, {}), **options))
    keras.utils.set_random_seed(0)
    transformer = build_transformer_model(
        model=model, application=application, return_keras_model=False, **options
    )
    random = np.random.RandomState(1)
    for weight, value in zip(transformer.model.weights, get_values(transformer.model.weights)):
        spread = 0.7 if value.ndim > 1 else 0.1
        set_values([(weight, (value + random.normal(0, spread, value.shape)).astype("float32"))])
    return transformer


class Uncached:
    """The next token's probabilities by the whole model and nothing else."""

    def __init__(self, transformer, width=24):
        self.transformer, self.width = transformer, width
        self.is_unilm = type(transformer).__name__.startswith("Unified")

    def __call__(self, prompts, outputs):
        """[n, vocab_size] after each prompt and output; all lengths are one to Keras, which compiles for each."""
        inputs, last = self.inputs(prompts, outputs)
        inputs = inputs[0] if len(inputs) == 1 else inputs
        found = self.transformer.model.predict(inputs, verbose=0)
        found = found[-1] if isinstance(found, list) else found  # behind the pooler's
        found = found[np.arange(len(last)), last]
        scores = np.exp(found - found.max(1, keepdims=True))
        is_probas = abs(found.sum(1) - 1).max() < 1e-3
        return found if is_probas else scores / scores.sum(1, keepdims=True)

    def inputs(self, prompts, outputs):
        """The model's inputs, and where the last tokens are."""
        if hasattr(self.transformer, "decoder"):
            rows = [[0] + list(output) for output in outputs]
            return [self.padded(prompts), self.padded(rows)], [len(row) - 1 for row in rows]
        rows = [list(prompt) + list(output) for prompt, output in zip(prompts, outputs)]
        inputs = [self.padded(rows)]
        if getattr(self.transformer, "segment_vocab_size", 0):
            new = 1 if self.is_unilm else 0
            segments = [[0] * len(prompt) + [new] * self.width for prompt in prompts]
            inputs.append(self.padded([row[: self.width] for row in segments]))
        if getattr(self.transformer, "custom_position_ids", False):
            inputs.append(np.tile(np.arange(self.width), (len(rows), 1)))
        return inputs, [len(row) - 1 for row in rows]

    def padded(self, rows):
        return np.array([list(row) + [0] * (self.width - len(row)) for row in rows])

    def greedy(self, prompts, count):
        outputs = [[] for _ in prompts]
        for _ in range(count):
            for output, probas in zip(outputs, self(prompts, outputs)):
                output.append(int(probas.argmax()))
        return outputs

    def drawn(self, prompts, count, seed, temperature=1, held=None, **options):
        outputs = [[] for _ in prompts]
        uniform = np.random.default_rng(seed).random((len(prompts), count), dtype="float32")
        for i in range(count):
            probas = self(prompts, outputs).astype("float64") ** (1 / temperature)
            for prompt, output, row, u in zip(prompts, outputs, probas, uniform[:, i]):
                row = held_back(row / row.sum(), self.said(prompt, output), **held or {})
                output.append(pick(row, u, **options))
        return outputs

    def said(self, prompt, output):
        """What counts as said already."""
        if self.is_unilm:
            return list(output)
        return ([0] if hasattr(self.transformer, "decoder") else list(prompt)) + list(output)


def held_back(probas, said, repetition_penalty=1, no_repeat_ngram=None):
    """Probabilities [vocab_size] with less for what is said."""
    with np.errstate(divide="ignore"):
        scores, n = np.log(probas), no_repeat_ngram
    for token in set(said):
        scores[token] *= repetition_penalty
    for token in range(len(scores)) if n else []:
        run, runs = (said + [token])[-n:], [said[i : i + n] for i in range(len(said) - n + 1)]
        scores[token] = -np.inf if run in runs else scores[token]
    return np.exp(scores) / np.exp(scores).sum()


def lists(arrays):
    return [array.tolist() for array in arrays]


@pytest.fixture(scope="module")
def gpt2():
    return build()


# --- the proofs


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_cached_is_uncached(family):
    """Unequal prompts in one batch, a padding id among them, and ids of padding that are generated."""
    transformer = build(family)
    got = lists(transformer.generate(PROMPTS, 8, seed=3, temperature=4.0))
    expected = Uncached(transformer).drawn(PROMPTS, 8, seed=3, temperature=4.0)
    assert got == expected
    assert len(set(sum(expected, []))) > 5  # tokens


def test_the_most_probable_is_taken(gpt2):
    assert lists(gpt2.generate(PROMPTS, 6)) == Uncached(gpt2).greedy(PROMPTS, 6)


def test_a_batch_is_its_rows(gpt2):
    one_by_one = [gpt2.generate([prompt], 6)[0] for prompt in PROMPTS]
    assert lists(gpt2.generate(PROMPTS, 6)) == lists(one_by_one)
    padded = np.array([[3, 4, 5, 6, 7, 0, 2], [8, 9] + 5 * [0], [11] + 6 * [0]])
    assert lists(gpt2.generate(padded, 6)) == lists(one_by_one)


@pytest.mark.parametrize("family", ["gpt2", "bert-unilm", "t5.1.0"])
def test_beam_search_is_exhaustive_search(family):
    """With as many beams as there are outputs, every end and every length among them."""
    size, length, end = 4, 3, 1
    transformer = build(family, vocab_size=size)
    prompts = [[2, 3, 2], [3]]
    found = [exhaustive(Uncached(transformer), prompt, size, length, end) for prompt in prompts]
    for penalty in (0, 1.0):
        got = transformer.generate(
            prompts, length, beams=size**length, end_id=end, length_penalty=penalty, n=5
        )
        for outputs, scores in zip(got, found):
            best = sorted(scores, key=lambda o: scores[o] / len(o) ** penalty, reverse=True)
            assert lists(outputs) == [list(output) for output in best[:5]]


def exhaustive(uncached, prompt, size, length, end):
    """{output up to its end: log-probability} of all that there are."""
    outputs = list(itertools.product(range(size), repeat=length))
    scores = np.zeros(len(outputs))
    ended = np.zeros(len(outputs), bool)
    for i in range(length):
        probas = uncached([prompt] * len(outputs), [output[:i] for output in outputs])
        chosen = np.log(probas[np.arange(len(outputs)), [output[i] for output in outputs]])
        scores += np.where(ended, 0, chosen)
        ended |= np.array([output[i] == end for output in outputs])
    found = {}
    for output, score in zip(outputs, scores):
        output = output[: output.index(end) + 1] if end in output else output
        found[output] = score
    return found


HELD = {"repetition_penalty": 1.6, "no_repeat_ngram": 2}


@pytest.mark.parametrize("penalty, held", [(0, {}), (0.7, {}), (-0.5, {}), (0.7, HELD)])
def test_beams_are_those_of_the_definition(gpt2, penalty, held):
    """Among the best `beams` continuations those that end are kept, and the best others go on."""
    ends, beams, length = [7, 12], 3, 5
    uncached = Uncached(gpt2)
    got = gpt2.generate(PROMPTS, length, beams=beams, end_id=ends, length_penalty=penalty, **held)
    for prompt, output in zip(PROMPTS, got):
        alive, ended = [(0.0, ())], []
        for i in range(length):
            probas = uncached([prompt] * len(alive), [tokens for _, tokens in alive])
            candidates = [
                (score + np.log(p), tokens + (token,))
                for (score, tokens), row in zip(alive, probas)
                for token, p in enumerate(held_back(row, uncached.said(prompt, tokens), **held))
                if p
            ]
            candidates.sort(reverse=True)
            is_over = [c[1][-1] in ends or i + 1 == length for c in candidates]
            ended += [c for c, over in zip(candidates[:beams], is_over) if over]
            alive = [c for c in candidates if c[1][-1] not in ends][:beams]
        best = max(ended, key=lambda c: c[0] / len(c[1]) ** penalty)
        assert output.tolist() == list(best[1])


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": 0.7},
        {"topk": 3},
        {"topp": 0.8, "temperature": 1.5},
        {"min_p": 0.1, "topk": 9, "topp": 0.9},
    ],
    ids=lambda options: "-".join(sorted(options)),
)
def test_draws_are_those_of_the_probabilities(gpt2, options):
    """The numbers of a seed pick from the cumulative probabilities, on every backend the same."""
    got = gpt2.generate(PROMPTS, 5, seed=3, n=2, **options)
    prompts = [prompt for prompt in PROMPTS for _ in range(2)]
    expected = Uncached(gpt2).drawn(prompts, 5, seed=3, **options)
    assert [output.tolist() for pair in got for output in pair] == expected


def pick(probas, u, topk=None, topp=None, min_p=0):
    probas = np.where(probas >= min_p * probas.max(), probas, 0)
    order = np.argsort(-probas) if topk or topp else np.arange(len(probas))
    probas = probas[order][:topk]
    probas = probas / probas.sum()
    if topp is not None:
        probas = np.where(np.cumsum(probas) - probas < topp, probas, 0)
    return int(order[np.searchsorted(np.cumsum(probas), u * probas.sum(), side="right")])


@pytest.mark.parametrize("name", ["gpt2", "t5", "t5_v1_1"])
def test_transformers_generates_the_same(name):
    """Its prompts one by one are one batch here; to it all ids are tokens."""
    path = os.path.join(GOLDEN, "huggingface", name)
    transformer = build_transformer_model(path, pad_token_id=None, return_keras_model=False)
    with open(os.path.join(GOLDEN, "huggingface_generation", name + ".json")) as file:
        cases = json.load(file)
    kinds = {json.dumps([case["options"], case["end"]]): [] for case in cases}
    for case in cases:
        kinds[json.dumps([case["options"], case["end"]])].append(case)
    for alike in kinds.values():
        options = {OURS[key]: value for key, value in alike[0]["options"].items()}
        options["end_id"] = None if alike[0]["end"] < 0 else alike[0]["end"]
        got = transformer.generate([case["prompt"] for case in alike], 7, **options)
        got = [lists(outputs if "n" in options else [outputs]) for outputs in got]
        assert got == [case["outputs"] for case in alike], options


OURS = {
    "num_beams": "beams",
    "length_penalty": "length_penalty",
    "num_return_sequences": "n",
    "repetition_penalty": "repetition_penalty",
    "no_repeat_ngram_size": "no_repeat_ngram",
}


@pytest.mark.parametrize("family", ["gpt2", "bert-unilm", "t5.1.0"])
def test_repetition_is_held_back(family):
    """Prompts count in a language model; UniLM and T5 may say what they were asked."""
    transformer, prompts = build(family), [[3, 4, 3, 4, 3], [8, 9], [11]]
    uncached, drawing = Uncached(transformer), {"seed": 3, "temperature": 0.7}
    got = lists(transformer.generate(prompts, 8, **drawing, **HELD))
    assert got == uncached.drawn(prompts, 8, held=HELD, **drawing)
    assert got != uncached.drawn(prompts, 8, **drawing)


def test_nothing_is_left_to_go_on_with():
    gpt2 = build(vocab_size=4)
    assert sorted(gpt2.generate([[2]], 3, no_repeat_ngram=1)[0]) == [0, 1, 3]
    for options in ({}, {"beams": 2}):
        with pytest.raises(ValueError, match="leaves no token|fewer outputs"):
            gpt2.generate([[2], [3]], 5, no_repeat_ngram=1, **options)
    with pytest.raises(ValueError, match="no_repeat_ngram=1 leaves no token"):
        list(gpt2.stream([2], 5, no_repeat_ngram=1))
    assert gpt2.generate([[2, 2]], 2, no_repeat_ngram=1)[0][0] != 2  # prompts may repeat


def test_one_program_serves_all_penalties(gpt2):
    gpt2.generate(PROMPTS, 2, repetition_penalty=1.1)
    made = len(gpt2.programs)
    gpt2.generate(PROMPTS, 2, repetition_penalty=3.0)
    assert len(gpt2.programs) == made


def test_one_program_serves_all_prompts_of_a_bucket():
    traces = []

    class Counting(GPT2):
        def apply_embeddings(self, inputs):
            traces.append(inputs)
            return super().apply_embeddings(inputs)

    gpt2 = build_transformer_model(
        model=Counting, return_keras_model=False, **dict(TINY, max_position=200)
    )
    gpt2.generate([[1, 2, 3]], 4)
    traces.clear()
    for length in (1, 2, 9, 16):
        gpt2.generate([[5] * length], 7)
    assert len(traces) == (4 if BACKEND == "torch" else 0)  # torch sees prompts as they come
    gpt2.generate([[5] * 17], 7)
    assert len(traces) == (6 if BACKEND == "torch" else 2)


# --- ends, streams, seeds


def test_ends(gpt2):
    free = lists(gpt2.generate(PROMPTS, 6))
    ends = [free[0][2], free[1][4]]
    for row, cut in zip(free, lists(gpt2.generate(PROMPTS, 6, end_id=ends))):
        places = [i for i, token in enumerate(row) if token in ends]
        assert cut == row[: places[0] + 1 if places else None]


def test_a_stream_is_what_is_generated(gpt2):
    end = gpt2.generate(PROMPTS[:1], 6)[0][3]
    for options in ({}, {"end_id": int(end)}, {"seed": 5, "topk": 4}):
        streamed = list(gpt2.stream(PROMPTS[0], 6, **options))
        assert streamed == gpt2.generate(PROMPTS[:1], 6, **options)[0].tolist()
    with pytest.raises(ValueError, match="without beams"):
        gpt2.stream(PROMPTS[0], 6, beams=2)


def test_a_stream_of_text(gpt2):
    end = int(gpt2.generate(PROMPTS[:1], 6)[0][3])
    ids = gpt2.generate(PROMPTS[:1], 6, end_id=end)[0].tolist()

    def decode(ids):
        return " ".join(map(str, ids))

    pieces = list(gpt2.stream(PROMPTS[0], 6, decode=decode, end_id=end))
    assert pieces == [str(ids[0])] + [" %d" % token for token in ids[1:-1]]
    with pytest.raises(ValueError, match="decode: expected a function"):
        gpt2.stream(PROMPTS[0], 6, decode="text")


def test_no_half_characters_are_shown():
    def decode(ids):
        return bytes(ids).decode("utf-8", "replace")

    assert list(as_text("a你b".encode(), decode)) == ["a", "你", "b"]
    assert list(as_text("a你".encode()[:3], decode)) == ["a", "\ufffd"]  # all that ever comes
    assert list(as_text([], decode)) == []


def test_text_that_later_tokens_change():
    def decode(ids):
        return " ".join(ids).replace(" '", "'").replace("' s ", "'s ")

    assert list(as_text(["it", "'", "s", "good"], decode)) == ["it", "'", "s good"]


def test_seeds(gpt2):
    """A row's numbers are its own; without a seed they are others each time."""
    first = gpt2.generate(PROMPTS, 6, seed=1)
    assert lists(first) == lists(gpt2.generate(PROMPTS, 6, seed=1))
    assert lists(first)[:1] == lists(gpt2.generate(PROMPTS[:1], 6, seed=1))
    drawn = {tuple(gpt2.generate(PROMPTS[:1], 6, temperature=9.0)[0]) for _ in range(5)}
    assert len(drawn) > 1


@pytest.mark.parametrize("options", [{"beams": 2, "n": 2}, {"seed": 1, "n": 2}])
def test_several_outputs_of_one_prompt(gpt2, options):
    """Caches of one row, given to several: on torch `ops.repeat` makes those rows one memory."""
    (outputs,) = gpt2.generate(PROMPTS[:1], 4, **options)
    assert lists(outputs) == lists(gpt2.generate(PROMPTS, 4, **options)[0])
    assert len(set(map(tuple, outputs))) == 2


def test_weights_are_those_of_the_call(gpt2):
    before = lists(gpt2.generate(PROMPTS, 6))
    table = gpt2.layers["Embedding-Token"].weights[0]
    kept = get_values([table])[0]
    set_values([(table, kept[::-1].copy())])
    changed = lists(gpt2.generate(PROMPTS, 6))
    assert changed == Uncached(gpt2).greedy(PROMPTS, 6) != before
    set_values([(table, kept)])


def test_segments():
    """Those of prompts, of what is said, and as UniLM what has been said already."""
    bert = build("bert-unilm")
    prompts, segments = [[3, 4, 5, 6], [8, 9]], [[0, 0, 1, 1], [0, 1]]
    got = bert.generate(prompts, 5, segments=segments, new_segment=1)
    uncached = Uncached(bert)
    for prompt, segment, output in zip(prompts, segments, got):
        begun = segment.index(1)
        whole = uncached.greedy([prompt], 0)
        said = prompt[begun:]
        for _ in range(5):
            said.append(int(uncached([prompt[:begun]], [said])[0].argmax()))
        assert whole == [[]] and output.tolist() == said[len(prompt) - begun :]


def test_segments_may_be_tokens():
    """As in CDial-GPT, where they say who speaks."""
    gpt = build("gpt", shared_segment_embeddings=True)
    segments = [[20] * len(prompt) for prompt in PROMPTS]
    got = lists(gpt.generate(PROMPTS, 6, segments=segments, new_segment=21))
    assert got != lists(gpt.generate(PROMPTS, 6, segments=segments))
    with pytest.raises(ValueError, match=r"segments\[0\]: expected ids from 0 to 29"):
        gpt.generate([[1]], 2, segments=[[30]])


# --- bad input


@pytest.mark.parametrize(
    "options, message",
    [
        ({"prompts": []}, "prompts: expected a list of lists"),
        ({"prompts": [[]]}, r"prompts\[0\]: expected ids"),
        ({"prompts": "text"}, "prompts: expected a list of lists"),
        ({"prompts": ["text"]}, r"prompts\[0\]"),
        ({"prompts": [[1], [2, 30]]}, r"prompts\[1\]: expected ids from 0 to 29, got \[2, 30\]"),
        ({"prompts": [[-1]]}, "from 0 to 29"),
        ({"prompts": [[1.5]]}, "whole numbers"),
        ({"prompts": np.ones((2, 2, 2), int)}, r"array \[batch, length\], got shape"),
        ({"prompts": [[1] * 20]}, "need 26 positions, and Embedding-Position knows 24"),
        ({"max_new_tokens": 0}, "max_new_tokens: expected an int of 1 or more, got 0"),
        ({"max_new_tokens": 2.0}, "max_new_tokens: expected an int"),
        ({"end_id": 30}, "end_id: expected ids from 0 to 29, got 30"),
        ({"n": 0}, "n: expected an int of 1 or more"),
        ({"topk": 0}, "topk: expected an int from 1 to 30, got 0"),
        ({"topk": 31}, "topk: expected an int from 1 to 30, got 31"),
        ({"topp": 0}, "topp: expected more than 0 and at most 1, got 0"),
        ({"topp": 1.1}, "topp"),
        ({"min_p": -0.1}, "min_p: expected 0 to 1"),
        ({"temperature": 0}, "temperature: expected more than 0, got 0"),
        ({"seed": -1}, "seed: expected an int of 0 or more"),
        ({"beams": 0}, "beams: expected an int of 1 or more"),
        ({"beams": 2, "topk": 3}, r"beams=2 draws nothing and got \['topk'\]"),
        ({"beams": 2, "n": 3}, "beams=2 can't give n=3 outputs"),
        ({"beams": 2, "length_penalty": float("nan")}, "length_penalty"),
        ({"repetition_penalty": 0}, "repetition_penalty: expected a number above 0, got 0"),
        ({"no_repeat_ngram": 0}, "no_repeat_ngram: expected an int of 1 or more, got 0"),
        ({"no_repeat_ngram": 1.5}, "no_repeat_ngram: expected an int"),
        ({"segments": [[0]]}, "segments were given, and GPT2 has none"),
        ({"new_segment": 1}, "new_segment"),
        ({"start_id": 1}, "start_id=1 was given, and GPT2 begins with prompts"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_bad_input(gpt2, options, message):
    options = dict({"prompts": [[1, 2]], "max_new_tokens": 6}, **options)
    with pytest.raises(ValueError, match=message):
        gpt2.generate(options.pop("prompts"), options.pop("max_new_tokens"), **options)


def test_conditions_are_refused():
    condition = keras.layers.Input(shape=(4,), name="Input-Condition")
    bert = build("bert-lm", layer_norm_cond=condition, additional_input_layers=condition)
    with pytest.raises(ValueError, match=r"inputs \['Input-Condition'\].*AutoRegressiveDecoder"):
        bert.generate([[1]], 2)


def test_a_decoder_alone_is_refused():
    with pytest.raises(ValueError, match="Input-Context"):
        build("t5_decoder").generate([[1]], 2)
