"""The page of examples/serving.py in a real browser: `browse.py CHROMIUM PYTHON [PICTURE]`.

PYTHON has b4k, Keras and the extra `serve`; the Python that runs this has playwright, which drives the browser at the
path CHROMIUM. What a visitor does is done, and what is seen is compared with what the functions say.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from environments import ROOT
from playwright.sync_api import expect, sync_playwright

SECONDS = 300  # for a model to be made and compiled


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def ask(base, path, **arguments):
    """What a function says, without a browser."""
    with urllib.request.urlopen(base + path + "?" + urllib.parse.urlencode(arguments)) as found:
        return json.load(found)["data"]


def wait_for(base):
    """Wait until the server answers."""
    for _ in range(SECONDS):
        try:
            return urllib.request.urlopen(base).read()
        except urllib.error.URLError:
            time.sleep(1)
    raise SystemExit("the server did not start in %d seconds" % SECONDS)


def check_predictions(page, base):
    """Two masks have five candidates each, the likeliest first; a text without one says so."""
    page.fill("#predict [name=text]", "[MASK]天天气很[MASK]")
    page.click("#predict button")
    expect(page.locator("#predict-answer .mask")).to_have_count(2)
    seen = page.locator("#predict-answer .bar span:first-child").all_inner_texts()
    said = ask(base, "/predict", text="[MASK]天天气很[MASK]")
    assert seen == [one["token"] for mask in said for one in mask], (seen, said)
    page.fill("#predict [name=text]", "今天")
    page.click("#predict button")
    expect(page.locator("#predict-answer .wrong")).to_contain_text("there is no [MASK]")


def check_similarity(page, base):
    """A sentence is like itself, and the bar is as long as the cosine says."""
    page.fill("#similar [name=first]", "我喜欢北京")
    page.fill("#similar [name=second]", "我喜欢北京")
    page.click("#similar button")
    expect(page.locator("#similar-answer .bar")).to_contain_text("1.000")


def check_attention(page, base):
    """A table of the tokens; another head looks elsewhere."""
    page.fill("#attention [name=text]", "北京<b>天气</b>")
    page.click("#attention button")
    said = ask(base, "/attention", text="北京<b>天气</b>")
    length = len(said["tokens"])
    cells = page.locator("#attention-answer td")
    expect(cells).to_have_count(length * length)
    before = cells.first.get_attribute("title")
    page.select_option("#head", "1")
    after = page.locator("#attention-answer td").first.get_attribute("title")
    assert before.endswith(": %.3f" % said["weights"][0][0][0][0]), before
    assert after.endswith(": %.3f" % said["weights"][0][1][0][0]), after
    assert page.locator("#attention-answer b").count() == 0  # what is typed is text


def browse(chromium, base, picture):
    """Do what a visitor does; an error of the page's script is an error."""
    errors = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "request", lambda one: one.url.startswith((base, "data:")) or errors.append(one.url)
        )
        page.goto(base)
        for check in (check_predictions, check_similarity, check_attention):
            check(page, base)
            print("ok", check.__doc__, flush=True)
        if picture:
            page.screenshot(path=picture, full_page=True)
        browser.close()
    assert not errors, errors


def main(chromium, python, picture=None):
    """Serve a small model and browse it."""
    port = free_port()
    script, folder = str(ROOT / "examples" / "serving.py"), str(ROOT / "build" / "serving")
    with subprocess.Popen(
        [python, script, "--folder", folder], env={**os.environ, "PORT": str(port)}
    ) as server:
        try:
            base = "http://127.0.0.1:%d" % port
            wait_for(base)
            browse(chromium, base, picture)
        finally:
            server.terminate()
    assert server.returncode == 0, "the server ended with %s" % server.returncode


if __name__ == "__main__":
    main(*sys.argv[1:])
