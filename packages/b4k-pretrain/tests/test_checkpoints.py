"""A checkpoint is whole or not there, and belongs to its run."""

import os

import numpy as np
import pytest
from b4k_pretrain import checkpoints

ARRAYS = [np.arange(6, dtype="float32").reshape(2, 3), np.array(7, "int64"), np.zeros(0, "float32")]


def save(folder, step, keep=9, arrays=ARRAYS):
    return checkpoints.save(str(folder), step, {"step": step}, arrays, keep)


def test_it_comes_back_as_it_was(tmp_path):
    header, arrays = checkpoints.read(save(tmp_path, 3))
    assert header == {"step": 3}
    for got, expected in zip(arrays, ARRAYS):
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected)


def test_the_last_ones_are_kept(tmp_path):
    for step in (1, 2, 12, 12):
        save(tmp_path, step, keep=2)
    assert [checkpoints.step_of(path) for path in checkpoints.paths(str(tmp_path))] == [2, 12]
    assert checkpoints.newest(str(tmp_path))[0]["step"] == 12
    assert checkpoints.newest(str(tmp_path / "none")) is None


@pytest.mark.parametrize("place", [0.0, 0.3, 0.5, 0.7, 0.999, None])
def test_a_damaged_one_is_left_for_the_one_before(tmp_path, place):
    save(tmp_path, 1)
    path = save(tmp_path, 2, arrays=[np.arange(4000, dtype="float32")])
    with open(path, "rb") as file:
        content = bytearray(file.read())
    if place is None:
        content = content[: len(content) // 2]  # as a crash may leave it
    else:
        content[int(place * len(content))] ^= 4
    with open(path, "wb") as file:
        file.write(content)
    with pytest.warns(UserWarning, match="step-0000000002-.* is damaged"):
        assert checkpoints.newest(str(tmp_path))[0]["step"] == 1


def test_what_is_not_finite_is_not_written(tmp_path):
    save(tmp_path, 1)
    with pytest.raises(FloatingPointError, match="variable 1"):
        save(tmp_path, 2, arrays=[np.ones(2), np.array([1.0, np.nan])])
    assert [checkpoints.step_of(name) for name in os.listdir(str(tmp_path))] == [1]


def test_a_full_disk_leaves_the_one_before(tmp_path):
    def arrays():
        yield ARRAYS[0]
        raise OSError(28, "No space left on device")

    save(tmp_path, 1)
    with pytest.raises(OSError, match="No space left"):
        save(tmp_path, 2, arrays=arrays())
    assert [checkpoints.step_of(name) for name in os.listdir(str(tmp_path))] == [1]


def test_another_run_is_refused_by_name():
    checkpoints.check({"a": 1, "b": [2]}, {"a": 1, "b": [2]}, "run")
    with pytest.raises(
        checkpoints.CheckpointsError, match="run was begun with b = 2, and now it is 3"
    ):
        checkpoints.check({"a": 1, "b": 2}, {"a": 1, "b": 3}, "run")
