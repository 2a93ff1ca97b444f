"""Beam search and random sampling: the original's, see ci/golden/make_decoding.py, and beyond."""

import itertools
import json
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from b4k_text import AutoRegressiveDecoder, Tokenizer
from b4k_text.snippets import softmax

PATH = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "golden", "decoding", "decoding.json"
)
with open(PATH, encoding="ascii") as _reader:
    CASE = json.load(_reader)
LOGITS = np.array(CASE["logits"])
ROWS = CASE["rows"]


def toy(rtype, use_states, seen, **kwargs):
    """A decoder that looks what comes next up in a table; states count its calls."""

    def predict(self, inputs, output_ids, states):
        seen.append(output_ids.tolist())
        places = np.arange(output_ids.shape[1]) + 1
        row = (output_ids * places).sum(1) + inputs[0].sum(1) + 7 * inputs[1] + 5 * (states or 0)
        scores = LOGITS[row % len(LOGITS)]
        if rtype == "probas":
            scores = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
        return (scores, (states or 0) + 1) if use_states else scores

    wrapped = AutoRegressiveDecoder.wraps(rtype, use_states)(predict)
    return type("Toy", (AutoRegressiveDecoder,), {"predict": wrapped})(**kwargs)


def numpy_partitions_like_the_oracle():
    """Whether numpy orders the topk as 1.18 did; draws from them depend on it."""
    return all(
        LOGITS.argpartition(-k, axis=1)[:, -k:].tolist() == expected
        for k, expected in enumerate(CASE["partition"], 1)
    )


ORDERED = numpy_partitions_like_the_oracle()


def test_corpus():
    methods = [row[1] for row in ROWS]
    assert len(ROWS) == 150 and methods.count("beam_search") > 60 < methods.count("random_sample")
    assert CASE["header"]["oracle"].startswith("bert4keras==0.11.5")


@pytest.mark.parametrize("i", range(len(ROWS)))
def test_golden(i):
    arguments, method, kwargs, seed, expected, calls = ROWS[i]
    if method == "random_sample" and "topp" not in kwargs and "topk" in kwargs and not ORDERED:
        kwargs = dict(kwargs, topk=None)  # another order, other draws: those of no topk hold
        arguments, method, kwargs, seed, expected, calls = without_topk()
    seen = []
    np.random.seed(seed)
    result = getattr(toy(seen=seen, **arguments), method)(**kwargs)
    result = result.tolist() if method == "beam_search" else [ids.tolist() for ids in result]
    assert result == expected
    if method == "beam_search":  # numpy decides the order of the beams
        seen, calls = (list(map(sorted, rows)) for rows in (seen, calls))
    assert seen == calls


def without_topk():
    """A row that draws from all tokens."""
    return next(row for row in ROWS if row[1] == "random_sample" and "topk" not in row[2])


class Markov(AutoRegressiveDecoder):
    """What comes next depends on the last token; the states are the outputs so far."""

    TABLE = softmax(np.random.RandomState(4).randn(6, 6) * 2)

    @AutoRegressiveDecoder.wraps("probas", use_states=True)
    def predict(self, inputs, output_ids, states):
        if states is not None:
            grown = np.concatenate([states["so far"][0], output_ids[:, -1:]], 1)
            assert np.array_equal(grown, output_ids) and len(inputs[0]) == len(output_ids)
        following = {"so far": (output_ids, "not an array"), "none": None, "scalar": np.float32(1)}
        return self.TABLE[output_ids[:, -1]], following


MARKOV = Markov(start_id=0, end_id=5, maxlen=6)


def exhaustive(length_penalty, maxlen=4):
    """The best output of all, and its score."""
    logs, best = np.log(Markov.TABLE + 1e-12), (-np.inf, None)
    for n in range(1, maxlen + 1):
        for ids in itertools.product(range(6), repeat=n):
            if 5 not in ids[:-1] and (ids[-1] == 5 or n == maxlen):
                path = (0, *ids)
                score = sum(logs[a, b] for a, b in zip(path, path[1:])) / n**length_penalty
                best = max(best, (score, list(path)))
    return best[1]


@pytest.mark.parametrize("length_penalty", [0, 0.6, 1, 2])
def test_wide_beams_find_the_best_of_all(length_penalty):
    decoder = Markov(start_id=0, end_id=5, maxlen=4)
    # wider than the vocabulary from the second step on is all there is
    found = decoder.beam_search([[1]], topk=6, length_penalty=length_penalty)
    assert found.tolist() == exhaustive(length_penalty)


def test_states_follow_their_outputs():
    for topk in (1, 2, 5):
        MARKOV.beam_search([[1, 2]], topk)
        MARKOV.beam_search([[1, 2]], topk, length_penalty=1)
    for seed in range(20):
        samples = MARKOV.random_sample([[1, 2]], 7, rng=np.random.RandomState(seed))
        assert len(samples) == 7 and all(ids[0] == 0 for ids in samples)


