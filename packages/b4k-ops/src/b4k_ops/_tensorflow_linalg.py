"""`keras.ops`, linalg family, on TensorFlow: factors, eigenvalues, equations, norms, derivatives.

A matrix is the last two axes of a tensor; all axes before them are a batch of matrices.
"""

import numpy as np
import tensorflow.compat.v2 as tf

from ._tensorflow_arrays import moveaxis
from ._tensorflow_control import fori_loop
from ._tensorflow_core import axes_of, cast, convert_to_tensor, floating, promoted
from ._tensorflow_core import shape as shape_of
from ._tensorflow_numpy import in_single, sqrt

# --- arguments


def _matrices(x, square=False):
    """The argument as a tensor of float matrices."""
    x = floating(x)
    if x.shape.rank < 2:
        raise ValueError("a matrix or a batch of them is needed, got shape %s" % x.shape)
    rows, columns = x.shape.as_list()[-2:]
    if square and None not in (rows, columns) and rows != columns:
        raise ValueError("square matrices are needed, got shape %s" % x.shape)
    return x


def _same_batch(a, b):
    """Two tensors of matrices, their batches broadcast to one."""
    if a.shape.is_fully_defined() and a.shape[:-2].as_list() == b.shape[:-2].as_list():
        return a, b
    batch = tf.broadcast_dynamic_shape(tf.shape(a)[:-2], tf.shape(b)[:-2])
    return [tf.broadcast_to(x, tf.concat([batch, tf.shape(x)[-2:]], 0)) for x in (a, b)]


def _symmetric(x):
    """The mean of matrices and their adjoints."""
    return (x + tf.linalg.adjoint(x)) / 2


# --- factors


def cholesky(x, upper=False):
    """The lower triangular L with x = L L^H, of a positive definite matrix, or the upper one with x = U^H U."""
    factor = tf.linalg.cholesky(_symmetric(_matrices(x, square=True)))
    return tf.linalg.adjoint(factor) if upper else factor


def cholesky_inverse(x, upper=False):
    """The inverse of the matrix whose Cholesky factor is x."""
    x = _matrices(x, square=True)
    identity = tf.zeros_like(x) + tf.eye(shape_of(x)[-1], dtype=x.dtype)
    inverse = tf.linalg.triangular_solve(x, identity, lower=not upper)
    return tf.matmul(inverse, inverse, adjoint_a=not upper, adjoint_b=upper)


def lu_factor(x):
    """(L below the diagonal and U, in one matrix; the row that was swapped with each row from the top)."""
    x = _matrices(x)
    sizes = shape_of(x)
    flat = tf.reshape(x, (-1,) + sizes[-2:])  # [batch, m, n]
    count = tf.minimum(sizes[-2], sizes[-1])
    pivots = tf.zeros([shape_of(flat)[0], count], "int32")
    factors, pivots = fori_loop(0, count, _eliminate, (flat, pivots))
    return tf.reshape(factors, sizes), tf.reshape(pivots, sizes[:-2] + (count,))


def _eliminate(k, state):
    """Step k of Gauss's elimination, the largest element of the column brought to the diagonal."""
    x, pivots = state  # [batch, m, n], [batch, min(m, n)]
    row, column = tf.range(shape_of(x)[1]), tf.range(shape_of(x)[2])
    sizes = tf.where(row >= k, tf.abs(x[:, :, k]), -tf.ones_like(tf.abs(x[:, :, k])))
    largest = tf.argmax(sizes, axis=1, output_type="int32")[:, None]  # [batch, 1]
    order = tf.where(tf.equal(row, k), largest, tf.where(tf.equal(row, largest), k, row))
    x = tf.gather(x, order, batch_dims=1)
    pivot = x[:, k, k][:, None]
    pivot = tf.where(tf.equal(pivot, 0), tf.ones_like(pivot), pivot)
    part = tf.where(row > k, x[:, :, k] / pivot, tf.zeros_like(x[:, :, k]))  # [batch, m]
    right = tf.where(column > k, x[:, k], tf.zeros_like(x[:, k]))  # [batch, n]
    here = (row > k)[:, None] & tf.equal(column, k)
    x = tf.where(here, part[:, :, None], x - part[:, :, None] * right[:, None])
    return x, tf.where(tf.equal(tf.range(shape_of(pivots)[1]), k), largest, pivots)


