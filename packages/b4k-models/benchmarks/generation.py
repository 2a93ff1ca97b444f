"""GPT-2 (6 layers of 512) says 64 tokens after 16, beside its peers: `KERAS_BACKEND=torch python generation.py`."""

import argparse
from pathlib import Path

import numpy as np
from _peers import BACKEND, print_ratios, take_turns

LANES = ["k3-tf", "k3-jax", "k3-torch"]  # where `nox -s bench` runs this
PEERS = ["keras-hub==0.32.0", "kagglehub==1.0.2", "transformers==5.23.0"]  # what it installs beside
VOCABULARY, LAYERS, HEADS, HIDDEN = 21128, 6, 8, 512
README = Path(__file__).resolve().parents[1] / "README.md"
COLUMNS = "b4k", "keras-hub", "hugging-face"  # of its table


def b4k(prompts, new):
    from b4k_models import build_transformer_model

    gpt2 = build_transformer_model(
        model="gpt2",
        vocab_size=VOCABULARY,
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=4 * HIDDEN,
        hidden_act="gelu",
        max_position=512,
        final_activation="linear",
        return_keras_model=False,
    )
    return lambda: gpt2.generate(prompts, new)


def keras_hub(prompts, new):
    from keras_hub.models import GPT2Backbone, GPT2CausalLM

    backbone = GPT2Backbone(
        vocabulary_size=VOCABULARY,
        num_layers=LAYERS,
        num_heads=HEADS,
        hidden_dim=HIDDEN,
        intermediate_dim=4 * HIDDEN,
        max_sequence_length=512,
    )
    gpt2 = GPT2CausalLM(backbone=backbone, preprocessor=None)
    gpt2.compile(sampler="greedy")
    padding = np.zeros((len(prompts), new), "int32")
    inputs = {
        "token_ids": np.concatenate([prompts, padding], 1),
        "padding_mask": np.concatenate([np.ones_like(prompts), padding], 1),
    }
    return lambda: gpt2.generate(inputs, stop_token_ids=None)


def hugging_face(prompts, new):
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=VOCABULARY,
        n_layer=LAYERS,
        n_head=HEADS,
        n_embd=HIDDEN,
        n_positions=512,
        eos_token_id=None,
        bos_token_id=None,
    )
    gpt2, ids = GPT2LMHeadModel(config).eval(), torch.as_tensor(prompts, dtype=torch.int64)
    options = dict(do_sample=False, max_new_tokens=new, pad_token_id=0)
    return lambda: gpt2.generate(ids, attention_mask=torch.ones_like(ids), **options)


def write(rates):
    """Put {(batch, side): tokens a second} into the rows of this backend in the README's table."""
    begin, end = "<!-- table:generation -->\n", "\n<!-- /table -->"
    head, rest = README.read_text("utf-8").split(begin)
    table, rest = rest.split(end, 1)
    lines = table.splitlines()
    for batch in sorted({batch for batch, _ in rates}):
        key = "| %s | %d |" % (BACKEND, batch)
        found = [rates.get((batch, side)) for side in COLUMNS]
        row = " ".join([key, *("%s |" % ("-" if rate is None else round(rate)) for rate in found)])
        lines = [row if line.startswith(key) else line for line in lines]
    README.write_text(head + begin + "\n".join(lines) + end + rest, "utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--prompt", type=int, default=16)
    parser.add_argument("--new", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="put the rates into the README")
    arguments, rates = parser.parse_args(), {}
    sides = {"b4k": b4k, "keras-hub": keras_hub}
    if BACKEND == "torch":
        sides["hugging-face"] = hugging_face
    for batch in arguments.batches:
        shape = (batch, arguments.prompt)
        prompts = np.random.RandomState(0).randint(1, VOCABULARY, shape).astype("int32")
        steps = {name: make(prompts, arguments.new) for name, make in sides.items()}
        seconds = take_turns(steps, arguments.rounds)
        print_ratios("%s, %d x %d tokens" % (BACKEND, batch, arguments.new), seconds)
        for name, taken in seconds.items():
            rates[batch, name] = batch * arguments.new / taken
            print("  %-14s %8.0f tokens a second" % (name, rates[batch, name]))
    if arguments.write:
        write(rates)


if __name__ == "__main__":
    main()
