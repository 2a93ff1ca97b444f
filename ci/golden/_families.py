"""The weight families of bert4keras's README: what a release of each looks like, in small.

Data alone, for make_families.py and for the table in the README of b4k-models. What a model reads is called as in the
original's own mapping. `extra` is what no model reads: heads that are left out, the step, the optimizer's slots, called
as in the code that trained or converted the family; a release may have been stripped of some.
"""

from collections import namedtuple

__all__ = ["FAMILIES", "GOOGLE", "SAMPLES", "Family"]

Family = namedtuple(
    "Family",
    "name title model options config files extra stored",
    defaults=({},),  # stored: more options, of a model that has all that the release holds
)

GOOGLE = {  # the keys of bert_config.json that every family has
    "attention_probs_dropout_prob": 0.1,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 16,
    "initializer_range": 0.02,
    "intermediate_size": 20,
    "max_position_embeddings": 10,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "type_vocab_size": 2,
    "vocab_size": 30,
}
CHINESE = {  # of Google's Chinese BERT and its descendants
    "directionality": "bidi",
    "pooler_fc_size": 16,
    "pooler_num_attention_heads": 2,
    "pooler_num_fc_layers": 3,
    "pooler_size_per_head": 8,
    "pooler_type": "first_token_transform",
}
ALBERT = {
    "embedding_size": 8,
    "num_hidden_groups": 1,
    "net_structure_type": 0,
    "gap_size": 0,
    "num_memory_blocks": 0,
    "inner_group_num": 1,
    "down_scale_factor": 1,
}
ELECTRA = {"embedding_size": 8}
T5 = {
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "hidden_size": 16,
    "initializer_range": 0.02,
    "num_attention_heads": 2,
    "attention_head_size": 6,
    "num_hidden_layers": 2,
    "vocab_size": 30,
    "intermediate_size": 20,
}
GATED = ["gelu", "linear"]

PRETRAINING = {"with_nsp": True, "with_mlm": True}
BERT_FILES = ("bert_config.json", "bert_model.ckpt")
HEADS = {"with_pool": True, "with_mlm": True}
SIMILAR = {"with_pool": "linear", "application": "unilm"}
STEP = {"global_step": ("int64", ())}


def without(config, *keys):
    """A configuration without some keys."""
    return {key: value for key, value in config.items() if key not in keys}


def generator(size, embedding_size):
    """The variables of ELECTRA's generator, of a quarter of the width, with one layer."""
    dense = {"generator/embeddings_project": (embedding_size, size)}
    layer = "generator/encoder/layer_0/"
    for name in ("self/query", "self/key", "self/value", "output/dense"):
        dense[layer + "attention/" + name] = (size, size)
    dense[layer + "intermediate/dense"] = (size, 4 * size)
    dense[layer + "output/dense"] = (4 * size, size)
    dense["generator_predictions/dense"] = (size, embedding_size)
    norms = {layer + "attention/output/LayerNorm": size, layer + "output/LayerNorm": size}
    norms["generator_predictions/LayerNorm"] = embedding_size
    shapes = {name + "/kernel": shape for name, shape in dense.items()}
    shapes.update((name + "/bias", shape[1:]) for name, shape in dense.items())
    shapes.update((n + end, (s,)) for n, s in norms.items() for end in ("/beta", "/gamma"))
    shapes["generator_predictions/output_bias"] = (30,)
    return {name: ("float32", shape) for name, shape in shapes.items()}


ADAM = {"/adam_m": None, "/adam_v": None}  # after the name of each variable, in its shape
ADAFACTOR = {"_slot_vr": 0, "_slot_vc": 1, "_slot_v": None}  # rows and columns of matrices, or all
GROVER = {"/adafactor_vr": 0, "/adafactor_vc": 1, "/adafactor_v": None}

