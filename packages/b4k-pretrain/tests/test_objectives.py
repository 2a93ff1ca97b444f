"""Inputs and targets by plain formulas, and masks by their distribution."""

import numpy as np
import pytest
from b4k_pretrain import build_objective
from b4k_pretrain.masking import Words
from drawn_corpus import tokenizer
from drawn_records import SPECIAL, VOCAB_SIZE, drawn

PAD, UNK, CLS, SEP, MASK = range(5)


def masked_by_hand(ids, seed, index, epoch, rate=0.15):
    """What BERT's rule makes of a list of ids, one token after the other, from the same draws."""
    philox = np.random.Philox(
        key=np.array([seed, 0], "uint64"), counter=np.array([0, index, epoch, 0], "uint64")
    )
    draws = np.random.Generator(philox).random((3, len(ids)))
    inputs, weights = [], []
    for i, choice, kind, other in zip(ids, *draws):
        chosen = choice < rate and i not in (PAD, CLS, SEP)
        new = MASK if kind < 0.8 else i if kind < 0.9 else int(other * VOCAB_SIZE)
        inputs.append(new if chosen else i)
        weights.append(float(chosen))
    return inputs, weights


def test_masked_lm_by_hand():
    mlm = build_objective("mlm", SPECIAL, VOCAB_SIZE)
    for index, row in enumerate(drawn(6, length=64)):
        inputs, targets = mlm(row, 7, index, 2)
        expected, weights = masked_by_hand(row.tolist(), 7, index, 2)
        assert inputs["Input-Token"].tolist() == expected and targets["weights"].tolist() == weights
        assert (
            inputs["Input-Segment"].tolist() == [0] * 64
            and targets["labels"].tolist() == row.tolist()
        )
        assert [inputs["Input-Token"].dtype, targets["labels"].dtype, targets["weights"].dtype] == [
            "i4",
            "i4",
            "f4",
        ]


def test_masks_are_drawn_by_the_rates():
    """200,000 tokens: 15% of those of text; of these 80, 10 and 10%, all within four standard deviations."""
    ids, mlm = drawn(400, length=512, vocab_size=20000), build_objective("mlm", SPECIAL, 20000)
    inputs, targets = mlm.batch(ids, np.arange(400), 0, 0)
    text, chosen, new = ids > CLS, targets["weights"] > 0, inputs["Input-Token"]
    text &= ids != SEP
    assert not (chosen & ~text).any() and np.array_equal(new[~chosen], ids[~chosen])
    assert abs(chosen.sum() / text.sum() - 0.15) < 4 * (0.15 * 0.85 / text.sum()) ** 0.5
    shares = [(new == MASK)[chosen].mean(), (new == ids)[chosen].mean()]
    assert np.allclose(shares, [0.8, 0.1], atol=4 * (0.16 / chosen.sum()) ** 0.5)
    random = new[chosen & (new != MASK) & (new != ids)]
    assert abs(random.mean() - 10000) < 4 * 20000 / (12 * len(random)) ** 0.5


def test_masks_differ_by_record_epoch_and_seed():
    mlm, row = build_objective("mlm", SPECIAL, VOCAB_SIZE), drawn(2, length=64)[0]
    places = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 5, 6), (0, 6, 5)]
    assert len({tuple(mlm(row, *place)[1]["weights"]) for place in places}) == 6


def test_at_least_one_token_is_masked():
    mlm = build_objective("mlm", SPECIAL, VOCAB_SIZE, mask_rate=0.001)
    weights = [mlm(drawn(2)[0], 0, i, 0)[1]["weights"].sum() for i in range(20)]
    assert weights == [1] * 20


def test_nothing_to_mask():
    mlm = build_objective("mlm", SPECIAL, VOCAB_SIZE)
    with pytest.raises(ValueError, match="record 5 has no token that could be masked"):
        mlm(np.array([CLS, SEP, PAD, PAD]), 0, 5, 0)


def test_causal_lm():
    inputs, targets = build_objective("causal_lm", SPECIAL, VOCAB_SIZE)(
        np.array([CLS, 7, 8, SEP, PAD, PAD]), 0, 0, 0
    )
    assert inputs["Input-Token"].tolist() == [CLS, 7, 8, SEP, PAD, PAD]
    assert targets["labels"].tolist() == [7, 8, SEP, PAD, PAD, 0]
    assert targets["weights"].tolist() == [1, 1, 1, 0, 0, 0]


