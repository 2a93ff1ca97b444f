"""Weight files of a Hugging Face directory that are not what they claim: one clear error for each defect."""

import json
import os
import pickle
import struct
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from b4k_models import CheckpointError, HuggingFaceCheckpoint

GOLDEN = os.path.join(os.path.dirname(__file__), "golden", "huggingface")
QUERY = "bert.encoder.layer.0.attention.self.query.weight"


def write_safetensors(directory, tensors, filename="model.safetensors"):
    """Writes {name: (code of the type, array)}, by hand because numpy has no bfloat16."""
    header, data = {}, b""
    for name, (code, array) in tensors.items():
        ends = [len(data), len(data) + array.nbytes]
        header[name] = {"dtype": code, "shape": array.shape, "data_offsets": ends}
        data += array.tobytes()
    text = json.dumps(header).encode()
    with open(os.path.join(str(directory), filename), "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


# --- names and types


@pytest.mark.parametrize("prefix", ["", "bert."])
def test_bfloat16_is_widened_exactly(prefix, tmp_path):
    values = np.array([1.0, -2.5, 3.0e38, 1.0e-40, np.inf, 0.0], "float32")
    bits = (values.view("uint32") >> 16).astype("<u2")
    name = "embeddings.LayerNorm.weight"
    write_safetensors(tmp_path, {"other": ("F32", values), prefix + name: ("BF16", bits)})
    got = HuggingFaceCheckpoint(str(tmp_path))["bert/embeddings/LayerNorm/gamma"]
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got.view("uint32"), bits.astype("uint32") << 16)


@pytest.mark.parametrize("given", ["cls.predictions.bias", "cls.predictions.decoder.bias"])
def test_tied_weights_serve_under_either_name(given, tmp_path):
    write_safetensors(tmp_path, {given: ("F32", np.ones(7, "float32"))})
    assert list(HuggingFaceCheckpoint(str(tmp_path))) == ["cls/predictions/output_bias"]


@pytest.mark.parametrize("given", ["shared", "encoder.embed_tokens", "decoder.embed_tokens"])
def test_a_t5_without_a_head_of_its_own_has_the_table(given, tmp_path):
    table = np.arange(6, dtype="float32").reshape(3, 2)
    write_safetensors(tmp_path, {given + ".weight": ("F32", table)})
    (tmp_path / "config.json").write_text('{"model_type": "mt5"}')
    checkpoint = HuggingFaceCheckpoint(str(tmp_path))
    np.testing.assert_array_equal(checkpoint["shared/embedding"], table)
    if given == "shared":
        np.testing.assert_array_equal(checkpoint["decoder/logits/kernel"], table.T)


def test_tensors_that_are_none_of_ours_are_listed(tmp_path):
    zeros = ("F32", np.zeros(3, "float32"))
    names = ["embeddings.LayerNorm.bias", "classifier.bias", "bert.embeddings.position_ids"]
    write_safetensors(tmp_path, {name: zeros for name in names})
    checkpoint = HuggingFaceCheckpoint(tmp_path)
    assert list(checkpoint) == ["bert/embeddings/LayerNorm/beta"]
    assert checkpoint.unrecognised == ["classifier.bias"]


# --- weight files that are not what they claim


def write_bin(directory, program, storages=(), compression=zipfile.ZIP_STORED):
    """`pytorch_model.bin` with this pickle in it, and {key: bytes}."""
    with zipfile.ZipFile(os.path.join(str(directory), "pytorch_model.bin"), "w") as archive:
        archive.writestr("archive/data.pkl", program, compression)
        for key, content in dict(storages).items():
            archive.writestr("archive/data/" + key, content, compression)


