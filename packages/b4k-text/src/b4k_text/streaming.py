"""Text while it grows."""

from os.path import commonprefix

__all__ = ["as_text"]


def as_text(outputs, decode):
    """Yields what `decode` makes of lists of tokens, each one token longer, piece by piece.

    A piece is given once the next token has left it as it was: "it' s" may become "it's good".
    """
    shown, text = 0, ""  # how many characters were given, and all there are
    for ids in outputs:
        before, text = text, decode(ids)
        settled = commonprefix([before, text])
        if len(settled) > shown and settled[-1] != "\ufffd":  # half a character
            yield settled[shown:]
            shown = len(settled)
    if len(text) > shown:
        yield text[shown:]
