"""The small Chinese model of examples/model knows more of text that it never read than how frequent characters are."""

import os

import numpy as np
from b4k_models import build_transformer_model
from b4k_text import from_pretrained

ONCE = True  # each case runs on one of the lanes of Keras 3: ci/lane_guard.py

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
SMALL = os.path.join(ROOT, "examples", "model")
HELD_OUT = [  # the first of these lengths in what examples/pretrain/corpus.py holds out
    "也建议大家不要订交通大厦，即使携程推荐…………",
    "第五次为贵宾客户入住，值得推荐！服务没话说！",
    "受灾后的这几年，您家的收成怎么样？记者问。",
    "送货也很快，第一天下午拍下，第二天上午就送到了，服务很好~",
    "（李建兴）（图表由北京京求计算机软件公司制作）",
    "原装系统太慢，改了XP，但是自己水平有限，不伦不类的；",
    "就是本本上许多预留的接口让人看了太心酸了。",
    "明天气象预报（１月１１日２０时—１２日２０时）",
    "06-17 快件到达 北京 ,正在分捡中",
    "民族区域自治制度是中华各民族人民作出的历史选择",
    "二、职工所购公有住房上市出售后，不再享受单位分配住房。",
    "图为一名韩国妇女背着两岁的孩子在住宅银行出售她珍藏的黄金首饰。",
]
PARTS = 5  # one character in so many is masked at a time


def test_masks_are_filled_better_than_by_frequency():
    """Every character is masked once; the most frequent of the corpus is the comma."""
    tokenizer = from_pretrained(SMALL)
    model = build_transformer_model(SMALL, with_mlm=True)
    token_ids, segment_ids = tokenizer.encode_batch(HELD_OUT * PARTS, padding=True)
    turns = np.repeat(np.arange(PARTS), len(HELD_OUT))[:, None]
    inside = ~np.isin(
        token_ids, [tokenizer._token_pad_id, *tokenizer.tokens_to_ids(["[CLS]", "[SEP]"])]
    )
    masked = inside & (np.arange(token_ids.shape[1]) % PARTS == turns)
    inputs = np.where(masked, tokenizer._token_mask_id, token_ids)
    found = model.predict([inputs, segment_ids], verbose=0).argmax(-1)
    right = (found == token_ids)[masked].mean()
    usual = (token_ids == tokenizer.token_to_id("，"))[masked].mean()
    assert right > 4 * usual, (right, usual)
