"""The tables of the READMEs, from the noxfile and the pyprojects: `tables.py [--check|--matrix]`.

A table stands between `<!-- table:NAME -->` and `<!-- /table -->`. `--matrix` prints the lanes as
the JSON that the workflow takes its matrix from.
"""

import importlib.util
import json
import re
import sys

from tree import LANES, PACKAGES, ROOT, dependencies, finish, project, version


def ops_list():
    """The list of ops, a module of b4k_ops that needs no Keras."""
    path = ROOT / "packages" / "b4k-ops" / "src" / "b4k_ops" / "_names.py"
    spec = importlib.util.spec_from_file_location("names", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


OPS = ops_list()

HEADINGS = {
    "README.md": {
        "lanes": ["lane", "Python", "Keras", "engine", "chosen by"],
        "packages": ["package", "holds", "stands on", "third parties", "version"],
    },
    "packages/b4k-ops/README.md": {"ops": list(OPS.HEADINGS)},
    "README.zh-CN.md": {
        "lanes": ["环境", "Python", "Keras", "引擎", "如何选择"],
        "packages": ["包", "内容", "依赖的包", "第三方依赖", "版本"],
    },
}


def lanes_rows(name):
    """One row per lane."""
    for lane in LANES:
        switches = " ".join("`%s=%s`" % item for item in lane.switches.items())
        yield ["`%s`" % lane.name, lane.python, lane.keras, lane.engine, switches or "-"]


def packages_rows(name):
    """One row per package, bottom to top."""
    for package in PACKAGES:
        declared = list(dependencies(package))
        sisters = ", ".join("`%s`" % d for d in declared if d in PACKAGES)
        others = ", ".join(d for d in declared if d not in PACKAGES)
        link = "[`%s`](packages/%s)" % (package, package)
        yield [link, description(package, name), sisters or "-", others or "-", version(package)]


def description(package, name):
    """What a package holds, in the language of a README."""
    settings = project(package)
    chinese = settings.get("tool", {}).get("b4k", {}).get("description-zh")
    return chinese if "zh" in name and chinese else settings["project"]["description"]


def ops_rows(name):
    """One row per op of b4k_ops.ops."""
    return OPS.rows()


ROWS = {"lanes": lanes_rows, "ops": ops_rows, "packages": packages_rows}


def table(name, which):
    """A Markdown table."""
    headings = HEADINGS[name][which]
    rows = [headings, ["---"] * len(headings), *ROWS[which](name)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def filled(name, text):
    """A README with its tables as they should be."""

    def fill(match):
        return match.group(1) + "\n" + table(name, match.group(2)) + "\n" + match.group(3)

    marked = r"(<!-- table:(\w+) -->).*?(<!-- /table -->)"
    return re.sub(marked, fill, text, flags=re.DOTALL)


def main(check):
    """Write the tables, or with `check` say which README is out of date."""
    problems = []
    for name in HEADINGS:
        path = ROOT / name
        text = path.read_text("utf-8")
        problems += [
            "%s lacks <!-- table:%s -->" % (name, which)
            for which in HEADINGS[name]
            if "<!-- table:%s -->" % which not in text
        ]
        if check and filled(name, text) != text:
            problems.append("the tables of %s are out of date: run python ci/tables.py" % name)
        elif not check:
            path.write_text(filled(name, text), "utf-8")
    finish(problems)


if __name__ == "__main__":
    if "--matrix" in sys.argv:
        print(json.dumps([{"lane": lane.name, "python": lane.python} for lane in LANES]))
    else:
        main("--check" in sys.argv)
