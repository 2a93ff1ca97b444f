"""The core ops that no golden case can hold: those of functions, and of things that are no arrays."""

import numpy as np
import pytest
from b4k_ops import ops
from b4k_ops.testing import engine

F = np.random.RandomState(0).standard_normal((5, 3)).astype("float32")
G = np.random.RandomState(1).standard_normal((5, 3)).astype("float32")


def value(tensor):
    return ops.convert_to_numpy(tensor)


def differentiate(function, *arrays):
    """(outputs, gradients of the sum of all outputs) of a function of tensors: tensors."""
    outputs = [value(y) for y in function([ops.convert_to_tensor(x) for x in arrays])]
    ones = {i: np.ones(y.shape, y.dtype) for i, y in enumerate(outputs)}
    shapes = [(None,) + x.shape[1:] for x in arrays]
    return engine.run_function(function, list(arrays), shapes, ones, list(range(len(arrays))))


# --- branches


def test_cond():
    x = ops.convert_to_tensor(np.float32(3))
    taken = ops.cond(ops.greater(x, 2), lambda: x + 1, lambda: x - 1)
    left = ops.cond(ops.less(x, 2), lambda: x + 1, lambda: x - 1)
    known = ops.cond(True, lambda: x * 2, lambda: x * 3)
    assert [float(value(y)) for y in (taken, left, known)] == [4, 2, 6]


def test_cond_of_several_tensors():
    def function(tensors):
        (x,) = tensors
        positive = ops.greater(ops.sum(x), 0)
        return ops.cond(positive, lambda: (x, 2 * x), lambda: (3 * x, x * x))

    x = np.abs(F)
    for signed, outputs, slope in ((x, (x, 2 * x), 3 + 0 * x), (-x, (-3 * x, x * x), 3 - 2 * x)):
        got, (gradient,) = differentiate(function, signed)
        np.testing.assert_allclose(got, outputs, rtol=1e-6)
        np.testing.assert_allclose(gradient, slope, rtol=1e-6)


def test_switch():
    branches = [lambda x, y: x + y, lambda x, y: x * y, lambda x, y: x - y]
    for index, expected in ((-5, 8), (0, 8), (1, 15), (2, 2), (9, 2)):
        tensor = ops.convert_to_tensor(np.int32(index))
        assert float(value(ops.switch(index, branches, 5.0, 3.0))) == expected
        assert float(value(ops.switch(tensor, branches, 5.0, 3.0))) == expected


def test_switch_by_a_tensor():
    def function(tensors):
        x, index = tensors
        index = ops.cast(index[0], "int32")
        return [ops.switch(index, [lambda x: 2 * x, ops.square], x)]

    for index, expected, slope in ((0.0, 2 * F, 2 + 0 * F), (1.0, F * F, 2 * F)):
        (y,), (gradient, _) = differentiate(function, F, np.array([index], "float32"))
        np.testing.assert_allclose(y, expected, rtol=1e-6)
        np.testing.assert_allclose(gradient, slope, rtol=1e-6)


# --- loops


def test_while_loop():
    def body(i, total):
        return i + 1, total + i

    i, total = ops.while_loop(lambda i, total: i < 5, body, (0, 0))
    assert (int(value(i)), int(value(total))) == (5, 10)
    i, total = ops.while_loop(lambda i, total: i < 5, body, (0, 0), maximum_iterations=2)
    assert (int(value(i)), int(value(total))) == (2, 1)
    one = ops.while_loop(lambda x: x < 100, lambda x: x * 2, 3)
    assert int(value(one)) == 192


def test_while_loop_has_gradients():
    def function(tensors):
        return [ops.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * x), (0, tensors[0]))[1]]

    (y,), (gradient,) = differentiate(function, F)
    np.testing.assert_allclose(y, F**8, rtol=1e-5)
    np.testing.assert_allclose(gradient, 8 * F**7, rtol=1e-5)


