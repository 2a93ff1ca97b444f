"""BERT's forward pass in numpy float64, and its gradients by central differences.

The oracle for what the original cannot run: residual attention scores under an lm or unilm mask.
Where the original does run, make_bert.py first checks that both agree.
"""

import math

import numpy as np

STEP = 1e-5  # of the central differences: their error is about 1e-9 here
_erf = np.vectorize(math.erf, otypes=["float64"])


def gelu(x):
    return 0.5 * x * (1 + _erf(x / math.sqrt(2)))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def dense(v, name, x):
    return x @ v[name + "/kernel"] + v[name + "/bias"]


def norm(v, name, x):
    x = x - x.mean(-1, keepdims=True)
    x = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-12)
    return x * v[name + "/gamma"] + v[name + "/beta"]


def visible(tokens, segments, application):
    """[batch, query, key] bool: padding, and who may see whom; key 0 is never padding."""
    batch, length = tokens.shape
    real = (tokens != 0) | (np.arange(length) == 0)
    order = {
        "encoder": np.zeros((batch, length)),
        "lm": np.tile(np.arange(length), (batch, 1)),
        "unilm": np.cumsum(segments, axis=1),
    }[application]
    return real[:, None, :] & (order[:, None, :] <= order[:, :, None])


def attention(v, name, x, seen, heads, previous):
    """Self-attention with RealFormer's residual: (output, raw scores), https://arxiv.org/abs/2012.11747

    As in bert4keras, `previous` is only the layer before, and what is handed on is raw.
    """

    def split(role):
        y = dense(v, name + "self/" + role, x)
        y = y.reshape(y.shape[:2] + (heads, -1))
        return y.transpose(0, 2, 1, 3)  # [batch, heads, length, size]

    q, k, u = split("query"), split("key"), split("value")
    scores = q @ k.transpose(0, 1, 3, 2) / math.sqrt(q.shape[-1])
    a = scores if previous is None else scores + previous
    a = softmax(np.where(seen[:, None], a, -np.inf))
    o = (a @ u).transpose(0, 2, 1, 3).reshape(x.shape[:2] + (-1,))
    return dense(v, name + "output/dense", o), scores


def forward(v, tokens, segments, layers, heads, application, residual):
    """[batch, length, hidden] of an encoder; probabilities [batch, length, vocab] of the others."""
    tokens, segments = tokens.astype(int), segments.astype(int)
    seen = visible(tokens, segments, application)
    x = v["bert/embeddings/word_embeddings"][tokens]
    x = x + v["bert/embeddings/token_type_embeddings"][segments]
    x = x + v["bert/embeddings/position_embeddings"][: tokens.shape[1]]
    x = norm(v, "bert/embeddings/LayerNorm", x)
    scores = None
    for i in range(layers):
        name = "bert/encoder/layer_%d/" % i
        o, scores = attention(v, name + "attention/", x, seen, heads, scores if residual else None)
        x = norm(v, name + "attention/output/LayerNorm", x + o)
        h = gelu(dense(v, name + "intermediate/dense", x))
        x = norm(v, name + "output/LayerNorm", x + dense(v, name + "output/dense", h))
    if application == "encoder":
        return x
    x = gelu(dense(v, "cls/predictions/transform/dense", x))
    x = norm(v, "cls/predictions/transform/LayerNorm", x)
    logits = x @ v["bert/embeddings/word_embeddings"].T + v["cls/predictions/output_bias"]
    return softmax(logits)


def gradients(variables, cotangent, run):
    """{name: d sum(run(variables) * cotangent) / d variable}, one entry at a time."""
    found = {}
    for name, value in variables.items():
        found[name] = np.zeros_like(value)
        for index in np.ndindex(value.shape):
            kept, sums = value[index], []
            for step in (STEP, -STEP):
                value[index] = kept + step
                sums.append((run(variables) * cotangent).sum())
            value[index] = kept
            found[name][index] = (sums[0] - sums[1]) / (2 * STEP)
    return found
