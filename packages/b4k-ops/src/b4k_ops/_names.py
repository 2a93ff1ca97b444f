"""The contract: every op of `b4k_ops.ops`, with the signature and meaning of Keras 3.15's `keras.ops`.

This is the only list. Two lines an op: its call and, after the bar, what Keras 2's `K` has for it; its meaning.
"same": K means the same, "renamed K.x", "defaults: what differs", or "own": written in b4k_ops.
"""

from collections import namedtuple

Op = namedtuple("Op", "name signature family keras2 meaning")

_CORE = """
associative_scan(f, elems, reverse=False, axis=0) | own
    The running results of `f(earlier, later)`, which must be associative, in log2(size) steps.
cast(x, dtype) | same
    Convert to another dtype.
cond(pred, true_fn, false_fn) | renamed K.switch
    Call one of two functions; only that one is computed.
convert_to_numpy(x) | renamed K.eval
    The value as a numpy array; in graph mode the Keras session computes it.
convert_to_tensor(x, dtype=None, sparse=None, ragged=None) | renamed K.constant
    The value as a tensor, cast if a dtype is given.
custom_gradient(f) | own
    Decorate a function that returns its result and a function from its result's gradient to its arguments'.
dtype(x) | same
    The dtype name.
fori_loop(lower, upper, body_fun, init_val) | own
    Repeat `value = body_fun(i, value)` for i from lower to upper - 1.
is_tensor(x) | same
    Whether the value is a tensor of the backend.
map(f, xs) | renamed K.map_fn
    The results of f on each slice along the first axis, stacked.
saturate_cast(x, dtype) | own
    Convert to another dtype; what is outside its range becomes its largest or smallest value.
scan(f, init, xs=None, length=None, reverse=False, unroll=1) | own
    Repeat `carry, y = f(carry, x)` over the first axis of xs: the last carry and the stacked ys.
scatter(indices, values, shape) | own
    Zeros of a shape, to which each value is added at its index, of which the last axis holds one.
scatter_update(inputs, indices, updates, reduction=None) | own
    The inputs with each update at its index, or combined with what is there: add, max, min or mul.
shape(x) | defaults: a tensor
    The shape as a tuple: ints where known, scalar tensors where not.
slice(inputs, start_indices, shape) | same
    The block of the given shape that starts at `start_indices`.
slice_update(inputs, start_indices, updates) | own
    The inputs with a block of updates put in, moved where it would reach over the end.
stop_gradient(variable) | same
    The value, through which no gradient flows.
switch(index, branches, *operands) | own
    Call the branch of that number with the operands; a number outside is the nearest one inside.
unstack(x, num=None, axis=0) | own
    The list of slices along an axis.
vectorized_map(function, elements) | own
    The results of a function on each slice along the first axis, stacked; the same as map.
while_loop(cond, body, loop_vars, maximum_iterations=None) | own
    Repeat `loop_vars = body(*loop_vars)` while `cond(*loop_vars)`.
"""