def qr(x, mode="reduced"):
    """(Q with orthonormal columns, upper triangular R), x = Q R; Q is square in mode complete."""
    if mode not in ("reduced", "complete"):
        raise ValueError("qr needs mode 'reduced' or 'complete', got %r" % (mode,))
    q, r = tf.linalg.qr(_matrices(x), full_matrices=mode == "complete")
    return q, r


def svd(x, full_matrices=True, compute_uv=True):
    """(U, s, V^H) with x = U diag(s) V^H, or s alone: the singular values, the largest first."""
    x = _matrices(x)
    if not compute_uv:
        return tf.linalg.svd(x, compute_uv=False)
    s, u, v = tf.linalg.svd(x, full_matrices)
    return u, s, tf.linalg.adjoint(v)


# --- eigenvalues


def eigh(x):
    """(eigenvalues, the smallest first; eigenvectors as columns) of a symmetric or Hermitian matrix."""
    values, vectors = tf.linalg.eigh(_symmetric(_matrices(x, square=True)))
    return (tf.math.real(values) if values.dtype.is_complex else values), vectors


def eig(x):
    """(eigenvalues, eigenvectors as columns of length 1), complex, of any square matrix."""
    x = _matrices(x, square=True)
    sizes = shape_of(x)
    exact = x if x.dtype.is_complex else tf.complex(x, tf.zeros_like(x))
    flat = tf.reshape(cast(exact, "complex128"), (-1,) + sizes[-2:])  # [batch, n, n]
    values, vectors = _eig(flat)
    result = "complex128" if x.dtype in (tf.float64, tf.complex128) else "complex64"
    values, vectors = cast(values, result), cast(vectors, result)
    return tf.reshape(values, sizes[:-1]), tf.reshape(vectors, sizes)


@tf.custom_gradient
def _eig(x):
    """eig of complex matrices [batch, n, n]; by the kernel of TensorFlow, which 1.15 has not."""
    kernel = getattr(tf.linalg, "eig", _eig_by_qr)
    values, vectors = kernel(x)
    vectors = _normalized(vectors)

    def gradient(by_values, by_vectors):
        adjoint = tf.linalg.adjoint(vectors)
        gaps = values[:, None] - values[:, :, None]
        apart = tf.abs(gaps) > 0
        inverse = tf.where(apart, 1 / tf.where(apart, gaps, tf.ones_like(gaps)), 0 * gaps)
        change = tf.matmul(adjoint, by_vectors)
        along = cast(tf.math.real(tf.linalg.diag_part(change)), x.dtype)  # changes of length
        change -= tf.matmul(adjoint, vectors * along[:, None])
        middle = tf.linalg.diag(by_values) + tf.math.conj(inverse) * change
        return tf.linalg.solve(adjoint, tf.matmul(middle, adjoint))

    return (values, vectors), gradient


def _normalized(vectors):
    """Columns [batch, n, n] scaled to length 1, the largest element of each real and positive."""
    size = tf.abs(vectors)
    largest = tf.argmax(size, axis=1, output_type="int32")[..., None]  # [batch, n, 1]
    largest = tf.gather(tf.linalg.matrix_transpose(vectors), largest, batch_dims=2)
    vectors /= tf.linalg.matrix_transpose(largest)
    length = tf.sqrt(tf.reduce_sum(tf.square(tf.abs(vectors)), axis=1, keepdims=True))
    return vectors / cast(length, vectors.dtype)


def _eig_by_qr(x):
    """Schur's triangular form by QR steps with shifts, one eigenvalue after the other, then its eigenvectors."""
    n = shape_of(x)[1]
    small = 1e-15 * cast(n, "float64") * tf.norm(tf.abs(x), axis=[1, 2])  # [batch]
    last = tf.zeros_like(small, "int32") + n - 1  # the rows after it are finished
    unitary = tf.zeros_like(x) + tf.eye(n, dtype=x.dtype)

    def step(i, t, unitary, last):
        return (i + 1,) + _schur_step(i, t, unitary, last, small)

    _, t, unitary, _ = tf.while_loop(
        lambda i, t, unitary, last: tf.reduce_any(last > 0) & (i < 60 * n),
        step,
        (0, x, unitary, last),
    )
    return tf.linalg.diag_part(t), tf.matmul(unitary, _triangular_eigenvectors(t, small))


