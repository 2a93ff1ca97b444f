"""Data and checkpoints for `old_scripts.py`: tiny, in the form that each script reads them in."""

import json
import re
import shutil
from pathlib import Path

PACKAGES = Path(__file__).resolve().parent.parent / "packages"
SENTENCEPIECE = PACKAGES / "b4k-text" / "tests" / "golden" / "sentencepiece" / "unigram.model"
SENTENCES = [
    "今天天气不错，我们去公园散步。",
    "这家酒店的房间很干净，服务也很好。",
    "这本书写得太差了，看了几页就不想看。",
    "北京是中国的首都，有很多名胜古迹。",
    "电脑的价格不贵，性能还可以。",
    "他在清华大学学习计算机科学。",
]
TRIPLES = [("北京", "首都", "中国"), ("清华大学", "地点", "北京"), ("公园", "地点", "中国")]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MODELS = {  # part of the directory's name: (model, more of its configuration, what it is built as)
    "albert": ("albert", {"embedding_size": 12}, {"with_pool": True, "with_mlm": True}),
    "CPM": ("gpt2", {"max_position_embeddings": 1024}, {}),
    "gpt2_ml": ("gpt2_ml", {}, {}),
    "mt5": ("mt5.1.1", {"hidden_act": ["gelu", "linear"]}, {}),
    "": ("bert", {}, {"with_pool": True, "with_nsp": True, "with_mlm": True}),
}
CONFIG = {
    "hidden_size": 16,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
}


# --- corpora


