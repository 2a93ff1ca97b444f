"""`b4k-migrate`: rewrites scripts that were written for bert4keras into ones for b4k.

b4k-migrate script.py other.py           shows what would change, and what to check by hand
b4k-migrate --write script.py other.py   changes the files: all of them, or none if one can't be read
"""

import argparse
import difflib
import io
import os
import sys
import tempfile
import tokenize

__all__ = ["main", "migrate"]


def migrate(text, path="<text>"):
    """A script's text -> (the text for b4k, [(line, what to check)]); raises SyntaxError for what is no Python 3."""
    try:
        import libcst
    except ImportError:
        raise ImportError('b4k-migrate needs libcst: pip install "b4k-models[migrate]"') from None
    from .calls import rewrite_calls
    from .imports import rewrite_imports

    try:
        module = libcst.parse_module(text)
    except libcst.ParserSyntaxError as error:
        raise SyntaxError(
            "%s:%d: %s. b4k-migrate reads Python 3; what is Python 2 should go through 2to3 first"
            % (path, error.raw_line, error.message.splitlines()[0].rstrip("."))
        ) from None
    module, needed, notes = rewrite_calls(module)
    module, more = rewrite_imports(module, needed)
    return module.code, sorted(notes + more)


def read(path):
    """A file's text with its line breaks, and its encoding."""
    with open(path, "rb") as file:
        content = file.read()
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    return content.decode(encoding), encoding


def write(path, text, encoding):
    """Replace a file, in one step."""
    folder = os.path.dirname(os.path.abspath(path))
    handle, written = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode(encoding))
        os.chmod(written, os.stat(path).st_mode)
        os.replace(written, path)
    except BaseException:
        os.remove(written)
        raise


def difference(path, old, new):
    """A unified diff as a text."""
    lines = [text.splitlines(keepends=True) for text in (old, new)]
    return "".join(difflib.unified_diff(*lines, path, path + " (b4k)"))


def main(arguments=None):
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser("b4k-migrate", description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", metavar="script.py")
    parser.add_argument("--write", action="store_true", help="change the files")
    options = parser.parse_args(arguments)
    done = []
    for path in options.paths:
        try:
            old, encoding = read(path)
            done.append((path, old, encoding, *migrate(old, path)))
        except (OSError, SyntaxError, UnicodeError, ImportError) as error:
            print("%s\nnothing was written" % error, file=sys.stderr)
            return 1
    for path, old, encoding, new, notes in done:
        sys.stdout.write(difference(path, old, new))
        for line, note in notes:
            print("%s:%d: %s" % (path, line, note))
        if options.write and new != old:
            write(path, new, encoding)
    changed = sum(new != old for _, old, _, new, _ in done)
    say = (
        "%d of %d files changed"
        if options.write
        else "%d of %d files would change; --write does it"
    )
    print(say % (changed, len(done)))
    return 0