_NUMPY = """
abs(x) | same
    The absolute value.
absolute(x) | renamed K.abs
    The absolute value.
add(x1, x2) | own
    x1 + x2.
angle(x) | own
    The angle of a complex number in the plane, in radians; pi for negative reals.
arccos(x) | own
    Inverse cosine, in [0, pi].
arccosh(x) | own
    Inverse hyperbolic cosine.
arcsin(x) | own
    Inverse sine, in [-pi/2, pi/2].
arcsinh(x) | own
    Inverse hyperbolic sine.
arctan(x) | own
    Inverse tangent, in [-pi/2, pi/2].
arctan2(x1, x2) | own
    The angle of the point (x2, x1) in the plane, in [-pi, pi].
arctanh(x) | own
    Inverse hyperbolic tangent.
bitwise_and(x, y) | own
    The bits set in both integers.
bitwise_invert(x) | own
    Every bit flipped.
bitwise_left_shift(x, y) | own
    The bits moved y places up, zeros from below.
bitwise_not(x) | own
    Every bit flipped.
bitwise_or(x, y) | own
    The bits set in one of the integers.
bitwise_right_shift(x, y) | own
    The bits moved y places down; the sign stays.
bitwise_xor(x, y) | own
    The bits in which two integers differ.
cbrt(x) | own
    Cube root, negative for negative numbers.
ceil(x) | own
    Round up, to a float.
clip(x, x_min, x_max) | same
    Values outside [x_min, x_max] become the bound.
conj(x) | own
    The complex conjugate.
conjugate(x) | own
    The complex conjugate.
copy(x) | renamed K.identity
    A tensor of the same values.
cos(x) | same
    Cosine.
cosh(x) | own
    Hyperbolic cosine.
deg2rad(x) | own
    Degrees to radians.
divide(x1, x2) | own
    x1 / x2, a float even for integers.
divide_no_nan(x1, x2) | own
    x1 / x2, and 0 where x2 is 0.
equal(x1, x2) | same
    x1 == x2.
exp(x) | same
    e to the x.
exp2(x) | own
    2 to the x.
expm1(x) | own
    exp(x) - 1, exact near 0.
fabs(x) | own
    The absolute value, a float.
floor(x) | own
    Round down, to a float.
floor_divide(x1, x2) | own
    The largest integer not above x1 / x2.
fmax(x1, x2) | own
    The larger one; NaN only if both are.
fmin(x1, x2) | own
    The smaller one; NaN only if both are.
fmod(x1, x2) | own
    The remainder, with the sign of the dividend.
gcd(x1, x2) | own
    The greatest common divisor of two integers, gcd(0, 0) = 0.
greater(x1, x2) | same
    x1 > x2.
greater_equal(x1, x2) | same
    x1 >= x2.
heaviside(x1, x2) | own
    0 below 0, 1 above, x2 at 0.
hypot(x1, x2) | own
    sqrt(x1 * x1 + x2 * x2), computed without overflow.
i0(x) | own
    The modified Bessel function of the first kind, order 0.
imag(x) | own
    The imaginary part, 0 for reals.
isclose(x1, x2, rtol=1e-05, atol=1e-08, equal_nan=False) | own
    Whether abs(x1 - x2) <= atol + rtol * abs(x2), or both are the same infinity.
isfinite(x) | own
    Whether x is neither infinite nor NaN.
isinf(x) | own
    Whether x is infinite.
isnan(x) | own
    Whether x is NaN.
isneginf(x) | own
    Whether x is -infinity.
isposinf(x) | own
    Whether x is +infinity.
isreal(x) | own
    Whether the imaginary part is 0.
lcm(x1, x2) | own
    The least common multiple of two integers, lcm(x, 0) = 0.
ldexp(x1, x2) | own
    x1 times 2 to the integer x2.
left_shift(x, y) | own
    The bits moved y places up, zeros from below.
less(x1, x2) | same
    x1 < x2.
less_equal(x1, x2) | same
    x1 <= x2.
log(x) | same
    Natural logarithm.
log10(x) | own
    Logarithm to base 10.
log1p(x) | own
    log(1 + x), exact near 0.
log2(x) | own
    Logarithm to base 2.
logaddexp(x1, x2) | own
    log(exp(x1) + exp(x2)), computed without overflow.
logaddexp2(x1, x2) | own
    log2(2 ** x1 + 2 ** x2), computed without overflow.
logical_and(x1, x2) | own
    Whether both are true.
logical_not(x) | own
    Whether x is false.
logical_or(x1, x2) | own
    Whether one is true.
logical_xor(x1, x2) | own
    Whether exactly one is true.
maximum(x1, x2) | same
    The larger one; NaN if one is.
minimum(x1, x2) | same
    The smaller one; NaN if one is.
mod(x1, x2) | own
    The remainder, with the sign of the divisor.
multiply(x1, x2) | own
    x1 * x2.
nan_to_num(x, nan=0.0, posinf=None, neginf=None) | own
    NaN, inf and -inf replaced by numbers, by default 0 and the largest and smallest there are.
negative(x) | own
    -x.
nextafter(x1, x2) | own
    The closest other float on the way from x1 to x2.
not_equal(x1, x2) | same
    x1 != x2.
power(x1, x2) | renamed K.pow
    x1 to the x2.
rad2deg(x) | own
    Radians to degrees.
real(x) | own
    The real part.
reciprocal(x) | own
    1 / x.
right_shift(x, y) | own
    The bits moved y places down; the sign stays.
round(x, decimals=0) | same
    Round to a number of decimals, halves to the even neighbour.
sign(x) | same
    -1, 0 or 1.
signbit(x) | own
    Whether the sign is minus, as that of -0.0 is.
sin(x) | same
    Sine.
sinc(x) | own
    sin(pi x) / (pi x), and 1 at 0.
sinh(x) | own
    Hyperbolic sine.
sqrt(x) | same
    Square root.
square(x) | same
    x * x.
subtract(x1, x2) | own
    x1 - x2.
tan(x) | own
    Tangent.
tanh(x) | same
    Hyperbolic tangent.
true_divide(x1, x2) | own
    x1 / x2, a float even for integers.
trunc(x) | own
    Round towards 0.
view(x, dtype=None) | own
    The same bytes read as another dtype; the last axis shrinks or grows accordingly.
"""

