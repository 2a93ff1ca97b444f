"""What the makers of Hugging Face directories share: random models, padded inputs, and what transformers gives."""

import json
import os

import numpy as np
import torch
import transformers

SEED = 20230
LENGTHS = [[9], [6], [3]]  # of the rows that are padded to 9


def random_weights(model, rng, scale=0.3):
    """Draws every weight with numpy, whose seeds mean the same in every version."""
    for name, value in model.named_parameters():
        if not value.requires_grad:
            continue  # sinusoids
        draw = rng.normal(scale=scale, size=tuple(value.shape))
        center = 1.0 if value.ndim == 1 and is_norm(name) else 0.0
        value.data = torch.from_numpy((draw + center).astype("float32"))
    model.tie_weights()


def is_norm(name):
    """Whether a parameter's name is that of the scale of a norm."""
    module, _, leaf = name.rpartition(".")
    words = ("LayerNorm", "layer_norm", "ln_", "layernorm")
    return leaf == "weight" and any(word in module.rpartition(".")[2] for word in words)


def build(kind, config, rng):
    """A random model of a class of transformers; T5's newer versions have a head that is not tied."""
    options = {"add_pooling_layer": False} if kind == "BertModel" else {}
    model = getattr(transformers, kind)(config, **options).eval()
    if getattr(config, "is_gated_act", False) and hasattr(model, "lm_head"):
        model.lm_head.weight = torch.nn.Parameter(torch.zeros(model.lm_head.weight.shape))
        model.tie_weights = lambda *args, **kwargs: None
    random_weights(model, rng, 0.2 if "T5" in kind else 0.3)  # T5 doesn't scale its scores
    return model


def padded_tokens(vocab_size, pad, rng):
    """Token ids (3, 9), which keep (3, 9): the rest is padding. Ids below 3 but not `pad` are among them."""
    keep = np.arange(9) < np.array(LENGTHS)
    tokens = rng.randint(3, vocab_size, size=keep.shape)
    tokens[0, :3] = [0, 1, 2]
    tokens[tokens == pad] = 3
    tokens[1, 0] = 0  # T5 starts with it, and RoBERTa; the first is no padding whatever it is
    return np.where(keep, tokens, pad).astype("int32"), keep


def tensors(arrays):
    """numpy arrays as what transformers wants of ids and masks."""
    return {name: torch.from_numpy(np.asarray(array)).long() for name, array in arrays.items()}


def compute(model, arrays):
    """What a model gives, in float64."""
    with torch.no_grad():
        return model.double()(**tensors(arrays), output_hidden_states=True)


def without_padding(output, keep):
    """A sequence's output as float32 with NaN at padding, where nothing has a meaning; other outputs as they are."""
    output = output.numpy().astype("float32")
    if output.shape[:2] == keep.shape:
        output[~keep] = np.nan
    return output


def write_expected(directory, case, kind, changes, inputs, outputs):
    """`expected.npz`: a JSON `header`, `input/<i>`, and `output/<i>`, named in the header's `outputs`."""
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
