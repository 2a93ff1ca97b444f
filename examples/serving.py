"""Serving: a page where one asks a BERT for masked words, compares two sentences, and looks at its attention.

    pip install b4k-models "b4k-text[serve]" keras jax
    KERAS_BACKEND=jax PORT=8864 python serving.py --model FOLDER

FOLDER is a Hugging Face directory of a BERT with its masked language model; without one, a tiny BERT of random weights
takes its place. Then open http://127.0.0.1:8864. With --smoke the questions of the page are answered without a server,
and attention is drawn.
"""

import json
import os

import data
import numpy as np
from b4k_models import BERT, RoFormer, build_transformer_model
from b4k_ops import keras
from b4k_text import from_pretrained, save_vocab, sequence_padding
from b4k_text.snippets import WebServing

options = data.options(__doc__)
maxlen, topk, batch_size = 128, 5, 32
port = int(os.environ.get("PORT", 8864))


def write_random(folder):
    """A Hugging Face directory of a tiny BERT that knows nothing."""
    vocabulary = [*data.SPECIALS, *sorted(set("今天气很好不我喜欢北京上海的，。"))]
    config = dict(hidden_size=64, num_hidden_layers=2, num_attention_heads=4, hidden_act="gelu")
    config.update(intermediate_size=128, max_position=maxlen, vocab_size=len(vocabulary))
    bert = build_transformer_model(with_mlm=True, return_keras_model=False, **config)
    bert.save_pretrained(folder)
    save_vocab(os.path.join(folder, "vocab.txt"), {token: i for i, token in enumerate(vocabulary)})
    return folder


folder = options.model or write_random(options.folder)
tokenizer = from_pretrained(folder)
with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
    kind = json.load(file)["model_type"]


class Watched(RoFormer if kind == "roformer" else BERT):
    """A model that keeps its scores of attention, [batch, heads, length, length] for each layer."""

    def apply_heads(self, qkv, name, mask=None, position=None, **kwargs):
        output, scores = super().apply_heads(
            qkv, name, mask, position, return_attention_scores=True, **kwargs
        )
        self.scores = getattr(self, "scores", []) + [scores]
        return output


bert = build_transformer_model(folder, model=Watched, with_mlm=True, return_keras_model=False)
last = "Transformer-%d-FeedForward-Norm" % (bert.num_hidden_layers - 1)
hidden = bert.model.get_layer(last).output  # [batch, length, hidden_size]
probabilities = bert.model
encoder = keras.models.Model(bert.model.inputs, hidden)
watcher = keras.models.Model(bert.model.inputs, bert.scores)


def encode(texts):
    """Token ids and segments, [batch, length], padded to a multiple of 16 so that few shapes are compiled."""
    rows = [tokenizer.encode(text, maxlen=maxlen)[0] for text in texts]
    length = -(-max(map(len, rows)) // 16) * 16
    token_ids = sequence_padding(rows, length)
    return [token_ids, np.zeros_like(token_ids)]


def encode_masked(text):
    """Token ids of a text in which [MASK] stands for itself."""
    pieces = [tokenizer.tokenize(piece)[1:-1] for piece in text.split("[MASK]")]
    tokens = [token for piece in pieces for token in ["[MASK]", *piece]][1:][: maxlen - 2]
    return tokenizer.tokens_to_ids(["[CLS]", *tokens, "[SEP]"])


def predict(text):
    """For each text, for each of its masks, the likeliest tokens and their probabilities."""
    rows = [encode_masked(one) for one in text]
    token_ids = sequence_padding(rows, -(-max(map(len, rows)) // 16) * 16)
    found = probabilities.predict([token_ids, np.zeros_like(token_ids)], verbose=0)
    answers = []
    for ids, row in zip(token_ids, found):
        masks = np.where(ids == tokenizer._token_mask_id)[0]
        best = [np.argsort(-row[place])[:topk] for place in masks]
        answers.append(
            [
                [{"token": tokenizer.id_to_token(i), "probability": row[place, i]} for i in ids]
                for place, ids in zip(masks, best)
            ]
        )
    return answers


def similar(first, second):
    """The cosines of the means over the tokens of the last layer."""
    token_ids, segment_ids = encode([*first, *second])
    weights = (token_ids > 0)[..., None]
    vectors = (encoder.predict([token_ids, segment_ids], verbose=0) * weights).sum(axis=1)
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors[: len(first)] * vectors[len(first) :]).sum(axis=-1)


def attention(text):
    """The tokens, and who looks at whom: [layers, heads, length, length]."""
    tokens = tokenizer.tokenize(text, maxlen=maxlen)
    scores = watcher.predict(encode([text]), verbose=0)
    scores = np.stack(scores if isinstance(scores, list) else [scores])[:, 0]
    scores = np.exp(scores[..., : len(tokens), : len(tokens)])
    return {"tokens": tokens, "weights": np.round(scores / scores.sum(-1, keepdims=True), 4)}


given = (None, True)
page = os.path.join(os.path.dirname(os.path.abspath(__file__)), "serving.html")
web = WebServing(port=port)
with open(page, encoding="utf-8") as file:
    web.page("/", file.read())
web.route("/predict", predict, {"text": given}, batch_size=batch_size)
web.route("/similar", similar, {"first": given, "second": given}, batch_size=batch_size)
web.route("/attention", attention, {"text": given})

if options.smoke:
    ((best,),) = predict(["今天天气很[MASK]。"])
    (same,), (other,) = similar(["今天"], ["今天"]), similar(["我喜欢北京"], ["上海"])
    weights = attention("北京")["weights"]
    data.draw_looks(options, *attention("我喜欢北京的天气").values())
    print("今天天气很[MASK]。", *["%(token)s %(probability).3f" % one for one in best])
    right = len(best) == topk and abs(same - 1) < 1e-5 and weights.shape[2:] == (4, 4)
    right = right and other < 0.999 and np.allclose(weights.sum(-1), 1, atol=1e-3)
    result = "a text is like itself by %.2f, like another by %.2f" % (same, other)
    data.conclude(options, result, right)
else:
    predict(["[MASK]"]), similar(["今"], ["天"]), attention("今")  # compiles, for the first visitor
    web.start()