def _schur_step(i, t, unitary, last, small):
    """One QR step on the rows and columns up to `last` of each t, or its last row taken as finished."""
    n = shape_of(t)[1]
    place = tf.range(n)
    row = tf.gather(t, tf.maximum(last, 0)[:, None], batch_dims=1)[:, 0]  # [batch, n]
    before = place < last[:, None]
    rest = tf.norm(tf.where(before, tf.abs(row), tf.zeros_like(small)[:, None]), axis=1)
    finished = rest <= small
    active = place <= last[:, None]  # [batch, n]
    block = active[:, :, None] & active[:, None]
    eye = tf.zeros_like(t) + tf.eye(n, dtype=t.dtype)
    shift = _shift(i, t, last, rest)[:, None, None]
    q, _ = tf.linalg.qr(tf.where(block, t - shift * eye, eye))
    q = tf.where(finished[:, None, None], eye, q)
    t = tf.matmul(q, tf.matmul(t, q), adjoint_a=True)
    final = finished[:, None] & before  # [batch, n], what is left of the diagonal
    t = tf.where(tf.equal(place, last[:, None])[:, :, None] & final[:, None], tf.zeros_like(t), t)
    return t, tf.matmul(unitary, q), last - cast(finished, "int32")


def _shift(i, t, last, rest):
    """The eigenvalue of the last 2 x 2 block that is nearest to the last element; now and then another number."""
    end = tf.maximum(last, 1)
    two = tf.stack([end - 1, end], axis=1)  # [batch, 2]
    t = tf.gather(tf.gather(t, two, batch_dims=1), two, axis=2, batch_dims=1)  # [batch, 2, 2]
    half = (t[:, 0, 0] - t[:, 1, 1]) / 2
    root = tf.sqrt(half * half + t[:, 0, 1] * t[:, 1, 0])
    nearer = tf.where(tf.abs(half + root) < tf.abs(half - root), half + root, half - root)
    odd = tf.equal(i % 12, 11)  # breaks cycles
    return t[:, 1, 1] + tf.where(odd, cast(rest, t.dtype) * (0.75 + 0.43j), nearer)


def _triangular_eigenvectors(t, small):
    """The eigenvectors of upper triangular matrices [batch, n, n], by back substitution."""
    n = shape_of(t)[1]
    place, values = tf.range(n), tf.linalg.diag_part(t)  # [batch, n]
    small = cast(tf.maximum(small, 1e-290), t.dtype)[:, None]

    def step(k, vectors):
        i = n - 1 - k
        row = tf.where(place > i, t[:, i], tf.zeros_like(t[:, i]))
        gaps = values[:, i][:, None] - values
        gaps = tf.where(tf.abs(gaps) < tf.abs(small), small + 0 * gaps, gaps)
        found = -tf.matmul(row[:, None], vectors)[:, 0] / gaps  # [batch, n]
        found = tf.where(place > i, found, vectors[:, i])
        return tf.where(tf.equal(place, i)[:, None], found[:, None], vectors)

    return fori_loop(0, n, step, tf.zeros_like(t) + tf.eye(n, dtype=t.dtype))


# --- equations


def det(x):
    """The determinant."""
    return tf.linalg.det(_matrices(x, square=True))


def inv(x):
    """The inverse."""
    return tf.linalg.inv(_matrices(x, square=True))