def test_decoders_can_be_shared_by_threads():
    expected = MARKOV.beam_search([[1]], 3).tolist()

    def both(seed):
        sample = MARKOV.random_sample([[1]], 3, rng=np.random.RandomState(seed))
        return MARKOV.beam_search([[1]], 3).tolist(), [ids.tolist() for ids in sample]

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(both, [7] * 40))
    assert results == [(expected, results[0][1])] * 40


class Batched(Markov):
    """What comes next depends on the prompt and on all that was said, which the states know too."""

    calls = 0

    @AutoRegressiveDecoder.wraps("probas", use_states=True)
    def predict(self, inputs, output_ids, states):
        self.calls += 1
        said = {"sum": output_ids[:, -1] * 3} if states is None else dict(states)
        if states is not None:
            assert states["calls"] == output_ids.shape[1] - 1
            said["sum"] = said["sum"] + output_ids[:, -1] * 3
        assert (said["sum"] == output_ids.sum(1) * 3).all()
        prompt = inputs[0].sum(1) + 2 * inputs[1]
        return self.TABLE[(said["sum"] + prompt) % 6], dict(said, calls=output_ids.shape[1])


SAMPLES = [([1, 2], 0), ([4, 4], 1), ([3], 5), ([5, 2], 2), ([0], 0)]


@pytest.mark.parametrize(
    "options",
    [{}, {"length_penalty": 1}, {"no_repeat_ngram": 2}, {"temperature": 2, "min_ends": 2}],
    ids=str,
)
def test_a_batch_of_beam_searches_is_one_by_one(options):
    decoder = Batched(start_id=0, end_id=5, maxlen=8)
    expected = [decoder.beam_search(sample, 3, **options).tolist() for sample in SAMPLES]
    alone, decoder.calls = decoder.calls, 0
    found = decoder.beam_search_batch(SAMPLES, 3, **options)
    assert [ids.tolist() for ids in found] == expected
    assert decoder.calls <= 2 * 8 < alone  # one for each length of prompts
    assert len({len(ids) for ids in expected}) > 1


def test_a_batch_of_samples_is_one_by_one():
    decoder = Batched(start_id=0, end_id=5, maxlen=8)
    options = dict(n=4, topk=5, topp=0.95, repetition_penalty=1.2)
    rngs = [np.random.RandomState(i) for i in range(len(SAMPLES))]
    expected = [decoder.random_sample(s, rng=rng, **options) for s, rng in zip(SAMPLES, rngs)]
    rngs = [np.random.RandomState(i) for i in range(len(SAMPLES))]
    found = decoder.random_sample_batch(SAMPLES, rng=rngs, **options)
    assert [[ids.tolist() for ids in outputs] for outputs in found] == [
        [ids.tolist() for ids in outputs] for outputs in expected
    ]
    assert decoder.random_sample_batch([], 3) == decoder.beam_search_batch([], 3) == []
    with pytest.raises(ValueError, match="one for each of 5 samples, got 1"):
        decoder.random_sample_batch(SAMPLES, 3, rng=rngs[:1])


def test_an_error_in_a_batch_reaches_the_caller():
    class Broken(AutoRegressiveDecoder):
        @AutoRegressiveDecoder.wraps("probas")
        def predict(self, inputs, output_ids, states):
            raise OSError("the model is gone")

    with pytest.raises(OSError, match="the model is gone"):
        Broken(start_id=0, end_id=5, maxlen=8).beam_search_batch(SAMPLES, 3)


def test_no_repeat_ngram():
    decoder = Markov(start_id=0, end_id=-1, maxlen=12)
    for n in (1, 2, 3):
        if n == 1:
            with pytest.raises(ValueError, match="no_repeat_ngram=1 leaves no token"):
                decoder.random_sample([[1]], 2, no_repeat_ngram=n)
            continue
        for ids in [*decoder.random_sample([[1]], 5, no_repeat_ngram=n)] + [
            decoder.beam_search([[1]], 3, no_repeat_ngram=n)
        ]:
            runs = [tuple(ids[i : i + n]) for i in range(len(ids) - n + 1)]
            assert len(ids) == 13 and len(set(runs)) == len(runs)


def test_repetition_penalty():
    decoder = Markov(start_id=0, end_id=-1, maxlen=12)

    def kinds(**kwargs):
        samples = decoder.random_sample([[1]], 200, rng=np.random.RandomState(0), **kwargs)
        return np.mean([len(set(ids)) for ids in samples])

    assert kinds(repetition_penalty=0.5) < kinds() < kinds(repetition_penalty=2)
    plain = decoder.beam_search([[1]], 3).tolist()
    assert decoder.beam_search([[1]], 3, repetition_penalty=1).tolist() == plain
    assert decoder.beam_search([[1]], 3, repetition_penalty=5).tolist() != plain