class Call:
    """Pickles as a call of a function, which unpickling would carry out."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def text(string):
    return b"X" + struct.pack("<I", len(string)) + string.encode()


def number(value):
    return b"J" + struct.pack("<i", value)


def numbers(values):
    return b"(" + b"".join(map(number, values)) + b"t"


KEY = text("pooler.dense.weight")


def pickled(size=6, offset=0, shape=(2, 3), strides=(3, 1), key=KEY):
    """The pickle that torch.save writes for {key: a float32 tensor}, with these numbers in it."""
    kind = text("storage") + b"ctorch\nFloatStorage\n"
    storage = b"(" + kind + text("0") + text("cpu") + number(size) + b"tQ"
    tensor = b"(" + storage + number(offset) + numbers(shape) + numbers(strides) + b"\x89}tR"
    return b"\x80\x02}" + key + b"ctorch._utils\n_rebuild_tensor_v2\n" + tensor + b"s."


STORAGE = {"0": np.arange(6, dtype="float32").tobytes()}
NESTED_KEY = b")" + b"\x85" * 200000  # a tuple in a tuple in a tuple ...


def test_a_bin_made_by_hand_is_read(tmp_path):
    write_bin(tmp_path, pickled(offset=1, shape=(2, 2), strides=(1, 2)), STORAGE)
    kernel = HuggingFaceCheckpoint(tmp_path)["bert/pooler/dense/kernel"]
    np.testing.assert_array_equal(kernel, [[1, 2], [3, 4]])  # transposed


@pytest.mark.parametrize(
    "words, program, storages",
    [
        ("exceeds its storage of 6 elements", pickled(shape=(2, 4)), STORAGE),
        ("exceeds its storage", pickled(offset=1), STORAGE),
        ("exceeds its storage", pickled(shape=(1000000, 3), strides=(0, 1)), STORAGE),
        ("has the shape", pickled(offset=-1), STORAGE),
        ("has the shape", pickled(strides=(-3, 1)), STORAGE),
        ("2 dimensions and 1 strides", pickled(strides=(1,)), STORAGE),
        ("40 dimensions", pickled(shape=[1] * 40, strides=[1] * 40), STORAGE),
        ("cannot read pooler", pickled(size=7, shape=(7,), strides=(1,)), STORAGE),
        ("cannot read pooler.*data/0", pickled(), {}),
        ("key of type tuple", pickled(key=NESTED_KEY), STORAGE),
        ("asks for torch.load, refused", pickled().replace(b"FloatStorage", b"load"), STORAGE),
        ("not a readable PyTorch file", pickled()[:-10], STORAGE),
        ("holds a NoneType, not a dict", b"\x80\x02Nr\xff\xff\xff\xff.", STORAGE),
        ("operation .*x94.*refused", pickle.dumps({}, 4), STORAGE),
        ("constructs from 1001 arguments", pickled(shape=()).replace(b"\x89", b"N" * 996), STORAGE),
        ("ends early", b"", STORAGE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bin_that_is_malformed(words, program, storages, tmp_path):
    write_bin(tmp_path, program, storages)
    with pytest.raises(CheckpointError, match="pytorch_model.bin.*" + words):
        HuggingFaceCheckpoint(tmp_path)["bert/pooler/dense/kernel"]


def test_a_bin_that_is_compressed(tmp_path):
    write_bin(tmp_path, pickled(), STORAGE, zipfile.ZIP_DEFLATED)
    with pytest.raises(CheckpointError, match="compressed"):
        HuggingFaceCheckpoint(tmp_path)


@pytest.mark.parametrize("layout", ["zip", "legacy"])
@pytest.mark.parametrize("wrap", [lambda call: call, lambda call: {"pooler.dense.bias": [call]}])
def test_code_in_a_pickle_is_not_run(layout, wrap, tmp_path):
    victim = tmp_path / "victim"
    program = pickle.dumps(wrap(Call(os.mkdir, str(victim))), 2)
    if layout == "zip":
        write_bin(tmp_path, program)
    else:
        (tmp_path / "pytorch_model.bin").write_bytes(program)
    with pytest.raises(CheckpointError, match=r"asks for \w+\.mkdir, refused: no code is run"):
        HuggingFaceCheckpoint(tmp_path)
    assert not victim.exists()


WEIGHTS = [
    ("pretraining", "model.safetensors"),
    ("masked_lm", "model-00001-of-00003.safetensors"),
    ("masked_lm", "model.safetensors.index.json"),
    ("encoder", "pytorch_model-00001-of-00002.bin"),
    ("legacy", "pytorch_model.bin"),
]


def read_all(directory):
    return [array.sum() for array in HuggingFaceCheckpoint(directory).values()]


@pytest.mark.parametrize("name", ["pretraining", "masked_lm", "encoder", "legacy"])
def test_several_threads_read_side_by_side(name):
    checkpoint = HuggingFaceCheckpoint(os.path.join(GOLDEN, name))
    expected = {variable: checkpoint[variable] for variable in checkpoint}
    with ThreadPoolExecutor(4) as pool:
        variables = 20 * list(expected)
        for variable, value in zip(variables, pool.map(checkpoint.__getitem__, variables)):
            np.testing.assert_array_equal(value, expected[variable])


@pytest.mark.parametrize("name, filename", WEIGHTS)
@pytest.mark.parametrize("kept", [0, 1, 7, 100, 0.5, -2])
def test_a_truncated_file(name, filename, kept, copy):
    directory = copy(name)
    with open(os.path.join(directory, filename), "rb+") as f:
        size = len(f.read())
        f.truncate(int(kept * size) if kept == 0.5 else kept % size)
    with pytest.raises(CheckpointError, match=filename):
        read_all(directory)


@pytest.mark.parametrize("name, filename", WEIGHTS)
def test_random_bytes(name, filename, copy):
    directory, rng = copy(name), np.random.RandomState(0)
    for size in (1, 8, 9, 100, 5000):
        with open(os.path.join(directory, filename), "wb") as f:
            f.write(rng.bytes(size))
        with pytest.raises(CheckpointError, match=filename):
            read_all(directory)


@pytest.mark.parametrize("name, filename", WEIGHTS)
def test_altered_bytes_are_read_or_refused_and_nothing_else(name, filename, copy):
    directory, rng = copy(name), np.random.RandomState(1)
    with open(os.path.join(directory, filename), "rb") as f:
        content = np.frombuffer(f.read(), "uint8")
    for _ in range(100):
        altered = content.copy()
        places = rng.randint(0, min(3000, len(content)), 3)
        altered[places] = rng.randint(0, 256, 3)
        altered.tofile(os.path.join(directory, filename))
        try:
            read_all(directory)
        except CheckpointError as error:
            assert directory in str(error)


def test_a_git_lfs_pointer(copy):
    directory = copy("pretraining")
    with open(os.path.join(directory, "model.safetensors"), "w") as f:
        f.write("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(CheckpointError, match="model.safetensors: a Git LFS pointer"):
        HuggingFaceCheckpoint(directory)


def test_integers_are_not_weights(tmp_path):
    write_safetensors(tmp_path, {"pooler.dense.weight": ("I8", np.ones((2, 2), "int8"))})
    with pytest.raises(CheckpointError, match="pooler.dense.weight is of type int8"):
        HuggingFaceCheckpoint(tmp_path)


def test_a_variable_under_two_names(tmp_path):
    zeros = ("F32", np.zeros(3, "float32"))
    names = ["embeddings.LayerNorm.gamma", "bert.embeddings.LayerNorm.weight"]
    write_safetensors(tmp_path, {name: zeros for name in names})
    with pytest.raises(CheckpointError, match="bert/embeddings/LayerNorm/gamma, which .* already"):
        HuggingFaceCheckpoint(tmp_path)


def test_weights_of_another_model(tmp_path):
    write_safetensors(tmp_path, {"transformer.wte.weight": ("F32", np.zeros((3, 2), "float32"))})
    with pytest.raises(CheckpointError, match="none of its 1 tensors .*: transformer.wte.weight"):
        HuggingFaceCheckpoint(tmp_path)


# --- shards


@pytest.fixture
def index(copy):
    """index(change): the sharded directory after `change(weight_map)`."""

    def index(change):
        directory = copy("masked_lm")
        path = os.path.join(directory, "model.safetensors.index.json")
        with open(path) as f:
            values = json.load(f)
        change(values["weight_map"])
        with open(path, "w") as f:
            json.dump(values, f)
        return directory

    return index


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda names: names.update(x="model-00001-of-00003.safetensors"), "x is not in the shard"),
        (lambda names: names.update(x="model-9.safetensors"), "model-9.safetensors is missing"),
        (lambda names: names.update(x="../model.safetensors"), "is missing"),
        (lambda names: names.update(x=3), "the shard 3 is missing"),
        (lambda names: names.clear(), "weight_map is missing or empty"),
    ],
)
def test_an_index_that_is_wrong(change, words, index):
    with pytest.raises(CheckpointError, match="index.json: .*" + words):
        HuggingFaceCheckpoint(index(change))


def test_a_tensor_in_two_shards(index):
    directory = index(lambda names: names.update({QUERY: "model-9.safetensors"}))
    write_safetensors(directory, {QUERY: ("F32", np.zeros((16, 16), "f4"))}, "model-9.safetensors")
    with pytest.raises(CheckpointError, match=QUERY + ".*already"):
        HuggingFaceCheckpoint(directory)