def test_masks_of_the_records():
    tokens, masks = np.array([CLS, 7, 8, 9, SEP, PAD]), np.array([0, 0, 5, 22, 0, 0])
    inputs, targets = build_objective("mlm", SPECIAL, VOCAB_SIZE)(
        np.stack([tokens, masks]), 0, 0, 0
    )
    assert inputs["Input-Token"].tolist() == [CLS, 7, MASK, 21, SEP, PAD]
    assert targets["labels"].tolist() == tokens.tolist() and targets["weights"].tolist() == [
        0,
        0,
        1,
        1,
        0,
        0,
    ]
    both = np.stack([np.stack([tokens, masks])] * 2)
    inputs, _ = build_objective("causal_lm", SPECIAL, VOCAB_SIZE).batch(both, np.arange(2), 0, 0)
    assert inputs["Input-Token"].tolist() == [tokens.tolist()] * 2


def test_static_masks_come_again():
    row = drawn(2, length=64)[0]
    static = build_objective("mlm", SPECIAL, VOCAB_SIZE, static=3)
    masks = [tuple(static(row, 0, 0, epoch)[1]["weights"]) for epoch in range(7)]
    assert masks[:3] == masks[3:6] and len(set(masks)) == 3
    dynamic = build_objective("mlm", SPECIAL, VOCAB_SIZE)
    assert masks[:3] == [tuple(dynamic(row, 0, 0, epoch)[1]["weights"]) for epoch in range(3)]


def test_electra_keeps_no_random_tokens():
    ids = drawn(100, length=512, vocab_size=20000)
    inputs, targets = build_objective("electra", SPECIAL, 20000).batch(ids, np.arange(100), 0, 0)
    new, chosen = inputs["Input-Token"], targets["weights"] > 0
    assert ((new == MASK) | (new == ids))[chosen].all() and np.array_equal(targets["labels"], ids)
    assert abs((new == MASK)[chosen].mean() - 0.85) < 4 * (0.85 * 0.15 / chosen.sum()) ** 0.5
    draws = inputs["Input-Draw"]
    assert list(inputs) == ["Input-Token", "Input-Draw", "Input-Segment"]
    assert (draws[~chosen] == -1).all() and (0 <= draws[chosen]).all() and draws.max() <= 1
    assert abs(draws[chosen].mean() - 0.5) < 4 / (12 * chosen.sum()) ** 0.5
    _, targets = build_objective("electra", SPECIAL, 20000)(np.array([CLS, 7, SEP, PAD]), 0, 0, 0)
    assert targets["there"].tolist() == [1, 1, 1, 0]


def words_of(ids):
    """Words of three tokens, by their place."""
    return np.arange(len(ids)) // 3


def test_words_are_masked_whole():
    ids = drawn(400, length=510, vocab_size=20000)[:-1]
    _, targets = build_objective("mlm", SPECIAL, 20000, words=words_of).batch(
        ids, np.arange(399), 0, 0
    )
    chosen = targets["weights"][:, 3:-3].reshape(399, -1, 3)  # without the words of [CLS] and [SEP]
    assert (chosen.min(2) == chosen.max(2)).all()
    assert abs(chosen.mean() - 0.15) < 4 * (0.15 * 0.85 / (chosen.size / 3)) ** 0.5


def test_runs_of_words():
    ids = drawn(100, length=510, vocab_size=20000)[:-1]
    mlm = build_objective("mlm", SPECIAL, 20000, words=words_of, max_ngram=3)
    lengths = []
    for index, row in enumerate(ids):
        chosen = mlm(row, 0, index, 0)[1]["weights"][3:-3].reshape(-1, 3)
        assert (chosen.min(1) == chosen.max(1)).all()
        assert (
            0
            <= round(0.15 * 508)
            - chosen.sum()
            - mlm(row, 0, index, 0)[1]["weights"][[1, 2, -2, -3]].sum()
            < 9
        )
        edges = np.flatnonzero(np.diff(np.concatenate([[0], chosen[:, 0], [0]])))
        lengths += (edges[1::2] - edges[::2]).tolist()
    shares = np.bincount(lengths, minlength=4)[1:4] / len(lengths)
    assert shares[0] > shares[1] > shares[2] > 0.1  # 6/11, 3/11, 2/11, but for runs that touch


def test_words_by_pieces_and_by_a_segmenter():
    made = tokenizer()
    ids = np.array(
        made.tokens_to_ids(["[CLS]", "一", "丁", "丂", "a", "##b", "c", "[UNK]", "七", "[SEP]"])
    )
    assert Words(made)(ids).tolist() == [1, 2, 3, 4, 5, 5, 6, 7, 8, 9]
    seen = []

    def segment(text):
        seen.append(text)
        return ["\ufffd", "一丁", "丂", " ", "ab", " c", "\ufffd", "七\ufffd"]

    assert Words(made, segment)(ids).tolist() == [1, 2, 2, 3, 4, 4, 5, 6, 7, 7]
    assert seen == ["\ufffd一丁丂 ab c\ufffd七\ufffd"]
    with pytest.raises(
        ValueError, match="segment: expected words that make up a text of 12 characters, got 2"
    ):
        Words(made, lambda text: ["一丁"])(ids)