def test_fori_loop():
    def function(tensors):
        return [ops.fori_loop(1, 4, lambda i, x: x * tensors[1] + ops.cast(i, x.dtype), tensors[0])]

    (y,), (by_x, by_factor) = differentiate(function, F, G)
    np.testing.assert_allclose(y, ((F * G + 1) * G + 2) * G + 3, rtol=1e-5)
    np.testing.assert_allclose(by_x, G**3, rtol=1e-5)
    np.testing.assert_allclose(by_factor, 3 * F * G**2 + 2 * G + 2, rtol=1e-4, atol=1e-5)


def test_fori_loop_of_a_structure():
    def body(i, state):
        return {"sum": state["sum"] + i, "pair": (state["pair"][1], state["pair"][0])}

    x, y = ops.convert_to_tensor(np.float32(1)), ops.convert_to_tensor(np.float32(2))
    zero = ops.convert_to_tensor(np.int32(0))
    last = ops.fori_loop(0, 5, body, {"sum": zero, "pair": (x, y)})
    assert int(value(last["sum"])) == 10
    assert [float(value(z)) for z in last["pair"]] == [2, 1]
    assert float(value(ops.fori_loop(3, 3, lambda i, x: x + 1, x))) == 1


def test_map():
    def function(tensors):
        return [ops.map(lambda x: ops.sum(x * x), tensors[0])]

    (y,), (gradient,) = differentiate(function, F)
    np.testing.assert_allclose(y, (F * F).sum(1), rtol=1e-5)
    np.testing.assert_allclose(gradient, 2 * F, rtol=1e-5)


def test_map_of_structures():
    def function(xs):
        return {"total": xs[0] + xs[1]["b"], "half": (xs[0] / 2,)}

    F_, G_ = ops.convert_to_tensor(F), ops.convert_to_tensor(G)
    y = ops.map(function, (F_, {"b": G_}))
    np.testing.assert_allclose(value(y["total"]), F + G, rtol=1e-6)
    np.testing.assert_allclose(value(y["half"][0]), F / 2, rtol=1e-6)