_ARRAYS = """
append(x1, x2, axis=None) | own
    x2 after x1 along an axis, or both flattened.
arange(start, stop=None, step=None, dtype=None) | defaults: dtype
    start, start + step, ... below stop; `arange(n)` counts from 0.
array(x, dtype=None) | renamed K.constant
    The value as a tensor.
array_split(x, indices_or_sections, axis=0) | own
    A list of so many parts along an axis, the first ones longer by 1 where it does not divide.
bartlett(x) | own
    The triangular window of so many points, 0 at both ends.
blackman(x) | own
    The Blackman window of so many points.
broadcast_to(x, shape) | own
    Repeat along axes of size 1 up to a shape.
concatenate(xs, axis=0) | defaults: axis
    Join tensors along an axis.
cross(x1, x2, axisa=-1, axisb=-1, axisc=-1, axis=None) | own
    The cross product of vectors of size 3 or 2 along an axis.
diag(x, k=0) | own
    The k-th diagonal of a matrix, or the matrix with this k-th diagonal.
diagflat(x, k=0) | own
    The matrix with the flattened tensor as its k-th diagonal.
diagonal(x, offset=0, axis1=0, axis2=1) | own
    The diagonals of the matrices that two axes span, as a last axis.
diff(a, n=1, axis=-1) | own
    The differences of neighbours along an axis, n times over.
dot(x1, x2) | same
    The sum of products over the last axis of x1 and the last but one (or only) of x2.
dsplit(x, indices_or_sections) | own
    A list of parts along axis 2: so many equal ones, or cut at these indices.
dstack(xs) | own
    Join tensors along axis 2, which those of fewer axes get.
einsum(subscripts, *operands, **kwargs) | own
    Sums of products, axes named by letters: `einsum("ij,jk->ik", a, b)`.
empty(shape, dtype=None) | own
    A tensor of a shape whose values do not matter; here zeros.
empty_like(x, dtype=None) | own
    A tensor shaped like x whose values do not matter; here zeros.
expand_dims(x, axis) | defaults: axis
    Insert axes of size 1.
eye(N, M=None, k=0, dtype=None) | defaults: square only
    N x M zeros with ones on the k-th diagonal.
flip(x, axis=None) | renamed K.reverse
    Reverse the order along axes.
fliplr(x) | own
    Reverse the order along axis 1.
flipud(x) | own
    Reverse the order along axis 0.
full(shape, fill_value, dtype=None) | own
    A tensor of one value.
full_like(x, fill_value, dtype=None) | own
    A tensor of one value, shaped like x.
geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0) | own
    `num` numbers from start to stop, each the same multiple of the one before.
get_item(x, key) | own
    x[key]: integers, slices, None, `...`, or one array of indices or bools.
hamming(x) | own
    The Hamming window of so many points.
hanning(x) | own
    The Hann window of so many points, 0 at both ends.
hsplit(x, indices_or_sections) | own
    A list of parts along axis 1, or 0 of a vector: so many equal ones, or cut at these indices.
hstack(xs) | own
    Join tensors along axis 1, vectors along axis 0.
identity(n, dtype=None) | defaults: a copy of x
    n x n zeros with ones on the diagonal.
inner(x1, x2) | own
    The sum of products over the last axes of both.
kaiser(x, beta) | own
    The Kaiser window of so many points; the larger beta, the narrower.
kron(x1, x2) | own
    The Kronecker product: every value of x1 times all of x2, as blocks.
linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0) | own
    `num` numbers at equal distance from start to stop, with `retstep` the distance too.
logspace(start, stop, num=50, endpoint=True, base=10, dtype=None, axis=0) | own
    base to the powers of linspace(start, stop).
matmul(x1, x2) | own
    The matrix product over the last axis of x1 and the last but one of x2; earlier axes broadcast.
meshgrid(*x, indexing='xy') | own
    For vectors of coordinates, the coordinates of all points of their grid.
moveaxis(x, source, destination) | own
    Move axes to new positions; the others keep their order.
ndim(x) | same
    The number of axes.
nonzero(x) | own
    The indices where x is not 0, a vector for each axis.
ones(shape, dtype=None) | same
    A tensor of ones.
ones_like(x, dtype=None) | same
    A tensor of ones, shaped like x.
outer(x1, x2) | own
    The products of all pairs, [size of x1, size of x2].
pad(x, pad_width, mode='constant', constant_values=None) | own
    Add `(before, after)` values along each axis; mode constant, reflect or symmetric.
ravel(x) | renamed K.flatten
    All values in one axis.
repeat(x, repeats, axis=None) | defaults: 2-D only
    Repeat each element along an axis, or of the flattened tensor.
reshape(x, newshape) | same
    The same values in another shape; one -1 is worked out.
roll(x, shift, axis=None) | own
    Move the values along axes, or of the flattened tensor; what leaves at the end comes in at the start.
rot90(array, k=1, axes=(0, 1)) | own
    Turn by k * 90 degrees in the plane of two axes, from the first to the second.
select(condlist, choicelist, default=0) | own
    The value of the first choice whose condition is true, else the default.
size(x) | same
    The number of values.
slogdet(x) | own
    The sign of the determinant and the logarithm of its absolute value.
split(x, indices_or_sections, axis=0) | own
    A list of parts: so many equal ones, or cut at these indices.
squeeze(x, axis=None) | defaults: one axis, required
    Remove axes of size 1.
stack(x, axis=0) | same
    Join tensors along a new axis.
swapaxes(x, axis1, axis2) | own
    Exchange two axes.
take(x, indices, axis=None) | renamed K.gather
    The slices at these indices; negative ones count from the end.
take_along_axis(x, indices, axis=None) | own
    One value per index, along an axis; the other axes broadcast.
tensordot(x1, x2, axes=2) | own
    The sum of products over the last `axes` axes of x1 and the first of x2, or over pairs of axes.
tile(x, repeats) | same
    Repeat the whole tensor along each axis.
trace(x, offset=0, axis1=0, axis2=1) | own
    The sum over a diagonal; small integers and bools are added in 32 bits.
transpose(x, axes=None) | defaults: no axes
    Reorder the axes; reverse them if none are given.
tri(N, M=None, k=0, dtype=None) | own
    N x M ones at and below the k-th diagonal, zeros above.
tril(x, k=0) | own
    The lower triangle, zeros above the k-th diagonal.
triu(x, k=0) | own
    The upper triangle, zeros below the k-th diagonal.
unravel_index(indices, shape) | own
    The coordinates, in an array of a shape, of indices into it flattened.
vander(x, N=None, increasing=False) | own
    The powers of a vector as columns, highest first, or `increasing`.
vdot(x1, x2) | own
    The sum of products of all values, x1 conjugated.
vectorize(pyfunc, *, excluded=None, signature=None) | own
    A function of scalars, or by signature of vectors and matrices, mapped over all other axes.
vsplit(x, indices_or_sections) | own
    A list of parts along axis 0: so many equal ones, or cut at these indices.
vstack(xs) | own
    Join tensors along axis 0; vectors become rows.
where(condition, x1=None, x2=None) | own
    x1 where the condition is true, else x2; with the condition alone, the indices where it is.
zeros(shape, dtype=None) | same
    A tensor of zeros.
zeros_like(x, dtype=None) | same
    A tensor of zeros, shaped like x.
"""

