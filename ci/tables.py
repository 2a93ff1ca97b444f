"""The tables of the READMEs, from the noxfile and the pyprojects: `tables.py [--check|--matrix]`.

A table stands between `<!-- table:NAME -->` and `<!-- /table -->`. `--matrix` prints the lanes as
the JSON that the workflow takes its matrix from.
"""

import ast
import importlib.util
import json
import re
import sys

from repository import LANES, PACKAGES, ROOT, dependencies, finish, project, version


def data(path):
    """A module of plain data, which needs no Keras."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


OPS = data(ROOT / "packages" / "b4k-ops" / "src" / "b4k_ops" / "_names.py")
FAMILIES = data(ROOT / "ci" / "golden" / "_families.py")
SCRIPTS = ROOT / "ci" / "old_scripts.json"
STATIC_GRAPH = "it takes the static graph of Keras 2 apart: use `b4k_optim.%s`"
WHY_NOT = {  # a script that cannot run somewhere: why
    "task_iflytek_adversarial_training": STATIC_GRAPH % "adversarial_training",
    "task_iflytek_gradient_penalty": STATIC_GRAPH % "gradient_penalty",
    "task_iflytek_multigpu": "it asks for tf.keras, `TF_KERAS=1`",
    "task_sentiment_integrated_gradients": "it uses `K.gradients` between the layers of a graph",
    "task_sentiment_virtual_adversarial_training": STATIC_GRAPH % "virtual_adversarial_training",
    "task_seq2seq_autotitle_multigpu": "it asks for tf.keras, `TF_KERAS=1`",
}

HEADINGS = {
    "README.md": {
        "lanes": ["lane", "Python", "Keras", "engine", "selected by"],
        "packages": ["package", "what it is", "builds on", "other dependencies", "version"],
    },
    "packages/b4k-ops/README.md": {"ops": list(OPS.HEADINGS)},
    "packages/b4k-models/README.md": {
        "families": ["weights", "`model=`", "config keys", "variable names", "lanes"],
        "scripts": ["script", "Keras 2.3.1", "3, tensorflow", "3, jax", "3, torch", "reason"],
    },
    "packages/b4k-pretrain/README.md": {"learned": ["masked characters of held-out text", "right"]},
    "examples/model/README.md": {"figures": ["held out", "", "right"]},
    "examples/README.md": {"examples": ["script", "what it shows", "result", "on", "takes"]},
    "README.zh-CN.md": {
        "lanes": ["环境", "Python", "Keras", "引擎", "如何选择"],
        "packages": ["包", "内容", "依赖的包", "其他依赖", "版本"],
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


def families_rows(name):
    """One row per family of weights."""
    for family in FAMILIES.FAMILIES:
        yield [
            family.title,
            '`"%s"`' % family.model,
            config_keys(family),
            "`%s`" % FAMILIES.SAMPLES[family.model],
            green_lanes(family),
        ]


def config_keys(family):
    """The keys of a family's config file: Google's, less some, and some more."""
    more = sorted(set(family.config) - set(FAMILIES.GOOGLE))
    less = sorted(set(FAMILIES.GOOGLE) - set(family.config))
    more = ["`%s`" % key for key in more if not key.startswith("pooler_")]
    more += ["`pooler_*`"] * any(key.startswith("pooler_") for key in family.config)
    text = "Google's" + " without " * bool(less) + ", ".join("`%s`" % key for key in less)
    return text + " and " * bool(more) + ", ".join(more)


def green_lanes(family):
    """The lanes where the family's test passes: all but those that list it as a known failure."""
    node = "packages/b4k-models/tests/test_families.py::test_loads_as_its_users_load_it[%s]"
    names = [lane.name for lane in LANES]
    known = {name: (ROOT / "ci" / "known_failures" / (name + ".txt")).read_text() for name in names}
    red = [name for name in names if node % family.name in known[name].splitlines()]
    green = len(names) - len(red)
    return "all %d" % green if not red else "%d, not %s" % (green, ", ".join(red))


def examples_rows(name):
    """An example and the first line of its docstring, and a row for each of the results that its `--record` kept."""
    results = json.loads((ROOT / "examples" / "results.json").read_text("utf-8"))
    for script in sorted((ROOT / "examples").glob("*.py")):
        if script.stem in ("data", "quickstart"):  # the one is no example, the other has a section
            continue
        shows = ast.get_docstring(ast.parse(script.read_text("utf-8"))).splitlines()[0]
        link = "[`%s`](%s)" % (script.name, script.name)
        for how, run in results.get(script.stem, {"": {}}).items():
            on = "%s %s" % (run.get("backend", "-"), how and "`%s`" % how)
            seconds = "%d s" % run["seconds"] if run else "-"
            yield [link, shows, run.get("result", "not recorded yet"), on.strip(), seconds]
            link = shows = ""


def figures_rows(name):
    """What the small model tells, beside its baselines, as examples/pretrain wrote it into figures.json."""
    figures = json.loads((ROOT / name).with_name("figures.json").read_text("utf-8"))
    for who, part in figures["masked"].items():
        yield ["masked characters", who, "%.1f %%" % (100 * part)]
    for who, parts in figures["sentiment"].items():
        mean, *ends = (100 * x for x in (sum(parts) / len(parts), min(parts), max(parts)))
        yield ["sentiment", who + " weights", "%.1f %% (%.1f to %.1f)" % (mean, *ends)]


def learned_rows(name):
    """What the larger model of examples/pretrain tells, beside its baselines."""
    path = ROOT / "examples" / "pretrain" / "larger.json"
    for who, part in json.loads(path.read_text("utf-8"))["masked"].items():
        yield [who, "%.1f %%" % (100 * part)]


def scripts_rows(name):
    """One row per example of the original."""
    for script, results in sorted(json.loads(SCRIPTS.read_text("utf-8")).items()):
        cells = [
            {True: "runs", None: "not tried"}.get(results.get(lane), "cannot")
            for lane in ("k2-tf115", "k3-tf", "k3-jax", "k3-torch")
        ]
        yield ["`%s`" % script, *cells, WHY_NOT.get(script, "") if "cannot" in cells else ""]


ROWS = {
    "examples": examples_rows,
    "families": families_rows,
    "figures": figures_rows,
    "lanes": lanes_rows,
    "learned": learned_rows,
    "ops": ops_rows,
    "packages": packages_rows,
    "scripts": scripts_rows,
}


def table(name, which):
    """A Markdown table."""
    headings = HEADINGS[name][which]
    rows = [headings, ["---"] * len(headings), *ROWS[which](name)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def filled(name, text):
    """A README with its tables as they should be."""

    def fill(match):
        if match.group(2) not in HEADINGS[name]:  # a benchmark wrote it
            return match.group(0)
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
