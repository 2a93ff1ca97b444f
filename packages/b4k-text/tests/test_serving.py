"""WebServing without a server, and its queue."""

import io
import json
import queue
import sys
import threading
from urllib.parse import quote, urlencode
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import b4k_text
import pytest
from b4k_text.routes import Route
from b4k_text.snippets import WebServing
from b4k_text.worker import Worker
from served import BAD_REQUESTS, PAGE, make_web, repeat, succeeded


def respond(web, path, method="GET", query="", body=b"", **environ):
    """(status, body) of a response, checked against WSGI."""
    environ.update(SCRIPT_NAME="", PATH_INFO=path, REQUEST_METHOD=method, QUERY_STRING=query)
    environ = dict({"CONTENT_LENGTH": str(len(body))}, **environ)
    environ["wsgi.input"] = io.BytesIO(body)
    setup_testing_defaults(environ)
    told = []
    answer = validator(web)(environ, lambda status, headers, error=None: told.append(status))
    content = b"".join(answer)
    answer.close()
    return int(told[0].split()[0]), content.decode("utf-8")


def request(*args, **kwargs):
    """(status, answer) of a request."""
    status, body = respond(*args, **kwargs)
    return status, json.loads(body)


@pytest.fixture
def web():
    return make_web()


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


def test_paths_values_and_pages(web):
    path = "/中".encode("utf-8").decode("latin-1")
    assert request(web, path)[1] == succeeded([0.0, 0.5, 1.0])
    assert request(web, "/lone")[1] == succeeded("\ud800")
    assert respond(web, "/") == (200, PAGE)


def test_without_a_server(web):
    answer = web.wraps(repeat, {"text": (None, True), "n": (int, False)})
    assert answer({"text": "a", "n": "1"}) == succeeded({"texts": ["a"]})
    assert answer({}) == {"code": 1, "desc": 'lack of "text" argument', "data": {}}
    assert (web.host, web.port) == ("127.0.0.1", 8864)


@pytest.mark.parametrize("path, method, query, headers, status, code, words", BAD_REQUESTS)
def test_bad_requests(path, method, query, headers, status, code, words, web):
    headers = {name.upper().replace("-", "_"): value for name, value in headers.items()}
    found, answer = request(web, path, method, query, **headers)
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
        (("/repeat", repeat, {"text": (None, True)}, "GET", 0), ValueError, "above 0, got 0"),
        (("/repeat", repeat, {"n": (int, False)}, "GET", 8), ValueError, "always given"),
    ],
)
def test_bad_routes(arguments, error, words, web):
    with pytest.raises(error) as info:
        web.route(*arguments)
    assert words in str(info.value)


def test_servers(monkeypatch):
    with pytest.raises(ValueError, match="one of .*uvicorn.*, got 'paste'"):
        WebServing(server="paste")
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "b4k_text.asgi", raising=False)
    monkeypatch.delattr(b4k_text, "asgi", raising=False)  # which is there once it was imported
    with pytest.raises(ImportError, match=r"pip install b4k-text\[serve\]"):
        WebServing(server="uvicorn").start()


# --- functions of lists, and the queue in front of them


def lengths(text, times=None):
    """A function of lists, which "bad" spoils."""
    if "bad" in text:
        raise RuntimeError("bad text")
    return [len(one) * n for one, n in zip(text, times or [1] * len(text))]


def test_function_of_lists():
    route = Route(lengths, {"text": (None, True), "times": (int, False)}, batch_size=4)
    assert route({"text": "abc", "times": "2"}) == succeeded(6)
    rows = [{"text": "a"}, {"text": "bad"}, {"text": "abc"}]
    wrong = {"code": 2, "desc": "bad text", "data": {}}
    assert route.answers(rows) == [succeeded(1), wrong, succeeded(3)]
    short = Route(lambda text: [0], {"text": (None, True)}, batch_size=4)
    assert short.answers(rows) == [succeeded(0)] * 3  # each by itself, as the call for all failed


def test_worker_makes_batches():
    calls = []

    def record(**lists):
        calls.append(lists)
        return list(range(len(lists["text"])))

    many = Route(record, {"text": (None, True), "n": (None, False)}, batch_size=3)
    one = Route(lambda text: calls.append(text), {"text": (None, True)})
    worker = Worker()
    given = [(many, {"text": t}) for t in "abcd"]
    given[1:1] = [(one, {"text": "x"}), (many, {"text": "e", "n": 1}), (one, {"text": "y"})]
    futures = [worker.submit(route, kwargs) for route, kwargs in given]
    assert futures[5].cancel()  # c
    worker.close()
    worker.run()
    assert calls == [{"text": ["a", "b"]}, "x", {"text": ["e"], "n": [1]}, "y", {"text": ["d"]}]
    assert [f.result()["data"] for f in futures if not f.cancelled()] == [0, None, 0, None, 1, 0]


def test_worker_refuses_when_full_or_closed():
    route, worker = Route(repeat, {"text": (None, True)}), Worker(queue_size=2)
    futures = [worker.submit(route, {"text": text}) for text in "ab"]
    with pytest.raises(queue.Full):
        worker.submit(route, {"text": "c"})
    thread = threading.Thread(target=worker.run)
    thread.start()
    assert futures[1].result(10) == succeeded({"texts": ["b", "b"]})
    worker.close()
    thread.join(10)
    assert not thread.is_alive()
    with pytest.raises(queue.Full):
        worker.submit(route, {"text": "d"})
