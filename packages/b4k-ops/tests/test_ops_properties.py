"""Properties drawn at random: whatever the shape, the dtype and the axis, an op gives what numpy gives."""

import functools
import operator

import numpy as np
import pytest
from b4k_ops import ops
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

few = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,  # a run is the same everywhere
    database=None,
    suppress_health_check=list(HealthCheck),
)
DTYPES = ("float32", "int32", "bool")
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
FILLED = hnp.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=4)


def numbers(dtype):
    """Values that no function here is steep at."""
    if dtype == "bool":
        return st.booleans()
    integers = st.integers(-8, 8)
    return integers if dtype == "int32" else integers.map(lambda i: i / 4)


def arrays(shapes=SHAPES, dtypes=DTYPES):
    """Arrays of any of these shapes and dtypes."""
    return st.sampled_from(dtypes).flatmap(lambda d: hnp.arrays(d, shapes, elements=numbers(d)))


def agree(result, expected, tolerance=2e-5):
    """Assert that a tensor has the shape and the values of an array."""
    result = ops.convert_to_numpy(result)
    assert result.shape == np.shape(expected)
    np.testing.assert_allclose(
        result.astype("float64"), np.asarray(expected, "float64"), tolerance, tolerance
    )


def tensor(x):
    return ops.convert_to_tensor(x)


# --- element by element

UNARY = "abs arcsinh arctan cbrt ceil cos cosh deg2rad exp exp2 expm1 floor isfinite logical_not rad2deg sin sinh"
UNARY += " square tanh trunc isinf isnan isneginf isposinf isreal nan_to_num signbit sinc"
SIGNED = ["conjugate", "negative", "real", "round", "sign"]  # not of bools
ARITHMETIC = "add arctan2 fmax fmin greater hypot less logaddexp maximum minimum multiply".split()
LOGIC = "equal logical_and logical_or logical_xor not_equal".split()


@pytest.mark.parametrize("name", UNARY.split())
@few
@given(x=arrays())
def test_unary(name, x):
    wide = x if name == "logical_not" else x.astype("float64")
    agree(getattr(ops, name)(tensor(x)), getattr(np, name)(wide))


@pytest.mark.parametrize("name", SIGNED)
@few
@given(x=arrays(dtypes=DTYPES[:2]))
def test_unary_of_numbers(name, x):
    agree(getattr(ops, name)(tensor(x)), getattr(np, name)(x))


@pytest.mark.parametrize("name", ARITHMETIC + LOGIC)
@few
@given(
    data=st.data(),
    shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, min_side=0, max_side=3),
)
def test_binary(name, data, shapes):
    dtypes = DTYPES if name in LOGIC else DTYPES[:2]  # not all of Keras calculates with bools
    x, y = (data.draw(arrays(st.just(shape), dtypes)) for shape in shapes.input_shapes)
    expected = getattr(np, name)(x.astype("float64"), y.astype("float64"))
    agree(getattr(ops, name)(tensor(x), tensor(y)), expected)


# --- reducing

REDUCTIONS = "all amax amin any count_nonzero max mean median min prod ptp std sum var".split()


def axes(rank):
    """None, an axis or several, negative or not."""
    if not rank:
        return st.none()
    single = st.integers(-rank, rank - 1)
    several = st.permutations(range(rank)).flatmap(
        lambda order: st.integers(1, rank).map(lambda n: tuple(order[:n]))
    )
    return st.one_of(st.none(), single, several)


@pytest.mark.parametrize("name", REDUCTIONS)
@few
@given(data=st.data(), x=arrays(FILLED, dtypes=("float32", "int32")))
def test_reduction(name, data, x):
    axis = data.draw(axes(x.ndim))
    options = {"axis": axis}
    keeps = name not in ("count_nonzero",) and axis is not None
    if keeps:
        options["keepdims"] = data.draw(st.booleans())
    agree(getattr(ops, name)(tensor(x), **options), getattr(np, name)(x, **options), 1e-4)


@pytest.mark.parametrize("name", ["argmax", "argmin", "cumprod", "cumsum", "sort"])
@few
@given(data=st.data(), x=arrays(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4)))
def test_along_one_axis(name, data, x):
    x = x.astype("int32")
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    agree(getattr(ops, name)(tensor(x), axis=axis), getattr(np, name)(x, axis=axis))


# --- shaping


@few
@given(data=st.data(), x=arrays())
def test_transpose_and_reshape(data, x):
    order = data.draw(st.permutations(range(x.ndim)))
    agree(ops.transpose(tensor(x), tuple(order)), x.transpose(order))
    split = data.draw(st.integers(0, x.ndim))
    head, tail = (
        functools.reduce(operator.mul, sizes, 1) for sizes in (x.shape[:split], x.shape[split:])
    )
    shape = (head, -1) if head and tail else (head, tail)
    agree(ops.reshape(tensor(x), shape), x.reshape(head, tail))


@few
@given(data=st.data(), x=arrays(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4)))
def test_moving_along_an_axis(data, x):
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    to = data.draw(st.integers(-x.ndim, x.ndim - 1))
    shift = data.draw(st.integers(-5, 5))
    times = data.draw(st.integers(1, 3))
    agree(ops.moveaxis(tensor(x), axis, to), np.moveaxis(x, axis, to))
    agree(ops.swapaxes(tensor(x), axis, to), np.swapaxes(x, axis, to))
    agree(ops.flip(tensor(x), axis), np.flip(x, axis))
    agree(ops.roll(tensor(x), shift, axis), np.roll(x, shift, axis))
    agree(ops.repeat(tensor(x), times, axis), np.repeat(x, times, axis))
    agree(ops.expand_dims(tensor(x), axis), np.expand_dims(x, axis))


@few
@given(data=st.data(), x=arrays(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4)))
def test_picking(data, x):
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    n = x.shape[axis]
    indices = data.draw(hnp.arrays("int32", (3,), elements=st.integers(-n, n - 1)))
    agree(ops.take(tensor(x), indices, axis), np.take(x, indices, axis))
    order = np.argsort(x, axis=axis, kind="stable")
    agree(ops.take_along_axis(tensor(x), order, axis), np.sort(x, axis))
    agree(ops.argsort(tensor(x), axis), order)


@few
@given(data=st.data(), x=arrays(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4)))
def test_joining_undoes_splitting(data, x):
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    cut = data.draw(st.integers(0, x.shape[axis]))
    parts = ops.split(tensor(x), [cut], axis)
    for part, expected in zip(parts, np.split(x, [cut], axis)):
        agree(part, expected)
    agree(ops.concatenate(parts, axis), x)
    agree(ops.stack([tensor(x), tensor(x)], axis), np.stack([x, x], axis))
    rows = ops.unstack(tensor(x), axis=axis)
    agree(ops.stack(rows, axis if axis >= 0 else axis + x.ndim), x)


@few
@given(
    shapes=hnp.mutually_broadcastable_shapes(signature="(n,k),(k,m)->(n,m)", max_dims=2, max_side=3)
)
def test_matmul_broadcasts(shapes):
    random = np.random.RandomState(0)
    x, y = (random.randint(-4, 5, shape).astype("float32") for shape in shapes.input_shapes)
    agree(ops.matmul(tensor(x), tensor(y)), np.matmul(x, y))
