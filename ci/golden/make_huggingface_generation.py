"""What transformers generates with directories of make_huggingface.py: `<directory>.json`, a list of cases.

A case is a prompt, the options by transformers's names, and the new tokens (with `num_return_sequences` several).
"""

import json
import os

import numpy as np
import torch
import transformers

TARGET = "packages/b4k-models/tests/golden/huggingface_generation"
LANE = "transformers"
REQUIREMENTS = [
    "torch==2.13.0",
    "transformers==5.23.0",
    "safetensors==0.8.0",
    "numpy==2.4.6",
]
HERE = os.path.dirname(os.path.abspath(__file__))
DIRECTORIES = os.path.join(HERE, "../../packages/b4k-models/tests/golden/huggingface")
MODELS = {
    "gpt2": "GPT2LMHeadModel",
    "t5": "T5ForConditionalGeneration",
    "t5_v1_1": "T5ForConditionalGeneration",
}
NEW = 7  # tokens; GPT-2 has 12 positions
PROMPTS = [[5, 9, 2, 7, 30], [8, 3], [11]]
OPTIONS = [
    {},
    {"num_beams": 2, "length_penalty": 0.0},
    {"num_beams": 4, "length_penalty": 1.0},
    {"num_beams": 4, "length_penalty": -0.5, "num_return_sequences": 3},
    {"num_beams": 5, "length_penalty": 2.0, "num_return_sequences": 2},
    {"no_repeat_ngram_size": 2},
    {"repetition_penalty": 1.7},
    {"num_beams": 4, "length_penalty": 0.0, "no_repeat_ngram_size": 3, "repetition_penalty": 1.3},
]


def make(out_dir):
    """Writes a file for each of MODELS; a token that comes often is taken for an end."""
    for name, kind in MODELS.items():
        model = getattr(transformers, kind).from_pretrained(os.path.join(DIRECTORIES, name))
        model = model.eval().double()
        model.generation_config = transformers.GenerationConfig(decoder_start_token_id=0)
        tokens = np.concatenate([generate(model, prompt, {}, -1)[0] for prompt in PROMPTS])
        end = int(np.bincount(tokens).argmax())
        cases = [
            {"prompt": p, "end": e, "options": o, "outputs": generate(model, p, o, e)}
            for p in PROMPTS
            for o in OPTIONS
            for e in (-1, end)
        ]
        with open(os.path.join(out_dir, name + ".json"), "w") as file:
            file.write("[\n%s\n]\n" % ",\n".join(json.dumps(c, sort_keys=True) for c in cases))


def generate(model, prompt, options, end):
    """The new tokens of each output, up to the end; nothing better is missed ("never").

    Scores are log-probabilities everywhere, as to transformers in beam search alone.
    """
    beams = (
        {"early_stopping": "never", "renormalize_logits": True} if "num_beams" in options else {}
    )
    if not beams and "repetition_penalty" in options:
        penalize = transformers.RepetitionPenaltyLogitsProcessor(options["repetition_penalty"])
        processors = [transformers.LogitNormalization(), penalize]
        beams["logits_processor"] = transformers.LogitsProcessorList(processors)
        options = {}
    with torch.no_grad():
        outputs = model.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones((1, len(prompt)), dtype=torch.int64),
            do_sample=False,
            max_new_tokens=NEW,
            eos_token_id=None if end < 0 else end,
            pad_token_id=model.config.vocab_size - 1,
            **beams,
            **options,
        )
    begun = 1 if model.config.is_encoder_decoder else len(prompt)
    return [until_end(row[begun:].tolist(), end) for row in outputs]


def until_end(row, end):
    return row[: row.index(end) + 1] if end in row else row


if __name__ == "__main__":
    import sys

    make(sys.argv[1])
