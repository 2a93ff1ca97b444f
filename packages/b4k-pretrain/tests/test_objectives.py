"""Inputs and targets by plain formulas, and masks by their distribution."""

import numpy as np
import pytest
from b4k_pretrain import build_objective
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
