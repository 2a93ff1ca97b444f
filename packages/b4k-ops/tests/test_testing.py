"""The tests' own tools: a wrong number, mask or file must not pass."""

import json

import numpy as np
import pytest
from b4k_ops.testing import Case, assert_close, cases

EXPECTED = {
    "output/0": np.array([[1.0, 2.0], [3.0, -np.inf]], "float32"),
    "output_mask/0": np.array([[True, False]]),
    "gradient/weight/0": np.array([1.0, 100.0], "float32"),
}


@pytest.fixture
def case(tmp_path):
    (tmp_path / "golden" / "some").mkdir(parents=True)
    header = json.dumps({"case": "tiny", "config": {"tokens": {"tuple": [[1, 2], [0.5, 0.5]]}}})
    path = tmp_path / "golden" / "some" / "tiny.npz"
    np.savez(str(path), header=np.array(header), **EXPECTED)
    return Case(str(path))


def test_the_expected_passes(case):
    assert_close(EXPECTED, case)
    assert case.config == {"tokens": ([1, 2], [0.5, 0.5])}


def test_rounding_passes(case):
    got = dict(EXPECTED)
    got["output/0"] = EXPECTED["output/0"] + np.float32(1e-5)
    got["gradient/weight/0"] = EXPECTED["gradient/weight/0"] + np.float32(5e-3)
    assert_close(got, case)


@pytest.mark.parametrize(
    "key, got, message",
    [
        ("output/0", np.array([[1.0, 2.0], [3.001, -np.inf]]), "got 3.001, expected 3.0"),
        ("output/0", np.array([[1.0, 2.0], [3.0, -1e12]]), "off by inf"),
        ("output/0", np.array([[1.0, np.nan], [3.0, -np.inf]]), "got nan"),
        ("output/0", np.array([1.0, 2.0]), r"shape \(2,\), expected \(2, 2\)"),
        ("output_mask/0", np.array([[True, True]]), "output_mask/0: at"),
        ("gradient/weight/0", np.array([1.02, 100.0]), "off by 0.02, allowed 0.01"),
    ],
)
def test_a_wrong_number_fails(case, key, got, message):
    with pytest.raises(AssertionError, match=message):
        assert_close(dict(EXPECTED, **{key: got}), case)


def test_a_lost_mask_fails(case):
    got = {key: value for key, value in EXPECTED.items() if key != "output_mask/0"}
    with pytest.raises(AssertionError, match="missing .*output_mask/0"):
        assert_close(got, case)


def test_an_invented_mask_fails(case):
    got = dict(EXPECTED, **{"output_mask/1": EXPECTED["output_mask/0"]})
    with pytest.raises(AssertionError, match="not expected .*output_mask/1"):
        assert_close(got, case)


@pytest.mark.parametrize("listed", [{}, {"some/tiny.npz": "0" * 64}, {"some/gone.npz": "0" * 64}])
def test_files_that_the_manifest_does_not_list_fail(case, tmp_path, listed):
    (tmp_path / "golden" / "MANIFEST.json").write_text(json.dumps(listed))
    with pytest.raises(ValueError, match="tiny.npz"):
        cases(str(tmp_path / "test_some.py"), "some")


def test_an_empty_folder_fails(tmp_path):
    (tmp_path / "golden" / "some").mkdir(parents=True)
    (tmp_path / "golden" / "MANIFEST.json").write_text("{}")
    with pytest.raises(ValueError, match="there are none"):
        cases(str(tmp_path / "test_some.py"), "some")
