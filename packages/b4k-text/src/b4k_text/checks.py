"""What the tokenizers refuse, each with one error: what was given, what was expected, where."""

from collections.abc import Iterable, Mapping
from numbers import Real

__all__ = ["as_tokens", "check_maxlen", "check_text", "check_token_dict", "shown"]


def check_text(text, where):
    """Refuse what is no text, and lone surrogates, which no vocabulary knows."""
    if not isinstance(text, str):
        raise TypeError(f"{where}: text must be a str, got {shown(text)}")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{where}: text must be valid Unicode, got the lone surrogate "
            f"{text[error.start]!r} at index {error.start}"
        ) from None


def check_maxlen(maxlen):
    """Refuse anything but a number that is not negative."""
    if not isinstance(maxlen, Real) or maxlen < 0:
        raise ValueError(f"maxlen: expected a number of tokens, 0 or more, got {maxlen!r}")


def check_token_dict(token_dict, where):
    """Refuse anything but a mapping from tokens to ids."""
    if not isinstance(token_dict, Mapping):
        raise TypeError(
            f"{where}: token_dict must be the path of a vocabulary file or a dict token -> id, "
            f"got {shown(token_dict)}"
        )
    wrong = [token for token in token_dict if not isinstance(token, str)]
    if wrong:
        raise TypeError(f"{where}: token_dict must have str keys, got {shown(wrong[0])}")


def as_tokens(tokens, where):
    """Tokens as a new list; refuse anything but a collection of str."""
    listed = list(tokens) if isinstance(tokens, Iterable) else [None]
    if not all(isinstance(token, str) for token in listed):
        raise TypeError(f"{where} must be a list of str tokens, got {shown(tokens)}")
    return listed


def shown(value):
    """A value as errors show it: its type and how it begins."""
    return f"{type(value).__name__} {value!r:.60}"
