"""Text while it grows."""

from os.path import commonprefix

__all__ = ["as_text"]


def as_text(tokens, decode):
    """Yields what `decode` makes of the tokens, piece by piece: the same as in b4k-text, which may not be there.

    A piece is given once the next token has left it as it was: "it' s" may become "it's good".
    """
    ids, shown, text = [], 0, ""  # how many characters were given, and all there are
    for token in tokens:
        ids.append(token)
        before, text = text, decode(ids)
        settled = commonprefix([before, text])
        if len(settled) > shown and settled[-1] != "\ufffd":  # half a character
            yield settled[shown:]
            shown = len(settled)
    if len(text) > shown:
        yield text[shown:]