def test_min_p():
    decoder = Markov(start_id=0, end_id=-1, maxlen=5)
    greedy = [0]
    for _ in range(5):
        greedy.append(int(Markov.TABLE[greedy[-1]].argmax()))
    assert decoder.random_sample([[1]], 1, min_p=1)[0].tolist() == greedy
    assert decoder.random_sample([[1]], 1, topk=1)[0].tolist() == greedy
    for ids in decoder.random_sample([[1]], 50, min_p=0.5):
        table = Markov.TABLE[ids[:-1]]
        assert (table[np.arange(5), ids[1:]] >= 0.5 * table.max(1)).all()


def test_stream():
    expected = MARKOV.random_sample([[1]], 1, rng=np.random.RandomState(3))[0].tolist()
    assert list(MARKOV.stream([[1]], rng=np.random.RandomState(3))) == expected[1:]

    encoded = "长a城".encode("utf-8")  # a token is a byte

    class Bytes(AutoRegressiveDecoder):
        @AutoRegressiveDecoder.wraps()
        def predict(self, inputs, output_ids, states):
            return np.eye(256)[[encoded[output_ids.shape[1]]]]

    def decode(ids):
        return bytes(ids).decode("utf-8", errors="replace")

    decoder = Bytes(None, -1, len(encoded))
    assert list(decoder.stream([], decode)) == ["长", "a", "城"]
    assert list(Bytes(None, -1, 5).stream([], decode)) == ["长", "a", "\ufffd"]


def test_a_stream_of_text_that_later_tokens_change():
    """Decoded, "it ' s" is written "it's" once another word follows."""
    words = "it ' s good . 3 . 5".split()
    tokenizer = Tokenizer({token: i for i, token in enumerate(["[UNK]", *sorted(set(words))])})
    encoded = tokenizer.tokens_to_ids(words)

    class Words(AutoRegressiveDecoder):
        @AutoRegressiveDecoder.wraps()
        def predict(self, inputs, output_ids, states):
            return np.eye(len(words))[[encoded[output_ids.shape[1]]]]

    pieces = list(Words(None, -1, len(words)).stream([], tokenizer.decode))
    assert "".join(pieces) == tokenizer.decode(encoded) == "it's good. 3.5"
    assert len(pieces) > 3


def test_a_maxlen_of_zero():
    decoder = Markov(1, 0, 0)
    assert decoder.beam_search([[1]], 2).tolist() == [1]
    assert [ids.tolist() for ids in decoder.random_sample([[1]], 2)] == [[1], [1]]


class Broken(AutoRegressiveDecoder):
    """Predicts nothing of use."""

    @AutoRegressiveDecoder.wraps()
    def predict(self, inputs, output_ids, states):
        return np.full((len(output_ids), 4), np.nan)


ERRORS = [
    (lambda: MARKOV.beam_search([[1]], 0), ["topk", "1 or more", "0"]),
    (lambda: MARKOV.beam_search([[1]], 2.5), ["topk", "int", "2.5"]),
    (lambda: MARKOV.beam_search([[1]], 7), ["topk", "6 tokens", "7"]),
    (lambda: MARKOV.beam_search([[1]], 2, temperature=0), ["temperature", "more than 0"]),
    (lambda: MARKOV.random_sample([[1]], 0), ["n:", "1 or more"]),
    (lambda: MARKOV.random_sample([[1]], 1, topk=-1), ["topk", "-1"]),
    (lambda: MARKOV.random_sample([[1]], 1, topk=9), ["topk", "6 tokens", "9"]),
    (lambda: MARKOV.random_sample([[1]], 1, topp=0), ["topp", "more than 0 and at most 1", "0"]),
    (lambda: MARKOV.random_sample([[1]], 1, topp=1.2), ["topp", "1.2"]),
    (lambda: MARKOV.random_sample([[1]], 1, min_p=2), ["min_p", "0 to 1", "2"]),
    (lambda: MARKOV.beam_search([[1]], 1, no_repeat_ngram=-1), ["no_repeat_ngram", "-1"]),
    (lambda: MARKOV.beam_search([[1]], 1, repetition_penalty=0), ["repetition_penalty", "0"]),
    (lambda: Broken(0, 1, 3).random_sample([[1]], 1), ["predict", "probabilities", "nan"]),
    (lambda: AutoRegressiveDecoder.wraps("probs"), ["rtype", "'probs'"]),
    (lambda: MARKOV.predict([], np.zeros((1, 1), int), None, 1, "log"), ["rtype", "'log'"]),
]


@pytest.mark.parametrize("call, words", ERRORS)
def test_errors(call, words):
    with pytest.raises(ValueError) as info:
        call()
    assert [word for word in words if word not in str(info.value)] == []


def test_predict_must_be_written():
    with pytest.raises(NotImplementedError, match="has no predict"):
        AutoRegressiveDecoder(0, 1, 3).predict([], None)