def test_sentence_order():
    sop, swapped = (
        build_objective("sop", SPECIAL, VOCAB_SIZE, mask_rate=1e-9, masked=0, kept=1, ends=[7]),
        0,
    )
    for index, row in enumerate(drawn(60, length=32)):
        inputs, targets = sop(row, 0, index, 0)
        ids, segments = inputs["Input-Token"].tolist(), inputs["Input-Segment"]
        there = ids[: len(ids) - ids[::-1].index(SEP)]
        middle = there.index(SEP)
        assert there[0] == CLS and ids[len(there) :] == [PAD] * (32 - len(there))
        assert segments.tolist() == [0] * (middle + 1) + [1] * (len(there) - middle - 1) + [0] * (
            32 - len(there)
        )
        pieces = [there[1:middle], there[middle + 1 : -1]]
        pieces = pieces[::-1] if targets["label"] else pieces
        assert pieces[0] + pieces[1] == [i for i in row.tolist() if i > 4][:29] and all(pieces)
        assert pieces[0][-1] == 7 or 7 not in (pieces[0] + pieces[1])[:-1]
        swapped += int(targets["label"])
    assert 15 < swapped < 45


def spelled(row):
    """The ids of text as a string, in which others can be found."""
    return "".join(" %d" % i for i in row if i > 4) + " "


def test_next_sentence():
    ids = drawn(200, length=32, vocab_size=20000)
    nsp = build_objective("nsp", SPECIAL, 20000, mask_rate=1e-9, masked=0, kept=1)
    inputs, targets = nsp.batch(ids, np.arange(199), 0, 0)
    texts = [spelled(row) for row in ids]
    rows = zip(texts, inputs["Input-Token"], inputs["Input-Segment"], targets["label"])
    for own, row, segments, label in rows:
        first, second = (spelled(row[segments == k]) for k in (0, 1))
        sources = [text for text in texts if second in text]
        assert own.startswith(first) and sources and (own in sources or label == 1)
        assert label == 0 or own not in sources or second.count(" ") < 4
    assert 60 < targets["label"].sum() < 140
    with pytest.raises(ValueError, match="NextSentence needs two records"):
        nsp.batch(ids[:1], np.arange(1), 0, 0)


def test_pairs_are_masked_too():
    sop = build_objective("sop", SPECIAL, 20000)
    inputs, targets = sop.batch(drawn(50, length=512, vocab_size=20000), np.arange(50), 0, 0)
    chosen = targets["weights"] > 0
    assert 0.14 < chosen.mean() < 0.16 and np.array_equal(
        inputs["Input-Token"][~chosen], targets["labels"][~chosen]
    )


def test_unilm():
    """The cut is evenly distributed, and all else follows from it as bert4keras has it."""
    unilm, row, cuts = build_objective("unilm", SPECIAL, VOCAB_SIZE), drawn(2, length=8)[0], []
    for epoch in range(1500):
        inputs, targets = unilm(row, 0, 0, epoch)
        segments = inputs["Input-Segment"].tolist()
        cut = segments.index(1) - 1
        tokens = row.tolist()[:cut] + [SEP] + row.tolist()[cut:-1]
        assert inputs["Input-Token"].tolist() == tokens and segments == [0] * (cut + 1) + [1] * (
            7 - cut
        )
        assert targets["labels"].tolist() == tokens[1:] + [0] and targets[
            "weights"
        ].tolist() == segments[1:] + [0]
        cuts.append(cut)
    counts = np.bincount(cuts)
    assert (
        counts[0] == 0
        and len(counts) == 7
        and np.abs(counts[1:] - 250).max() < 4 * (250 * 5 / 6) ** 0.5
    )


def test_unilm_of_padded_records():
    unilm = build_objective("unilm", SPECIAL, VOCAB_SIZE)
    for epoch in range(30):
        _, targets = unilm(np.array([CLS, 7, 8, SEP, PAD, PAD, PAD]), 0, 0, epoch)
        assert 1 <= targets["weights"].sum() <= 3
    with pytest.raises(ValueError, match="record 4 can't be cut in two: it has 2 tokens"):
        unilm(np.array([CLS, SEP, PAD]), 0, 4, 0)


