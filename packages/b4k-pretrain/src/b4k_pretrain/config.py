"""The configuration of a run: one TOML file, of which every key is known."""

import hashlib
import json
import os

from b4k_pretrain.choosing import hint
from b4k_pretrain.keys import KEYS, REQUIRED

try:
    import tomllib as TOML
except ImportError:  # before Python 3.11
    import tomli as TOML

PATHS = (
    "data.corpus",
    "data.evaluation_corpus",
    "data.records",
    "data.evaluation_records",
    "data.tokenizer",
    "model.config",
    "model.checkpoint",
    "model.generator_checkpoint",
    "training.folder",
    "export.folder",
)
KINDS = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}
KINDS.update({list: "a list", dict: "a table"})


class ConfigError(ValueError):
    """A configuration that cannot be meant: the message names the file, the key, and what was expected."""


class Config:
    """The values of all keys: `config["training.steps"]`.

    tables: {section: {key: value}} as the file has them; what is not given has its default. Raises ConfigError.
    """

    def __init__(self, tables, where="the configuration", folder="."):
        self.where = where
        given = _flat(tables, where)
        _refuse_unknown(given, where)
        self.given = {key.name: _value(key, given, where) for key in KEYS}
        self.values = dict(self.given)
        for name in PATHS:
            self.values[name] = _beside(folder, self.given[name])
        self._check()

    def __getitem__(self, name):
        return self.values[name]

    @property
    def binding(self):
        """{key: value} of what must stay as it is for a run to go on."""
        free = {key.name for key in KEYS if key.free}
        return {name: value for name, value in self.given.items() if name not in free}

    @property
    def fingerprint(self):
        """The SHA-256 of `binding`."""
        text = json.dumps(self.binding, sort_keys=True)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    @property
    def batches(self):
        """Batches until the last update."""
        return self["training.steps"] * self["training.accumulation"]

    @property
    def part_size(self):
        """Sequences of one batch, of which `training.accumulation` make an update."""
        return self["training.batch_size"] // self["training.accumulation"]

    def _check(self):
        for name in ("batch_size", "accumulation", "steps", "interval", "keep"):
            if self["training." + name] < 1:
                self._refuse("training." + name, "expected 1 or more")
        for name, divisor in (("batch_size", "accumulation"), ("steps", "interval")):
            if self["training." + name] % self["training." + divisor]:
                wanted = "expected a multiple of training.%s=%d"
                self._refuse("training." + name, wanted % (divisor, self["training." + divisor]))
        for name in ("model.generator", "model.generator_checkpoint"):
            if self[name] and self["objective.name"] != "electra":
                self._refuse(name, "objective.name = 'electra' alone has a generator")
        if self["optimizer.name"] not in ("lamb", "adam"):
            self._refuse("optimizer.name", "expected 'lamb' or 'adam'")
        if not self["optimizer.schedule"] and not self._warms_up():
            self._refuse("optimizer.warmup", "expected 0 or more, and less than training.steps")

    def _warms_up(self):
        return 0 <= self["optimizer.warmup"] < self["training.steps"]

    def _refuse(self, name, wanted):
        raise ConfigError("%s: %s = %r: %s" % (self.where, name, self[name], wanted))


def load_config(path, **overrides):
    """The Config in a TOML file. overrides: {"training.steps": 10} in place of what the file says."""
    if not os.path.isfile(path):
        raise ConfigError("%s: there is no such configuration" % path)
    with open(path, "rb") as file:
        text = file.read()
    try:
        tables = TOML.loads(text.decode("utf-8"))
    except ValueError as error:  # of TOML and of UTF-8
        raise ConfigError("%s: this is no TOML: %s" % (path, error)) from None
    for name, value in overrides.items():
        section, _, key = name.partition(".")
        tables.setdefault(section, {})[key] = value
    return Config(tables, path, os.path.dirname(os.path.abspath(path)))


def table():
    """Lines of Markdown: every key, its default and its meaning."""
    rows = ["| key | default | meaning |", "| --- | --- | --- |"]
    for key in KEYS:
        default = "" if key.default is REQUIRED else "`%s`" % json.dumps(key.default)
        free = " *(free)*" if key.free else ""
        rows.append("| `%s`%s | %s | %s |" % (key.name, free, default, key.meaning))
    return rows


def _flat(tables, where):
    """{"section.key": value} of tables of tables."""
    found = {}
    for section, values in tables.items():
        if not isinstance(values, dict):
            raise ConfigError("%s: %s = %r stands in no section" % (where, section, values))
        found.update({"%s.%s" % (section, name): value for name, value in values.items()})
    return found


def _refuse_unknown(given, where):
    names = [key.name for key in KEYS]
    for name in given:
        if name not in names:
            raise ConfigError("%s: there is no key %r%s" % (where, name, hint(name, names)))


def _value(key, given, where):
    """The value of a key, of the kind of its default."""
    if key.name not in given:
        if key.default is REQUIRED:
            raise ConfigError("%s: %s is missing: %s" % (where, key.name, key.meaning))
        return key.default
    value = given[key.name]
    kind = str if key.default is REQUIRED else type(key.default)
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        message = "%s: %s = %r: expected %s"
        raise ConfigError(message % (where, key.name, value, KINDS[kind]))
    return value


def _beside(folder, path):
    """A path, or a list of them, relative to a folder; none stays none."""
    if isinstance(path, list):
        return [_beside(folder, each) for each in path]
    return os.path.join(folder, path) if path else path


__all__ = ["Config", "ConfigError", "load_config", "table"]