_REDUCTIONS = """
all(x, axis=None, keepdims=False) | same
    Whether all values are true.
allclose(x1, x2, rtol=1e-05, atol=1e-08, equal_nan=False) | own
    Whether all values differ by at most atol + rtol * abs(x2).
amax(x, axis=None, keepdims=False) | renamed K.max
    The largest value.
amin(x, axis=None, keepdims=False) | renamed K.min
    The smallest value.
any(x, axis=None, keepdims=False) | same
    Whether some value is true.
argmax(x, axis=None, keepdims=False) | defaults: axis
    The index of the first largest value.
argmin(x, axis=None, keepdims=False) | defaults: axis
    The index of the first smallest value.
argpartition(x, kth, axis=-1) | own
    Indices that bring the kth smallest value to its place, smaller ones before it; here they sort all.
argsort(x, axis=-1) | own
    The indices that sort along an axis; equal values keep their order.
average(x, axis=None, weights=None) | own
    The mean, weighted by a tensor like x, or by one weight for each index of an axis.
bincount(x, weights=None, minlength=0, sparse=False) | own
    How often each of 0, 1, ... occurs in integers x, or the sum of its weights; of each row if 2-D.
corrcoef(x) | own
    The correlations between the rows of a matrix, [rows, rows]; between a vector and itself, a 1.
correlate(x1, x2, mode='valid') | own
    The sums of x1[i + k] * x2[i] for all shifts k; mode full, same (as many as the longer has), or valid.
count_nonzero(x, axis=None) | own
    How many values are not zero.
cumprod(x, axis=None, dtype=None) | defaults: axis
    Products of the values so far, along an axis or of the flattened tensor.
cumsum(x, axis=None, dtype=None) | defaults: axis
    Sums of the values so far, along an axis or of the flattened tensor.
digitize(x, bins) | own
    The number of the bin of each value: i if bins[i - 1] <= x < bins[i]. Bins may also decrease.
histogram(x, bins=10, range=None) | own
    How many values are in each of equal bins over a range (by default from smallest to largest); the bins' edges.
isin(x1, x2, assume_unique=False, invert=False) | own
    Whether each value of x1 is one of x2's.
max(x, axis=None, keepdims=False, initial=None) | same
    The largest value; at least `initial` if given.
mean(x, axis=None, keepdims=False) | same
    The mean, a float; half precision is summed in float32.
median(x, axis=None, keepdims=False) | own
    The middle value, or the mean of the two in the middle.
min(x, axis=None, keepdims=False, initial=None) | same
    The smallest value; at most `initial` if given.
nanargmax(x, axis=None, keepdims=False) | own
    The index of the first largest value that is not NaN, -1 if all are.
nanargmin(x, axis=None, keepdims=False) | own
    The index of the first smallest value that is not NaN, -1 if all are.
nancumprod(x, axis=None, dtype=None) | own
    Products of the values so far, along an axis or of the flattened tensor; NaN counts as 1.
nancumsum(x, axis=None, dtype=None) | own
    Sums of the values so far, along an axis or of the flattened tensor; NaN counts as 0.
nanmax(x, axis=None, keepdims=False) | own
    The largest value that is not NaN; NaN if all are.
nanmean(x, axis=None, keepdims=False) | own
    The mean of the values that are not NaN, a float.
nanmedian(x, axis=None, keepdims=False) | own
    The middle one of the values that are not NaN, or the mean of the two in the middle.
nanmin(x, axis=None, keepdims=False) | own
    The smallest value that is not NaN; NaN if all are.
nanpercentile(x, q, axis=None, method='linear', keepdims=False) | own
    The values that q percent of the others are below, of those that are not NaN.
nanprod(x, axis=None, keepdims=False) | own
    The product of the values that are not NaN.
nanquantile(x, q, axis=None, method='linear', keepdims=False) | own
    The values that the share q of the others is below, of those that are not NaN.
nanstd(x, axis=None, keepdims=False) | own
    The standard deviation of the values that are not NaN, a float.
nansum(x, axis=None, keepdims=False) | own
    The sum of the values that are not NaN.
nanvar(x, axis=None, keepdims=False) | own
    The variance of the values that are not NaN, a float.
percentile(x, q, axis=None, method='linear', keepdims=False) | own
    The values that q percent of the others are below.
prod(x, axis=None, keepdims=False, dtype=None) | same
    The product; small integers and bools are multiplied in 32 bits.
ptp(x, axis=None, keepdims=False) | own
    The largest minus the smallest value.
quantile(x, q, axis=None, method='linear', keepdims=False) | own
    The values that the share q of the others is below; `method` tells what to do between two values.
searchsorted(sorted_sequence, values, side='left') | own
    Where values would have to be inserted to keep a 1-D tensor sorted.
sort(x, axis=-1) | own
    The values in ascending order along an axis, NaN last.
std(x, axis=None, keepdims=False) | same
    The standard deviation, a float.
sum(x, axis=None, keepdims=False) | same
    The sum; small integers and bools are added in 32 bits.
trapezoid(y, x=None, dx=1.0, axis=-1) | own
    The integral by the trapezoidal rule, of values at x, or `dx` apart.
unique(x, sorted=True, return_index=False, return_inverse=False, return_counts=False, axis=None, size=None, fill_value=None) | own
    The different values (every NaN is another), then what is asked for: indices, inverse, counts.
var(x, axis=None, keepdims=False) | same
    The variance (mean squared distance from the mean), a float.
"""  # noqa: E501

