"""What make_keras_<backend>.py share: models saved as `.keras` and `.weights.h5` by one backend of Keras 3.

Each model is `<model>.keras`, some are `<model>.weights.h5` too, and `<model>.npz` holds inputs and outputs; its header
says how the model was built. They are what b4k itself makes: correct is that all backends agree.
"""

import io
import json
import os
import re
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np

PACKAGES = Path(__file__).resolve().parents[2] / "packages"
sys.path[:0] = [str(PACKAGES / name / "src") for name in ("b4k-ops", "b4k-layers", "b4k-models")]
from b4k_models import build_transformer_model  # noqa: E402
from b4k_ops import BACKEND, keras  # noqa: E402

CONFIG = {
    "vocab_size": 30,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 20,
    "hidden_act": "gelu",
    "max_position": 12,
    "dropout_rate": 0.1,
    "attention_dropout_rate": 0.1,
}
CONDITION = 5  # the size of an Input that conditions every LayerNormalization
MODELS = {
    "bert": {"with_nsp": True, "with_mlm": True},
    "bert-conditional": {"model": "bert", "layer_norm_cond": True, "application": "unilm"},
    "albert": {"embedding_size": 8, "with_pool": "linear"},
    "nezha": {"application": "lm"},
    "roformer": {"application": "unilm", "residual_attention_scores": True},
    "roformer_v2": {"with_mlm": "linear"},
    "gau": {"hidden_act": "swish", "attention_key_size": 8},
    "electra": {"with_discriminator": True},
    "gpt": {},
    "gpt2": {},
    "gpt2_ml": {},
    "t5.1.0": {"hidden_act": "relu"},
    "mt5.1.1": {"hidden_act": ["gelu", "linear"]},
}
WEIGHTS = ("bert", "gau")  # the models whose weights are also saved alone
TIME = (1980, 1, 1, 0, 0, 0)


def build(config):
    """A model of the table."""
    options = dict(config)
    if options.pop("layer_norm_cond", False):
        condition = keras.layers.Input((CONDITION,), name="Input-Condition")
        options.update(layer_norm_cond=condition, additional_input_layers=condition)
    return build_transformer_model(**options)


def fill(rng, model):
    """Give every weight random values; scales stay near one."""
    for weight in model.weights:
        values = rng.normal(0, 0.3, weight.shape) + ("gamma" in weight.path)
        if weight.trainable:
            weight.assign(values.astype("float32"))


def draw_inputs(rng, model):
    """Padded token ids for the first input, more of them for the second, a condition for the third."""
    inputs = []
    for tensor in model.inputs:
        if "Condition" in tensor.name:
            inputs.append(rng.normal(size=(3, CONDITION)).astype("float32"))
        else:
            top = 2 if "Segment" in tensor.name else CONFIG["vocab_size"]
            lengths = np.array([[8], [5], [3]])
            tokens = rng.randint(1, top, (3, 8)) if top > 2 else np.arange(8) >= lengths // 2
            inputs.append((tokens * (np.arange(8) < lengths)).astype("float32"))
    return inputs


def make_model(out_dir, name, options):
    """The files of one model."""
    rng = np.random.RandomState(zlib.crc32(name.encode()) & 0x7FFFFFFF)
    config = dict(CONFIG, **dict({"model": name}, **options))
    model = build(config)
    fill(rng, model)
    inputs = draw_inputs(rng, model)
    outputs = model.predict(inputs, verbose=0)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    path = os.path.join(out_dir, name)
    model.save(path + ".keras")
    if name in WEIGHTS:
        model.save_weights(path + ".weights.h5")
    forget_times(path + ".keras")
    header = {"case": name, "target": "b4k_models.build_transformer_model", "config": config}
    header.update(oracle="keras %s on %s" % (keras.__version__, BACKEND))
    arrays = {"input/%d" % i: array for i, array in enumerate(inputs)}
    arrays.update(("output/%d" % i, array) for i, array in enumerate(outputs))
    np.savez_compressed(
        path + ".npz", header=np.array(json.dumps(header, sort_keys=True)), **arrays
    )


def forget_times(path):
    """Write an archive anew, compressed, without what differs from one making to the next."""
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    metadata = json.loads(members["metadata.json"])
    metadata["date_saved"] = "1980-01-01@00:00:00"
    members["metadata.json"] = json.dumps(metadata).encode()
    members["config.json"] = renumbered(members["config.json"])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, date_time=TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    Path(path).write_bytes(buffer.getvalue())


def renumbered(config):
    """A config whose shared objects are numbered as they come, not by their addresses."""
    numbers = {}
    pattern = rb'(?<="shared_object_id": )\d+'
    return re.sub(pattern, lambda m: b"%d" % numbers.setdefault(m[0], len(numbers) + 1), config)


def make(out_dir):
    """Write every model into `out_dir`."""
    for name, options in MODELS.items():
        keras.utils.clear_session()
        make_model(out_dir, name, options)
