"""Runs scripts that were written for bert4keras with b4k, unchanged: `old_scripts.py FOLDER [names] [--lane LANE]`.

FOLDER has the scripts; the original's examples are at https://github.com/bojone/bert4keras/tree/master/examples. Run it
by the Python of a lane, with its switches set and b4k installed. Each script gets a folder with small data, a small
random checkpoint and a copy of itself in which `/root/` is that folder; a `fit` ends after an epoch of two steps,
`tqdm(range(n))` after 1100 of them, and a text of an AutoRegressiveDecoder after 8 tokens, since jax compiles
for every length. The results go into `old_scripts.json`.
"""

import argparse
import json
import multiprocessing
import os
import re
import shutil
import sys
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "old_scripts.json"
CAPS = {"steps_per_epoch": 2, "epochs": 1, "validation_steps": 2}
ITEMS = 1100  # of a range in a progress bar
TOKENS = 8  # of a text that is generated
AFTER = {
    "task_sentiment_integrated_gradients": "task_sentiment_albert"
}  # loads what that one saves
SERVED = {  # a script that serves: what to ask it
    "basic_simple_web_serving_simbert": "http://127.0.0.1:8864/gen_synonyms?text=abc&n=2&k=2"
}
TF_KERAS = re.compile(r"^os\.environ\['TF_KERAS'\] = '1'", re.MULTILINE)


# --- in the process of a script


def child(script, place, work, log, prepared):
    """Run the copy of a script in its place, prepared or not; all that it says goes into the log."""
    output = os.open(str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    if not prepared:
        prepare(script, place, work)
    os.chdir(str(place / "examples"))
    run_capped(script.name)


def prepare(script, place, work):
    """The folder in which the copy of a script, beside its neighbours, finds all it asks for."""
    from old_scripts_data import make

    shutil.rmtree(str(place), ignore_errors=True)
    make(script, place, work)
    for path in script.parent.glob("*.py"):
        source = path.read_text("utf-8").replace("/root/", "%s/root/" % place)
        (place / "examples" / path.name).write_text(source, "utf-8")


def run_capped(path):
    """Run a script as `python -m b4k_models.compat` does; what takes long ends soon."""
    from b4k_models.compat import run

    cap_fit()
    cap_bars()
    cap_texts()
    sys.argv = [path]
    run(path)


def cap_fit():
    """`fit` ends after a few steps."""
    from b4k_ops import keras

    fit = keras.models.Model.fit

    def capped(self, *args, **kwargs):
        kwargs.update((name, min(kwargs[name], CAPS[name])) for name in CAPS if kwargs.get(name))
        return fit(self, *args, **kwargs)

    keras.models.Model.fit = capped


def cap_bars():
    """`tqdm` ends after some ITEMS of a range."""
    import tqdm

    class Bar(tqdm.tqdm):
        def __init__(self, iterable=None, *args, **kwargs):
            iterable = iterable[:ITEMS] if isinstance(iterable, range) else iterable
            super().__init__(iterable, *args, **kwargs)

    tqdm.tqdm = Bar


def cap_texts():
    """An AutoRegressiveDecoder ends after some TOKENS."""
    from b4k_text import AutoRegressiveDecoder

    init = AutoRegressiveDecoder.__init__

    def capped(self, start_id, end_id, maxlen, minlen=1):
        init(self, start_id, end_id, min(maxlen, TOKENS), min(minlen, TOKENS))

    AutoRegressiveDecoder.__init__ = capped


# --- in the first one


def execute(script, place, work, log, seconds, prepared):
    """Run one script; True, or what went wrong."""
    wants_tf_keras = TF_KERAS.search(script.read_text("utf-8")) and not is_keras_of_tensorflow()
    if wants_tf_keras:
        os.environ["TF_KERAS"] = "1"  # as a restart by b4k_models.compat does
    context = multiprocessing.get_context("spawn" if wants_tf_keras else "fork")
    process = context.Process(target=child, args=(script, place, work, log, prepared))
    process.start()
    if wants_tf_keras:
        del os.environ["TF_KERAS"]
    try:
        if script.stem in SERVED:
            return answers(SERVED[script.stem], process, seconds) or last_error(log)
        process.join(seconds)
        if process.is_alive():
            return "not done after %d seconds" % seconds
        return process.exitcode == 0 or last_error(log)
    finally:
        process.terminate()
        process.join()


def is_keras_of_tensorflow():
    """Whether the Keras in use is what TF_KERAS=1 asks for."""
    from b4k_models.compat._keras import fulfils

    return fulfils("TF_KERAS", "1")


def answers(url, process, seconds):
    """Whether the script's server gives a good answer before it ends or time is up."""
    end = time.time() + seconds
    while time.time() < end and process.is_alive():
        try:
            with urllib.request.urlopen(url, timeout=seconds) as answer:
                return json.loads(answer.read().decode("utf-8"))["code"] == 0
        except OSError:
            time.sleep(1)
    return False


def last_error(log):
    """The last line of a log that names an error."""
    lines = log.read_text("utf-8", "replace").splitlines()
    errors = [line for line in lines if re.match(r"[\w.]*(Error|Exception|Interrupt)\b", line)]
    return (errors or lines or ["no output"])[-1][:300]


def main():
    """Run the scripts that were asked for, and note how each of them went."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", help="of scripts without .py; all of them otherwise")
    parser.add_argument("--lane", default=os.environ.get("B4K_LANE", "here"))
    parser.add_argument("--work", type=Path, default=Path("build/old_scripts"))
    parser.add_argument("--seconds", type=int, default=900, help="for one script")
    options = parser.parse_args()
    work = options.work.resolve()
    os.environ["KERAS_HOME"] = str(work / "keras")
    import b4k_models.compat  # noqa: F401 - once for all of them
    import b4k_optim  # noqa: F401
    import b4k_text.snippets  # noqa: F401

    logs = work / "logs" / options.lane
    logs.mkdir(parents=True, exist_ok=True)
    names = options.names or sorted(path.stem for path in options.folder.glob("*.py"))
    for name in names:
        started, result = time.time(), True
        paths = [options.folder.resolve() / (n + ".py") for n in (AFTER.get(name), name) if n]
        place = work / "places" / options.lane / name
        for i, path in enumerate(paths):
            if result is True:
                result = execute(path, place, work, logs / (name + ".log"), options.seconds, i > 0)
        print("%-50s %4d s  %s" % (name, time.time() - started, result), flush=True)
        note(name, options.lane, result)


def note(name, lane, result):
    """Write one result down."""
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    results.setdefault(name, {})[lane] = result
    text = json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    RESULTS.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
