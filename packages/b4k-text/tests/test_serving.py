"""WebServing, as a server would call it."""

import io
import json
from urllib.parse import quote, urlencode
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import numpy as np
import pytest
from b4k_text.snippets import WebServing


def repeat(text, n=2):
    """What is served."""
    if n < 0:
        raise RuntimeError("n is below zero")
    return {"texts": [text] * n}


def request(web, path, method="GET", query="", body=b"", **environ):
    """(status, answer) of a request, checked against WSGI."""
    environ.update(SCRIPT_NAME="", PATH_INFO=path, REQUEST_METHOD=method, QUERY_STRING=query)
    environ = dict({"CONTENT_LENGTH": str(len(body))}, **environ)
    environ["wsgi.input"] = io.BytesIO(body)
    setup_testing_defaults(environ)
    told = []
    answer = validator(web)(environ, lambda status, headers, error=None: told.append(status))
    content = b"".join(answer)
    answer.close()
    return int(told[0].split()[0]), json.loads(content.decode("utf-8"))


@pytest.fixture
def web():
    serving = WebServing(port=8864)
    serving.route("/repeat", repeat, {"text": (None, True), "n": (int, False)})
    serving.route("/repeat", repeat, {"text": (str.upper, True)}, method="POST")
    serving.route("/中", lambda: np.arange(3) / 2, {})
    serving.route("/odd", lambda: object(), {})
    serving.route("/lone", lambda: "\ud800", {})
    return serving


def succeeded(data):
    """An answer without an error."""
    return {"code": 0, "desc": "succeeded", "data": data}


def test_get(web):
    found = request(web, "/repeat", query=urlencode({"text": "你好 &=", "n": 3, "x": 1}))
    assert found == (200, succeeded({"texts": ["你好 &="] * 3}))
    assert request(web, "/repeat", query="text=")[1] == succeeded({"texts": ["", ""]})
    assert request(web, "/repeat", query="text=a+b&text=c")[1] == succeeded({"texts": ["c", "c"]})


def test_post(web):
    body = urlencode({"text": "ab 中"}).encode("ascii")
    assert request(web, "/repeat", "POST", body=body)[1] == succeeded({"texts": ["AB 中"] * 2})
    found = request(web, "/repeat", "POST", query="text=a")
    assert found == (200, {"code": 1, "desc": 'lack of "text" argument', "data": {}})


def test_what_json_cannot_hold(web):
    path = "/中".encode("utf-8").decode("latin-1")
    assert request(web, path)[1] == succeeded([0.0, 0.5, 1.0])
    assert request(web, "/lone")[1] == succeeded("\ud800")
    code, desc, _ = request(web, "/odd")[1].values()
    assert code == 2 and "object" in desc


def test_without_a_server(web):
    answer = web.wraps(repeat, {"text": (None, True), "n": (int, False)})
    assert answer({"text": "a", "n": "1"}) == succeeded({"texts": ["a"]})
    assert answer({}) == {"code": 1, "desc": 'lack of "text" argument', "data": {}}
    assert (web.host, web.port, web.server) == ("0.0.0.0", 8864, "paste")


REQUESTS = [  # request, status, code, words of the description
    (dict(path="/repeat"), 200, 1, 'lack of "text" argument'),
    (dict(path="/repeat", query="n=3"), 200, 1, 'lack of "text" argument'),
    (dict(path="/repeat", query="text=a&n=x"), 200, 1, 'argument "n": invalid literal for int()'),
    (dict(path="/repeat", query="text=a&n=-1"), 200, 2, "n is below zero"),
    (dict(path="/repeat", query="text=%ff"), 400, 1, "expected arguments in UTF-8"),
    (dict(path="/repeat", method="PUT"), 405, 1, "/repeat takes ['GET', 'POST'], not PUT"),
    (dict(path="/none"), 404, 1, "no such path: /none"),
    (dict(path="/repeat", method="POST", CONTENT_LENGTH="9999999"), 400, 1, "up to 1048576 bytes"),
    (dict(path="/repeat", method="POST", CONTENT_TYPE="text/xml"), 400, 1, "got text/xml"),
]


@pytest.mark.parametrize("asked, status, code, words", REQUESTS)
def test_bad_requests(asked, status, code, words, web):
    found, answer = request(web, **asked)
    assert (found, answer["code"], answer["data"]) == (status, code, {})
    assert words in answer["desc"]
    assert request(web, "/repeat", query="text=" + quote("中"))[1]["code"] == 0


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        (("repeat", repeat, {}), ValueError, "from '/' on"),
        (("/repeat", repeat, {}, "PUT"), ValueError, "'PUT'"),
        (("/repeat", "repeat", {}), TypeError, "expected a function, got str 'repeat'"),
        (("/repeat", repeat, {"n": int}), TypeError, "argument 'n' must be declared"),
        (("/repeat", repeat, {"n": ("int", True)}), TypeError, "argument 'n' must be declared"),
    ],
)
def test_bad_routes(arguments, error, words, web):
    with pytest.raises(error) as info:
        web.route(*arguments)
    assert words in str(info.value)
