"""Names that users write, looked up with a hint for those misspelt."""

import difflib

__all__ = ["choose", "refuse_unknown"]


def choose(what, name, table):
    """The entry of the table called `name`."""
    if name in table:
        return table[name]
    known = sorted(table, key=str)
    raise ValueError("%s must be one of %s, not %r%s" % (what, known, name, hint(name, table)))


def refuse_unknown(options, known, where):
    """Refuse options that are not among those known."""
    for name in options:
        if name not in known:
            raise TypeError("%s has no option %r%s" % (where, name, hint(name, known)))


def hint(name, names):
    """What may have been meant."""
    close = difflib.get_close_matches(str(name), list(map(str, names)), 1)
    return "; did you mean %r?" % close[0] if close else ""