def lstsq(a, b, rcond=None):
    """The x for which the squares of a x - b have the smallest sum, the shortest one if there are several."""
    a, b = promoted(a, b, at_least="float")
    if a.shape.rank != 2 or b.shape.rank not in (1, 2):
        raise ValueError(
            "lstsq needs a [m, n] and b [m] or [m, k], got %s, %s" % (a.shape, b.shape)
        )
    if not a.shape[:1].is_compatible_with(b.shape[:1]):
        raise ValueError("lstsq needs as many rows in a as in b, got %s, %s" % (a.shape, b.shape))
    columns = b[:, None] if b.shape.rank == 1 else b
    epsilon = _epsilon(a)
    if rcond is None:
        rcond = epsilon * cast(tf.reduce_max(tf.shape(a)), epsilon.dtype)
    else:
        rcond = cast(rcond, epsilon.dtype)
        rcond = tf.where(rcond < 0, epsilon, rcond)
    x = tf.matmul(_pinv(a, rcond), columns)
    return x[:, 0] if b.shape.rank == 1 else x


def pinv(x, rcond=None):
    """The pseudoinverse; singular values not above rcond times the largest one count as 0."""
    x = _matrices(x)
    epsilon = _epsilon(x)
    if rcond is None:
        rcond = 10 * cast(tf.reduce_max(tf.shape(x)[-2:]), epsilon.dtype) * epsilon
    return _pinv(x, cast(rcond, epsilon.dtype))


def _epsilon(x):
    """The distance from 1 to the next number of the dtype, a real scalar."""
    epsilon = np.finfo(x.dtype.as_numpy_dtype).eps
    return tf.constant(epsilon, x.dtype.real_dtype)


def _pinv(x, rcond):
    """pinv with a gradient that needs no distinct singular values."""

    @tf.custom_gradient
    def function(x):
        s, u, v = tf.linalg.svd(x)
        keep = s > rcond[..., None] * tf.reduce_max(s, axis=-1, keepdims=True)
        inverse = tf.where(keep, 1 / tf.where(keep, s, tf.ones_like(s)), tf.zeros_like(s))
        p = tf.matmul(v * cast(inverse, x.dtype)[..., None, :], u, adjoint_b=True)
        return p, lambda upstream: _pinv_gradient(x, p, upstream)

    return function(x)


def _pinv_gradient(x, p, upstream):
    """The gradient by x, where p is its pseudoinverse. https://doi.org/10.1137/0710036"""
    ph, gh = tf.linalg.adjoint(p), tf.linalg.adjoint(upstream)  # [m, n]
    left = gh - tf.matmul(x, tf.matmul(p, gh))
    right = gh - tf.matmul(tf.matmul(gh, p), x)
    result = tf.matmul(tf.matmul(left, p), ph) + tf.matmul(ph, tf.matmul(p, right))
    return result - tf.matmul(tf.matmul(ph, upstream), ph)


def solve(a, b):
    """The x with a x = b; b holds vectors if it has an axis less than a, else matrices."""
    return _solved(tf.linalg.solve, a, b)


def solve_triangular(a, b, lower=False):
    """The x with a x = b, of whose a only the upper triangle is looked at, or the lower one."""
    return _solved(lambda a, b: tf.linalg.triangular_solve(a, b, lower=lower), a, b)


def _solved(function, a, b):
    """The solution by a function of matrices of one batch."""
    a, b = promoted(a, b, at_least="float")
    a, vectors = _matrices(a, square=True), b.shape.rank in (1, a.shape.rank - 1)
    if b.shape.rank == 0:
        raise ValueError("b must be a vector, or matrices, got a scalar")
    b = b[..., None] if vectors else b
    if not a.shape[-1:].is_compatible_with(b.shape[-2:-1]):
        raise ValueError(
            "a and b must have the same number of rows, got %s, %s" % (a.shape, b.shape)
        )
    x = function(*_same_batch(a, b))
    return x[..., 0] if vectors else x


# --- norms


def matrix_rank(x, tol=None):
    """The number of singular values above tol, by default above what rounding can make of 0."""
    x = _matrices(x)
    s = tf.linalg.svd(x, compute_uv=False)
    if tol is None:
        size = cast(tf.reduce_max(tf.shape(x)[-2:]), s.dtype)
        tol = tf.reduce_max(s, axis=-1) * size * _epsilon(x)
    return tf.reduce_sum(cast(s > cast(tol, s.dtype)[..., None], "int32"), axis=-1)


