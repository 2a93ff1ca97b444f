"""Runs a maker and compares its files with the committed: `compare.py MAKER TARGET [--write]`.

Runs in the maker's environment, Python 3.7 included. Arrays (.npz) may differ by TOLERANCE, of 1 or of their largest
value; their headers and all other files must be equal. `--write` replaces the files that differ and brings
MANIFEST.json (path -> sha256) up to date; files that are equal stay as they are, byte by byte.
"""

import hashlib
import importlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

TOLERANCE = 1e-6
HERE = Path(__file__).resolve().parent


def files(folder):
    """{posix path below folder: path} of all files."""
    return {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}


def array_difference(name, made, committed):
    """What differs between two arrays, or None."""
    if made.dtype != committed.dtype or made.shape != committed.shape:
        both = made.dtype, made.shape, committed.dtype, committed.shape
        return "%s is %s %s, committed is %s %s" % ((name,) + both)
    if made.dtype.kind not in "fc":
        return None if np.array_equal(made, committed) else "%s differs" % name
    made, committed = made.astype("float64"), committed.astype("float64")
    finite = np.isfinite(made) & np.isfinite(committed)
    scale = np.abs(committed[finite]).max(initial=1)
    if np.allclose(made, committed, rtol=0, atol=TOLERANCE * scale, equal_nan=True):
        return None
    return "%s differs by up to %g" % (name, np.abs(made - committed)[finite].max(initial=0))


def difference(made, committed):
    """What differs between two files, or None."""
    if made.suffix != ".npz":
        return None if made.read_bytes() == committed.read_bytes() else "other bytes"
    with np.load(str(made)) as new, np.load(str(committed)) as old:
        if sorted(new.files) != sorted(old.files):
            return "arrays %s" % ", ".join(sorted(set(new.files) ^ set(old.files)))
        found = [array_difference(name, new[name], old[name]) for name in new.files]
    return "; ".join(filter(None, found)) or None


def compare(made, target):
    """{path: what differs} between the folder just made and the committed one."""
    new, old = files(made), files(target)
    found = {name: "not committed" for name in set(new) - set(old)}
    found.update((name, "no longer made") for name in set(old) - set(new))
    found.update((name, difference(new[name], old[name])) for name in set(new) & set(old))
    return {name: text for name, text in sorted(found.items()) if text}


def replace(made, target, names):
    """Bring the committed files `names` to what was made."""
    for name in names:
        if not (made / name).exists():
            (target / name).unlink()
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(str(made / name), str(target / name))


def manifest(golden):
    """{path: sha256} of the files in a package's golden folder."""
    found = {n: p for n, p in files(golden).items() if n != "MANIFEST.json"}
    return {n: hashlib.sha256(p.read_bytes()).hexdigest() for n, p in found.items()}


def write_manifest(golden):
    """Bring MANIFEST.json up to date."""
    text = json.dumps(manifest(golden), indent=1, sort_keys=True) + "\n"
    (golden / "MANIFEST.json").write_text(text, encoding="utf-8")


def manifest_differences(golden):
    """{path: what differs} between MANIFEST.json and the committed files."""
    path = golden / "MANIFEST.json"
    listed = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    there = manifest(golden)
    wrong = [name for name in set(listed) | set(there) if listed.get(name) != there.get(name)]
    return {"MANIFEST.json, " + name: "not the file's sha256" for name in sorted(wrong)}


def main(maker, target, write):
    """Run the maker, then compare or replace; returns the exit status."""
    maker, target = Path(maker), Path(target)
    golden = next(folder for folder in [target, *target.parents] if folder.name == "golden")
    sys.path.insert(0, str(HERE))
    with tempfile.TemporaryDirectory() as folder:
        importlib.import_module(maker.stem).make(folder)
        made = Path(folder)
        if not files(made):
            raise SystemExit("%s made nothing" % maker)
        found = compare(made, target)
        if write:
            replace(made, target, found)
            write_manifest(golden)
        else:
            found.update(manifest_differences(golden))
        count = len(files(made))
    for name, text in found.items():
        print("%s %s: %s" % ("replaced" if write else "DIFFERENT", name, text))
    print("%s: %d files made, %d different" % (maker.stem, count, len(found)))
    return 1 if found and not write else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], "--write" in sys.argv))
