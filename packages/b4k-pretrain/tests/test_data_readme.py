"""The example under "Data" in the README prints what it says."""

import os
import re
import subprocess
import sys

LATE = {
    "keras",
    "tf_keras",
    "tensorflow",
    "jax",
    "torch",
    "b4k_ops",
    "grain",
    "array_record",
    "datasketch",
    "zstandard",
}
README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "README.md")


def test_the_example_runs(tmp_path, monkeypatch, capsys):
    with open(README, encoding="utf-8") as reader:
        section = re.search("^## Data\n(.*?)^## ", reader.read(), re.MULTILINE | re.DOTALL).group(1)
    (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    promised = re.findall(r"^print\(.*\)  # (.*)$", code, re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    assert len(promised) == 4 and capsys.readouterr().out.splitlines() == promised


def test_data_needs_no_keras():
    code = "import sys, b4k_pretrain; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    modules = subprocess.check_output([sys.executable, "-c", code], env=os.environ).decode().split()
    assert "b4k_pretrain" in modules and not LATE.intersection(modules)
