"""Cases for the einops family of b4k_ops.ops; what makes them is in `_ops_case.py`."""

from _ops_case import F, I, call, grad, make_cases

TARGET = "packages/b4k-ops/tests/golden/ops/einops"
LANE = "k3-jax"

CASES = {
    "rearrange": [
        grad(F, "b h w -> b w h"),
        grad(F, "b h (w1 w2) -> (w2 b) (h w1)", w1=2),
        call(F, "b h (w1 w2)->b w2 w1 h", w2=4),
        call(F, "b h w -> (w h b)"),
        call(F, "b (h1 h2) (w1 w2) -> b h1 w1 (w2 h2)", h2=3, w1=2, w2=2),
        call(I, "row col -> col row"),
    ],
}


def make(out_dir):
    make_cases(out_dir, CASES)