_MATH = """
cdist(x, y) | own
    The distances between vectors [..., n, size] and [..., m, size], [..., n, m].
erf(x) | own
    The error function.
erfc(x) | own
    1 - erf(x), exact where erf(x) is near 1.
erfinv(x) | own
    The x of which the error function is this value.
extract_sequences(x, sequence_length, sequence_stride) | own
    Windows over the last axis, one every `sequence_stride`: [..., number of windows, sequence_length].
fft(x) | own
    The Fourier transform along the last axis of (real, imaginary).
fft2(x) | own
    The Fourier transform along the last two axes of (real, imaginary).
ifft2(x) | own
    The inverse of fft2.
in_top_k(targets, predictions, k) | defaults: predictions first
    Whether the prediction of each target is among the k largest of its row; equal ones all are.
irfft(x, fft_length=None) | own
    The inverse of rfft: real numbers, `fft_length` of them, by default an even number.
istft(x, sequence_length, sequence_stride, fft_length, length=None, window='hann', center=True) | own
    The inverse of stft: the windows are added where they were, and divided by the sum of their weights squared.
logdet(x) | own
    The logarithm of the determinant of matrices, of its absolute value where it is negative.
logsumexp(x, axis=None, keepdims=False) | same
    log(sum(exp(x))), computed without overflow.
rfft(x, fft_length=None) | own
    The first half of the Fourier transform of real numbers (the other mirrors it), cut or filled to `fft_length`.
rsqrt(x) | own
    1 / sqrt(x).
segment_max(data, segment_ids, num_segments=None, sorted=False) | own
    The largest of the slices with the same id, [num_segments, ...]; of none -inf or the least integer.
segment_min(data, segment_ids, num_segments=None, sorted=False) | own
    The smallest of the slices with the same id, [num_segments, ...]; of none inf or the largest integer.
segment_prod(data, segment_ids, num_segments=None, sorted=False) | own
    The product of the slices with the same id, [num_segments, ...]; of none 1.
segment_sum(data, segment_ids, num_segments=None, sorted=False) | own
    The sum of the slices with the same id, [num_segments, ...]; of none 0.
stft(x, sequence_length, sequence_stride, fft_length, window='hann', center=True) | own
    Fourier transforms of windows over the last axis, (real, imaginary) [..., windows, fft_length // 2 + 1].
top_k(x, k, sorted=True) | own
    The k largest values along the last axis, and their indices.
view_as_complex(x) | own
    The complex numbers of the (real, imaginary) pairs in the last axis.
view_as_real(x) | own
    The real and the imaginary part of numbers, in a new last axis.
"""

