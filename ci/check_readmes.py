"""What is there in English and in Chinese are twins: the same headings, code, lists and tables."""

import re
import sys

from repository import ROOT, finish

sys.path.insert(0, str(ROOT / "docs"))
from include import BLOCK, on_page_markdown  # noqa: E402

PAGES = ROOT / "docs" / "pages"


def parts(name):
    """What must be equal in both: heading levels, code blocks, the items of lists, the shape of every table."""
    text = on_page_markdown((ROOT / name).read_text("utf-8"))
    prose = BLOCK.sub("", text)
    return {
        "headings": [len(marks) for marks in re.findall(r"^(#+) ", prose, re.MULTILINE)],
        "code blocks": [without_comments(block) for block in BLOCK.findall(text)],
        "list items": re.findall(r"^(-|\d+\.) ", prose, re.MULTILINE),
        "table rows": [line.count("|") for line in prose.splitlines() if line.startswith("|")],
    }


def without_comments(block):
    """Code is the same in both, its comments speak the reader's language."""
    return re.sub(r"(^|  )# .*$", "", block, flags=re.MULTILINE)


def twins():
    """Pairs of files: the READMEs, and the pages of the documentation."""
    yield "README.md", "README.zh-CN.md"
    names = {
        path.relative_to(folder) for folder in PAGES.iterdir() for path in folder.rglob("*.md")
    }
    for name in sorted(names):
        yield tuple("docs/pages/%s/%s" % (language, name.as_posix()) for language in ("en", "zh"))


def check():
    """All problems."""
    for pair in twins():
        missing = [name for name in pair if not (ROOT / name).exists()]
        yield from ("%s is missing" % name for name in missing)
        if not missing:
            yield from differences(*pair)


def differences(*pair):
    """What is not the same in two files."""
    one, two = map(parts, pair)
    for what in one:
        if one[what] != two[what]:
            differing = [found for found in zip(one[what], two[what]) if found[0] != found[1]]
            first = differing[0] if differing else (len(one[what]), len(two[what]))
            yield "%s of %s and %s differ, first: %r and %r" % (what, *pair, *first)


if __name__ == "__main__":
    finish(list(check()))
