"""The linalg ops whose results are right in several forms: they must give back what was taken apart."""

import numpy as np
import pytest
from b4k_ops import ops
from b4k_ops.testing import engine

RANDOM = np.random.RandomState(0)
SQUARES = RANDOM.standard_normal((2, 4, 4)).astype("float32")
TALLS = RANDOM.standard_normal((2, 5, 3)).astype("float32")
COMPLEX = (SQUARES + 1j * RANDOM.standard_normal((2, 4, 4))).astype("complex64")
FLATS = TALLS.swapaxes(1, 2).copy()


def values(tensors):
    return [ops.convert_to_numpy(x) for x in tensors]


def adjoint(x):
    return x.conj().swapaxes(-2, -1)


def close(x, y, tolerance=2e-5):
    np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)


def assert_gradient(function, x, tolerance=2e-2):
    """The gradient of a scalar function must be what finite differences say, along some directions."""

    def outputs(tensors):
        return [function(tensors[0])]

    one = np.ones((), "float32")
    _, (gradient,) = engine.run_function(outputs, [x], [x.shape], {0: one}, [0])
    assert np.isfinite(gradient).all()
    for seed in range(3):
        direction = np.random.RandomState(seed).standard_normal(x.shape).astype("float32")
        ends = [
            ops.convert_to_numpy(function(ops.convert_to_tensor(x + step * direction)))
            for step in (1e-2, -1e-2)
        ]
        expected = (float(ends[0]) - float(ends[1])) / 2e-2
        np.testing.assert_allclose((gradient * direction).sum(), expected, tolerance, tolerance)


# --- factors


def test_lu_factor_has_gradients():
    assert_gradient(lambda x: ops.sum(ops.power(ops.lu_factor(x)[0], 2)), SQUARES[0])


def test_lu_factor_of_a_singular_matrix():
    x = np.array([[0, 2, 1], [0, 4, 3], [0, 0, 0]], "float32")
    lu, pivots = values(ops.lu_factor(ops.convert_to_tensor(x)))
    lower, upper, rows = np.tril(lu, -1) + np.eye(3), np.triu(lu), np.arange(3)
    for i, j in enumerate(pivots):
        rows[[i, j]] = rows[[j, i]]
    close(lower @ upper, x[rows])


@pytest.mark.parametrize("mode", ["reduced", "complete"])
@pytest.mark.parametrize("x", [SQUARES, TALLS, FLATS], ids=["square", "tall", "flat"])
def test_qr(x, mode):
    q, r = values(ops.qr(ops.convert_to_tensor(x), mode))
    expected = np.linalg.qr(x[0], mode)
    assert q.shape[1:] == expected[0].shape and r.shape[1:] == expected[1].shape
    close(q @ r, x)
    close(adjoint(q) @ q, np.broadcast_to(np.eye(q.shape[-1]), (2, q.shape[-1], q.shape[-1])))
    close(np.tril(r, -1), np.zeros_like(r))


def test_qr_has_gradients():
    assert_gradient(lambda x: ops.sum(ops.power(ops.qr(x)[0], 4)), TALLS)


def test_qr_refuses_other_modes():
    with pytest.raises(ValueError):
        ops.qr(ops.convert_to_tensor(TALLS), "raw")


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("x", [SQUARES, TALLS, FLATS], ids=["square", "tall", "flat"])
def test_svd(x, full):
    u, s, vh = values(ops.svd(ops.convert_to_tensor(x), full_matrices=full))
    shapes = [part.shape[1:] for part in np.linalg.svd(x, full)]
    assert [u.shape[1:], s.shape[1:], vh.shape[1:]] == shapes
    n = s.shape[-1]
    close(u[..., :n] * s[:, None] @ vh[:, :n], x)
    close(s, np.linalg.svd(x, compute_uv=False))
    close(adjoint(u) @ u, np.broadcast_to(np.eye(u.shape[-1]), (2, u.shape[-1], u.shape[-1])))
    close(vh @ adjoint(vh), np.broadcast_to(np.eye(vh.shape[-2]), (2, vh.shape[-2], vh.shape[-2])))


def test_svd_without_vectors():
    (s,) = values([ops.svd(ops.convert_to_tensor(TALLS), compute_uv=False)])
    close(s, np.linalg.svd(TALLS, compute_uv=False))
    assert_gradient(lambda x: ops.sum(ops.power(ops.svd(x, compute_uv=False), 2)), TALLS)


def test_svd_has_gradients():
    assert_gradient(lambda x: ops.sum(ops.power(ops.svd(x, full_matrices=False)[0], 4)), TALLS)


# --- eigenvalues


def test_eigh():
    x = SQUARES + adjoint(SQUARES)
    w, v = values(ops.eigh(ops.convert_to_tensor(x)))
    close(w, np.linalg.eigvalsh(x))
    close(x @ v, v * w[:, None])
    close(adjoint(v) @ v, np.broadcast_to(np.eye(4), v.shape))
    assert_gradient(lambda x: ops.sum(ops.power(ops.eigh(x + ops.transpose(x))[0], 3)), SQUARES[0])
    assert_gradient(lambda x: ops.sum(ops.power(ops.eigh(x + ops.transpose(x))[1], 4)), SQUARES[0])