_NN = """
adaptive_average_pool(inputs, output_size, data_format=None) | own
    The means of so many windows of nearly equal size along each axis.
adaptive_max_pool(inputs, output_size, data_format=None) | own
    The largest values of so many windows of nearly equal size along each axis.
average_pool(inputs, pool_size, strides=None, padding='valid', data_format=None) | own
    The means of windows, a stride apart (their size by default); what is padded does not count.
batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=0.001) | defaults: order of arguments
    (x - mean) / sqrt(variance + epsilon) * scale + offset, each given for one axis.
binary_crossentropy(target, output, from_logits=False) | same
    -log of the probability that the output gives to a target of 0 or 1, element by element.
categorical_crossentropy(target, output, from_logits=False, axis=-1) | same
    -log of the probability that the output gives to the target, a distribution along an axis.
celu(x, alpha=1.0) | own
    x above 0, alpha * (exp(x / alpha) - 1) below. https://arxiv.org/abs/1704.07483
conv(inputs, kernel, strides=1, padding='valid', data_format=None, dilation_rate=1) | own
    Convolution by a kernel [..., channels in, channels out]; fewer channels in make groups.
conv_transpose(inputs, kernel, strides=1, padding='valid', output_padding=None, data_format=None, dilation_rate=1) | own
    The gradient of a convolution by its inputs, which undoes its change of shape.
ctc_decode(inputs, sequence_lengths, strategy='greedy', beam_width=100, top_paths=1, merge_repeated=True, mask_index=0) | defaults: arguments and results
    The likeliest labels [paths, batch, T], -1 behind their end, and their scores [batch, paths].
ctc_loss(target, output, target_length, output_length, mask_index=0) | own
    -log of the probability that logits [batch, T, classes] give to labels [batch, N].
depth_to_space(x, block_size, data_format='channels_last') | own
    Every channels / block_size ** 2 channels become a pixel of a block.
depthwise_conv(inputs, kernel, strides=1, padding='valid', data_format=None, dilation_rate=1) | own
    Convolution of each channel by kernels of its own, [..., channels, kernels for each].
dot_product_attention(query, key, value, bias=None, mask=None, scale=None, is_causal=False, flash_attention=None, attn_logits_soft_cap=None) | own
    Scaled dot product attention, [batch, T, heads, size]. https://arxiv.org/abs/1706.03762
elu(x, alpha=1.0) | same
    x above 0, alpha * (exp(x) - 1) below. https://arxiv.org/abs/1511.07289
fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1) | own
    Images [batch, channels, height, width] whose patches, added where they overlap, are x; see unfold.
gelu(x, approximate=True) | own
    x times the normal distribution function, by default its tanh form. https://arxiv.org/abs/1606.08415
glu(x, axis=-1) | own
    The first half along an axis times the sigmoid of the second. https://arxiv.org/abs/1612.08083
hard_shrink(x, threshold=0.5) | own
    x where its absolute value exceeds the threshold, 0 elsewhere.
hard_sigmoid(x) | defaults: slope 0.2
    min(max(x / 6 + 1 / 2, 0), 1).
hard_silu(x) | own
    x * hard_sigmoid(x). https://arxiv.org/abs/1905.02244
hard_swish(x) | own
    x * hard_sigmoid(x), the same as hard_silu.
hard_tanh(x) | own
    min(max(x, -1), 1).
layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=None, **kwargs) | own
    x less its mean, over its standard deviation along axes. https://arxiv.org/abs/1607.06450
leaky_relu(x, negative_slope=0.2) | own
    x above 0, negative_slope * x below.
log_sigmoid(x) | own
    log(1 / (1 + exp(-x))), computed without overflow.
log_softmax(x, axis=-1) | own
    The logarithm of softmax, computed without overflow.
max_pool(inputs, pool_size, strides=None, padding='valid', data_format=None) | own
    The largest values of windows, a stride apart (their size by default).
moments(x, axes, keepdims=False, synchronized=False) | own
    The mean and the variance along axes; of half precision computed in float32.
multi_hot(inputs, num_classes=None, axis=-1, dtype=None, sparse=False, **kwargs) | own
    1 at every index that occurs in a row of inputs, 0 elsewhere.
normalize(x, axis=-1, order=2, epsilon=None) | own
    x over its norm of that order along an axis; a norm below epsilon counts as epsilon.
one_hot(x, num_classes, axis=-1, dtype=None, sparse=False) | defaults: last axis only
    A new axis of size num_classes, 1 at the index x and 0 elsewhere.
polar(abs_, angle) | own
    The complex number of that absolute value and angle.
psnr(x1, x2, max_val) | own
    The peak signal to noise ratio in decibel; `max_val` is the largest possible value.
relu(x) | defaults: more arguments
    max(x, 0).
relu6(x) | own
    min(max(x, 0), 6).
rms_normalization(x, scale=None, axis=-1, epsilon=None) | own
    x over the root of its mean square along axes. https://arxiv.org/abs/1910.07467
selu(x) | own
    Scaled elu that keeps mean 0 and variance 1. https://arxiv.org/abs/1706.02515
separable_conv(inputs, depthwise_kernel, pointwise_kernel, strides=1, padding='valid', data_format=None, dilation_rate=1) | own
    A depthwise convolution, then one of size 1 that mixes the channels.
sigmoid(x) | same
    1 / (1 + exp(-x)).
silu(x) | own
    x * sigmoid(x). https://arxiv.org/abs/1710.05941
soft_shrink(x, threshold=0.5) | own
    x drawn towards 0 by the threshold, 0 within it.
softmax(x, axis=-1) | same
    exp(x) over its sum along an axis or several, computed without overflow.
softplus(x) | same
    log(1 + exp(x)), computed without overflow.
softsign(x) | same
    x / (1 + abs(x)).
space_to_depth(x, block_size, data_format='channels_last') | own
    The pixels of a block become channels, which undoes depth_to_space.
sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1) | same
    -log of the probability that the output gives to the target, the index of a class.
sparse_plus(x) | own
    0 up to -1, x from 1 on, (x + 1) ** 2 / 4 between.
sparse_sigmoid(x) | own
    min(max((x + 1) / 2, 0), 1), the derivative of sparse_plus.
sparsemax(x, axis=-1) | own
    max(x - t, 0) with a threshold t along an axis. https://arxiv.org/abs/1602.02068
squareplus(x, b=4) | own
    (x + sqrt(x ** 2 + b)) / 2. https://arxiv.org/abs/2112.11687
swish(x) | own
    x * sigmoid(x), the same as silu.
tanh_shrink(x) | own
    x - tanh(x).
threshold(x, threshold, default_value) | own
    x where it exceeds the threshold, the default value elsewhere.
unfold(x, kernel_size, dilation=1, padding=0, stride=1) | own
    The patches of images [batch, channels, height, width] -> [batch, channels * patch, number].
"""  # noqa: E501

