"""Functions as a web service, named as in `bert4keras.snippets`."""

import importlib.util
import logging
from http import HTTPStatus

from b4k_text.routes import FORM, Page, Refusal, Route, as_body, failure, parsed

__all__ = ["WebServing"]

SERVERS = ("uvicorn", "wsgiref")
HTML, JSON = "text/html; charset=utf-8", "application/json; charset=utf-8"


class WebServing:
    """Functions behind paths: `route` them, then `start`.

    Each answers with JSON: {"code": 0, "desc": "succeeded", "data": what the function returned}; code 1
    is for wrong arguments, 2 for an error in the function, 3 when the server is too busy, and "desc" says
    what it was. The object itself is a WSGI application, `asgi()` makes an ASGI one.
    https://peps.python.org/pep-3333/ https://asgi.readthedocs.io/
    """

    def __init__(
        self,
        host="127.0.0.1",  # where to listen: on this machine only; "0.0.0.0" is for everybody
        port=8000,
        server=None,  # "uvicorn", of b4k-text[serve]; or "wsgiref", Python's own, for trying things out
        max_bytes=1 << 20,  # of the body of a request
        timeout=60,  # seconds in which a request must be here, and then answered
        queue_size=256,  # requests that may wait for their turn; one more is refused
    ):
        if server not in (None, *SERVERS):
            raise ValueError(f"WebServing: server must be one of {SERVERS}, got {server!r}")
        self.host = host
        self.port = port
        self.server = server
        self.max_bytes = max_bytes
        self.timeout = timeout
        self.queue_size = queue_size
        self._routes = {}  # path -> {method: Route or Page}

    def route(
        self,
        path,  # such as "/similar"
        func,  # is called with the arguments by name; returns what JSON can hold, or arrays
        arguments,  # dict name -> (function from str, or None; whether it must be given)
        method="GET",  # or "POST", whose arguments are in the body, as of a form
        batch_size=None,  # if given, `func` takes a list for each argument, up to so long
    ):
        """Put a function behind a path.

        With `batch_size` it returns a list, one item a request. A call is for all requests that came while
        the one before was computed.
        """
        self._add(path, method, self.wraps(func, arguments, method, batch_size))

    def page(self, path, html):
        """Put a page behind a path."""
        self._add(path, "GET", Page(html))

    def _add(self, path, method, found):
        """Put something behind a path."""
        if not isinstance(path, str) or not path.startswith("/") or method not in ("GET", "POST"):
            raise ValueError(
                f"route: expected a path from '/' on and GET or POST, got {path!r} and {method!r}"
            )
        self._routes.setdefault(path, {})[method] = found

    def wraps(self, func, arguments, method="GET", batch_size=None):
        """A function from a dict of arguments, all of them str, to the answer."""
        return Route(func, arguments, batch_size)

    def find(self, path, method):
        """The Route or Page of a request; raises Refusal."""
        methods = self._routes.get(path)
        if methods is None:
            desc = f"no such path: {path}, but {sorted(self._routes)}"
            raise Refusal(HTTPStatus.NOT_FOUND, desc)
        if method not in methods:
            desc = f"{path} takes {sorted(methods)}, not {method}"
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, desc)
        return methods[method]

    def check_form(self, kind, length):
        """Refuse a body that is no form, or too long; `kind` and `length` as the headers have them."""
        if kind and not kind.startswith(FORM):
            raise Refusal(HTTPStatus.BAD_REQUEST, f"expected a body of type {FORM}, got {kind}")
        if not str(length or 0).isdecimal():
            raise Refusal(HTTPStatus.BAD_REQUEST, f"expected a Content-Length, got {length}")
        if int(length or 0) > self.max_bytes:
            desc = f"expected a body of up to {self.max_bytes} bytes, got {length}"
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, desc)

    # --- servers

    def asgi(self):
        """An ASGI application; a thread of its own calls the functions, one after the other."""
        return _asgi().application(self)

    def start(self):
        """Serve until the process is told to stop; the functions are called in this very thread."""
        server = self.server or ("uvicorn" if importlib.util.find_spec("uvicorn") else "wsgiref")
        log = logging.getLogger(__name__)
        log.warning("WebServing by %s on http://%s:%d", server, self.host, self.port)
        if server == "uvicorn":
            _asgi().serve(self)
        else:
            _standard(self)

    def __call__(self, environ, start_response):
        """Answer a request, as WSGI has it."""
        status, kind, body = self._response(environ)
        headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    def _response(self, environ):
        """The status, the type and the body that answer a request."""
        path = environ.get("PATH_INFO") or "/"
        path = path.encode("latin-1").decode("utf-8", "replace")  # as WSGI writes it
        try:
            found = self.find(path, environ["REQUEST_METHOD"])
            if isinstance(found, Page):
                return HTTPStatus.OK, HTML, found.body
            return HTTPStatus.OK, JSON, as_body(found(parsed(self._text(environ))))
        except Refusal as refusal:
            return refusal.status, JSON, as_body(failure(1, refusal))

    def _text(self, environ):
        """The query, or the form in the body."""
        if environ["REQUEST_METHOD"] == "GET":
            return environ.get("QUERY_STRING", "")
        length = environ.get("CONTENT_LENGTH")
        self.check_form(environ.get("CONTENT_TYPE"), length)
        return environ["wsgi.input"].read(int(length or 0)).decode("latin-1")


def _standard(web):
    """Serve by Python's own server, one request at a time."""
    from wsgiref.simple_server import make_server  # late, since hardly anybody needs it

    with make_server(web.host, web.port, web) as server:
        server.serve_forever()


def _asgi():
    """The part that needs the extra."""
    try:
        from b4k_text import asgi
    except ImportError as error:
        raise ImportError(
            f"WebServing needs more: pip install b4k-text[serve] ({error})"
        ) from error
    return asgi
