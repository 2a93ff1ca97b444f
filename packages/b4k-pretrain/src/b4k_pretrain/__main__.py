"""`python -m b4k_pretrain prepare|train|eval|export CONFIG`: from text to a model, each step from one file."""

import argparse
import sys

from b4k_pretrain.config import TOML, ConfigError, load_config
from b4k_pretrain.keys import KEYS


def prepare(config):
    """Text to records: data.corpus to data.records, data.evaluation_corpus to data.evaluation_records."""
    from b4k_pretrain import prepare
    from b4k_pretrain.tokenizing import open_tokenizer

    tokenizer = open_tokenizer(config["data.tokenizer"])
    for prefix in ("data.", "data.evaluation_"):
        if config[prefix + "corpus"]:
            files, folder = config[prefix + "corpus"], config[prefix + "records"]
            prepare(files, folder, tokenizer, **config["data.options"])


def train(config):
    """Records to checkpoints; the same command goes on with what was interrupted."""
    from b4k_pretrain.training import train

    train(config)


def evaluate(config):
    """The held-out loss and accuracy of the newest checkpoint."""
    from b4k_pretrain.training import Training

    run = Training(config)
    run.resume()
    for name, value in sorted(run.evaluate().items()):
        print("%s at step %d: %.6g" % (name, run.step, value))


def export(config):
    """The newest checkpoint as export.formats say."""
    from b4k_pretrain.exporting import export

    for name, folder in export(config).items():
        print("%s: %s" % (name, folder))


COMMANDS = {"prepare": prepare, "train": train, "eval": evaluate, "export": export}


def parser():
    """What the words of the command line mean."""
    lines = ["  %s: %s" % (key.name, key.meaning) for key in KEYS]
    found = argparse.ArgumentParser(
        prog="python -m b4k_pretrain",
        description=__doc__,
        epilog="keys of the configuration:\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = found.add_subparsers(dest="command", metavar="prepare|train|eval|export")
    commands.required = True
    for name, function in COMMANDS.items():
        command = commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        command.add_argument("config", help="a TOML file")
        command.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help="in place of what the file says, the value as in TOML",
        )
    return found


def overrides(words):
    """{key: value} of words KEY=VALUE."""
    found = {}
    for word in words:
        name, _, value = word.partition("=")
        try:
            found[name] = TOML.loads("value = " + value)["value"]
        except ValueError as error:
            raise ConfigError(
                "--set %s: expected KEY=VALUE, as in TOML: %s" % (word, error)
            ) from None
    return found


def main(words=None):
    """Run one command."""
    arguments = parser().parse_args(words)
    try:
        config = load_config(arguments.config, **overrides(arguments.set))
        COMMANDS[arguments.command](config)
    except (ValueError, FloatingPointError, ImportError) as error:
        sys.exit("%s: %s" % (arguments.command, error))


if __name__ == "__main__":
    main()
