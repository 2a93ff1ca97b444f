"""A WebServing and requests to it, for both of its faces."""

import numpy as np
from b4k_text.snippets import WebServing

PAGE = "<!doctype html><title>你好</title>"


def repeat(text, n=2):
    """What is served."""
    if n < 0:
        raise RuntimeError("n is below zero")
    return {"texts": [text] * n}


def make_web():
    """A service of a few functions."""
    web = WebServing(port=8864)
    web.route("/repeat", repeat, {"text": (None, True), "n": (int, False)})
    web.route("/repeat", repeat, {"text": (str.upper, True)}, method="POST")
    web.route("/中", lambda: np.arange(3) / 2, {})
    web.route("/odd", lambda: object(), {})
    web.route("/nan", lambda: float("nan"), {})
    web.route("/lone", lambda: "\ud800", {})
    web.page("/", PAGE)
    return web


def succeeded(data):
    """An answer without an error."""
    return {"code": 0, "desc": "succeeded", "data": data}


BAD_REQUESTS = [  # path, method, query, headers, then status, code and words of the description
    ("/repeat", "GET", "", {}, 200, 1, 'lack of "text" argument'),
    ("/repeat", "GET", "n=3", {}, 200, 1, 'lack of "text" argument'),
    ("/repeat", "GET", "text=a&n=x", {}, 200, 1, 'argument "n": invalid literal for int()'),
    ("/repeat", "GET", "text=a&n=-1", {}, 200, 2, "n is below zero"),
    ("/repeat", "GET", "text=%ff", {}, 400, 1, "expected arguments in UTF-8"),
    ("/odd", "GET", "", {}, 200, 2, "object"),
    ("/nan", "GET", "", {}, 200, 2, "not JSON compliant"),
    ("/repeat", "PUT", "", {}, 405, 1, "/repeat takes ['GET', 'POST'], not PUT"),
    ("/none", "GET", "", {}, 404, 1, "no such path: /none"),
    ("/repeat", "POST", "", {"content-length": "9999999"}, 413, 1, "up to 1048576 bytes"),
    ("/repeat", "POST", "", {"content-type": "text/xml"}, 400, 1, "got text/xml"),
]
