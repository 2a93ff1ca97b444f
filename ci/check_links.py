"""Every link in a Markdown file that leads to a file or a heading of this repository leads somewhere."""

import re
import sys

from repository import ROOT, finish

sys.path.insert(0, str(ROOT / "docs"))
from include import BLOCK, headings, on_page_markdown  # noqa: E402

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`[^`]*`")


def markdown_files():
    """The Markdown files of the repository."""
    yield from sorted(ROOT.glob("*.md"))
    for folder in ("ci", "docs", "examples", "packages"):
        yield from sorted((ROOT / folder).rglob("*.md"))


def anchors(path):
    """What `#...` may name in a file, by the rule of GitHub: lower case, dashes for spaces, no marks."""
    lines = on_page_markdown(path.read_text("utf-8")).splitlines()
    titles = [title.lower() for _, _, title in headings(lines)]
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


def problems(path):
    """The links of a file that lead nowhere."""
    prose = CODE.sub("", BLOCK.sub("", path.read_text("utf-8")))
    for link in LINK.findall(prose):
        if re.match(r"https?:|mailto:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        page = target / "README.md" if target.is_dir() else target
        where = "%s: %s" % (path.relative_to(ROOT).as_posix(), link)
        if not target.exists():
            yield where + " leads to no file"
        elif anchor and anchor not in anchors(page):
            yield where + " leads to no heading; there are %s" % ", ".join(sorted(anchors(page)))


if __name__ == "__main__":
    finish([problem for path in markdown_files() for problem in problems(path)])
