"""`WebServing` under load: requests a second, how long the slowest percent takes, and whether any request is lost.

nox -s bench -- k3-torch serving
64 connections at work (by wrk where there is one), more of them than may wait, and the end of the server amid all that.
`--write` puts the table into the README.
"""

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

LANES = ["k3-torch"]  # where `nox -s bench` runs this
README = Path(__file__).resolve().parent.parent / "README.md"
CONNECTIONS, MANY, SECONDS = 64, 512, 8
SLOW = 0.02  # seconds that a call takes
Load = namedtuple("Load", "rate p99 refused lost")  # per second, seconds, requests, requests


# --- the server, in a process of its own


def serve(port):
    """Answer until told to stop."""
    from b4k_text.snippets import WebServing

    def slow(text):
        time.sleep(SLOW)
        return text

    given = {"text": (None, True)}
    web = WebServing(port=port, server="uvicorn")
    web.route("/nothing", lambda text: text, given)
    web.route("/slow", slow, given)
    web.route("/batched", slow, given, batch_size=32)
    web.start()


def start():
    """(process, port) of a server that listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, __file__, "--serve", str(port)])
    end = time.time() + 60
    while time.time() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, port
        time.sleep(0.1)
    process.kill()
    raise SystemExit("the server does not listen on %d after a minute" % port)


# --- its clients


async def connection(port, path, end, found):
    """One request after the other until `end`; [status or None, seconds] of each goes into `found`.

    None stays where a request has no answer.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = "GET %s?text=a HTTP/1.1\r\nHost: localhost\r\n\r\n" % path
    closing = False
    while time.time() < end and not closing:
        row, begun = [None, 0.0], time.time()
        found.append(row)
        writer.write(request.encode("ascii"))
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").lower()
            await reader.readexactly(int(re.search(r"content-length: (\d+)", head).group(1)))
        except (asyncio.IncompleteReadError, ConnectionError):
            break
        row[:] = int(head.split()[1]), time.time() - begun
        closing = "connection: close" in head
    writer.close()


async def load(port, path, connections, seconds, disturb=None):
    """The Load of so many connections; `disturb()` is called after half of the time."""
    found, begun = [], time.time()
    each = [connection(port, path, begun + seconds, found) for _ in range(connections)]
    tasks = [asyncio.ensure_future(one) for one in each]
    if disturb is not None:
        await asyncio.sleep(seconds / 2)
        disturb()
    await asyncio.gather(*tasks)
    return summary(found, time.time() - begun)


def summary(found, seconds):
    """The Load of [[status, seconds], ...]."""
    taken = sorted(took for status, took in found if status == 200)
    refused = sum(status == 503 for status, _ in found)
    p99 = taken[int(0.99 * len(taken))] if taken else float("nan")
    return Load(len(taken) / seconds, p99, refused, len(found) - len(taken) - refused)


def by_wrk(port, path, connections, seconds):
    """The Load of so many connections, by wrk; what it calls errors is lost."""
    url = "http://127.0.0.1:%d%s?text=a" % (port, path)
    command = [
        "wrk",
        "-t1",
        "-c%d" % connections,
        "-d%ds" % seconds,
        "--latency",
        "--timeout",
        "60s",
    ]
    said = subprocess.check_output([*command, url]).decode("ascii")
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s|m)\s", said).groups()
    p99 = float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}[unit]
    errors = re.findall(r"(?:connect|read|write|timeout|responses:) (\d+)", said)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))
    return Load(rate, p99, 0, sum(map(int, errors)))


def measure(port, path):
    """The Load of the usual number of connections."""
    if shutil.which("wrk"):
        return by_wrk(port, path, CONNECTIONS, SECONDS)
    return asyncio.run(load(port, path, CONNECTIONS, SECONDS))


def disturbed(process, port, number=signal.SIGTERM):
    """The Load of a server that gets a signal in the middle of it."""
    found = load(port, "/batched", CONNECTIONS, SECONDS, lambda: process.send_signal(number))
    found = asyncio.run(found)
    process.wait(120)
    return found


# --- the table


def row(name, found):
    """A line of the table."""
    return "| %s | %d | %.0f ms | %d | %d |" % (
        name,
        found.rate,
        1000 * found.p99,
        found.refused,
        found.lost,
    )


def table():
    """All loads, in Markdown."""
    before = os.getloadavg()[0]
    process, port = start()
    rows = [
        "| %d connections ask for | answers a second | 99 %% within | refused | lost |"
        % CONNECTIONS,
        "|---|---|---|---|---|",
        row("a function that does nothing", measure(port, "/nothing")),
        row("one that takes 20 ms a call", measure(port, "/slow")),
        row("the same with `batch_size=32`", measure(port, "/batched")),
    ]
    found = asyncio.run(load(port, "/slow", MANY, SECONDS))
    rows.append(row("the slow one, %d connections" % MANY, found))
    rows.append(row("the batches, while SIGTERM ends the server", disturbed(process, port)))
    rows.append(row("the same by SIGKILL", disturbed(*start(), signal.SIGKILL)))
    busy = "on %d cores that had %.1f other processes to run" % (os.cpu_count(), before)
    client = "wrk" if shutil.which("wrk") else "a client in Python"
    return "%s\n\nThe first three by %s, %s." % ("\n".join(rows), client, busy)


def write(text):
    """Replace the table in the README."""
    begin, end = "<!-- table:serving -->\n", "\n<!-- /table -->"
    head, rest = README.read_text("utf-8").split(begin)
    README.write_text(head + begin + text + end + rest.split(end, 1)[1], "utf-8")


def main(*options):
    if options[:1] == ("--serve",):
        return serve(int(options[1]))
    found = table()
    print(found)
    if "--write" in options:
        write(found)


if __name__ == "__main__":
    main(*sys.argv[1:])