def write(path, text, encoding="utf-8"):
    """A file, in a folder made for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))


def lines(items, count):
    """Lines of a file; items that are no text become JSON."""
    items = [
        item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in items
    ]
    return "".join(items[i % len(items)] + "\n" for i in range(count))


def write_corpora(examples, root):
    """All files that the scripts read."""
    labelled = ["%s\t%d" % (text, i % 2) for i, text in enumerate(SENTENCES)]
    pairs = ["%s\t%s\t%d" % (text, SENTENCES[i - 1], i % 2) for i, text in enumerate(SENTENCES)]
    for part, count in (("train", 220), ("valid", 6), ("test", 6)):
        write(examples / ("datasets/sentiment/sentiment.%s.data" % part), lines(labelled, count))
        write(examples / ("datasets/lcqmc/lcqmc.%s.data" % part), lines(pairs, 12))
    for part, count in (("train", 12), ("dev", 119), ("test", 6)):  # of all labels one is right
        items = [{"id": i, "sentence": SENTENCES[i % 6], "label": str(i)} for i in range(count)]
        write(
            root / ("CLUE-master/baselines/CLUEdataset/iflytek/%s.json" % part), lines(items, count)
        )
    write(root / "金庸/a/b.txt", "  ".join(SENTENCES * 10), "gbk")
    games = [{"fen": "", "items": {"棋局结果": "2"}, "iccs": "h2e2h9g7h0g2i9h9"}]
    write(root / "qipu.json", lines(games, 40))
    for i in range(6):
        write(root / ("thuctc/THUCNews/a/%d.txt" % i), "好天气\n" + SENTENCES[i])
    for part in ("train", "val", "test"):
        write(root / ("csl/%s.tsv" % part), lines(["天气\t" + text for text in SENTENCES], 4))
    write_labelled(root)


def write_labelled(root):
    """Questions, triples, sums, words and names."""
    items = [
        {
            "id": "q%d" % i,
            "question": "他在哪里？",
            "passages": [{"passage": text, "answer": text[:2]}, {"passage": text, "answer": ""}],
        }
        for i, text in enumerate(SENTENCES)
    ]
    for name in ("WebQA", "SogouQA"):
        write(root / ("qa_datasets/%s.json" % name), json.dumps(items * 3))
    triples = [
        {
            "text": "%s的%s是%s。" % triple,
            "spo_list": [dict(zip(("subject", "predicate", "object"), triple))],
        }
        for triple in TRIPLES
    ]
    write(root / "kg/datasets/train_data.json", lines(triples, 12))
    write(root / "kg/datasets/dev_data.json", lines(triples, 3))
    write(root / "kg/datasets/all_50_schemas", lines([{"predicate": p} for _, p, _ in TRIPLES], 3))
    sums = {"original_text": "3个苹果加5个苹果是几个？", "equation": "x=(3+5)", "ans": "8"}
    for part, count in (("train", 40), ("valid", 3), ("test", 3)):
        write(root / ("ape210k/%s.ape.json" % part), lines([sums], count))
    words = ["今天 天气 不错 ， 我们 去 公园 散步 。", "北京 是 中国 的 首都 。"]
    write(root / "icwb2-data/training/pku_training.utf8", lines(words, 30))
    names = "\n".join(["他 O", "在 O", "北 B-LOC", "京 I-LOC", "见 O", "李 B-PER", "明 I-PER"])
    for part in ("train", "dev", "test"):
        write(root / ("ner/china-people-daily-ner-corpus/example.%s" % part), (names + "\n\n") * 6)


def write_captions(root):
    """Four pictures with what they show."""
    import cv2
    import numpy as np

    for part in ("train", "val"):
        folder = root / ("caption/coco/%s2014" % part)
        folder.mkdir(parents=True)
        names = ["%s%d.jpg" % (part, i) for i in range(4)]
        for i, name in enumerate(names):
            cv2.imwrite(str(folder / name), np.full((40 + 8 * i, 56, 3), 60 * i, "uint8"))
        images = [{"id": i, "file_name": name, "coco_url": name} for i, name in enumerate(names)]
        captions = [{"image_id": i, "caption": "a train on the tracks"} for i in range(4)]
        path = root / ("caption/coco/annotations/captions_%s2014.json" % part)
        write(path, json.dumps({"images": images, "annotations": captions}))


# --- checkpoints


def vocabulary(source):
    """The tokens of a vocab.txt with all characters of the corpora and of the script."""
    ascii_characters = [chr(i) for i in range(33, 127) if not chr(i).isupper()]
    found = sorted(set(source + "".join(SENTENCES) + str(TRIPLES) + "见李明加几个苹果哪里好"))
    found = [ch for ch in found if ord(ch) > 0x2000]
    words = ["a", "train", "on", "the", "tracks", "welcome", "to", "be", "##i", "##jing"]
    tokens = SPECIAL + ascii_characters + ["##" + ch for ch in ascii_characters] + words + found
    tokens = list(dict.fromkeys(tokens))
    return tokens + ["[unused%d]" % i for i in range(1, 1200 - len(tokens))]


def write_model(source, place, work):
    """Configuration, vocabulary and checkpoint under the names that a script gives them."""
    paths = {
        key: str(place) + path
        for key, path in re.findall(r"^(\w+_path) = '(/root/.*?)'", source, re.MULTILINE)
    }
    if "config_path" not in paths:
        return
    depth = 12 if "bert_layers = 12" in source else 3 if "num_hidden_layers=3" in source else 2
    kind = next(kind for kind in MODELS if kind in paths["config_path"])
    made = work / "models" / ("%s-%d" % (kind or "bert", depth))
    tokens = vocabulary(source)
    if not made.exists():
        made.mkdir(parents=True)
        make_checkpoint(kind, depth, len(tokens), made)
    target = Path(paths["checkpoint_path"])
    target.parent.mkdir(parents=True, exist_ok=True)
    Path(paths["config_path"]).parent.mkdir(parents=True, exist_ok=True)
    for path in made.glob("model*"):
        shutil.copyfile(str(path), str(target) + path.name[len("model") :])
    shutil.copyfile(str(made / "config.json"), paths["config_path"])
    if "dict_path" in paths:
        write(Path(paths["dict_path"]), "\n".join(tokens) + "\n")
    if "spm_path" in paths:
        shutil.copyfile(str(SENTENCEPIECE), paths["spm_path"])
    if "keep_tokens_path" in paths:
        write(Path(paths["keep_tokens_path"]), json.dumps(list(range(pieces()))))


def pieces():
    """How many tokens the sentencepiece model has."""
    from b4k_text import SpTokenizer

    return SpTokenizer(str(SENTENCEPIECE))._vocab_size


def make_checkpoint(kind, depth, vocab_size, folder):
    """A random model of that kind, written by b4k; its head prefers [SEP], so that texts end."""
    from b4k_models import build_transformer_model
    from b4k_ops import get_values, set_values

    model, more, heads = MODELS[kind]
    config = dict(CONFIG, num_hidden_layers=depth, vocab_size=vocab_size, **more)
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    transformer = build_transformer_model(
        str(folder / "config.json"), model=model, return_keras_model=False, **heads
    )
    if "MLM-Bias" in transformer.layers:
        (bias,) = transformer.layers["MLM-Bias"].weights
        value = get_values([bias])[0].copy()
        value[SPECIAL.index("[SEP]")] = 6
        set_values([(bias, value)])
    transformer.save_weights_as_checkpoint(str(folder / "model"))


def write_image_model(home):
    """The weights that `MobileNetV2` would download, random, where Keras looks for them."""
    name = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
    path = home / "models" / name
    if not path.exists():
        from b4k_ops import keras

        path.parent.mkdir(parents=True, exist_ok=True)
        model = keras.applications.mobilenet_v2.MobileNetV2(include_top=False, weights=None)
        write_legacy_weights(model, path)


def write_legacy_weights(model, path):
    """`model.save_weights` as of Keras 2, on Keras 3 too."""
    try:
        import h5py
        from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group
    except ImportError:
        model.save_weights(str(path))
        return
    with h5py.File(str(path), "w") as file:
        save_weights_to_hdf5_group(file, model)


def make(script, place, work):
    """Everything that a script wants, below `place`."""
    source = script.read_text("utf-8")
    if "from task_" in source:  # whose paths it takes
        source = (script.parent / (re.findall(r"from (task_\w+)", source)[0] + ".py")).read_text(
            "utf-8"
        )
    write_corpora(place / "examples", place / "root")
    write_model(source, place, work)
    if "MobileNetV2" in source:
        write_captions(place / "root")
        write_image_model(work / "keras")
    if "cchess" in source:  # for the game against a person only
        write(place / "examples" / "cchess.py", "")
