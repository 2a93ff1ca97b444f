"""README.md and README.zh-CN.md are twins: the same headings, the same code, the same tables."""

import re

from tree import ROOT, finish

TWINS = ("README.md", "README.zh-CN.md")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def parts(name):
    """What must be equal in both: heading levels, code blocks, the shape of every table."""
    text = (ROOT / name).read_text("utf-8")
    prose = FENCE.sub("", text)
    return {
        "headings": [len(marks) for marks in re.findall(r"^(#+) ", prose, re.MULTILINE)],
        "code blocks": [without_comments(block) for block in FENCE.findall(text)],
        "table rows": [line.count("|") for line in prose.splitlines() if line.startswith("|")],
    }


def without_comments(block):
    """Code is the same in both, its comments speak the reader's language."""
    return re.sub(r"(^|  )# .*$", "", block, flags=re.MULTILINE)


def check():
    """All problems."""
    one, two = map(parts, TWINS)
    for what in one:
        if one[what] != two[what]:
            differing = [pair for pair in zip(one[what], two[what]) if pair[0] != pair[1]]
            first = differing[0] if differing else (len(one[what]), len(two[what]))
            yield "%s of %s and %s differ, first: %r and %r" % (what, *TWINS, *first)


if __name__ == "__main__":
    finish(list(check()))