_IMAGE = """
image.affine_transform(images, transform, interpolation='bilinear', fill_mode='constant', fill_value=0, data_format=None) | own
    Fetch each pixel (x, y) from ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k), k = c0 x + c1 y + 1.
image.crop_images(images, top_cropping=None, left_cropping=None, bottom_cropping=None, right_cropping=None, target_height=None, target_width=None, data_format=None) | own
    Cut borders off; of top, bottom and target height two are given, and so for the width.
image.elastic_transform(images, alpha=20.0, sigma=5.0, interpolation='bilinear', fill_mode='reflect', fill_value=0.0, seed=None, data_format=None) | own
    Distort by random shifts of strength alpha, smoothed over sigma pixels; the same for the same seed.
image.extract_patches(images, size, strides=None, dilation_rate=1, padding='valid', data_format=None) | own
    The patches of images, or of volumes if size has three numbers, flattened into the channels.
image.extract_patches_3d(volumes, size, strides=None, dilation_rate=1, padding='valid', data_format=None) | own
    The patches of volumes [depth, height, width, channels], flattened into the channels.
image.gaussian_blur(images, kernel_size=(3, 3), sigma=(1.0, 1.0), data_format=None) | own
    Averages weighted by a normal distribution; kernel_size and sigma are those of the width and the height.
image.hsv_to_rgb(images, data_format=None) | own
    Hue, saturation and value, each from 0 to 1, to red, green and blue.
image.map_coordinates(inputs, coordinates, order, fill_mode='constant', fill_value=0) | own
    The values at coordinates [rank of inputs, ...]: of the nearest element (order 0) or interpolated (1).
image.pad_images(images, top_padding=None, left_padding=None, bottom_padding=None, right_padding=None, target_height=None, target_width=None, data_format=None) | own
    Add borders of zeros; of top, bottom and target height two are given, and so for the width.
image.perspective_transform(images, start_points, end_points, interpolation='bilinear', fill_value=0, data_format=None) | own
    Move the four corners (x, y) at start_points to end_points, [4, 2] or [batch, 4, 2], and all in between.
image.resize(images, size, interpolation='bilinear', antialias=False, crop_to_aspect_ratio=False, pad_to_aspect_ratio=False, fill_mode='constant', fill_value=0.0, data_format=None) | own
    Images of another height and width, cropped or padded first to keep the proportions if asked for.
image.rgb_to_grayscale(images, data_format=None) | own
    The brightness of red, green and blue, in one channel; the dtype stays.
image.rgb_to_hsv(images, data_format=None) | own
    Red, green and blue, from 0 to 1, to hue, saturation and value.
image.scale_and_translate(images, output_shape, scale, translation, spatial_dims, method, antialias=True) | own
    Scale and shift axes: what is at p goes to p * scale + translation; outside of the images is 0.
image.sobel_edges(images, data_format=None) | own
    How brightness grows [down, to the right] at each pixel of a batch, in a new last axis.
image.ssim(image1, image2, max_val=1.0, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03, data_format=None) | own
    The structural similarity of each pair of images. https://doi.org/10.1109/TIP.2003.819861
"""  # noqa: E501