# fmt: off
ONE_LAYER = dict(GOOGLE, num_hidden_layers=1)  # where slots make the checkpoint three times as large
FAMILIES = [
    Family("bert", "Google BERT", "bert", HEADS, dict(GOOGLE, **CHINESE), BERT_FILES, {}, PRETRAINING),
    Family("roberta_zh", "brightmart RoBERTa", "bert", HEADS, dict(ONE_LAYER, **CHINESE),
           ("bert_config.json", "roberta_zh_large_model.ckpt"), dict(STEP, slots=ADAM), PRETRAINING),
    Family("roberta_wwm", "HFL RoBERTa-wwm", "bert", {"with_mlm": "linear"}, dict(GOOGLE, **CHINESE),
           BERT_FILES, {}, PRETRAINING),
    Family("albert", "Google ALBERT", "albert", HEADS, dict(GOOGLE, ln_type="postln", layers_to_keep=[], **ALBERT),
           ("albert_config.json", "model.ckpt-best"), STEP, PRETRAINING),
    Family("albert_zh", "brightmart and converted ALBERT", "albert", HEADS, dict(GOOGLE, **ALBERT),
           ("albert_config_tiny_g.json", "albert_model.ckpt"), dict(STEP, slots=ADAM), PRETRAINING),
    Family("nezha", "NEZHA", "nezha", HEADS, dict(ONE_LAYER, use_relative_position=True, **CHINESE),
           ("bert_config.json", "model.ckpt-691689"), dict(STEP, slots=ADAM), PRETRAINING),
    Family("nezha_gen", "NEZHA-GEN (also in Chinese-GEN)", "bert", {"application": "lm", "segment_vocab_size": 0},
           GOOGLE, ("config.json", "gpt.ckpt"), {}, {"segment_vocab_size": 2}),
    Family("roberta_small", "Zhuiyi RoBERTa-small, -tiny", "bert", {"with_mlm": True},
           dict(GOOGLE, embedding_size=8, attention_key_size=6), BERT_FILES, {}),
    Family("simbert", "Zhuiyi SimBERT", "bert", SIMILAR, dict(GOOGLE, embedding_size=8), BERT_FILES, {}),
    Family("roformer", "Zhuiyi RoFormer", "roformer", {"with_mlm": "linear"},
           dict(GOOGLE, embedding_size=16), BERT_FILES, {}),
    Family("roformer_sim", "Zhuiyi RoFormer-Sim", "roformer", SIMILAR, dict(GOOGLE, **CHINESE), BERT_FILES, {}),
    Family("roformer_v2", "Zhuiyi RoFormerV2", "roformer_v2", {"with_mlm": "linear"}, GOOGLE, BERT_FILES, {}),
    Family("wobert", "Zhuiyi WoBERT", "bert", {"with_mlm": True}, dict(GOOGLE, **CHINESE), BERT_FILES, {}),
    Family("t5", "Google T5", "t5.1.0", {}, dict(T5, hidden_act="relu"), ("t5_config.json", "model.ckpt-1000000"),
           dict(STEP, slots=ADAFACTOR)),
    Family("t5.1.1", "Google T5.1.1", "t5.1.1", {"with_lm": "linear"}, dict(T5, hidden_act=GATED),
           ("t5_config.json", "model.ckpt-1000000"), dict(STEP, slots=ADAFACTOR)),
    Family("mt5", "Google mT5", "mt5.1.1", {}, dict(T5, hidden_act=GATED), ("mt5_config.json", "model.ckpt-1000000"),
           dict(STEP, slots=ADAFACTOR)),
    Family("t5_pegasus", "Zhuiyi T5-PEGASUS", "mt5.1.1", {"with_lm": "linear"}, dict(T5, hidden_act=GATED),
           ("config.json", "model.ckpt"), {}),
    Family("cdial_gpt", "CDial-GPT", "gpt", {}, dict(GOOGLE, shared_segment_embeddings=True),
           ("gpt_config.json", "gpt_model.ckpt"), {}),
    Family("gpt2_ml", "GPT2_ML (also in Chinese-GEN)", "gpt2_ml", {}, without(GOOGLE, "type_vocab_size"),
           ("config.json", "model.ckpt-100000"), dict(STEP, slots=GROVER)),
    Family("cpm", "CPM", "gpt2", {}, without(GOOGLE, "type_vocab_size"), ("config.json", "model.ckpt"), {}),
    Family("electra", "Google ELECTRA", "electra", {"with_discriminator": True}, dict(GOOGLE, **ELECTRA),
           ("bert_config_tiny.json", "electra_small"), dict(STEP, **generator(4, 8))),
    Family("electra_hfl", "HFL ELECTRA", "electra", {}, dict(GOOGLE, **ELECTRA),
           ("electra_config.json", "electra_180g_small.ckpt"), dict(STEP, **generator(4, 8)),
           {"with_discriminator": True}),
    Family("electra_clue", "CLUE ELECTRA", "electra", {}, dict(ONE_LAYER, **ELECTRA),
           ("bert_config_tiny.json", "model.ckpt-1000000"), dict(STEP, slots=ADAM, **generator(4, 8)),
           {"with_discriminator": True}),
    Family("labse", "LaBSE", "bert", {"with_pool": "linear"}, GOOGLE, BERT_FILES, {}),
    Family("gau", "GAU-alpha", "gau", {"with_mlm": True}, dict(GOOGLE, hidden_act="swish", attention_key_size=8),
           BERT_FILES, {}),
]
# fmt: on

SAMPLES = {  # model: how its variables are called
    "bert": "bert/encoder/layer_0/attention/self/query/kernel",
    "albert": "bert/encoder/transformer/group_0/inner_group_0/attention_1/self/query/kernel",
    "nezha": "bert/encoder/layer_0/attention/self/query/kernel",
    "roformer": "bert/encoder/layer_0/attention/self/query/kernel",
    "roformer_v2": "bert/encoder/layer_0/attention/self/query/kernel",
    "electra": "electra/encoder/layer_0/attention/self/query/kernel",
    "gpt": "gpt/transformer/layer_0/attention/self/query/kernel",
    "gpt2": "gpt/transformer/layer_0/attention/input/LayerNorm/gamma",
    "gpt2_ml": "newslm/layer00/query_layer/kernel",
    "t5.1.0": "encoder/block_000/layer_001/DenseReluDense/wi/kernel",
    "t5.1.1": "encoder/block_000/layer_001/DenseReluDense/wi_0/kernel",
    "mt5.1.1": "encoder/block_000/layer_001/rms_norm/scale",
    "gau": "GAU_alpha/encoder/layer_0/gau/i_dense/kernel",
}
