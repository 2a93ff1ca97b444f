"""Text while it grows."""

__all__ = ["as_text"]


def as_text(tokens, decode):
    """What `decode` makes of the tokens, piece by piece as they come."""
    ids, shown, text = [], "", ""
    for token in tokens:
        ids.append(token)
        text = decode(ids)
        if text.startswith(shown) and len(text) > len(shown) and text[-1] != "\ufffd":
            yield text[len(shown) :]
            shown = text
    if len(text) > len(shown):
        yield text[len(shown) :]
