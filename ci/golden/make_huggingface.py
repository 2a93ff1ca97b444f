"""Makes tiny Hugging Face BERT directories and what transformers itself computes from them.

Each directory holds `config.json`, weights in one of the layouts found in the wild, and
`expected.npz`: a JSON `header`, `input/0` token ids, `input/1` segment ids, and `output/<i>`, named
in the header's `outputs`.
"""

import json
import os
import struct

import numpy as np
import torch
import transformers

TARGET = "packages/b4k-models/tests/golden/huggingface"
LANE = "transformers"
REQUIREMENTS = [
    "torch==2.13.0",
    "transformers==5.23.0",
    "safetensors==0.8.0",
    "numpy==2.4.6",
]
SEED = 20230
TINY = dict(
    vocab_size=40,
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=32,
    max_position_embeddings=12,
)
PREFIX = "bert."  # what heads put before the encoder's names


def save_safetensors(model, directory):
    """One `model.safetensors`, float32."""
    model.save_pretrained(directory)


def save_sharded_bfloat16(model, directory):
    """Several `model-*.safetensors` and their index, bfloat16."""
    model.bfloat16().save_pretrained(directory, max_shard_size="6KB")


def save_sharded_bin(model, directory):
    """Two `pytorch_model-*.bin` and their index, names without prefix, a buffer of old versions."""
    model.config.save_pretrained(directory)
    tensors = {
        name[len(PREFIX) :] if name.startswith(PREFIX) else name: value
        for name, value in model.state_dict().items()
    }
    tensors["embeddings.position_ids"] = torch.arange(12)[None]
    names = sorted(tensors)
    weight_map = {}
    for i, part in enumerate((names[::2], names[1::2]), 1):
        filename = "pytorch_model-{:05d}-of-00002.bin".format(i)
        torch.save(
            {name: tensors[name].clone() for name in part}, os.path.join(directory, filename)
        )
        weight_map.update((name, filename) for name in part)
    index = {"metadata": {}, "weight_map": weight_map}
    with open(os.path.join(directory, "pytorch_model.bin.index.json"), "w") as f:
        json.dump(index, f, indent=2, sort_keys=True)
        f.write("\n")


def save_legacy_bin(model, directory):
    """`pytorch_model.bin` as of 2019: not yet a zip, gamma and beta, the tied decoder; float16."""
    model.config.save_pretrained(directory)
    tensors = model.half().state_dict()
    for name in list(tensors):
        if "LayerNorm" in name:
            old = name.replace("weight", "gamma").replace("bias", "beta")
            tensors[old] = tensors.pop(name)
    path = os.path.join(directory, "pytorch_model.bin")
    addresses = in_order_of_address(tensors)
    torch.save(tensors, path, _use_new_zipfile_serialization=False)
    with open(path, "rb") as f:
        content = f.read()
    for i, address in enumerate(addresses):
        content = content.replace(unicode(address), unicode("%02d" % i))
    with open(path, "wb") as f:
        f.write(content)


def in_order_of_address(tensors):
    """Moves the tensors so that their storages' addresses rise from name to name; returns these.

    The layout before zip names storages by address and sorts them by name, so that without this
    and without renaming no two runs would write the same bytes.
    """
    slots = [torch.empty(0, dtype=torch.half) for _ in set(map(address_of, tensors.values()))]
    slots.sort(key=address_of)
    moved = {}
    for name, value in tensors.items():
        if address_of(value) not in moved:
            moved[address_of(value)] = slots[len(moved)].resize_(value.shape).copy_(value)
        tensors[name] = moved[address_of(value)]
    return [address_of(slot) for slot in slots]


def address_of(tensor):
    return str(tensor.untyped_storage()._cdata)


def unicode(text):
    """A string as it stands in a pickle of protocol 2."""
    return struct.pack("<I", len(text)) + text.encode()


