"""What `pre_tokenize` makes of a text, for models that take a text as a whole."""

from b4k_text.checks import as_tokens

__all__ = ["sources_of", "spelled"]


def spelled(text, pre_tokenize):
    """The pieces of a text with blanks between them, or without `pre_tokenize` the text itself."""
    if pre_tokenize is None:
        return text
    return " ".join(as_tokens(pre_tokenize(text), "pre_tokenize: its result"))


def sources_of(spelling, text):
    """For each character of what was spelled, its index in the text; None for blanks and new ones."""
    if spelling == text:
        return [None if ch.isspace() else i for i, ch in enumerate(text)]
    sources, place = [], 0
    for ch in spelling:
        found = -1 if ch.isspace() else text.find(ch, place)
        sources.append(found if found >= 0 else None)
        place = max(place, found + 1)
    return sources
