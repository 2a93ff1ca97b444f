"""Runs several commands at a time, each with its own log, and tells how they are doing."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

NEWS = "lane > "  # a line of a log that starts so is shown at once
QUIET = 60  # seconds without news after which a running command says how far it is
START = time.monotonic()  # of the run that the progress lines count from
LIMIT = 60 * 60  # seconds after which a command is taken for hanging and ended


def tell(text):
    """Say, inside such a command, what it does now."""
    print(NEWS + text, flush=True)


class Job:
    """A command on its way, and what its log has said so far."""

    def __init__(self, name, command, log, env):
        self.name, self.log, self.started = name, Path(log), time.monotonic()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            command,
            env={**os.environ, **env},
            stdout=self.log.open("wb"),
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.read, self.last_news, self.stage = 0, time.monotonic(), "starting"

    def tell(self, text):
        """Print one line of progress."""
        self.last_news = time.monotonic()
        minutes, seconds = divmod(int(self.last_news - START), 60)
        print("%3d:%02d  %-11s %s" % (minutes, seconds, self.name, text), flush=True)

    def follow(self):
        """Show the news in what the log has grown by; after a long silence, how far it is."""
        text = self.log.read_bytes()[self.read :]
        text = text[: text.rfind(b"\n") + 1]
        self.read += len(text)
        for line in text.decode("utf-8", "replace").splitlines():
            if line.startswith(NEWS):
                self.stage = line[len(NEWS) :]
                self.tell(self.stage)
        if time.monotonic() - self.last_news > QUIET:
            percents = re.findall(rb"\[ *(\d+%)\]", self.log.read_bytes()[-2000:])
            self.tell("still %s" % " ".join([self.stage, *(p.decode() for p in percents[-1:])]))

    def done(self):
        """Whether the command has ended; one past its limit is ended here."""
        if time.monotonic() - self.started > LIMIT and self.process.poll() is None:
            self.tell("ended after %d minutes" % (LIMIT // 60))
            self.end()
        over = self.process.poll() is not None
        self.follow()
        if over:
            self.tell("green" if self.process.returncode == 0 else "RED")
        return over

    def end(self):
        """End the command and the processes it started."""
        if hasattr(os, "killpg"):
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.terminate()
        self.process.wait()


def run_together(jobs, logs, env, at_once=2):
    """Run {name: command}, `at_once` at a time, into {name: path} of logs; returns who failed."""
    waiting, running, failed = list(jobs), [], []
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                name = waiting.pop(0)
                running.append(Job(name, jobs[name], logs[name], env))
            time.sleep(0.5)
            over = [job for job in running if job.done()]
            running = [job for job in running if job not in over]
            failed += [job.name for job in over if job.process.returncode]
    finally:
        for job in running:  # only left here when interrupted
            job.end()
    return failed


def excerpt(log, most=200):
    """The failures that pytest describes in a log, or else its end."""
    text = Path(log).read_text("utf-8", "replace")
    sections = r"^=+ (?:ERRORS|FAILURES) =+$.*?^=+ [^=]+ in [^=]+ =+$"
    found = "\n".join(re.findall(sections, text, re.MULTILINE | re.DOTALL)) or text
    return "\n".join(found.splitlines()[-most:])
