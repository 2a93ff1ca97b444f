"""WebServing on starlette and uvicorn, which the extra `serve` brings."""

import asyncio
import contextlib
import queue
import signal
import threading
from http import HTTPStatus

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from b4k_text.routes import Page, Refusal, as_body, failure, parsed
from b4k_text.worker import Worker

__all__ = ["application", "serve"]


def application(
    web,  # a WebServing
    worker=None,  # a Worker that somebody runs; by default a thread does, from start-up to shutdown
    ending=lambda: False,  # whether connections should be given up after the next answer
):
    """The ASGI application of a WebServing. https://www.starlette.io/applications/"""
    lifespan = None
    if worker is None:
        worker = Worker(web.queue_size)
        lifespan = contextlib.asynccontextmanager(lambda app: _running(worker))
    return Starlette(
        routes=[Route("/{path:path}", _Endpoint(web, worker, ending))], lifespan=lifespan
    )


async def _running(worker):
    """Run a worker as long as the application lives."""
    threading.Thread(target=worker.run, daemon=True).start()
    try:
        yield
    finally:
        worker.close()


class _Endpoint:
    """All paths of a WebServing."""

    def __init__(self, web, worker, ending):
        self.web = web
        self.worker = worker
        self.ending = ending

    async def __call__(self, scope, receive, send):
        response = await self._response(Request(scope, receive))
        if self.ending():
            response.headers["Connection"] = "close"
        await response(scope, receive, send)

    async def _response(self, request):
        """What answers a request."""
        try:
            found = self.web.find(request.scope["path"], request.method)
            if isinstance(found, Page):
                return HTMLResponse(found.body)
            text = await self._within(self._text(request), HTTPStatus.REQUEST_TIMEOUT)
            answer = await self._answer(found, parsed(text))
            return Response(as_body(answer), media_type="application/json")
        except Refusal as refusal:
            busy = refusal.status >= 500
            headers = {"Retry-After": "1"} if busy else None
            body = as_body(failure(3 if busy else 1, refusal))
            return Response(body, refusal.status, headers, "application/json")
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)  # to nobody

    async def _answer(self, route, given):
        """The answer of a function, when its turn comes."""
        try:
            kwargs = route.converted(given)
        except ValueError as error:
            return failure(1, error)
        try:
            future = self.worker.submit(route, kwargs)
        except queue.Full:
            desc = f"{self.web.queue_size} requests are waiting already"
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, desc) from None
        return await self._within(asyncio.wrap_future(future), HTTPStatus.GATEWAY_TIMEOUT)

    async def _within(self, awaited, status):
        """Await, but no longer than the time-out; what has not begun by then never does."""
        try:
            return await asyncio.wait_for(awaited, self.web.timeout)
        except asyncio.TimeoutError:
            desc = f"{HTTPStatus(status).phrase}: over {self.web.timeout} seconds"
            raise Refusal(status, desc) from None

    async def _text(self, request):
        """The query, or the form in the body."""
        if request.method == "GET":
            return request.scope["query_string"].decode("latin-1")
        headers = request.headers
        self.web.check_form(headers.get("content-type"), headers.get("content-length"))
        body = b""
        async for part in request.stream():
            body += part
            self.web.check_form(None, len(body))
        return body.decode("latin-1")


def serve(web):
    """Listen until SIGINT or SIGTERM, and answer what has come by then.

    uvicorn has a thread of its own and the functions have this one, because a session of TensorFlow 1
    belongs to the thread that made it.
    """
    worker = Worker(web.queue_size)
    app = application(web, worker, lambda: server.should_exit)
    options = {"access_log": False, "timeout_graceful_shutdown": web.timeout}
    server = uvicorn.Server(uvicorn.Config(app, web.host, web.port, **options))
    thread = threading.Thread(target=_listen, args=(server, worker))
    with _signals(server.handle_exit):
        thread.start()
        worker.run()
        thread.join()
    if not server.started:
        raise OSError(f"WebServing can't listen on {web.host}:{web.port}; see the log")


def _listen(server, worker):
    """Run a server, then let the worker go."""
    try:
        with contextlib.suppress(SystemExit):  # in which uvicorn says that it can't listen
            server.run()
    finally:
        worker.close()


@contextlib.contextmanager
def _signals(handler):
    """Have the signals that end a process handled, for a while; only the main thread can."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread():
        numbers = ()
    before = [signal.signal(number, handler) for number in numbers]
    try:
        yield
    finally:
        for number, old in zip(numbers, before):
            signal.signal(number, old)
