"""Makes tiny Hugging Face directories of every family and what transformers itself computes from them.

Each directory holds `config.json`, weights in one of the layouts found in the wild, and `expected.npz`: a JSON
`header`, the model's inputs in order as `input/<i>`, and `output/<i>`, named in the header's `outputs`.
"""

import json
import os
import struct

import numpy as np
import torch
import transformers
from _huggingface_case import (
    SEED,
    build,
    compute,
    padded_tokens,
    without_padding,
    write_expected,
)

TARGET = "packages/b4k-models/tests/golden/huggingface"
LANE = "transformers"
REQUIREMENTS = [
    "torch==2.13.0",
    "transformers==5.23.0",
    "safetensors==0.8.0",
    "numpy==2.4.6",
]
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


# --- the other families

ENCODER = dict(TINY, hidden_act="gelu", max_position_embeddings=14)
DECODER = dict(vocab_size=40, n_embd=16, n_layer=2, n_head=2, n_positions=12)
T5 = dict(vocab_size=40, d_model=16, d_kv=6, d_ff=24, num_layers=2, num_heads=2)
T5.update(decoder_start_token_id=0)
GATED = dict(T5, feed_forward_proj="gated-gelu")


def save_old_gpt2(model, directory):
    """`pytorch_model.bin` as OpenAI's: no prefix, no head, the causal masks as buffers; float16."""
    model.config.save_pretrained(directory)
    tensors = {
        name[len("transformer.") :]: value
        for name, value in model.half().state_dict().items()
        if name.startswith("transformer.")
    }
    for i in range(2):
        tensors["h.%d.attn.bias" % i] = torch.ones(1, 1, 12, 12).tril().to(torch.uint8)
        tensors["h.%d.attn.masked_bias" % i] = torch.tensor(-1e4)
    torch.save(tensors, os.path.join(directory, "pytorch_model.bin"))


FAMILIES = [
    # name, transformers class, how it is saved, its config, what its logits are called here
    ("roberta", "RobertaForMaskedLM", save_safetensors, dict(ENCODER, type_vocab_size=1), "mlm"),
    ("roberta_classifier", "RobertaForSequenceClassification", save_safetensors, ENCODER, None),
    (
        "albert",
        "AlbertForPreTraining",
        save_safetensors,
        dict(ENCODER, embedding_size=8, hidden_act="gelu_new"),
        "mlm",
    ),
    (
        "electra",
        "ElectraForPreTraining",
        save_safetensors,
        dict(ENCODER, embedding_size=8),
        "discriminator",
    ),
    (
        "electra_generator",
        "ElectraForMaskedLM",
        save_safetensors,
        dict(ENCODER, embedding_size=16),
        None,
    ),
    (
        "roformer",
        "RoFormerForMaskedLM",
        save_safetensors,
        dict(ENCODER, embedding_size=8, layer_norm_eps=1e-5),
        "mlm",
    ),
    ("gpt2", "GPT2LMHeadModel", save_safetensors, DECODER, "lm"),
    (
        "gpt2_old",
        "GPT2LMHeadModel",
        save_old_gpt2,
        dict(DECODER, n_inner=24, activation_function="relu"),
        "lm",
    ),
    ("openai_gpt", "OpenAIGPTLMHeadModel", save_safetensors, DECODER, "lm"),
    ("t5", "T5ForConditionalGeneration", save_safetensors, T5, "lm"),
    ("t5_encoder", "T5EncoderModel", save_safetensors, T5, None),
    (
        "t5_v1_1",
        "T5ForConditionalGeneration",
        save_safetensors,
        dict(GATED, tie_word_embeddings=False, num_decoder_layers=1),
        "lm",
    ),
    ("mt5", "MT5ForConditionalGeneration", save_sharded_bfloat16, GATED, "lm"),
]


def family_inputs(model, rng):
    """{name at transformers: ids or mask}, and which tokens of the output are no padding."""
    config = model.config
    tokens, keep = padded_tokens(config.vocab_size, config.pad_token_id or 0, rng)
    if config.model_type in ("gpt2", "openai-gpt"):  # every id is a token
        return {"input_ids": tokens}, np.ones_like(keep)
    inputs = {"input_ids": tokens, "attention_mask": keep}
    if config.is_encoder_decoder:
        decoder_tokens, decoder_keep = padded_tokens(config.vocab_size, 0, rng)
        decoder_tokens[:, 0] = 0
        return dict(inputs, decoder_input_ids=decoder_tokens[:, :7]), decoder_keep[:, :7]
    if hasattr(config, "type_vocab_size"):
        inputs["token_type_ids"] = rng.randint(0, config.type_vocab_size, keep.shape) * keep
    return inputs, keep


def family_outputs(model, inputs, keep, logits):
    """{name: array} of what transformers computes."""
    out = compute(model, inputs)
    if model.config.is_encoder_decoder:
        outputs = {"hidden": out.decoder_hidden_states[-1]}
    else:
        outputs = {"hidden": out.hidden_states[-1]}
    if logits is not None:
        outputs[logits + "_logits"] = (
            out.prediction_logits if "prediction_logits" in out else out.logits
        )
    if "sop_logits" in out:
        outputs["nsp_logits"] = out.sop_logits
    return {name: without_padding(output, keep) for name, output in outputs.items()}


def make(out_dir):
    """Writes every directory of DIRECTORIES and FAMILIES under out_dir."""
    for case, kind, save, changes in DIRECTORIES:
        rng = np.random.RandomState(SEED)
        config = transformers.BertConfig(**dict(TINY, **changes))
        model = build(kind, config, rng)
        inputs = padded_inputs(config, rng)
        directory = os.path.join(out_dir, case)
        os.makedirs(directory, exist_ok=True)
        save(model, directory)
        write_expected(directory, case, kind, changes, inputs, expected(model, *inputs))
    for case, kind, save, changes, logits in FAMILIES:
        make_family(os.path.join(out_dir, case), case, kind, save, changes, logits)


def make_family(directory, case, kind, save, changes, logits):
    """Writes one directory of FAMILIES."""
    rng = np.random.RandomState(SEED)
    model = build(kind, getattr(transformers, kind).config_class(**changes), rng)
    inputs, keep = family_inputs(model, rng)
    os.makedirs(directory, exist_ok=True)
    save(model, directory)
    names = ("input_ids", "token_type_ids", "decoder_input_ids")
    given = [inputs[name].astype("int32") for name in names if name in inputs]
    outputs = family_outputs(model, inputs, keep, logits)
    write_expected(directory, case, kind, changes, given, outputs)


if __name__ == "__main__":
    import sys

    make(sys.argv[1])
