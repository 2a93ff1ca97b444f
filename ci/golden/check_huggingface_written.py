"""Opens by transformers what `save_pretrained` writes, and compares outputs: `nox -s huggingface`.

`check_huggingface_written.py FOLDER...`, folders of `packages/b4k-models/tests/golden`. Each directory in them is read
by b4k, on the Keras in use, and written in one file, in shards and as bfloat16.
"""

import json
import os
import re
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
import transformers
from b4k_models import build_transformer_model

GOLDEN = Path(__file__).resolve().parents[2] / "packages" / "b4k-models" / "tests" / "golden"
TOLERANCE = 2e-5
HEADS = {  # with which a model has all that its class at transformers has: linear, as there
    "BertForPreTraining": {"with_nsp": True, "with_mlm": "linear"},
    "BertForMaskedLM": {"with_mlm": "linear"},
    "NezhaForPreTraining": {"with_nsp": True, "with_mlm": "linear"},
    "RobertaForMaskedLM": {"with_mlm": "linear"},
    "AlbertForPreTraining": {"with_nsp": True, "with_mlm": "linear"},
    "RoFormerForMaskedLM": {"with_mlm": "linear"},
    "ElectraForPreTraining": {"with_discriminator": "linear"},
    "GPT2LMHeadModel": {"final_activation": "linear"},
    "OpenAIGPTLMHeadModel": {"final_activation": "linear"},
    "T5ForConditionalGeneration": {"with_lm": "linear"},
    "MT5ForConditionalGeneration": {"with_lm": "linear"},
}
MADE_THERE = re.compile(r"embed_positions\.weight|pooler\.dense")  # what a file need not have
WAYS = [
    # options of save_pretrained, tolerance
    ({}, TOLERANCE),
    ({"max_shard_size": "6KB"}, TOLERANCE),
    ({"dtype": "bfloat16"}, 0.5),
]


def golden_case(directory):
    """(class of transformers that made a golden directory, its inputs)."""
    with np.load(directory / "expected.npz") as archive:
        inputs = [archive[key] for key in sorted(archive.files) if key.startswith("input/")]
        return json.loads(str(archive["header"]))["oracle"].split()[-1], inputs


def predict(model, inputs):
    outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    return outputs if isinstance(outputs, list) else [outputs]


def transformers_inputs(config, inputs):
    """{name: tensor} for a model of transformers, and which tokens of the output are no padding."""
    tokens = [torch.from_numpy(array).long() for array in inputs]
    keep = tokens[0] != (config.pad_token_id or 0)
    keep[:, 0] = True
    if config.pad_token_id is None:
        return {"input_ids": tokens[0]}, torch.ones_like(keep)
    named = {"input_ids": tokens[0], "attention_mask": keep.long()}
    if config.is_encoder_decoder:
        keep = tokens[1] != 0
        keep[:, 0] = True
        return dict(named, decoder_input_ids=tokens[1]), keep
    if len(tokens) > 1:
        named["token_type_ids"] = tokens[1]
    return named, keep


def transformers_outputs(path, inputs):
    """The heads' outputs, or the last hidden state without heads; and which tokens are no padding."""
    kind = json.loads((path / "config.json").read_text())["architectures"][0]
    model, info = getattr(transformers, kind).from_pretrained(
        path, output_loading_info=True, torch_dtype=torch.float32
    )
    missing = [name for name in info["missing_keys"] if not MADE_THERE.search(name)]
    if missing or info["unexpected_keys"] or info["mismatched_keys"]:
        raise SystemExit("%s: transformers says %s" % (kind, info))
    named, keep = transformers_inputs(model.config, inputs)
    with torch.no_grad():
        out = model.eval()(**named)
    names = ["seq_relationship_logits", "sop_logits", "prediction_logits", "logits"]
    found = [out[name] for name in names if name in out] or [out["last_hidden_state"]]
    found = [
        array.softmax(-1) if array.shape[1:] == (2,) else array for array in found
    ]  # as NSP here
    return [array.numpy() for array in found], keep.numpy()


def difference(ours, theirs, keep):
    """The largest difference where a token is no padding."""
    ours = ours.reshape(theirs.shape)
    if theirs.shape[:2] == keep.shape:
        ours, theirs = ours[keep], theirs[keep]
    return float(np.abs(ours - theirs).max())


def check(directory):
    """The rows (what was written, largest difference, tolerance) of one golden directory."""
    kind, inputs = golden_case(directory)
    transformer = build_transformer_model(
        str(directory), return_keras_model=False, **HEADS.get(kind, {})
    )
    ours = predict(transformer.model, inputs)
    for options, tolerance in WAYS:
        with tempfile.TemporaryDirectory() as folder:
            transformer.save_pretrained(folder, **options)
            theirs, keep = transformers_outputs(Path(folder), inputs)
        if len(ours) != len(theirs):
            raise SystemExit("%s: %d outputs, %d" % (directory, len(ours), len(theirs)))
        worst = max(difference(a, b, keep) for a, b in zip(ours, theirs))
        yield kind, options, worst, tolerance


def main(folders):
    """Prints a row for each directory and way of writing; returns the exit status."""
    red = 0
    for folder in folders:
        for directory in sorted(path for path in (GOLDEN / folder).iterdir() if path.is_dir()):
            for kind, options, worst, tolerance in check(directory):
                red += not worst <= tolerance
                mark = "ok" if worst <= tolerance else "DIFFERENT"
                print("%-9s %-20s %-32s %-26s %.1e" % (mark, directory.name, kind, options, worst))
    return 1 if red else 0


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    sys.exit(main(sys.argv[1:] or ["huggingface"]))
