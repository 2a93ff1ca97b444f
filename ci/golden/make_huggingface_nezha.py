"""Makes a tiny Hugging Face NEZHA directory with the last transformers that has NEZHA; see make_huggingface.py."""

import os

import numpy as np
import transformers
from _huggingface_case import (
    SEED,
    build,
    compute,
    padded_tokens,
    without_padding,
    write_expected,
)

TARGET = "packages/b4k-models/tests/golden/huggingface_nezha"
LANE = "transformers-nezha"
REQUIREMENTS = [
    "torch==2.13.0",
    "transformers==4.46.3",
    "safetensors==0.8.0",
    "numpy==1.26.4",
]
KIND = "NezhaForPreTraining"
TINY = dict(
    vocab_size=40,
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=32,
    max_position_embeddings=14,
    layer_norm_eps=1e-5,
)


def make(out_dir):
    """Writes the directory `pretraining` under out_dir."""
    rng = np.random.RandomState(SEED)
    config = transformers.NezhaConfig(**TINY)
    model = build(KIND, config, rng)
    tokens, keep = padded_tokens(config.vocab_size, 0, rng)
    segments = rng.randint(0, 2, keep.shape) * keep
    directory = os.path.join(out_dir, "pretraining")
    model.save_pretrained(directory)
    out = compute(model, {"input_ids": tokens, "token_type_ids": segments, "attention_mask": keep})
    outputs = {
        "hidden": out.hidden_states[-1],
        "mlm_logits": out.prediction_logits,
        "nsp_logits": out.seq_relationship_logits,
    }
    outputs = {name: without_padding(output, keep) for name, output in outputs.items()}
    inputs = [tokens, segments.astype("int32")]
    write_expected(directory, "pretraining", KIND, TINY, inputs, outputs)


if __name__ == "__main__":
    import sys

    make(sys.argv[1])
