"""Sections of other files in the pages of the documentation, so that nothing is written twice.

A line of a page stands for a part of a file of the repository; mkdocs calls `on_page_markdown`:

    <!-- include: FILE -->                      all below its title
    <!-- include: FILE # HEADING -->            all below a heading
    <!-- include-code: FILE # HEADING 2 -->     the second block of code below it
    <!-- include-table: FILE # NAME -->         the table that `<!-- table:NAME -->` begins
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARK = re.compile(
    r"^<!-- include(|-code|-table): (\S+?)(?: # (.+?))?(?: (\d+))? -->$", re.MULTILINE
)
# links that lead to files of the repository
RELATIVE = re.compile(r"\[([^\]]+)\]\((?!https?:|#)[^)]*\)")
# the end of a line between Chinese characters, which a browser would show as a space
CHINESE = "[\u3001-\u301f\u4e00-\u9fff\uff01-\uff5e“”]"
WRAPPED = re.compile(
    "(?<=%s)\n *(?=%s)|(?<=[，。；：、）])\n *(?![\\s|#<>-]|```|[0-9]+\\.)" % (CHINESE, CHINESE)
)
PICTURE = re.compile(r"^!\[[^\]]*\]\((?!https?:)[^)]*\)\n+", re.MULTILINE)  # of the repository
BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
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
    return RELATIVE.sub(r"\1", PICTURE.sub("", text))


def block(path, title, number):
    """One of the blocks of code below a heading of a file, counted from 1."""
    blocks = BLOCK.findall(section(path, title))
    if not 1 <= number <= len(blocks):
        where = (path, title, len(blocks), number)
        raise ValueError("%s has below %r %d blocks of code; asked for number %d" % where)
    return blocks[number - 1]


def table(path, name):
    """A table of a file that a script keeps up to date."""
    marked = r"<!-- table:%s -->\n(.*?)\n<!-- /table -->" % name
    found = re.search(marked, (ROOT / path).read_text("utf-8"), re.DOTALL)
    if not found:
        raise ValueError("%s has no table %r" % (path, name))
    return found.group(1)


def included(match):
    """The text that a line stands for."""
    kind, path, title, number = match.groups()
    if kind == "-code":
        return block(path, title, int(number or 1))
    if kind == "-table":
        return table(path, title)
    return on_page_markdown(section(path, title))  # which may include others


def on_page_markdown(markdown, **kwargs):
    """A page with its sections filled in, and Chinese lines joined."""
    return WRAPPED.sub("", MARK.sub(included, markdown))
