"""Every op gives what `keras.ops` of Keras 3.15.1 gives: values, dtypes and gradients.

The cases are made by ci/golden/make_ops_*.py: inf, nan, empty, 0-d, negative axes, integers, bools.
Ops of functions, and those with results that are right in several forms, have a test of their own in test_ops_*.py.
"""

import os
import re

import numpy as np
import pytest
from b4k_ops import _names, ops, testing
from b4k_ops.testing import cases, engine

SLOW = ("test_values_in_a_graph", "test_values_in_half_precision")  # see ci/lane_guard.py
HERE = os.path.dirname(os.path.abspath(__file__))
FAMILIES = sorted(os.listdir(os.path.join(HERE, "golden", "ops")))
CASES = [case for family in FAMILIES for case in cases(__file__, "ops/" + family)]
CALLS = [(case, i) for case in CASES for i in range(len(case.header["calls"]))]
GRADIENTS = [(case, i) for case, i in CALLS if case.numbered("gradient/%d" % i)]
_session = {"case": None}
WINDOWS = (
    "bartlett",
    "blackman",
    "hamming",
    "hanning",
    "kaiser",
)  # their size is a shape, known beforehand
VALUES_NEEDED = WINDOWS + ("convert_to_numpy",)
CHOOSE_A_DTYPE = ("cast", "full", "saturate_cast")
OF_SINGLES = (
    "cholesky cholesky_inverse det inv lstsq matrix_rank pinv solve solve_triangular".split()
)
OF_SINGLES += "fft fft2 ifft2 irfft istft polar rfft stft".split()  # as jax has them
STEEP = ("affine_transform", "floor_divide", "ldexp", "mod")  # a rounded input is another result
NOT_IN_HALF = (*CHOOSE_A_DTYPE, *OF_SINGLES, *STEEP)
LARGEST = 1e3  # that halves are expected to hold with two digits
SIZES = ("ndim", "shape", "size")  # their results are numbers, or tensors where unknown


@pytest.fixture(autouse=True)
def fresh_session():
    """None for each test: `case` begins one."""


@pytest.fixture
def case(request):
    """The case, with a session that starts anew for each: in graph mode all its calls share a small graph."""
    if _session["case"] is not request.param:
        testing.fresh_session()
        _session["case"] = request.param
    return request.param


def run(case, i, tensors):
    """The results of a call as a list of tensors."""
    row = case.header["calls"][i]
    args = [fill(value, tensors) for value in row["args"]]
    results = case.load_target()(*args, **{k: fill(v, tensors) for k, v in row["call"].items()})
    if case.name in SIZES:
        return [ops.convert_to_tensor(results, dtype="int32")]
    return list(results) if isinstance(results, (list, tuple)) else [results]


def fill(value, tensors):
    """The tensor that "input/<i>" stands for, also inside a tuple."""
    if isinstance(value, tuple):
        return tuple(fill(item, tensors) for item in value)
    if isinstance(value, str) and value.startswith("input/"):
        return tensors[int(value[len("input/") :])]
    return value


def calls_for_halves(case):
    """The numbers of the calls that take float32 tensors and no others, and where all values are moderate."""
    arrays = case.numbered("input")
    for i, row in enumerate(case.header["calls"]):
        inputs = [arrays[int(k)] for k in re.findall(r"'input/(\d+)'", str(row))]
        values = inputs + list(case.numbered("output/%d" % i).values())
        singles = bool(inputs) and all(x.dtype == "float32" for x in inputs)
        if singles and "dtype" not in row["call"] and all((abs(x) < LARGEST).all() for x in values):
            yield i


@pytest.mark.parametrize("case, i", CALLS, ids=str, indirect=["case"])
def test_values(case, i):
    tensors = [ops.convert_to_tensor(array) for array in case.numbered("input").values()]
    results, expected = run(case, i, tensors), case.numbered("output/%d" % i)
    assert len(results) == len(expected)
    for result, value in zip(results, expected.values()):
        array = ops.convert_to_numpy(result)
        assert (array.dtype, array.shape) == (value.dtype, value.shape)
        np.testing.assert_allclose(array, value, rtol=2e-5, atol=2e-6)


if hasattr(engine, "run_traced"):  # where the ops are ours: Keras 3 has its own

    @pytest.mark.parametrize(
        "case", [c for c in CASES if c.name not in VALUES_NEEDED], ids=str, indirect=True
    )
    def test_values_in_a_graph(case):
        """As in a tf.function: no op may look at values, or at what TensorFlow knows of constants."""

        def run_all(tensors):
            results = [run(case, i, tensors) for i in range(len(case.header["calls"]))]
            return [result for call in results for result in call]

        results = iter(engine.run_traced(run_all, list(case.numbered("input").values())))
        for i in range(len(case.header["calls"])):
            for value in case.numbered("output/%d" % i).values():
                array = next(results)
                assert (array.dtype, array.shape) == (value.dtype, value.shape), i
                np.testing.assert_allclose(array, value, rtol=2e-5, atol=2e-6)

    @pytest.mark.parametrize(
        "case", [c for c in CASES if c.name not in NOT_IN_HALF], ids=str, indirect=True
    )
    def test_values_in_half_precision(case):
        """What takes float32 alone takes float16 as well, and gives it back."""
        arrays = case.numbered("input")
        tensors = [ops.convert_to_tensor(array) for array in arrays.values()]
        halves = [ops.cast(x, "float16") if x.dtype == "float32" else x for x in tensors]
        for i in calls_for_halves(case):
            expected = case.numbered("output/%d" % i).values()
            for result, value in zip(run(case, i, halves), expected):
                if value.dtype != "float32":
                    continue
                assert "float16" in str(result.dtype), i
                array = ops.convert_to_numpy(ops.cast(result, "float32"))
                np.testing.assert_allclose(array, value, rtol=5e-2, atol=5e-2, err_msg=str(i))


@pytest.mark.parametrize("case, i", GRADIENTS, ids=str, indirect=["case"])
def test_gradients(case, i):
    arrays, expected = case.numbered("input"), case.numbered("gradient/%d" % i)
    _, gradients = engine.run_function(
        lambda tensors: run(case, i, tensors),
        list(arrays.values()),
        [array.shape for array in arrays.values()],
        case.numbered("cotangent/%d" % i),
        list(expected),
    )
    for gradient, value in zip(gradients, expected.values()):
        np.testing.assert_allclose(gradient, value, rtol=1e-4, atol=1e-5)


def test_arrays_and_numbers_are_tensors_too():
    x = np.arange(6, dtype="float32").reshape(2, 3)
    total = ops.sum(
        ops.concatenate([ops.matmul(x, x.T), ops.where(x[:, :1] > 2, 1.0, -1.0)], axis=1)
    )
    assert float(ops.convert_to_numpy(total)) == 83


def test_every_op_has_a_value_case():
    golden = {case.header["target"].split("ops.")[-1] for case in CASES}
    missing = set(_names.NAMES) - golden
    assert {name for name in missing if name.replace(".", "_") not in by_hand()} == set()


def by_hand():
    """The names x of all functions test_x of the modules test_ops_*.py beside this one."""
    found = set()
    for module in os.listdir(HERE):
        if re.match(r"test_ops_\w+\.py$", module):
            with open(os.path.join(HERE, module)) as source:
                found.update(re.findall(r"^def test_(\w+)\(", source.read(), re.MULTILINE))
    return found
