"""Vocabulary files: one token a line, the line is the id (nearly, see `load_vocab`)."""

from b4k_text.characters import is_cjk_character, is_punctuation
from b4k_text.checks import check_token_dict

__all__ = ["is_redundant", "load_vocab", "save_vocab", "stem"]


def load_vocab(dict_path, encoding="utf-8", simplified=False, startswith=None):
    """Read a vocabulary file, one token a line, into a dict token -> id.

    Of a line only what stands before the first blank counts. A token listed twice takes the
    later id, and so does the token after it: trained weights rely on that numbering.

    simplified: leave out tokens that `Tokenizer` cannot produce (several characters with CJK or
    punctuation among them), put the tokens of the list `startswith` first, and return
    (new dict, the old id of each new one), for `build_transformer_model(keep_tokens=...)`.
    Raises OSError or ValueError, naming the file, when there is no vocabulary in it.
    """
    token_dict = {}
    for line in vocabulary_lines(dict_path, encoding):
        token_dict["".join(line.split()[:1])] = len(token_dict)
    if not any(token_dict):
        raise ValueError(f"{dict_path}: expected one token a line, got no token")
    return _simplified(token_dict, startswith or [], dict_path) if simplified else token_dict


def save_vocab(dict_path, token_dict, encoding="utf-8"):
    """Write the tokens of `token_dict` in the order of their ids, one a line.

    Raises UnicodeError, and leaves an old file as it was, for a token that `encoding` can't write.
    """
    check_token_dict(token_dict, "save_vocab")
    text = "".join(token + "\n" for token in sorted(token_dict, key=token_dict.get))
    text.encode(encoding)  # fails before the file is opened, which empties it
    with open(dict_path, "w", encoding=encoding) as writer:
        writer.write(text)


def vocabulary_lines(dict_path, encoding):
    """The lines of a text file; ValueError naming the file if it is none."""
    with open(dict_path, encoding=encoding) as reader:
        try:
            lines = reader.readlines()
        except UnicodeError as error:
            raise ValueError(f"{dict_path}: expected a text file, got {error}") from None
    if any("\x00" in line for line in lines):
        raise ValueError(f"{dict_path}: expected a text file in {encoding}, got NUL characters")
    return lines


def _simplified(token_dict, startswith, dict_path):
    """`token_dict` without redundant tokens, renumbered, and the old id of each new one."""
    missing = [token for token in startswith if token not in token_dict]
    if missing:
        raise ValueError(f"{dict_path}: startswith asks for tokens it does not have: {missing}")
    first = set(startswith)
    rest = [t for t in token_dict if t not in first and not is_redundant(t)]
    new_token_dict, keep_tokens = {}, []
    for token in [*startswith, *sorted(rest, key=token_dict.get)]:
        new_token_dict[token] = len(new_token_dict)
        keep_tokens.append(token_dict[token])
    return new_token_dict, keep_tokens


def stem(token):
    """A token without the "##" that marks the inside of a word."""
    return token[2:] if token[:2] == "##" else token


def is_redundant(token):
    """Whether a tokenizer that splits at CJK and punctuation cannot produce the token."""
    return len(token) > 1 and any(is_cjk_character(ch) or is_punctuation(ch) for ch in stem(token))
