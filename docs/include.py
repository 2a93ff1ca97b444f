"""Sections of other files in the pages of the documentation, so that nothing is written twice.

A line `<!-- include: FILE # HEADING -->` stands for what is below that heading of that file of the repository,
`<!-- include: FILE -->` for all below its title. mkdocs calls `on_page_markdown`.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARK = re.compile(r"^<!-- include: (\S+?)(?: # (.+?))? -->$", re.MULTILINE)
RELATIVE = re.compile(
    r"\[([^\]]+)\]\((?!https?:|#)[^)]*\)"
)  # links that lead to files of the repository
FENCE = "```"


def headings(lines):
    """(index, level, title) of each heading; a comment in a block of code is none."""
    inside = False
    for index, line in enumerate(lines):
        inside ^= line.startswith(FENCE)
        found = re.match(r"(#+) (.+)", line)
        if found and not inside:
            yield index, len(found.group(1)), found.group(2)


def section(path, title=None):
    """What is below a heading of a file, by default the first, until the next of its level."""
    lines = (ROOT / path).read_text("utf-8").splitlines()
    found = list(headings(lines))
    starts = [row for row in found if title in (None, row[2])]
    if not starts:
        raise ValueError("%s has no heading %r, but %s" % (path, title, [row[2] for row in found]))
    start, level, _ = starts[0]
    ends = [index for index, other, _ in found if index > start and other <= level]
    text = "\n".join(lines[start + 1 : (ends or [len(lines)])[0]]).strip()
    return RELATIVE.sub(r"\1", text)


def on_page_markdown(markdown, **kwargs):
    """A page with its sections filled in."""
    return MARK.sub(lambda match: section(*match.groups()), markdown)
