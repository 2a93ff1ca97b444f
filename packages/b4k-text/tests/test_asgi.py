"""WebServing as an ASGI application, without a network; then with one, for what only that shows."""

import asyncio
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from b4k_text.snippets import WebServing
from served import BAD_REQUESTS, PAGE, make_web, succeeded

NO_LENGTH = ("/repeat", "POST", "", {"content-length": "-1"}, 400, 1, "Content-Length, got -1")


@contextlib.asynccontextmanager
async def living(app):
    """An application between its start-up and its shutdown."""
    told, answers = asyncio.Queue(), asyncio.Queue()
    life = asyncio.ensure_future(app({"type": "lifespan"}, told.get, answers.put))
    await told.put({"type": "lifespan.startup"})
    assert (await answers.get())["type"] == "lifespan.startup.complete"
    yield
    await told.put({"type": "lifespan.shutdown"})
    await life


async def respond(app, path, method="GET", query="", headers=(), parts=(b"",)):
    """(status, headers, body) of a response; a body in parts, None for one that never comes."""
    left = list(parts)

    async def receive():
        body = left.pop(0)
        if body is None:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "method": method, "query_string": query.encode()}
    scope["headers"] = [(name.encode(), value.encode()) for name, value in dict(headers).items()]
    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], dict(sent[0]["headers"]), body.decode("utf-8")


def run(web, *requests):
    """(status, answer) of each of some requests made at once."""

    async def all_of_them():
        app = web.asgi()
        async with living(app):
            return await asyncio.gather(*(respond(app, **request) for request in requests))

    return [(status, json.loads(body)) for status, _, body in asyncio.run(all_of_them())]


def ask(text):
    """A request."""
    return {"path": "/f", "query": "text=" + text}


def test_answers():
    given = [
        dict(path="/repeat", query="text=%E4%BD%A0&n=3"),
        dict(path="/repeat", method="POST", parts=[b"te", b"xt=a+b"]),
        dict(path="/中"),
        dict(path="/lone"),
    ]
    expected = [{"texts": ["你"] * 3}, {"texts": ["A B"] * 2}, [0.0, 0.5, 1.0], "\ud800"]
    assert run(make_web(), *given) == [(200, succeeded(data)) for data in expected]


def test_page():
    app = make_web().asgi()
    status, headers, body = asyncio.run(respond(app, "/"))
    assert (status, body) == (200, PAGE)
    assert headers[b"content-type"] == b"text/html; charset=utf-8"


@pytest.mark.parametrize(
    "path, method, query, headers, status, code, words", [*BAD_REQUESTS, NO_LENGTH]
)
def test_bad_requests(path, method, query, headers, status, code, words):
    asked = dict(path=path, method=method, query=query, headers=headers)
    ((found, answer),) = run(make_web(), asked)
    assert (found, answer["code"], answer["data"]) == (status, code, {})
    assert words in answer["desc"]


def test_requests_at_once_are_one_call():
    calls, web = [], WebServing()

    def upper(text):
        calls.append(len(text))
        time.sleep(0.05)
        return [one.upper() for one in text]

    web.route("/f", upper, {"text": (None, True)}, batch_size=8)
    texts = ["t%d" % i for i in range(20)]
    found = run(web, *map(ask, texts))
    assert found == [(200, succeeded(text.upper())) for text in texts]
    assert sum(calls) == 20 and max(calls) == 8 and len(calls) <= 5


def test_overload():
    free, web = threading.Event(), WebServing(queue_size=2)
    web.route("/f", lambda text: free.wait(10), {"text": (None, True)})

    async def requests():
        app = web.asgi()
        async with living(app):
            tasks = [asyncio.ensure_future(respond(app, **ask("first")))]
            await asyncio.sleep(0.1)
            tasks += [asyncio.ensure_future(respond(app, **ask(text))) for text in "abc"]
            status, headers, body = await tasks[3]  # while one is answered and two wait
            assert not any(task.done() for task in tasks[:3])
            free.set()
            return status, headers, body, [(await task)[0] for task in tasks[:3]]

    status, headers, body, others = asyncio.run(requests())
    assert (status, headers[b"retry-after"], json.loads(body)["code"]) == (503, b"1", 3)
    assert "2 requests are waiting already" in body
    assert others == [200, 200, 200]


def test_time_out():
    called, web = [], WebServing(timeout=0.1)

    def slow(text):
        called.append(text)
        time.sleep(0.3)

    web.route("/f", slow, {"text": (None, True)})
    web.route("/f", slow, {"text": (None, True)}, method="POST")
    late, waiting = run(web, ask("a"), ask("b"))
    assert late[0] == waiting[0] == 504 and late[1]["code"] == 3
    assert called == ["a"]  # the other was given up before its turn
    ((status, answer),) = run(web, dict(path="/f", method="POST", parts=[b"text=", None]))
    assert status == 408 and "over 0.1 seconds" in answer["desc"]


def test_long_body_without_its_length():
    web = WebServing(max_bytes=10)
    web.route("/f", len, {"text": (None, True)}, method="POST")
    ((status, answer),) = run(web, dict(path="/f", method="POST", parts=[b"text=", b"a" * 6, None]))
    assert status == 413 and "up to 10 bytes, got 11" in answer["desc"]


# --- with a network

SERVER = """
import threading, time
from b4k_text.snippets import WebServing

def where(seconds):
    time.sleep(seconds)
    return threading.current_thread() is threading.main_thread()

web = WebServing(port=%d)
web.route("/where", where, {"seconds": (float, True)})
web.route("/post", lambda: 0, {}, method="POST")
web.start()
print("the end")
"""


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def started(port):
    """A process that serves."""
    command = [sys.executable, "-c", SERVER % port]
    pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with subprocess.Popen(command, env=os.environ, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def connected(port):
    """A connection to a server that is starting."""
    for _ in range(300):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.connect()
            return connection
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise AssertionError("it never started")


def answered(connection):
    """The status and the answer that come."""
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_a_server_ends_with_nothing_lost(port):
    with started(port) as process:
        connection = connected(port)
        connection.request("POST", "/post", b"x" * (2 << 20))
        assert answered(connection)[0] == 413
        connection = connected(port)
        connection.request("GET", "/where?seconds=1")
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        response = connection.getresponse()
        assert json.loads(response.read()) == succeeded(True)
        assert response.getheader("Connection") == "close"  # so that nobody asks again here
        assert process.wait(10) == 0
        assert process.stdout.read() == b"the end\n"


def test_port_in_use(port):
    web = WebServing(port=port)
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen(1)
        with pytest.raises(OSError, match="can't listen on 127.0.0.1:%d" % port):
            web.start()