def test_simbert():
    rows = np.array([[CLS, 7, 8, SEP, 9, SEP, PAD], [CLS, 10, 11, 12, 13, 14, SEP]])
    inputs, targets = build_objective("simbert", SPECIAL, VOCAB_SIZE).batch(
        rows, np.arange(2), 0, 0
    )
    assert inputs["Input-Token"].tolist() == [
        [CLS, 7, 8, SEP, 9, SEP, PAD],
        [CLS, 9, SEP, 7, 8, SEP, PAD],
        [CLS, 10, 11, SEP, 12, 13, SEP],
        [CLS, 12, 13, SEP, 10, 11, SEP],
    ]
    assert inputs["Input-Segment"].tolist()[:2] == [[0, 0, 0, 0, 1, 1, 0], [0, 0, 0, 1, 1, 1, 0]]
    assert targets["weights"].tolist()[:2] == [[0, 0, 0, 1, 1, 0, 0], [0, 0, 1, 1, 1, 0, 0]]
    assert targets["labels"].tolist()[0] == [7, 8, SEP, 9, SEP, PAD, 0] and targets[
        "label"
    ].tolist() == [1, 0, 3, 2]


def joined(encoder, decoder, first):
    """The text that T5's two sequences were made of."""
    spans, text = {}, []
    for i in decoder:
        if i > 900:
            spans[i] = current = []
        elif i not in (PAD, SEP):
            current.append(i)
    for i in encoder:
        text += spans.pop(i) if i > 900 else [] if i in (PAD, SEP) else [i]
    assert not spans and first >= max(decoder)
    return text


def test_t5():
    t5, ids = build_objective("t5", SPECIAL, 1000), drawn(40, length=130, vocab_size=900)
    inputs, targets = t5.batch(ids, np.arange(40), 0, 0)
    encoder, decoder, labels = (
        inputs["Encoder-Input-Token"],
        inputs["Decoder-Input-Token"],
        targets["labels"],
    )
    assert encoder.shape == (40, 130 - 20 + 7 + 1) and labels.shape == decoder.shape == (
        40,
        20 + 7 + 1,
    )
    assert np.array_equal(decoder[:, 1:], labels[:, :-1]) and not decoder[:, 0].any()
    assert np.array_equal(targets["weights"], labels != PAD)
    for row, *pair in zip(ids, encoder.tolist(), labels.tolist()):
        assert joined(*pair, first=999) == [i for i in row.tolist() if i > 4]
        sentinels = [i for i in pair[0] if i > 900]
        assert sentinels == list(range(999, 999 - len(sentinels), -1)) and pair[0][0] < 900
        text = len([i for i in row if i > 4])
        assert sum(4 < i < 900 for i in pair[1]) == round(0.15 * text) and len(sentinels) == round(
            0.15 * text / 3
        )
    assert encoder[0, -1] == PAD and encoder[0].tolist().count(SEP) == 1


def test_t5_divides_evenly():
    """The two sizes that 3 tokens in 2 spans can have are as likely, and so are 10 in 2 of the rest."""
    t5 = build_objective("t5", SPECIAL, 1000, noise_rate=0.23, mean_span=1.5)
    row = np.arange(5, 18)  # 13 tokens: 3 are cut out in 2 spans
    seen = [t5(row, 0, 0, epoch)[0]["Encoder-Input-Token"].tolist() for epoch in range(900)]
    first = np.bincount([encoder.index(999) for encoder in seen])
    assert len(first) == 10 and np.abs(first[1:] - 100).max() < 4 * (900 * 8 / 81) ** 0.5


@pytest.mark.parametrize("name", ["sop", "simbert", "t5"])
def test_records_without_text(name):
    with pytest.raises(ValueError, match="record 3 .*(cut in two|too few tokens)"):
        build_objective(name, SPECIAL, VOCAB_SIZE)(np.array([CLS, 7, SEP, PAD]), 0, 3, 0)


@pytest.mark.parametrize(
    "name, special, options, message",
    [
        ("mlmm", SPECIAL, {}, "objective must be one of .*'mlmm'; did you mean 'mlm'"),
        (
            "mlm",
            SPECIAL,
            {"maskrate": 0.2},
            "'mlm' has no option 'maskrate'; did you mean 'mask_rate'",
        ),
        (
            "mlm",
            {"pad": 0, "start": 2},
            {},
            "MaskedLM needs the special token 'mask', the tokenizer has",
        ),
    ],
)
def test_bad_names(name, special, options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        build_objective(name, special, VOCAB_SIZE, **options)