DIRECTORIES = [
    # name, transformers class, how it is saved, what differs from TINY
    ("pretraining", "BertForPreTraining", save_safetensors, {}),
    (
        "masked_lm",
        "BertForMaskedLM",
        save_sharded_bfloat16,
        {"hidden_act": "gelu_new", "layer_norm_eps": 1e-5, "type_vocab_size": 4},
    ),
    ("encoder", "BertModel", save_sharded_bin, {"hidden_act": "relu", "type_vocab_size": 1}),
    ("legacy", "BertForPreTraining", save_legacy_bin, {"hidden_act": "swish"}),
]


def random_weights(model, rng):
    """Draws every weight with numpy, whose seeds mean the same in every version."""
    for name, value in model.named_parameters():
        draw = rng.normal(scale=0.3, size=tuple(value.shape))
        center = 1.0 if "LayerNorm.weight" in name else 0.0
        value.data = torch.from_numpy((draw + center).astype("float32"))
    model.tie_weights()


def build(kind, config, rng):
    model_class = getattr(transformers, kind)
    options = {"add_pooling_layer": False} if kind == "BertModel" else {}
    model = model_class(config, **options).eval()
    random_weights(model, rng)
    return model


def padded_inputs(config, rng):
    """token_ids, segment_ids (3, 9); the rows hold 9, 6 and 3 tokens, the rest is id 0."""
    keep = np.arange(9) < np.array([[9], [6], [3]])
    token_ids = rng.randint(1, config.vocab_size, size=keep.shape) * keep
    segment_ids = rng.randint(0, config.type_vocab_size, size=keep.shape) * keep
    return token_ids.astype("int32"), segment_ids.astype("int32")


def expected(model, token_ids, segment_ids):
    """{name: float32 array} of what transformers computes, in float64; padding is masked."""
    tokens = torch.from_numpy(token_ids).long()
    with torch.no_grad():
        out = model.double()(
            input_ids=tokens,
            token_type_ids=torch.from_numpy(segment_ids).long(),
            attention_mask=(tokens != 0).long(),
            output_hidden_states=True,
        )
        outputs = {"hidden": out.hidden_states[-1]}  # (3, 9, 16)
        if "prediction_logits" in out:
            outputs["pooled"] = model.bert.pooler(outputs["hidden"])  # (3, 16)
            outputs["nsp_logits"] = out.seq_relationship_logits  # (3, 2)
            outputs["mlm_logits"] = out.prediction_logits  # (3, 9, 40)
        elif "logits" in out:
            outputs["mlm_logits"] = out.logits  # (3, 9, 40)
    return {name: value.numpy().astype("float32") for name, value in outputs.items()}


def write_expected(directory, case, kind, changes, inputs, outputs):
    header = {
        "case": case,
        "target": "b4k_models.build_transformer_model",
        "config": changes,
        "outputs": sorted(outputs),
        "oracle": "transformers=={} {}".format(transformers.__version__, kind),
        "seed": SEED,
        "versions": {"torch": torch.__version__.split("+")[0], "numpy": np.__version__},
    }
    arrays = {"input/%d" % i: value for i, value in enumerate(inputs)}
    arrays.update(("output/%d" % i, outputs[name]) for i, name in enumerate(sorted(outputs)))
    np.savez_compressed(
        os.path.join(directory, "expected.npz"),
        header=np.array(json.dumps(header, sort_keys=True)),
        **arrays,
    )


def make(out_dir):
    """Writes every directory of DIRECTORIES under out_dir."""
    for case, kind, save, changes in DIRECTORIES:
        rng = np.random.RandomState(SEED)
        config = transformers.BertConfig(**dict(TINY, **changes))
        model = build(kind, config, rng)
        inputs = padded_inputs(config, rng)
        directory = os.path.join(out_dir, case)
        os.makedirs(directory, exist_ok=True)
        save(model, directory)
        write_expected(directory, case, kind, changes, inputs, expected(model, *inputs))


if __name__ == "__main__":
    import sys

    make(sys.argv[1])