def test_vectorized_map():
    def function(tensors):
        return [ops.vectorized_map(lambda xs: ops.sum(xs[0]) * xs[1], tuple(tensors))]

    (y,), (by_x, by_y) = differentiate(function, F, G)
    total = F.sum(1, keepdims=True)
    np.testing.assert_allclose(y, total * G, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(by_x, G.sum(1, keepdims=True) + 0 * F, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(by_y, total + 0 * G, rtol=1e-4, atol=1e-6)


def python_scan(f, carry, xs, reverse=False):
    order = range(len(xs))[::-1] if reverse else range(len(xs))
    ys = {}
    for i in order:
        carry, ys[i] = f(carry, xs[i])
    return carry, np.stack([ys[i] for i in range(len(xs))])


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("unroll", [1, 2, True])
def test_scan(reverse, unroll):
    def step(carry, x):
        carry = carry * 0.5 + x
        return carry, carry * x

    def function(tensors):
        xs, carry = tensors
        return list(ops.scan(step, carry[0], xs, reverse=reverse, unroll=unroll))

    outputs, (by_xs, by_carry) = differentiate(function, F, G)
    for y, expected in zip(outputs, python_scan(step, G[0], F, reverse)):
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    for gradient, x in ((by_xs, F), (by_carry, G)):  # against finite differences
        up, down = x.astype("float64"), x.astype("float64")
        up[0, 1] += 1e-4
        down[0, 1] -= 1e-4
        pairs = [(up, G), (down, G)] if x is F else [(F, up), (F, down)]
        sums = [sum(y.sum() for y in python_scan(step, g[0], f, reverse)) for f, g in pairs]
        np.testing.assert_allclose(gradient[0, 1], (sums[0] - sums[1]) / 2e-4, rtol=1e-3)


def test_scan_without_xs():
    start = ops.convert_to_tensor(np.float32(1))
    last, powers = ops.scan(lambda carry, x: (2 * carry, carry), start, length=5)
    assert float(value(last)) == 32
    np.testing.assert_array_equal(value(powers), [1, 2, 4, 8, 16])
    with pytest.raises(ValueError):
        ops.scan(lambda carry, x: (carry, x), start)
    with pytest.raises(ValueError):
        ops.scan(lambda carry, x: (carry, x), start, length=2, unroll=0)


def test_scan_of_structures():
    def step(carry, xs):
        a, b = carry
        return (a + xs["x"], b * 2), (a, b)

    zeros, one = ops.zeros((3,)), ops.convert_to_tensor(np.float32(1))
    (a, b), (before, powers) = ops.scan(step, (zeros, one), {"x": ops.convert_to_tensor(F)})
    np.testing.assert_allclose(value(a), F.sum(0), rtol=1e-5)
    np.testing.assert_allclose(value(before), np.cumsum(F, 0) - F, rtol=1e-4, atol=1e-6)
    assert float(value(b)) == 32
    np.testing.assert_array_equal(value(powers), [1, 2, 4, 8, 16])


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_associative_scan(size, reverse):
    def function(tensors):
        x = tensors[0]
        return [
            ops.associative_scan(lambda a, b: a + b, x, reverse=reverse),
            ops.associative_scan(lambda a, b: a * b, x, reverse=reverse, axis=1),
        ]

    x = F[:size]
    (sums, products), (gradient,) = differentiate(function, x)
    turn = slice(None, None, -1 if reverse else 1)
    np.testing.assert_allclose(sums, np.cumsum(x[turn], 0)[turn], rtol=1e-5, atol=1e-6)
    expected = np.cumprod(x[:, turn], 1)[:, turn]
    np.testing.assert_allclose(products, expected, rtol=1e-5, atol=1e-6)
    assert np.isfinite(gradient).all() and gradient.shape == x.shape


def test_associative_scan_keeps_the_order():
    def compose(f, g):  # x -> b * x + c
        return f[0] * g[0], f[1] * g[0] + g[1]

    factors, sums = ops.associative_scan(
        compose, (ops.convert_to_tensor(F), ops.convert_to_tensor(G))
    )
    x, expected = np.zeros(3), []
    for factor, term in zip(F, G):
        x = factor * x + term
        expected.append(x)
    np.testing.assert_allclose(value(sums), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(value(factors), np.cumprod(F, 0), rtol=1e-4, atol=1e-6)


# --- gradients


def test_custom_gradient():
    @ops.custom_gradient
    def doubled(x):
        def gradient(*args, upstream=None):
            upstream = args[-1] if upstream is None else upstream
            return ops.multiply(upstream, 10.0)

        return ops.multiply(x, 2.0), gradient

    (y,), (gradient,) = differentiate(lambda tensors: [doubled(tensors[0])], F)
    np.testing.assert_allclose(y, 2 * F, rtol=1e-6)
    np.testing.assert_allclose(gradient, np.full_like(F, 10), rtol=1e-6)


def test_stop_gradient():
    x = np.array([1.0, -2.0, 3.0], "float32")
    _, (gradient,) = engine.run_function(
        lambda tensors: [ops.stop_gradient(tensors[0]) * tensors[0]], [x], [(3,)], {0: x}, [0]
    )
    np.testing.assert_allclose(gradient, x * x)


# --- what a value is


def test_dtype():
    for name in ("float32", "float16", "int32", "bool", "uint8"):
        assert ops.dtype(np.zeros(2, name)) == name
        assert ops.dtype(ops.zeros((2,), dtype=name)) == name


def test_is_tensor():
    assert ops.is_tensor(ops.ones((2,)))
    assert not ops.is_tensor(np.ones(2)) and not ops.is_tensor(1.0)
