"""Functions as a web service, named as in `bert4keras.snippets`: the part without a server."""

import json
import logging
from http import HTTPStatus
from urllib.parse import parse_qsl

from b4k_text.checks import shown

__all__ = ["WebServing"]

LONGEST = 1 << 20  # bytes of a request
FORM = "application/x-www-form-urlencoded"


class WebServing:
    """Functions behind paths, as a WSGI application that any server of Python runs.

    Each answers with JSON: {"code": 0, "desc": "succeeded", "data": what the function returned};
    code 1 is for wrong arguments, 2 for an error in the function, and "desc" says what it was.
    https://peps.python.org/pep-3333/
    """

    def __init__(
        self,
        host="0.0.0.0",  # where a server should listen
        port=8000,
        server="paste",  # which
    ):
        self.host = host
        self.port = port
        self.server = server
        self._routes = {}  # path -> {method: function from arguments to the answer}

    def route(
        self,
        path,  # such as "/similar"
        func,  # is called with the arguments by name; returns what JSON can hold, or arrays
        arguments,  # dict name -> (function from str, or None; whether it must be given)
        method="GET",  # or "POST", whose arguments are in the body, as of a form
    ):
        """Put a function behind a path."""
        if not isinstance(path, str) or not path.startswith("/") or method not in ("GET", "POST"):
            raise ValueError(
                f"route: expected a path from '/' on and GET or POST, got {path!r} and {method!r}"
            )
        self._routes.setdefault(path, {})[method] = self.wraps(func, arguments, method)

    def wraps(self, func, arguments, method="GET"):
        """A function from a dict of arguments, all of them str, to the answer."""
        _check_route(func, arguments)

        def answer(given):
            try:
                kwargs = dict(_converted(given, arguments))
            except ValueError as error:
                return {"code": 1, "desc": str(error), "data": {}}
            try:
                data = json.loads(json.dumps(func(**kwargs), default=_as_list))
            except Exception as error:
                logging.getLogger(__name__).exception("%s failed", func)
                desc = str(error) or type(error).__name__
                return {"code": 2, "desc": desc, "data": {}}
            return {"code": 0, "desc": "succeeded", "data": data}

        return answer

    def __call__(self, environ, start_response):
        """Answer a request, as WSGI has it."""
        status, answer = self._answer(environ)
        text = json.dumps(answer, ensure_ascii=False)
        body = text.encode("utf-8", "backslashreplace")  # a lone surrogate as JSON writes it
        headers = [("Content-Type", "application/json; charset=utf-8")]
        headers.append(("Content-Length", str(len(body))))
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    def _answer(self, environ):
        """The status and the answer of a request."""
        path, method = environ.get("PATH_INFO") or "/", environ["REQUEST_METHOD"]
        path = path.encode("latin-1").decode("utf-8", "replace")  # as WSGI writes it
        methods = self._routes.get(path)
        if methods is None:
            desc = f"no such path: {path}, but {sorted(self._routes)}"
            return HTTPStatus.NOT_FOUND, {"code": 1, "desc": desc, "data": {}}
        if method not in methods:
            desc = f"{path} takes {sorted(methods)}, not {method}"
            return HTTPStatus.METHOD_NOT_ALLOWED, {"code": 1, "desc": desc, "data": {}}
        try:
            given = _arguments(environ, method)
        except ValueError as error:
            return HTTPStatus.BAD_REQUEST, {"code": 1, "desc": str(error), "data": {}}
        return HTTPStatus.OK, methods[method](given)


def _check_route(func, arguments):
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


def _arguments(environ, method):
    """The arguments of a request; of one given twice, the last."""
    text = environ.get("QUERY_STRING", "")
    if method == "POST":
        kind = environ.get("CONTENT_TYPE") or FORM
        length = environ.get("CONTENT_LENGTH") or "0"
        if not kind.startswith(FORM):
            raise ValueError(f"expected a body of type {FORM}, got {kind}")
        if not length.isdigit() or int(length) > LONGEST:
            raise ValueError(f"expected a body of up to {LONGEST} bytes, got {length}")
        text = environ["wsgi.input"].read(int(length)).decode("latin-1")
    try:
        return dict(parse_qsl(text, keep_blank_values=True, errors="strict"))
    except UnicodeError as error:
        raise ValueError(f"expected arguments in UTF-8, got {error}") from None


def _as_list(value):
    """Arrays and their numbers as JSON can hold them."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"JSON can't hold {shown(value)}")