_EINOPS = """
rearrange(tensor, pattern, **axes_lengths) | own
    Reorder, split and join axes: `rearrange(x, "b (h s) c -> b h (s c)", s=2)`.
"""

_LINALG = """
cholesky(x, upper=False) | own
    The lower triangular L with x = L L^H, of a positive definite matrix, or the upper one with x = U^H U.
cholesky_inverse(x, upper=False) | own
    The inverse of the matrix whose Cholesky factor is x.
det(x) | own
    The determinant.
eig(x) | own
    (eigenvalues, eigenvectors as columns of length 1), complex, of any square matrix.
eigh(x) | own
    (eigenvalues, the smallest first; eigenvectors as columns) of a symmetric or Hermitian matrix.
inv(x) | own
    The inverse.
jvp(fun, primals, tangents, has_aux=False) | own
    (fun(*primals), its derivative along the tangents), and what else it returns if has_aux.
lstsq(a, b, rcond=None) | own
    The x for which the squares of a x - b have the smallest sum, the shortest one if there are several.
lu_factor(x) | own
    (L below the diagonal and U, in one matrix; the row that was swapped with each row from the top).
matrix_rank(x, tol=None) | own
    The number of singular values above tol, by default above what rounding can make of 0.
norm(x, ord=None, axis=None, keepdims=False) | own
    The norm of vectors (one axis) or matrices (two); with neither ord nor axis, of all values as one vector.
pinv(x, rcond=None) | own
    The pseudoinverse; singular values not above rcond times the largest one count as 0.
qr(x, mode='reduced') | own
    (Q with orthonormal columns, upper triangular R), x = Q R; Q is square in mode complete.
solve(a, b) | own
    The x with a x = b; b holds vectors if it has an axis less than a, else matrices.
solve_triangular(a, b, lower=False) | own
    The x with a x = b, of whose a only the upper triangle is looked at, or the lower one.
svd(x, full_matrices=True, compute_uv=True) | own
    (U, s, V^H) with x = U diag(s) V^H, or s alone: the singular values, the largest first.
"""  # noqa: E501


def _parse(family, text):
    """The rows of one family."""
    lines = text.strip().splitlines()
    for head, meaning in zip(lines[::2], lines[1::2]):
        call, keras2 = head.split(" | ")
        name, arguments = call.split("(", 1)
        yield Op(name, "(" + arguments, family, keras2, meaning.strip())


_FAMILIES = [
    ("core", _CORE),
    ("numpy", _NUMPY),  # element by element
    ("numpy", _ARRAYS),  # arrays as a whole
    ("numpy", _REDUCTIONS),
    ("math", _MATH),
    ("nn", _NN),
    ("image", _IMAGE),
    ("einops", _EINOPS),
    ("linalg", _LINALG),
]
OPS = tuple(op for family, text in _FAMILIES for op in _parse(family, text))
NAMES = tuple(op.name for op in OPS)


HEADINGS = ("op", "family", "Keras 2.3.1, tf.keras", "Keras 3", "meaning")


def rows():
    """The cells of a table op x generation."""
    return [
        ("`%s%s`" % (op.name, op.signature), op.family, op.keras2, "same", op.meaning) for op in OPS
    ]


def table():
    """Its lines in markdown."""
    return ["| %s |" % " | ".join(row) for row in [HEADINGS, ["---"] * len(HEADINGS), *rows()]]


__all__ = ["HEADINGS", "NAMES", "OPS", "Op", "rows", "table"]