def norm(x, ord=None, axis=None, keepdims=False):
    """The norm of vectors (one axis) or matrices (two); with neither ord nor axis, of all values as one vector."""
    return in_single(lambda x: _norm(x, ord, axis, keepdims), floating(x))


def _norm(x, ord, axis, keepdims):
    """The norm of floats that are wide enough for squares."""
    axes = axes_of(axis, x.shape.rank)
    if (axis is None and ord is None) or len(axes) == 1:
        return _vector_norm(tf.abs(x), 2 if ord is None else ord, axes, keepdims)
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ValueError("norm needs one axis or two different ones, got %s" % (axes,))
    matrices = moveaxis(x, axes, (-2, -1))
    result = _matrix_norm(matrices, "fro" if ord is None else ord)  # [...]
    return tf.expand_dims(tf.expand_dims(result, min(axes)), max(axes)) if keepdims else result


def _vector_norm(size, ord, axes, keepdims):
    """The norm over axes of absolute values."""
    if isinstance(ord, str):
        raise ValueError("norm of vectors needs a number for ord, got %r" % ord)
    if np.isinf(ord):
        reduce = tf.reduce_max if ord > 0 else tf.reduce_min
        return reduce(size, axes, keepdims)
    if ord == 0:
        return tf.reduce_sum(cast(tf.not_equal(size, 0), size.dtype), axes, keepdims)
    if ord == 1:
        return tf.reduce_sum(size, axes, keepdims)
    if ord == 2:
        return _root(tf.reduce_sum(tf.square(size), axes, keepdims))
    return tf.pow(tf.reduce_sum(tf.pow(size, ord), axes, keepdims), 1 / ord)


def _root(x):
    """The square root, with gradient 0 at 0."""
    positive = tf.logical_not(tf.equal(x, 0))
    return tf.where(positive, sqrt(tf.where(positive, x, tf.ones_like(x))), x)


def _matrix_norm(x, ord):
    """The norm over the last two axes."""
    if ord == "fro":
        return _vector_norm(tf.abs(x), 2, [-2, -1], False)
    if ord not in ("nuc", 1, -1, 2, -2, np.inf, -np.inf):
        raise ValueError(
            "norm of matrices needs ord 'fro', 'nuc', 1, 2, inf or minus these, got %r" % (ord,)
        )
    if ord == "nuc":
        return tf.reduce_sum(tf.linalg.svd(x, compute_uv=False), axis=-1)
    if ord in (2, -2):
        sizes = tf.linalg.svd(x, compute_uv=False)
    else:
        sizes = tf.reduce_sum(tf.abs(x), axis=-1 if np.isinf(ord) else -2)
    return (tf.reduce_max if ord > 0 else tf.reduce_min)(sizes, axis=-1)


# --- derivatives


def jvp(fun, primals, tangents, has_aux=False):
    """(fun(*primals), its derivative along the tangents), and what else it returns if has_aux."""
    primals = [tf.nest.map_structure(convert_to_tensor, x) for x in primals]
    flat = tf.nest.flatten(primals)
    tangents = [convert_to_tensor(t, x.dtype) for t, x in zip(tf.nest.flatten(tangents), flat)]
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(flat)
            result = fun(*primals)
            outputs, aux = result if has_aux else (result, None)
            ys = tf.nest.flatten(outputs)
        seeds = [tf.zeros_like(y) for y in ys]
        outer.watch(seeds)
        # linear in the seeds: its derivative by them, transposed again, is the forward derivative
        back = inner.gradient(ys, flat, seeds, unconnected_gradients="zero")
        back = [tf.convert_to_tensor(g) for g in back]
    along = outer.gradient(back, seeds, tangents, unconnected_gradients="zero")
    along = tf.nest.pack_sequence_as(outputs, along)
    return (outputs, along, aux) if has_aux else (outputs, along)


__all__ = [
    "cholesky",
    "cholesky_inverse",
    "det",
    "eig",
    "eigh",
    "inv",
    "jvp",
    "lstsq",
    "lu_factor",
    "matrix_rank",
    "norm",
    "pinv",
    "qr",
    "solve",
    "solve_triangular",
    "svd",
]
