"""A function behind a path: what it is given, how it is called, what is answered."""

import json
import logging
from http import HTTPStatus
from urllib.parse import parse_qsl

from b4k_text.checks import shown

__all__ = ["FORM", "Page", "Refusal", "Route", "as_body", "failure", "parsed"]

FORM = "application/x-www-form-urlencoded"


class Refusal(Exception):
    """A request that no function answers: the HTTP status that says so, and in words why."""

    def __init__(self, status, desc):
        super().__init__(desc)
        self.status = status


class Page:
    """A page behind a path."""

    def __init__(self, html):
        self.body = html.encode("utf-8")


class Route:
    """A function behind a path: called with a dict of str, it gives the answer."""

    def __init__(
        self,
        func,  # is called with the arguments by name
        arguments,  # dict name -> (function from str, or None; whether it must be given)
        batch_size=None,  # of a function that takes lists: the longest
    ):
        _check(func, arguments, batch_size)
        self.func = func
        self.arguments = dict(arguments)
        self.batch_size = batch_size

    def __call__(self, given):
        """The answer to one request."""
        try:
            kwargs = self.converted(given)
        except ValueError as error:
            return failure(1, error)
        return self.answers([kwargs])[0]

    def converted(self, given):
        """The arguments of one request; raises ValueError for a wrong one."""
        return dict(_converted(given, self.arguments))

    def answers(self, rows):
        """The answers to requests, of which all give the same arguments."""
        try:
            return [_success(value) for value in self._values(rows)]
        except Exception as error:
            if len(rows) > 1:  # one of them is to blame, and has the error to itself
                return [self.answers([row])[0] for row in rows]
            logging.getLogger(__name__).exception("%s failed", self.func)
            return [failure(2, error)]

    def _values(self, rows):
        """What the function returns for each."""
        if self.batch_size is None:
            return [self.func(**row) for row in rows]
        values = list(self.func(**{name: [row[name] for row in rows] for name in rows[0]}))
        if len(values) != len(rows):
            raise ValueError(f"{len(values)} values were returned for lists of {len(rows)}")
        return values


def _check(func, arguments, batch_size):
    """Refuse what can't be called, and arguments that are not declared as they should be."""
    if not callable(func):
        raise TypeError(f"route: expected a function, got {shown(func)}")
    for name, rule in dict(arguments).items():
        whole = isinstance(rule, (list, tuple)) and len(rule) == 2
        if not whole or not (rule[0] is None or callable(rule[0])):
            raise TypeError(
                f"route: argument {name!r} must be declared as (function or None, whether it must "
                f"be given), got {shown(rule)}"
            )
    if batch_size is None:
        return
    if not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"route: batch_size must be an int above 0, got {batch_size!r}")
    if not any(required for _, required in dict(arguments).values()):
        raise ValueError("route: a function of lists must have an argument that is always given")


def _converted(given, arguments):
    """(name, value) of each argument that was given; raises ValueError for a wrong one."""
    for name, (convert, required) in arguments.items():
        if name not in given:
            if required:
                raise ValueError(f'lack of "{name}" argument')
            continue
        try:
            yield name, given[name] if convert is None else convert(given[name])
        except Exception as error:
            raise ValueError(f'argument "{name}": {error}') from error


def parsed(text):
    """The arguments that a query or a form holds; of one given twice, the last."""
    try:
        return dict(parse_qsl(text, keep_blank_values=True, errors="strict"))
    except UnicodeError as error:
        desc = f"expected arguments in UTF-8, got {error}"
        raise Refusal(HTTPStatus.BAD_REQUEST, desc) from None


def failure(code, error):
    """The answer where there is no value."""
    return {"code": code, "desc": str(error) or type(error).__name__, "data": {}}


def _success(value):
    """The answer with a value; raises TypeError or ValueError if JSON can't hold it."""
    data = json.loads(json.dumps(value, default=_as_list, allow_nan=False))
    return {"code": 0, "desc": "succeeded", "data": data}


def _as_list(value):
    """Arrays and their numbers as JSON can hold them."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"JSON can't hold {shown(value)}")


def as_body(answer):
    """An answer as bytes; a lone surrogate as JSON writes it."""
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "backslashreplace")