def test_eigh_of_hermitian_matrices():
    x = COMPLEX + adjoint(COMPLEX)
    w, v = values(ops.eigh(ops.convert_to_tensor(x)))
    assert w.dtype == "float32" and v.dtype == "complex64"
    close(w, np.linalg.eigvalsh(x))
    close(x @ v, v * w[:, None])


def in_order(w):
    """Complex numbers sorted such that rounding does not matter."""
    return np.array(sorted(np.ravel(w), key=lambda z: (np.round(z.real, 3), z.imag)))


def test_eig():
    for batch in (SQUARES, COMPLEX):
        w, v = values(ops.eig(ops.convert_to_tensor(batch)))
        assert w.dtype == v.dtype == "complex64" and v.shape == batch.shape
        close(batch @ v, v * w[:, None])
        close(np.linalg.norm(v, axis=1), np.ones((2, 4)))
        for found, x in zip(w, batch):
            close(in_order(found), in_order(np.linalg.eigvals(x)), 1e-4)


SPECIAL = {
    "cycle": np.eye(5)[[1, 2, 3, 4, 0]],  # all eigenvalues on the unit circle
    "identity": np.eye(3),
    "jordan": np.eye(3, k=1) + 2 * np.eye(3),
    "large": np.random.RandomState(1).standard_normal((24, 24)),
    "one": np.array([[3.0]]),
    "rotation": np.array([[0.0, -1.0], [1.0, 0.0]]),
    "singular": np.outer([1, 2, 3], [1, 1, -1]),
    "triangular": np.triu(np.ones((4, 4))) * [1, 2, 3, 4],
    "zeros": np.zeros((3, 3)),
}


@pytest.mark.parametrize("name", sorted(SPECIAL))
def test_eig_of_special_matrices(name):
    x = SPECIAL[name].astype("float32")
    w, v = values(ops.eig(ops.convert_to_tensor(x)))
    close(x @ v, v * w, 1e-4)
    tolerance = 2e-2 if name == "jordan" else 1e-4  # a triple eigenvalue, which rounding spreads
    close(
        np.poly(w),
        np.poly(np.linalg.eigvals(x.astype("float64"))),
        tolerance * abs(w).max() ** len(w) + tolerance,
    )


def test_eigenvalues_have_gradients():
    def function(x):
        w, _ = ops.eig(x)
        return ops.sum(ops.power(ops.real(w), 3)) + ops.sum(ops.power(ops.imag(w), 2))

    assert_gradient(function, SQUARES[0])


def test_eigenvectors_have_gradients():
    assert_gradient(lambda x: ops.sum(ops.power(ops.abs(ops.eig(x)[1]), 4)), SQUARES[0])


# --- derivatives


def test_jvp():
    x, t = SQUARES[0], SQUARES[1]

    def function(tensors):
        y, along = ops.jvp(lambda x: ops.sin(x) * x, (tensors[0],), (tensors[1],))
        return [y, along]

    y, along = values(function([ops.convert_to_tensor(x), ops.convert_to_tensor(t)]))
    close(y, np.sin(x) * x)
    close(along, (np.cos(x) * x + np.sin(x)) * t)


def test_jvp_of_structures():
    def function(x, y):
        return {"product": ops.matmul(x, y), "sum": (x + 2 * y,)}, ops.max(x)

    x, y, s, t = TALLS[0, :3], TALLS[1, :3], FLATS[0][:, :3], FLATS[1][:, :3]
    tensors = [ops.convert_to_tensor(z.copy()) for z in (x, y, s, t)]
    outputs, along, aux = ops.jvp(function, tuple(tensors[:2]), tuple(tensors[2:]), has_aux=True)
    close(*values([outputs["product"]]), x @ y)
    close(*values([along["product"]]), s @ y + x @ t)
    close(*values([along["sum"][0]]), s + 2 * t)
    close(*values([aux]), x.max())


# --- what is refused


@pytest.mark.parametrize(
    "call",
    [
        lambda x: ops.cholesky(x[0]),
        lambda x: ops.det(x[:, :2]),
        lambda x: ops.eig(x[0]),
        lambda x: ops.inv(x[:2]),
        lambda x: ops.lu_factor(x[0]),
        lambda x: ops.matrix_rank(x[0]),
        lambda x: ops.norm(x, ord="fro", axis=0),
        lambda x: ops.norm(x, ord=3),
        lambda x: ops.norm(x, axis=3),
        lambda x: ops.pinv(x[0]),
        lambda x: ops.solve(x, x[:2]),
    ],
)
def test_what_is_refused(call):
    with pytest.raises((ValueError, IndexError, RuntimeError)):  # the last two are torch's
        call(ops.convert_to_tensor(SQUARES[0]))
